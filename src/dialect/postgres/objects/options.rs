//! `OPTIONS (…)` of what is about foreign data. Pure.
//!
//! Secrets among them are nobody's business: they are not read, not compared, not sent and not printed. Who knows them gives
//! them to the server by hand, and what is changed in its place keeps them.

use super::parts::words;
use crate::schema::ObjectKind;
use crate::statement::token::{Token, unquote};

/// An option whose name holds one of these is a secret: `sslpassword`, `access_token`.
pub(in crate::dialect::postgres) const SECRETS: [&str; 5] = ["passw", "secret", "token", "credential", "passphrase"];

fn is_secret(name: &str) -> bool {
    let name = unquote(name).to_lowercase();
    SECRETS.iter().any(|word| name.contains(word))
}

/// Whether a kind has options.
pub(in crate::dialect::postgres) fn has_options(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::ForeignDataWrapper | ObjectKind::ForeignServer | ObjectKind::UserMapping | ObjectKind::ForeignTable
    )
}

/// One group in a text: where it begins and ends, and the name and the whole text of each option.
struct Group<'t> {
    start: usize,
    end: usize,
    options: Vec<(&'t str, &'t str)>,
}

/// All groups, in their order.
fn groups(sql: &str) -> Vec<Group<'_>> {
    let all = words(sql);
    let begins = |at: usize| {
        all.get(at).is_some_and(|token| token.is_word(sql, "OPTIONS"))
            && all.get(at + 1).is_some_and(|token| token.is_sign(sql, "("))
    };
    (0..all.len()).filter(|at| begins(*at)).filter_map(|at| group(sql, all.get(at..)?)).collect()
}

/// The group that begins with the first of these tokens.
fn group<'t>(sql: &'t str, tokens: &[Token]) -> Option<Group<'t>> {
    let close = tokens.iter().position(|token| token.is_sign(sql, ")"))?;
    let inside = tokens.get(2..close)?;
    let option = |part: &[Token]| {
        let (first, last) = (part.first()?, part.last()?);
        Some((first.text(sql), sql.get(first.start..last.end)?))
    };
    let options = inside.split(|token| token.is_sign(sql, ",")).filter_map(option).collect();
    Some(Group { start: tokens.first()?.start, end: tokens.get(close)?.end, options })
}

/// The text without secrets, and their names.
pub(in crate::dialect::postgres) fn without_secrets(sql: &str) -> (String, Vec<String>) {
    let (mut text, mut secrets, mut from) = (String::with_capacity(sql.len()), Vec::new(), 0);
    for group in groups(sql) {
        let (hidden, kept): (Vec<_>, Vec<_>) = group.options.into_iter().partition(|(name, _)| is_secret(name));
        if hidden.is_empty() {
            continue;
        }
        secrets.extend(hidden.into_iter().map(|(name, _)| unquote(name)));
        let before = sql.get(from..group.start).unwrap_or_default();
        let kept: Vec<&str> = kept.into_iter().map(|(_, text)| text).collect();
        if kept.is_empty() {
            text.push_str(before.trim_end());
        } else {
            text.extend([before, "OPTIONS (", &kept.join(", "), ")"]);
        }
        from = group.end;
    }
    text.push_str(sql.get(from..).unwrap_or_default());
    (text, secrets)
}

/// The statements that make one definition of the other; None where more than options and a version differs.
pub(super) fn alter(kind: ObjectKind, former: &str, wanted: &str) -> Option<Vec<String>> {
    let ((head, from), (wanted_head, to)) = (parts(former), parts(wanted));
    let (head, version) = without_version(kind, head);
    let (wanted_head, wanted_version) = without_version(kind, wanted_head);
    if head != wanted_head {
        return None;
    }
    let target = target(kind, &head)?;
    let mut clauses = Vec::new();
    if version != wanted_version {
        clauses.push(format!("VERSION {}", wanted_version.as_deref().unwrap_or("NULL")));
    }
    let has = |all: &[(&str, &str)], name: &str| all.iter().any(|(other, _)| *other == name);
    let added = to.iter().filter(|option| !from.contains(option));
    let added = added.map(|(name, text)| format!("{} {text}", if has(&from, name) { "SET" } else { "ADD" }));
    let gone = from.iter().filter(|(name, _)| !has(&to, name)).map(|(name, _)| format!("DROP {name}"));
    let changes: Vec<String> = added.chain(gone).collect();
    if !changes.is_empty() {
        clauses.push(format!("OPTIONS ({})", changes.join(", ")));
    }
    (!clauses.is_empty()).then(|| vec![format!("{target} {}", clauses.join(" "))])
}

