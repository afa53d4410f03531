//! What a driver's error means: kind, words, hint. Pure; the codes are the servers' own (PostgreSQL's SQLSTATE, MariaDB's
//! and SQLite's numbers).

use std::io::ErrorKind;
use std::time::Duration;

use super::driver::Ended;
use super::mask;
use super::settings::Settings;
use super::url::{Place, Url};
use crate::error::{Error, Kind};
use crate::statement::SERVERS;

/// The code of an error that was a lost connection without a word of the server: SQLSTATE "connection failure".
const LOST: &str = "08006";

/// The code of an error that was a server which nobody could reach: SQLSTATE "unable to establish connection".
const NOT_REACHED: &str = "08001";

/// What a node of Galera answers that is not in sync with the others.
const OUT_OF_SYNC: &str = "1047";

/// What MariaDB and MySQL answer to a packet over their limit.
pub(super) const TOO_LONG: &str = "1153";

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Postgres,
    MySql,
    Sqlite,
    /// The line to the server.
    Network(ErrorKind),
    Tls,
    /// The driver could make nothing of the answer.
    Driver,
}

/// A driver's error in one shape for all drivers.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) source: Source,
    /// Empty where there is none.
    pub(super) code: String,
    pub(super) message: String,
    /// Detail, hint and context, each with its word.
    pub(super) causes: Vec<String>,
    /// Where in the statement, in characters from 0.
    pub(super) position: Option<usize>,
}

impl Reply {
    pub(super) fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source, code: String::new(), message: message.into(), causes: Vec::new(), position: None }
    }

    pub(super) fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// Whether the connection is of no use any more: everything that no server said, and its goodbyes.
    pub(super) fn is_goodbye(&self) -> bool {
        match self.source {
            Source::Network(_) | Source::Tls | Source::Driver => true,
            Source::Postgres | Source::MySql => says_goodbye(&self.code),
            Source::Sqlite => false,
        }
    }
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Connecting,
    /// A question of ours; nothing of a revision is open.
    Reading,
    /// A question of ours in the transaction of a revision.
    ReadingAtWork,
    /// A statement of a revision, or one of ours in its transaction.
    Working,
    Committing,
}

/// All that the words of an error may need.
pub(super) struct Occasion<'a> {
    pub(super) doing: Doing,
    pub(super) url: &'a Url,
    pub(super) settings: &'a Settings,
    pub(super) sql: Option<&'a str>,
    pub(super) ended: Option<Ended>,
    pub(super) elapsed: Duration,
}

/// Whether an error means that the connection is gone, so that nobody knows what the server did with the statement
/// until it is asked again.
pub(crate) fn is_connection_lost(error: &Error) -> bool {
    error.code().is_some_and(says_goodbye)
}

/// Whether an error of connecting says that the server is not there yet: nobody listens, it is starting, it is full.
/// Never one that says who we are not.
pub(crate) fn is_not_there_yet(error: &Error) -> bool {
    let not_yet = |code| {
        matches!(code, NOT_REACHED | "57P01" | "57P02" | "57P03" | "53300" | "1040" | "1203" | "1226" | OUT_OF_SYNC)
    };
    error.kind() == Kind::Connect && error.code().is_some_and(not_yet)
}

/// Whether a statement gave way to another session: it waited too long for a lock, or one of two that waited for each
/// other, or whose work does not fit together, had to go. Nothing of the statement took effect.
pub(crate) fn is_lock_refused(error: &Error) -> bool {
    let by_code = |code| matches!(code, "55P03" | "40P01" | "40001" | "1205" | "1213" | "3572" | "3058");
    error.kind() == Kind::Locked || error.code().is_some_and(by_code)
}

fn says_goodbye(code: &str) -> bool {
    (code.starts_with("08") && code != NOT_REACHED)
        || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "1053" | "1927" | "2006" | "2013" | "4031")
}

