//! What `SHOW GRANTS` says, compared with what a plan needs. Pure: no I/O.
//!
//! Only the least that a statement needs is asked for: a right that is named here as lacking is lacking.

use crate::dialect::mysql::capabilities::is_mariadb;
use crate::dialect::mysql::quote;
use crate::dialect::needs::{Lacking, Needs};
use crate::schema::{Ident, Name};
use crate::statement::ServerVersion;

/// One line: what is granted, on which database (a pattern) and table.
struct Grant<'t> {
    rights: Vec<&'t str>,
    database: String,
    table: String,
}

/// What lacks. `None`: nobody can say, for the rights of a role are not in these lines.
pub(super) fn lacking(
    lines: &[&str],
    needs: &Needs,
    own: &Ident,
    login: &str,
    server: ServerVersion,
) -> Option<Vec<Lacking>> {
    // MariaDB lists what its enabled role may do, MySQL only that there is one; a partial REVOKE is a line too.
    let of_role = |line: &&&str| !line.contains(" ON ") && line.starts_with("GRANT ");
    let unclear = lines.iter().any(|line| line.starts_with("REVOKE "));
    if unclear || (!is_mariadb(server) && lines.iter().find(of_role).is_some()) {
        return None;
    }
    let grants: Vec<Grant<'_>> = lines.iter().filter_map(|line| grant(line)).collect();
    let mut wanted: Vec<(&str, Name)> = Vec::new();
    let create = |schema: &Option<Ident>| ("CREATE", Name::new(schema.clone(), "*"));
    wanted.extend(needs.creates_in.iter().map(create));
    wanted.extend(needs.changed.iter().map(|table| ("ALTER", table.clone())));
    wanted.extend(needs.dropped.iter().map(|table| ("DROP", table.clone())));
    for (table, words) in &needs.written {
        wanted.extend(words.iter().map(|word| (*word, table.clone())));
    }
    for table in &needs.own {
        wanted.extend(["SELECT", "INSERT", "UPDATE"].map(|word| (word, table.clone())));
    }
    let is_lacking = |(right, name): &(&str, Name)| !grants.iter().any(|grant| allows(grant, right, name, own));
    let say = |(right, name): (&str, Name)| say(right, &name, own, login);
    Some(wanted.into_iter().filter(is_lacking).map(say).collect())
}

fn say(right: &str, name: &Name, own: &Ident, login: &str) -> Lacking {
    let database = name.schema.as_ref().unwrap_or(own);
    let (object, said) = match name.name.as_str() {
        "*" => (format!("{}.*", quote::ident(database)), format!("in {}", database.as_str())),
        _ => (format!("{}.{}", quote::ident(database), quote::ident(&name.name)), format!("on {}", name.for_people())),
    };
    let login = login
        .split_once('@')
        .map_or_else(|| login.to_owned(), |(user, host)| format!("{}@{}", quote::literal(user), quote::literal(host)));
    Lacking {
        phrase: format!("the login has no {right} {said}"),
        remedy: format!("GRANT {right} ON {object} TO {login}"),
    }
}

/// Rights on single columns and on routines are none of a table's.
fn grant(line: &str) -> Option<Grant<'_>> {
    let (rights, rest) = line.strip_prefix("GRANT ")?.split_once(" ON ")?;
    let (object, _) = rest.split_once(" TO ")?;
    let (database, table) = match object {
        "*.*" => ("%".to_owned(), "*".to_owned()),
        _ => {
            let (database, rest) = part(object)?;
            let rest = rest.strip_prefix('.')?;
            (database, if rest == "*" { rest.to_owned() } else { part(rest)?.0 })
        }
    };
    let rights = rights.split(',').map(str::trim).filter(|right| !right.contains(['(', ')'])).collect();
    Some(Grant { rights, database, table })
}

/// A name in backticks and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (before, after) = rest.split_once('`')?;
        name.push_str(before);
        match after.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

