//! What a person types to save a server's database, and to put a copy of a file back: for hints. No password.

use std::path::Path;

use super::{Place, Server, Url};

impl Url {
    /// The command that saves the database; None where it is a file or in memory.
    pub(crate) fn dump_command(&self) -> Option<String> {
        let Place::Server(server) = &self.place else { return None };
        let database = server.database.clone().or_else(|| server.user.clone()).unwrap_or_default();
        let file = |end: &str| quoted(&format!("{database}.{end}"));
        let socket = server.socket.as_ref().map(|socket| socket.display().to_string());
        Some(match self.dialect() {
            "postgres" => {
                let host = socket.as_ref().or(server.host.as_ref());
                let login = options(&[("-h", host), ("-U", server.user.as_ref())], "-p", server);
                format!("pg_dump -Fc{login} -f {} {}", file("dump"), quoted(&database))
            }
            _ => {
                let login = options(
                    &[("-S", socket.as_ref()), ("-h", server.host.as_ref()), ("-u", server.user.as_ref())],
                    "-P",
                    server,
                );
                let what = "--single-transaction --routines --triggers --events";
                format!("mariadb-dump {what}{login} -p {} > {}", quoted(&database), file("sql"))
            }
        })
    }

    /// The command that puts a copy back in the place of the file. What SQLite keeps beside the file belongs to what is
    /// given up.
    pub(crate) fn restore_command(&self, copy: &Path) -> Option<String> {
        let file = self.file()?.display().to_string();
        let beside: Vec<String> =
            ["-journal", "-wal", "-shm"].iter().map(|end| quoted(&format!("{file}{end}"))).collect();
        Some(format!("rm -f {} && cp {} {}", beside.join(" "), quoted(&copy.display().to_string()), quoted(&file)))
    }
}

fn options(words: &[(&str, Option<&String>)], port: &str, server: &Server) -> String {
    let given = words.iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", quoted((*value)?))));
    given.chain(server.port.map(|number| format!(" {port} {number}"))).collect()
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text, Path::new("/p")).unwrap()
    }

    #[test]
    fn servers_are_saved_without_a_password() {
        let command = |text| url(text).dump_command();
        assert_eq!(
            command("postgres://app:s3cret@db:5433/shop").as_deref(),
            Some("pg_dump -Fc -h db -U app -p 5433 -f shop.dump shop")
        );
        assert_eq!(command("postgres:///shop").as_deref(), Some("pg_dump -Fc -f shop.dump shop"));
        assert_eq!(
            command("mariadb://it's:s3cret@db/my%20shop?socket=/run/m.sock").as_deref(),
            Some(
                "mariadb-dump --single-transaction --routines --triggers --events -S /run/m.sock -h db -u 'it'\\''s' -p \
                 'my shop' > 'my shop.sql'"
            )
        );
        assert_eq!(command("sqlite://x.db"), None);
    }

    #[test]
    fn a_copy_is_put_back_without_what_lay_beside() {
        let command = url("sqlite://my app.db").restore_command(Path::new("/b/my.db"));
        assert_eq!(
            command.as_deref(),
            Some("rm -f '/p/my app.db-journal' '/p/my app.db-wal' '/p/my app.db-shm' && cp /b/my.db '/p/my app.db'")
        );
    }
}