/// Turns a driver's error into ours.
pub(super) fn error(reply: Reply, occasion: &Occasion<'_>) -> Error {
    let error = match occasion.doing {
        Doing::Connecting => connecting(&reply, occasion),
        Doing::Reading | Doing::ReadingAtWork | Doing::Working | Doing::Committing => talking(&reply, occasion),
    };
    with_statement(error, reply, occasion)
}

/// Adds code, causes and statement, with every secret of the statement masked wherever it comes back.
fn with_statement(error: Error, reply: Reply, occasion: &Occasion<'_>) -> Error {
    let secrets = mask::Masked::of(occasion.sql.unwrap_or_default());
    let position = reply.position.or_else(|| near(&reply, occasion.sql?));
    let mut error = reply.causes.iter().fold(error, |error, cause| error.caused_by(secrets.hide(cause)));
    if !reply.code.is_empty() {
        error = error.with_code(reply.code);
    } else if occasion.doing != Doing::Connecting {
        error = error.with_code(LOST);
    }
    match occasion.sql {
        Some(_) => {
            let position = if secrets.is_changed() { None } else { position };
            error.in_statement(secrets.text, position)
        }
        None => error,
    }
}

fn connecting(reply: &Reply, occasion: &Occasion<'_>) -> Error {
    if !SERVERS {
        return sqlite_open(reply, occasion);
    }
    let url = occasion.url;
    let place = match url.place() {
        Place::Server(server) => server.address(),
        Place::File(_) => url.safe(),
    };
    match reply.source {
        // No right to a socket will not come by itself.
        Source::Network(ErrorKind::PermissionDenied) => {
            unreachable(ErrorKind::PermissionDenied, &place).caused_by(&reply.message)
        }
        Source::Network(kind) if place.is_empty() => no_host(kind, url.scheme()).caused_by(&reply.message),
        Source::Network(kind) => unreachable(kind, &place).caused_by(&reply.message).with_code(NOT_REACHED),
        Source::Tls => Error::new(Kind::Connect, format!("no safe connection to {place}"))
            .caused_by(&reply.message)
            .with_hint(tls_hint(&reply.message)),
        Source::Driver => Error::new(Kind::Connect, format!("cannot connect to {place}"))
            .caused_by(&reply.message)
            .with_hint(format!("check that this is the port of a {} server", url.dialect())),
        Source::Postgres | Source::MySql => login(reply, occasion, &place),
        Source::Sqlite => sqlite_open(reply, occasion),
    }
}

/// Nobody is there, and nobody was named.
fn no_host(kind: ErrorKind, scheme: &str) -> Error {
    let error = unreachable(kind, "this machine");
    let phrase = format!("the database URL names no host, and {}", error.phrase());
    Error::new(Kind::Connect, phrase)
        .with_code(NOT_REACHED)
        .with_hint(format!("write it: {scheme}://user@host/database; or start the server here"))
}

/// By what the drivers say of a server that has none.
fn tls_hint(message: &str) -> &'static str {
    if message.contains("does not support TLS") {
        return "switch TLS on at the server; or where the line is safe by itself, take it out of the database URL \
                (sslmode, MySQL: ssl-mode)";
    }
    "check the certificate, sslmode and sslrootcert (MySQL: ssl-mode and ssl-ca) in the database URL"
}

fn unreachable(kind: ErrorKind, place: &str) -> Error {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
    let (phrase, hint) = match kind {
        ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
            (format!("nobody listens at {place}"), "start the server, or correct host and port in the database URL")
        }
        ErrorKind::TimedOut => {
            (format!("{place} does not answer"), "check host, port and firewall, or set connect_timeout in the URL")
        }
        ErrorKind::PermissionDenied => (format!("no access to {place}"), "check the rights of the socket"),
        _ => (format!("cannot reach {place}"), "check host and port in the database URL"),
    };
    Error::new(Kind::Connect, phrase).with_hint(hint)
}

