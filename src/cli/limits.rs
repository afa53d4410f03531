//! Time limits of commands that write.

use clap::Args;

use crate::config::Flags;

/// As `500ms`, `30s`, `5m`; 0 = none.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Time limits")]
pub(crate) struct TimeLimits {
    /// How long to wait for another migrate to end
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    lock_wait: Option<String>,
    /// How long a statement waits for a lock of the server
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    lock_timeout: Option<String>,
    /// How long a statement may run
    #[arg(long, value_name = "TIME", hide_short_help = true)]
    statement_timeout: Option<String>,
    /// Up to which size MariaDB or MySQL may copy a table to change it, such as 20GB
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    allow_copy: Option<String>,
    /// How much a data step may keep for its way back, such as 20GB
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    keep_limit: Option<String>,
}

impl TimeLimits {
    /// The flags of the configuration with these in them.
    pub(crate) fn over(&self, flags: Flags) -> Flags {
        Flags {
            lock_wait: self.lock_wait.clone(),
            lock_timeout: self.lock_timeout.clone(),
            statement_timeout: self.statement_timeout.clone(),
            allow_copy: self.allow_copy.clone(),
            keep_limit: self.keep_limit.clone(),
            ..flags
        }
    }
}
