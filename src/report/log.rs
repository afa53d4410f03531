//! The log of `-v` and `--log-format`, and what is said of a panic.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log on standard error: one `-v` says what is done, two say everything of ours. The drivers are silent: what they log
/// holds the text of statements, and so passwords.
pub(crate) fn start_log(verbose: u8, as_json: bool) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::TRACE,
    };
    let ours = Targets::new().with_target("migrate", level).with_default(LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = if as_json {
        tracing_subscriber::registry().with(layer.json().with_filter(ours)).try_init()
    } else {
        tracing_subscriber::registry().with(layer.with_ansi(false).without_time().with_filter(ours)).try_init()
    };
    // Somebody else's subscriber is as good.
    drop(started);
}

/// A panic is a bug: one line that says so, no backtrace.
pub(crate) fn announce_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let what =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let line = format!("error: this is a bug in migrate: {}{place}\n", what.unwrap_or("panic"));
        let line = super::escape::many_lines(&line).into_owned();
        // Where even this cannot be written nothing is left to try.
        drop(std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()));
    }));
}