/// The server answered, and not with a welcome.
fn login(reply: &Reply, occasion: &Occasion<'_>, place: &str) -> Error {
    let (user, database) = match occasion.url.place() {
        Place::Server(server) => (server.user.clone(), server.database.clone()),
        Place::File(_) => (None, None),
    };
    let user = user.map_or("the user".to_owned(), |user| format!("user {user}"));
    let database = database.unwrap_or_default();
    let error = match reply.code.as_str() {
        "1045" | "1698" if reply.message.ends_with("(using password: NO)") => {
            Error::new(Kind::Connect, format!("{place} does not let {user} in without a password"))
                .with_hint("give it: in the database URL, by password_file or by password_command")
        }
        "28P01" | "1045" | "1698" => Error::new(Kind::Connect, format!("{place} refused the password of {user}"))
            .with_hint("check user and password in the database URL; encode special characters (@ as %40)"),
        "28000" => Error::new(Kind::Connect, format!("{place} does not let {user} in"))
            .with_hint("check the user in the database URL, and pg_hba.conf on the server"),
        "3D000" => Error::new(Kind::Connect, format!("there is no database {database} on {place}"))
            .with_hint(format!("make it: createdb {database}; or correct the database URL")),
        "1049" => Error::new(Kind::Connect, format!("there is no database {database} on {place}"))
            .with_hint(format!("make it: CREATE DATABASE {database}; or correct the database URL")),
        "1044" => Error::new(Kind::Privilege, format!("{user} has no rights on database {database}"))
            .with_hint(format!("grant them: GRANT ALL ON {database}.* TO …")),
        "53300" | "1040" | "1203" | "1226" => Error::new(Kind::Connect, format!("{place} has no connection left"))
            .with_hint("close other connections, or raise the server's limit"),
        "57P03" => {
            Error::new(Kind::Connect, format!("{place} is starting or stopping")).with_hint("try again in a moment")
        }
        OUT_OF_SYNC => out_of_sync(place),
        "22023" | "42501" | "1959" | "3530" if occasion.settings.role.is_some() => {
            let role = occasion.settings.role.as_deref().unwrap_or_default();
            Error::new(Kind::Privilege, format!("{user} cannot take on the role {role}"))
                .with_hint(format!("grant it: GRANT {role} TO …; or correct role in the configuration"))
        }
        _ => Error::new(Kind::Connect, format!("{place} refuses the connection")),
    };
    error.caused_by(&reply.message)
}

fn sqlite_open(reply: &Reply, occasion: &Occasion<'_>) -> Error {
    let primary = reply.code.parse::<u32>().unwrap_or_default() & 0xff;
    let shown = occasion.url.safe();
    let error = match primary {
        5 | 6 => return talking(reply, occasion),
        26 => Error::new(Kind::Connect, format!("{shown} is no SQLite database"))
            .with_hint("correct the database URL; an encrypted file needs a build with its library"),
        11 => Error::new(Kind::Connect, format!("{shown} is damaged")).with_hint("restore it from a backup"),
        3 | 10 | 14 | 23 => Error::new(Kind::Connect, format!("cannot open {shown}"))
            .with_hint("check that it is a file, and the rights of the file and of its folder"),
        8 if has_log_ahead(occasion) => {
            Error::new(Kind::ReadOnly, format!("{shown} has a write-ahead log, and cannot be read without writing"))
                .with_hint(
                    "give the right to write its folder and the files `-wal` and `-shm` beside it, or let its owner \
                     say `PRAGMA journal_mode = DELETE`",
                )
        }
        8 => Error::new(Kind::ReadOnly, format!("{shown} is read-only"))
            .with_hint("check the rights of the file and of its folder"),
        _ => Error::new(Kind::Connect, format!("cannot open {shown}")),
    };
    error.caused_by(&reply.message)
}

/// Whether a file says in its head that it is in WAL mode: then its readers write, too.
fn has_log_ahead(occasion: &Occasion<'_>) -> bool {
    let Place::File(file) = occasion.url.place() else { return false };
    let mut head = [0; 20];
    let read = file.path.as_ref().and_then(|path| std::fs::File::open(path).ok());
    let read = read.and_then(|mut file| std::io::Read::read_exact(&mut file, &mut head).ok());
    read.is_some() && head.ends_with(&[2, 2])
}

