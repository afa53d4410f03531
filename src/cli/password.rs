//! The password of a connection, where the configuration names a file or a program for it.

use crate::config::{Config, Password, one_line, secret_file};
use crate::db::PasswordSource;
use crate::error::{Error, Kind, Result};
use crate::model::Program;
use crate::secret::Secret;

/// What is asked for each connection.
///
/// # Errors
/// [`Kind::Usage`] for a program under `--no-commands`.
pub(crate) fn source(password: &Password, config: &Config) -> Result<PasswordSource> {
    match password {
        Password::File(path) => {
            let path = path.clone();
            Ok(PasswordSource::new(move || secret_file(&path, "the password")))
        }
        Password::Command(_) if !config.commands => {
            Err(Error::new(Kind::Usage, "the password comes from a program, and --no-commands forbids it")
                .with_hint("leave --no-commands out, or use password_file"))
        }
        Password::Command(command) => {
            let (command, folder) = (command.clone(), config.root.clone());
            Ok(PasswordSource::new(move || {
                let program = Program { words: &command.words, folder: &folder, limit: command.limit, hides: true };
                printed(program.run())
            }))
        }
    }
}

/// What a program printed is shown nowhere, whatever is wrong with it.
fn printed(output: Result<Vec<u8>>) -> Result<Secret> {
    let failed = |error: Error| error.into_kind(Kind::Connect).while_doing("the password could not be asked for");
    let hint = "let the program print the password and nothing else";
    one_line(output.map_err(failed)?).map_err(|why| {
        failed(Error::new(Kind::Connect, format!("what the program printed is no password: {why}"))).with_hint(hint)
    })
}
