//! Programs that the configuration names, run without a shell: one that prints models, and those that are given new
//! revisions.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};

/// A program that prints more is stopped being read.
const MOST_BYTES: u64 = 64 << 20;

/// So many of the last lines of standard error are shown.
const MOST_LINES: usize = 20;

/// How long a pipe may stay open behind the end of its program: a child of it may hold it.
const GRACE: Duration = Duration::from_secs(1);

/// A program with its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    /// Its name or path, and its arguments.
    pub(crate) words: &'a [String],
    /// Its working folder, from which its path counts too.
    pub(crate) folder: &'a Path,
    /// It is killed after this time; zero = never.
    pub(crate) limit: Duration,
    /// Its arguments are not shown: a secret may be among them.
    pub(crate) hides: bool,
}

impl Program<'_> {
    /// What it prints on standard output.
    ///
    /// # Errors
    /// [`Kind::File`] if it cannot be started, takes too long, or ends with another exit code than 0; then with the end
    /// of its standard error.
    pub(crate) fn run(&self) -> Result<Vec<u8>> {
        let mut child = self.start()?;
        let (output, errors) = (reader(child.stdout.take()), reader(child.stderr.take()));
        let status = self.wait(&mut child)?;
        let errors = errors.recv_timeout(GRACE).unwrap_or_default();
        let Some(status) = status else {
            let error = Error::new(Kind::File, format!("{self} did not end within {:?}", self.limit));
            return Err(with_lines(error, &errors)
                .with_hint("give it more time, such as timeout: 5m, or see what it waits for"));
        };
        if !status.success() {
            let error = Error::new(Kind::File, format!("{self} failed with {}", in_words(status)));
            return Err(with_lines(error, &errors));
        }
        Ok(output.recv_timeout(GRACE).unwrap_or_default())
    }

    fn start(&self) -> Result<Child> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Err(Error::new(Kind::Config, "a command has no program"));
        };
        // Only a path counts from the folder; a plain name is searched in PATH.
        let path = if program.contains(['/', '\\']) { self.folder.join(program) } else { PathBuf::from(program) };
        let mut command = Command::new(path);
        command.args(arguments).current_dir(self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| {
            Error::new(Kind::File, format!("cannot start `{program}`"))
                .caused_by(error)
                .with_hint("name a program that is in PATH, or its path as from the folder of migrate.yaml")
        })
    }

    /// Waits to the end, at most to the limit; None = it was killed then.
    fn wait(&self, child: &mut Child) -> Result<Option<ExitStatus>> {
        let failed =
            |error: std::io::Error| Error::new(Kind::File, format!("{self} cannot be waited for")).caused_by(error);
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Ok(Some(status));
            }
            if !self.limit.is_zero() && begin.elapsed() >= self.limit {
                child.kill().map_err(failed)?;
                child.wait().map_err(failed)?;
                return Ok(None);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

impl std::fmt::Display for Program<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.words.first() {
            Some(program) if self.hides => write!(f, "`{program}`"),
            _ => write!(f, "`{}`", self.words.join(" ")),
        }
    }
}

/// Reads a pipe to its end beside the program, which would stop at a full one.
fn reader(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read before a pipe broke is as good as there is.
            drop(pipe.take(MOST_BYTES).read_to_end(&mut bytes));
        }
        drop(sender.send(bytes));
    });
    receiver
}

/// The last lines that it printed, as causes.
fn with_lines(error: Error, printed: &[u8]) -> Error {
    let text = String::from_utf8_lossy(printed);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(MOST_LINES)).fold(error, Error::caused_by)
}

fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run(words: &[&str], limit: u64) -> Result<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tool"), "#!/bin/sh\npwd\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path().join("tool"), mode).unwrap();
        let program =
            Program { words: &words, folder: folder.path(), limit: Duration::from_millis(limit), hides: false };
        program.run().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn no_shell_reads_the_words() {
        assert_eq!(run(&["printf", "%s|", "$HOME", "a b", "*", "; rm x"], 9_000).unwrap(), "$HOME|a b|*|; rm x|");
        assert!(run(&["./tool"], 0).unwrap().contains("tmp"));
    }

    #[test]
    fn what_goes_wrong_is_told() {
        let error = run(&["sh", "-c", "echo lost; echo one >&2; echo two >&2; exit 7"], 9_000).unwrap_err();
        assert!(error.phrase().ends_with("failed with exit code 7"), "{error}");
        assert_eq!(error.causes(), ["one", "two"]);
        let error = run(&["sh", "-c", "kill -9 $$"], 9_000).unwrap_err();
        assert!(error.phrase().contains("signal: 9"), "{error}");
        let error = run(&["no-such-program"], 9_000).unwrap_err();
        assert_eq!((error.phrase(), error.exit_code()), ("cannot start `no-such-program`", 2));
    }

    #[test]
    fn time_is_limited_and_children_are_not_waited_for() {
        let begin = Instant::now();
        let error = run(&["sh", "-c", "echo slow >&2; sleep 30"], 100).unwrap_err();
        assert!(error.phrase().contains("did not end within 100ms"), "{error}");
        // A child keeps the pipe open.
        assert_eq!(run(&["sh", "-c", "sleep 30 & exit 0"], 9_000).unwrap(), "");
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn much_output_does_not_stop_the_program() {
        assert_eq!(run(&["head", "-c", "3000000", "/dev/zero"], 9_000).unwrap().len(), 3_000_000);
    }
}