fn allows(grant: &Grant<'_>, right: &str, name: &Name, own: &Ident) -> bool {
    let database = name.schema.as_ref().unwrap_or(own).as_str();
    let on_table = grant.table == "*" || grant.table.eq_ignore_ascii_case(name.name.as_str());
    // A right to make any table of the database is wanted; to make some is taken for it.
    let on_some = right == "CREATE" && name.name.as_str() == "*";
    let here = is_like(database, &grant.database) && (on_table || on_some);
    here && grant
        .rights
        .iter()
        .any(|granted| *granted == right || granted.starts_with("ALL PRIVILEGES") || *granted == "ALL")
}

/// LIKE: `%` any text, `_` any letter, a backslash before what is meant as it stands. Without regard to case, so that
/// nothing is missed.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut signs = pattern.chars();
    match signs.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = signs.as_str();
            text.char_indices().any(|(at, _)| text.get(at..).is_some_and(|tail| is_like(tail, rest)))
                || is_like("", rest)
        }
        Some(sign) => {
            let escaped = sign == '\\';
            let wanted = if escaped { signs.next() } else { Some(sign) };
            let mut letters = text.chars();
            let Some(letter) = letters.next() else { return false };
            let fits = wanted
                .is_some_and(|wanted| (wanted == '_' && !escaped) || wanted.to_lowercase().eq(letter.to_lowercase()));
            fits && is_like(letters.as_str(), signs.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);
    const MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 9, 7, 4);

    fn needs() -> Needs {
        Needs {
            own: vec![Name::own("migrate_version")],
            changed: [Name::own("orders")].into(),
            creates_in: [None].into(),
            ..Needs::default()
        }
    }

    fn phrases(lines: &[&str], server: ServerVersion) -> Option<Vec<String>> {
        let found = lacking(lines, &needs(), &"app".into(), "u@%", server)?;
        Some(found.into_iter().map(|lacking| lacking.remedy).collect())
    }

    #[test]
    fn what_lacks_is_named() {
        assert_eq!(
            phrases(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"], MARIADB).unwrap(),
            [""; 0]
        );
        assert_eq!(phrases(&["GRANT ALL PRIVILEGES ON `app`.* TO `u`@`%`"], MARIADB).unwrap(), [""; 0]);
        assert_eq!(phrases(&["GRANT ALL PRIVILEGES ON `a\\_%`.* TO `u`@`%`"], MARIADB).unwrap().len(), 5);
        let lines = [
            "GRANT USAGE ON *.* TO `u`@`%`",
            "GRANT SELECT, INSERT, UPDATE, CREATE ON `ap_`.* TO `u`@`%`",
            "GRANT ALTER ON `app`.`other` TO `u`@`%`",
            "GRANT UPDATE (`a`), ALTER (`b`) ON `app`.`orders` TO `u`@`%`",
        ];
        assert_eq!(phrases(&lines, MARIADB).unwrap(), ["GRANT ALTER ON `app`.`orders` TO 'u'@'%'"]);
        assert_eq!(phrases(&["GRANT USAGE ON *.* TO `u`@`%`"], MARIADB).unwrap().len(), 5);
    }

    #[test]
    fn what_nobody_can_say_is_not_said() {
        let role = ["GRANT `r`@`%` TO `u`@`%`", "GRANT USAGE ON *.* TO `u`@`%`"];
        assert_eq!(phrases(&role, MYSQL), None);
        assert_eq!(phrases(&role, MARIADB).unwrap().len(), 5);
        assert_eq!(phrases(&["REVOKE ALTER ON `app`.* FROM `u`@`%`"], MYSQL), None);
    }

    #[test]
    fn names_in_grants_are_patterns() {
        assert!(is_like("app", "%") && is_like("app", "a_p") && is_like("app", "App") && is_like("a_p", "a\\_p"));
        assert!(
            !is_like("app", "a\\_p") && !is_like("apps", "app") && is_like("apps", "app%") && is_like("app", "app%")
        );
        assert_eq!(part("`a``b`.`c`"), Some(("a`b".to_owned(), ".`c`")));
    }
}