/// What stands before the options at the end, and these.
fn parts(sql: &str) -> (&str, Vec<(&str, &str)>) {
    let last = groups(sql).pop().filter(|group| sql.get(group.end..).is_some_and(|rest| rest.trim().is_empty()));
    match last {
        Some(group) => (sql.get(..group.start).unwrap_or_default().trim_end(), group.options),
        None => (sql.trim_end(), Vec::new()),
    }
}

/// A server's text without its version, and that.
fn without_version(kind: ObjectKind, head: &str) -> (String, Option<String>) {
    let all = words(head);
    let at = all.iter().position(|token| token.is_word(head, "VERSION"));
    let Some([word, value]) = at.and_then(|at| all.get(at..at + 2)).filter(|_| kind == ObjectKind::ForeignServer)
    else {
        return (head.to_owned(), None);
    };
    let (before, behind) = (head.get(..word.start).unwrap_or_default(), head.get(value.end..).unwrap_or_default());
    (format!("{}{behind}", before.trim_end()), Some(value.text(head).to_owned()))
}

/// `ALTER SERVER "s"` of `CREATE SERVER "s" FOREIGN DATA WRAPPER "w"`.
fn target(kind: ObjectKind, head: &str) -> Option<String> {
    let all = words(head);
    let end = if kind == ObjectKind::ForeignServer {
        all.get(2)?.end
    } else if kind == ObjectKind::ForeignDataWrapper {
        all.get(4)?.end
    } else if kind == ObjectKind::ForeignTable {
        all.iter().find(|token| token.is_sign(head, "("))?.start
    } else {
        head.len()
    };
    let called = head.get(..end)?.trim_end();
    Some(format!("ALTER {}", called.strip_prefix("CREATE ")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out() {
        let (text, secrets) = without_secrets(
            "CREATE USER MAPPING FOR \"a\" SERVER \"s\" OPTIONS (user 'x', \"sslPassword\" 'it''s, (secret)', password 'y')",
        );
        assert_eq!(text, "CREATE USER MAPPING FOR \"a\" SERVER \"s\" OPTIONS (user 'x')");
        assert_eq!(secrets, ["sslPassword", "password"]);
        let (text, _) = without_secrets("CREATE USER MAPPING FOR a SERVER s OPTIONS (password 'y')");
        assert_eq!(text, "CREATE USER MAPPING FOR a SERVER s");
        let plain = "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'password')";
        assert_eq!(without_secrets(plain), (plain.to_owned(), Vec::new()));
    }

    #[test]
    fn options_are_changed_one_by_one() {
        let from =
            "CREATE SERVER \"s\" VERSION '1' FOREIGN DATA WRAPPER \"w\" OPTIONS (host 'a', port '1', dbname 'x')";
        let to = "CREATE SERVER \"s\" VERSION '2' FOREIGN DATA WRAPPER \"w\" OPTIONS (host 'b', dbname 'x', fetch '5')";
        assert_eq!(
            alter(ObjectKind::ForeignServer, from, to).unwrap(),
            ["ALTER SERVER \"s\" VERSION '2' OPTIONS (SET host 'b', ADD fetch '5', DROP port)"]
        );
        let none = "CREATE SERVER \"s\" FOREIGN DATA WRAPPER \"w\"";
        assert_eq!(
            alter(ObjectKind::ForeignServer, from, none).unwrap(),
            ["ALTER SERVER \"s\" VERSION NULL OPTIONS (DROP host, DROP port, DROP dbname)"]
        );
        assert_eq!(alter(ObjectKind::ForeignServer, none, "CREATE SERVER \"s\" FOREIGN DATA WRAPPER \"v\""), None);
    }

    #[test]
    fn each_kind_is_called_as_alter_calls_it() {
        let said = |kind, from, to| alter(kind, from, to).unwrap().remove(0);
        assert_eq!(
            said(
                ObjectKind::UserMapping,
                "CREATE USER MAPPING FOR a SERVER \"s\"",
                "CREATE USER MAPPING FOR a SERVER \"s\" OPTIONS (user 'x')"
            ),
            "ALTER USER MAPPING FOR a SERVER \"s\" OPTIONS (ADD user 'x')"
        );
        assert_eq!(
            said(
                ObjectKind::ForeignTable,
                "CREATE FOREIGN TABLE \"a\".\"t\" (\n    a integer OPTIONS (x 'y')\n) SERVER \"s\" OPTIONS (b '1')",
                "CREATE FOREIGN TABLE \"a\".\"t\" (\n    a integer OPTIONS (x 'y')\n) SERVER \"s\" OPTIONS (b '2')"
            ),
            "ALTER FOREIGN TABLE \"a\".\"t\" OPTIONS (SET b '2')"
        );
    }
}