/// An error after the connection was made.
fn talking(reply: &Reply, occasion: &Occasion<'_>) -> Error {
    if reply.is_goodbye() {
        return lost(reply, occasion.doing);
    }
    if let Some(error) = ended(reply, occasion) {
        return error;
    }
    if (reply.source, reply.code.as_str(), occasion.doing) == (Source::MySql, OUT_OF_SYNC, Doing::Reading) {
        return out_of_sync("the server").caused_by(&reply.message);
    }
    let kind = kind(reply, occasion.doing);
    let secrets = mask::Masked::of(occasion.sql.unwrap_or_default());
    let error = Error::new(kind, lower_first(&secrets.hide(&reply.message)));
    match hint(kind, reply, occasion) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// A node that has lost the others of its cluster, or is still catching up, takes no statement.
fn out_of_sync(place: &str) -> Error {
    Error::new(Kind::Connect, format!("{place} is not in sync with its cluster"))
        .with_hint("connect to another node, or wait until this one is back: --wait 5m")
}

/// The connection died.
fn lost(reply: &Reply, doing: Doing) -> Error {
    let error = match doing {
        Doing::Committing => {
            Error::new(Kind::OutcomeUnknown, "the connection died while committing, so the outcome is unknown")
                .with_hint("look with `migrate status` whether the revision is applied")
        }
        Doing::Working | Doing::ReadingAtWork => {
            Error::new(Kind::Statement, "the connection died in the middle of the work")
        }
        Doing::Connecting | Doing::Reading => Error::new(Kind::Connect, "the connection died"),
    };
    if reply.message.contains("CopyInResponse") || reply.message.contains("CopyOutResponse") {
        return Error::new(Kind::Unsupported, "COPY from or to the client is not possible here")
            .with_hint("write INSERT statements, or let the server read its own file");
    }
    error.caused_by(&reply.message)
}

/// A statement that was ended before its time: by us, by a limit, by an administrator.
fn ended(reply: &Reply, occasion: &Occasion<'_>) -> Option<Error> {
    let by_limit = matches!(reply.code.as_str(), "1969" | "3024");
    let by_someone = match (reply.source, reply.code.as_str()) {
        (Source::Postgres, "57014") | (Source::MySql, "1317" | "1028") | (Source::Sqlite, "9") => true,
        // Waiting for the file's lock was ended.
        (Source::Sqlite, "5" | "6") => occasion.ended.is_some(),
        _ => false,
    };
    if !by_limit && !by_someone {
        return None;
    }
    if occasion.ended == Some(Ended::Cancelled) {
        return Some(Error::new(Kind::Cancelled, "the statement was cancelled"));
    }
    let limit = occasion.settings.statement_timeout;
    let over = !limit.is_zero() && occasion.elapsed + Duration::from_millis(20) >= limit;
    if by_limit || over || occasion.ended == Some(Ended::TimedOut) {
        let phrase = format!("the statement ran longer than the statement_timeout of {}", seconds(limit));
        return Some(Error::new(Kind::Statement, phrase).with_hint("allow more time: --statement-timeout"));
    }
    Some(Error::new(Kind::Cancelled, "the statement was cancelled on the server").caused_by(&reply.message))
}

fn seconds(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}

fn kind(reply: &Reply, doing: Doing) -> Kind {
    let reading = matches!(doing, Doing::Reading | Doing::ReadingAtWork);
    let denied = if reading { Kind::Privilege } else { Kind::Statement };
    match (reply.source, reply.code.as_str()) {
        (Source::Postgres, "55P03" | "40P01" | "40001") => Kind::Locked,
        (Source::Postgres, "25006") => Kind::ReadOnly,
        (Source::Postgres, "53100") => Kind::DiskFull,
        (Source::Postgres, "42501") => denied,
        (Source::MySql, "1205" | "1213" | "3572" | "3058") => Kind::Locked,
        (Source::MySql, "1290") if reply.message.contains("read") => Kind::ReadOnly,
        (Source::MySql, "1792" | "1836") => Kind::ReadOnly,
        (Source::MySql, "1021" | "1114") => Kind::DiskFull,
        (Source::MySql, "1142" | "1143" | "1044" | "1227" | "1370" | "1410" | "1419") => denied,
        (Source::Sqlite, code) => match code.parse::<u32>().unwrap_or_default() & 0xff {
            5 | 6 => Kind::Locked,
            8 => Kind::ReadOnly,
            13 => Kind::DiskFull,
            11 | 26 => Kind::Corrupt,
            _ => Kind::Statement,
        },
        _ => Kind::Statement,
    }
}

fn hint(kind: Kind, reply: &Reply, occasion: &Occasion<'_>) -> Option<String> {
    let limit = seconds(occasion.settings.lock_timeout);
    match (kind, reply.source) {
        (Kind::Locked, Source::Sqlite) => {
            Some("wait until the other program has finished with the file, or allow more time: --lock-wait".to_owned())
        }
        (Kind::Locked, _) if matches!(reply.code.as_str(), "40P01" | "40001" | "1213") => {
            Some("run it again: another session was at work on the same rows".to_owned())
        }
        (Kind::Locked, _) => Some(format!(
            "wait until the other sessions have finished with the table, or allow more time: --lock-timeout (now {limit})"
        )),
        (Kind::ReadOnly, _) if occasion.settings.read_only => None,
        (Kind::ReadOnly, Source::Sqlite) => Some("check the rights of the file and of its folder".to_owned()),
        (Kind::ReadOnly, _) => Some("connect to the primary server, or make the database writable".to_owned()),
        (Kind::DiskFull, Source::Sqlite) => Some("make room on the disk, then run it again".to_owned()),
        (Kind::DiskFull, _) => Some("make room on the disk of the server, then run it again".to_owned()),
        (Kind::Privilege, _) => Some("grant the login what it lacks, or use another one".to_owned()),
        (_, Source::MySql) if reply.code == TOO_LONG => Some(
            "raise it on the server (SET GLOBAL max_allowed_packet), or write the rows in several statements"
                .to_owned(),
        ),
        (Kind::Corrupt, _) => {
            Some("check the file with PRAGMA integrity_check, or restore it from a backup".to_owned())
        }
        _ => None,
    }
}

/// MariaDB does not give a position but the text from there on, and the line.
fn near(reply: &Reply, sql: &str) -> Option<usize> {
    if reply.source != Source::MySql {
        return None;
    }
    let (_, rest) = reply.message.split_once("near '")?;
    let (text, line) = rest.rsplit_once("' at line ")?;
    let line: usize = line.trim().parse().ok()?;
    let start: usize = sql.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let (before, tail) = sql.split_at_checked(start)?;
    if text.is_empty() {
        return Some(sql.trim_end().chars().count());
    }
    let (between, _) = tail.split_once(text)?;
    Some(before.chars().count() + between.chars().count())
}

/// `You have …` → `you have …`, but not `COMMIT …`.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            [first.to_ascii_lowercase(), second].into_iter().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn mapped(url: &str, doing: Doing, sql: &str, reply: Reply) -> Error {
        let url = Url::parse(url, Path::new("/project")).unwrap();
        let settings = Settings {
            statement_timeout: Duration::from_secs(30),
            role: Some("owner".to_owned()),
            ..Settings::default()
        };
        let sql = (doing != Doing::Connecting).then_some(sql);
        let elapsed = Duration::from_millis(5);
        error(reply, &Occasion { doing, url: &url, settings: &settings, sql, ended: None, elapsed })
    }

    fn postgres(doing: Doing, code: &str) -> Error {
        let reply = Reply::new(Source::Postgres, "Said so").with_code(code);
        mapped("postgres://app:hunter2@db:5433/shop", doing, "SELECT 1", reply)
    }

    fn mysql(doing: Doing, code: &str, message: &str, sql: &str) -> Error {
        let reply = Reply::new(Source::MySql, message).with_code(code);
        mapped("mysql://app:hunter2@db/shop", doing, sql, reply)
    }

    #[test]
    fn a_refused_login_names_the_user_and_the_next_step() {
        let cases = [
            ("28P01", Kind::Connect, "db:5433 refused the password of user app"),
            ("28000", Kind::Connect, "db:5433 does not let user app in"),
            ("3D000", Kind::Connect, "there is no database shop on db:5433"),
            ("53300", Kind::Connect, "db:5433 has no connection left"),
            ("22023", Kind::Privilege, "user app cannot take on the role owner"),
            ("XX000", Kind::Connect, "db:5433 refuses the connection"),
        ];
        for (code, kind, phrase) in cases {
            let error = postgres(Doing::Connecting, code);
            assert_eq!((error.kind(), error.phrase(), error.code()), (kind, phrase, Some(code)));
            assert_eq!(error.causes(), ["Said so"]);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        assert!(postgres(Doing::Connecting, "3D000").hint().unwrap().contains("createdb shop"));
        assert_eq!(mysql(Doing::Connecting, "1045", "", "").phrase(), "db refused the password of user app");
        let nobody = mysql(Doing::Connecting, "1045", "Access denied for user 'app'@'h' (using password: NO)", "");
        assert_eq!(nobody.phrase(), "db does not let user app in without a password");
        assert!(mysql(Doing::Connecting, "1049", "", "").hint().unwrap().contains("CREATE DATABASE shop"));
    }

    #[test]
    fn a_url_without_a_host_is_said_to_be_one() {
        let refused = || Reply::new(Source::Network(ErrorKind::ConnectionRefused), "refused");
        let error = mapped("postgres:///shop", Doing::Connecting, "", refused());
        assert_eq!(error.phrase(), "the database URL names no host, and nobody listens at this machine");
        assert!(error.hint().unwrap().contains("postgres://user@host/database"));
        let named = mapped("postgres://db/shop", Doing::Connecting, "", refused());
        assert_eq!(named.phrase(), "nobody listens at db");
    }

    #[test]
    fn a_server_without_tls_has_no_certificate_to_check() {
        let hint = |message: &str| {
            let reply = Reply::new(Source::Tls, message);
            mapped("postgres://db/shop", Doing::Connecting, "", reply).hint().unwrap().to_owned()
        };
        assert!(hint("server does not support TLS").starts_with("switch TLS on at the server"));
        assert!(hint("invalid peer certificate").starts_with("check the certificate"));
    }

    #[test]
    fn a_file_is_no_server() {
        let hint = |code: &str| {
            let reply = Reply::new(Source::Sqlite, "full").with_code(code);
            mapped("sqlite://x.db", Doing::Working, "INSERT", reply).hint().unwrap().to_owned()
        };
        assert!(!hint("13").contains("server") && !hint("8").contains("server"));
    }

    #[test]
    fn codes_become_kinds() {
        let cases = [
            ("55P03", Kind::Locked),
            ("40P01", Kind::Locked),
            ("25006", Kind::ReadOnly),
            ("53100", Kind::DiskFull),
            ("57014", Kind::Cancelled),
            ("42P01", Kind::Statement),
        ];
        for (code, kind) in cases {
            assert_eq!(postgres(Doing::Working, code).kind(), kind, "{code}");
        }
        let cases = [
            ("1205", Kind::Locked),
            ("1213", Kind::Locked),
            ("1792", Kind::ReadOnly),
            ("1021", Kind::DiskFull),
            ("1317", Kind::Cancelled),
            ("1969", Kind::Statement),
            ("1064", Kind::Statement),
        ];
        for (code, kind) in cases {
            assert_eq!(mysql(Doing::Working, code, "", "SELECT 1").kind(), kind, "{code}");
        }
        let read_only = "The MariaDB server is running with the --read-only option";
        assert_eq!(mysql(Doing::Working, "1290", read_only, "").kind(), Kind::ReadOnly);
        assert_eq!(mysql(Doing::Working, "1290", "the --secure-file-priv option", "").kind(), Kind::Statement);
        for (code, kind) in
            [("5", Kind::Locked), ("517", Kind::Locked), ("1032", Kind::ReadOnly), ("13", Kind::DiskFull)]
        {
            let reply = Reply::new(Source::Sqlite, "").with_code(code);
            assert_eq!(mapped("sqlite://a.db", Doing::Working, "SELECT 1", reply).kind(), kind, "{code}");
        }
    }

    #[test]
    fn missing_rights_stop_a_question_and_fail_a_statement() {
        assert_eq!(postgres(Doing::Reading, "42501").kind(), Kind::Privilege);
        assert_eq!(postgres(Doing::ReadingAtWork, "42501").kind(), Kind::Privilege);
        assert_eq!(postgres(Doing::Working, "42501").kind(), Kind::Statement);
        assert_eq!(mysql(Doing::Reading, "1142", "", "").kind(), Kind::Privilege);
    }

    #[test]
    fn a_lost_connection_means_what_was_being_done() {
        let cases = [
            (Doing::Connecting, Kind::Connect),
            (Doing::Reading, Kind::Connect),
            (Doing::ReadingAtWork, Kind::Statement),
            (Doing::Working, Kind::Statement),
            (Doing::Committing, Kind::OutcomeUnknown),
        ];
        for (doing, kind) in cases {
            let reply = Reply::new(Source::Network(ErrorKind::UnexpectedEof), "end of file");
            let error = mapped("postgres://db/x", doing, "COMMIT", reply);
            assert_eq!(error.kind(), kind);
            assert_eq!(is_connection_lost(&error), doing != Doing::Connecting);
        }
        let killed = postgres(Doing::Committing, "57P01");
        assert!(is_connection_lost(&killed) && killed.kind() == Kind::OutcomeUnknown);
        assert!(!is_connection_lost(&postgres(Doing::Working, "42P01")));
    }

    #[test]
    fn a_statement_that_was_ended_says_by_whom() {
        assert_eq!(postgres(Doing::Working, "57014").phrase(), "the statement was cancelled on the server");
        let timeout = mysql(Doing::Working, "1969", "", "SELECT 1");
        assert_eq!(timeout.phrase(), "the statement ran longer than the statement_timeout of 30 s");
        assert!(timeout.hint().unwrap().contains("--statement-timeout"));
    }

    #[test]
    fn the_place_is_found_in_the_text_that_mariadb_quotes() {
        let syntax = |near: &str, line: usize| {
            format!(
                "You have an error in your SQL syntax; check the manual for the right syntax to use near '{near}' at line {line}"
            )
        };
        let sql = "CREATE TABLE é (a INT,\n  b FOO,\n  c INT)";
        let error = mysql(Doing::Working, "1064", &syntax("FOO,\n  c INT)", 2), sql);
        assert_eq!(error.place().position, Some(27));
        assert!(error.phrase().starts_with("you have an error"));
        let error = mysql(Doing::Working, "1064", &syntax("", 1), "SELECT (1");
        assert_eq!(error.place().position, Some(9));
        assert_eq!(mysql(Doing::Working, "1064", &syntax("elsewhere", 1), sql).place().position, None);
        assert_eq!(mysql(Doing::Working, "1064", &syntax("FOO", 9), sql).place().position, None);
    }

    #[test]
    fn a_password_in_a_statement_is_nowhere_in_its_error() {
        let sql = "CREATE USER x IDENTIFIED BY 'hunter2' FOO";
        let error = mysql(Doing::Working, "1064", "… near ''hunter2' FOO' at line 1", sql);
        assert_eq!(error.statement(), Some("CREATE USER x IDENTIFIED BY '***' FOO"));
        assert!(!format!("{error:?} {error}").contains("hunter2"));
        let mut reply = Reply::new(Source::Postgres, "at \"hunter2\"").with_code("42601");
        reply.causes.push("detail: hunter2".to_owned());
        let error = mapped("postgres://db/x", Doing::Working, "CREATE ROLE x PASSWORD 'hunter2' 1", reply);
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
