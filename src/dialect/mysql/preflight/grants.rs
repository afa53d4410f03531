//! What `SHOW GRANTS` says, compared with what a plan needs. Pure: no I/O.
//!
//! Only the least that a statement needs is asked for: a right that is named here as lacking is lacking.

use std::collections::BTreeSet;

use crate::dialect::mysql::capabilities::is_mariadb;
use crate::dialect::mysql::objects::rights::{ON_TABLES, OPTION};
use crate::dialect::mysql::quote;
use crate::dialect::needs::{Lacking, Needs, Sight};
use crate::schema::{Ident, Name, ObjectId, ObjectKind};
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
    let grants = grants(lines, server)?;
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
    let made = needs.objects.iter().filter_map(|id| of_object(id, &MADE));
    let dropped = needs.dropped_objects.iter().filter_map(|id| of_object(id, &DROPPED));
    wanted.extend(made.chain(dropped).collect::<BTreeSet<_>>());
    let table = |id: &ObjectId| Name {
        schema: id.name.schema.clone(),
        name: if id.arguments.is_none() { id.name.name.clone() } else { "*".into() },
    };
    wanted.extend(needs.rights.iter().filter(|id| is_plain(id)).map(|id| (OPTION, table(id))));
    let is_lacking = |(right, name): &(&str, Name)| !grants.iter().any(|grant| allows(grant, right, name, own));
    let say = |(right, name): (&str, Name)| say(right, &name, own, login);
    Some(wanted.into_iter().filter(is_lacking).map(say).collect())
}

/// What it takes to make or change an object.
const MADE: [(ObjectKind, &str); 5] = [
    (ObjectKind::View, "CREATE VIEW"),
    (ObjectKind::Function, "CREATE ROUTINE"),
    (ObjectKind::Procedure, "CREATE ROUTINE"),
    (ObjectKind::Trigger, "TRIGGER"),
    (ObjectKind::Event, "EVENT"),
];

/// What it takes to drop one; a routine may be dropped by whoever made it.
const DROPPED: [(ObjectKind, &str); 3] =
    [(ObjectKind::View, "DROP"), (ObjectKind::Trigger, "TRIGGER"), (ObjectKind::Event, "EVENT")];

/// The right, and on what: a trigger needs it on its table, routines and events on the database.
fn of_object(id: &ObjectId, rights: &[(ObjectKind, &'static str)]) -> Option<(&'static str, Name)> {
    let (kind, right) = rights.iter().find(|(kind, _)| *kind == id.kind)?;
    let all = || Name::new(id.name.schema.clone(), "*");
    let view = (*kind == ObjectKind::View).then(|| id.name.clone());
    let on = id.table.clone().or(view).unwrap_or_else(all);
    Some((right, on))
}

/// Whether the rights are on a table or on the database: those on a routine may be given by whoever has them on it alone.
fn is_plain(id: &ObjectId) -> bool {
    id.arguments.as_deref().is_none_or(|what| what == "database")
}

/// Whether rights on all that is in a database may be given on.
pub(super) fn may_give(lines: &[&str], own: &Ident, server: ServerVersion) -> bool {
    let all = Name::own("*");
    grants(lines, server)
        .is_some_and(|grants| grants.iter().any(|grant| grant.table == "*" && allows(grant, OPTION, &all, own)))
}

/// What the login is not shown of all that is in these databases; nothing where nobody can say.
///
/// A table is shown to whoever has any right on it, its columns by four rights, its constraints by any right but SELECT
/// (seen on MariaDB 10.11). Which tables there are beside those that the login has rights on, no server tells it: so only
/// rights on the whole database are enough.
pub(super) fn sight(lines: &[&str], databases: &[Ident], login: &str, server: ServerVersion) -> Sight {
    let Some(grants) = grants(lines, server) else { return Sight::default() };
    let mut sight = Sight::default();
    for database in databases {
        let all = Name::own("*");
        let may = |rights: &[&str]| {
            let whole = grants.iter().filter(|grant| grant.table == "*");
            whole.into_iter().any(|grant| rights.iter().any(|right| allows(grant, right, &all, database)))
        };
        let lacks = |rights: &[&str], remedy: &str| {
            (!may(rights)).then(|| say(remedy, &Name::new(Some(database.clone()), "*"), database, login))
        };
        sight.tables.extend(lacks(&COLUMNS, "SELECT"));
        // Its first one is to read it.
        sight.tables.extend(lacks(&ON_TABLES[1..], "REFERENCES"));
        for (rights, remedy) in OTHERS {
            sight.others.extend(lacks(rights, remedy));
        }
    }
    sight
}

/// By one of these the columns of a table are shown.
const COLUMNS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];

/// By one of these, triggers, routines and events are shown; and which one to ask for.
const OTHERS: [(&[&str], &str); 3] = [
    (&["TRIGGER", "INSERT", "UPDATE", "DELETE"], "TRIGGER"),
    (&["EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE"], "EXECUTE"),
    (&["EVENT"], "EVENT"),
];

/// The grants in these lines; None where they do not tell all.
fn grants<'t>(lines: &[&'t str], server: ServerVersion) -> Option<Vec<Grant<'t>>> {
    // MariaDB lists what its enabled role may do, MySQL only that there is one; a partial REVOKE is a line too.
    let of_role = |line: &&&str| !line.contains(" ON ") && line.starts_with("GRANT ");
    let unclear = lines.iter().any(|line| line.starts_with("REVOKE "));
    let untold = unclear || (!is_mariadb(server) && lines.iter().find(of_role).is_some());
    (!untold).then(|| lines.iter().filter_map(|line| grant(line)).collect())
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
    let (object, behind) = rest.split_once(" TO ")?;
    let (database, table) = match object {
        "*.*" => ("%".to_owned(), "*".to_owned()),
        _ => {
            let (database, rest) = part(object)?;
            let rest = rest.strip_prefix('.')?;
            (database, if rest == "*" { rest.to_owned() } else { part(rest)?.0 })
        }
    };
    let option = behind.split_once(" WITH ").is_some_and(|(_, with)| with.contains(OPTION)).then_some(OPTION);
    let rights = rights.split(',').map(str::trim).filter(|right| !right.contains(['(', ')'])).chain(option).collect();
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
    here && grant.rights.iter().any(|granted| {
        *granted == right || right != OPTION && (granted.starts_with("ALL PRIVILEGES") || *granted == "ALL")
    })
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
    fn objects_take_rights_of_their_own() {
        let id = |kind, name: &str| ObjectId::new(kind, Name::own(name));
        let trigger = ObjectId { table: Some(Name::own("orders")), ..id(ObjectKind::Trigger, "r") };
        let kinds = [ObjectKind::View, ObjectKind::Function, ObjectKind::Procedure, ObjectKind::Event];
        let mut needs = Needs::default();
        needs.objects.extend(kinds.map(|kind| id(kind, "x")));
        needs.objects.insert(trigger.clone());
        needs.dropped_objects.extend([id(ObjectKind::View, "old"), id(ObjectKind::Procedure, "p"), trigger]);
        let lacking = |lines: &[&str]| {
            let found = lacking(lines, &needs, &"app".into(), "u@%", MARIADB).unwrap();
            found.into_iter().map(|lacking| lacking.remedy).collect::<Vec<_>>()
        };
        let expected = [
            "GRANT CREATE ROUTINE ON `app`.* TO 'u'@'%'",
            "GRANT CREATE VIEW ON `app`.`x` TO 'u'@'%'",
            "GRANT DROP ON `app`.`old` TO 'u'@'%'",
            "GRANT EVENT ON `app`.* TO 'u'@'%'",
            "GRANT TRIGGER ON `app`.`orders` TO 'u'@'%'",
        ];
        assert_eq!(lacking(&["GRANT SELECT, CREATE, ALTER ON `app`.* TO `u`@`%`"]), expected);
        let lines = [
            "GRANT DROP, CREATE VIEW, CREATE ROUTINE, EVENT ON `app`.* TO `u`@`%`",
            "GRANT TRIGGER ON `app`.`orders` TO `u`@`%`",
        ];
        assert_eq!(lacking(&lines), [""; 0]);
        assert_eq!(lacking(&["GRANT ALL PRIVILEGES ON `app`.* TO `u`@`%`"]), [""; 0]);
    }

    #[test]
    fn what_nobody_can_say_is_not_said() {
        let role = ["GRANT `r`@`%` TO `u`@`%`", "GRANT USAGE ON *.* TO `u`@`%`"];
        assert_eq!(phrases(&role, MYSQL), None);
        assert_eq!(phrases(&role, MARIADB).unwrap().len(), 5);
        assert_eq!(phrases(&["REVOKE ALTER ON `app`.* FROM `u`@`%`"], MYSQL), None);
    }

    #[test]
    fn what_hides_tables_is_named() {
        let seen = |lines: &[&str]| {
            let sight = sight(lines, &["app".into()], "u@%", MARIADB);
            let remedies = |lacking: Vec<Lacking>| lacking.into_iter().map(|one| one.remedy).collect::<Vec<_>>();
            (remedies(sight.tables), remedies(sight.others).len())
        };
        let nothing: Vec<String> = Vec::new();
        assert_eq!(seen(&["GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost`"]), (nothing.clone(), 0));
        assert_eq!(seen(&["GRANT REFERENCES ON `app`.* TO `u`@`%`"]), (nothing.clone(), 3));
        assert_eq!(seen(&["GRANT SELECT, SHOW VIEW, EXECUTE ON `app`.* TO `u`@`%`"]), (nothing, 2));
        let remedy = "GRANT REFERENCES ON `app`.* TO 'u'@'%'".to_owned();
        assert_eq!(seen(&["GRANT SELECT, EVENT ON `app`.* TO `u`@`%`"]), (vec![remedy], 2));
        assert_eq!(seen(&["GRANT ALL PRIVILEGES ON `app`.`orders` TO `u`@`%`"]).0.len(), 2);
        assert_eq!(sight(&["REVOKE ALTER ON `app`.* FROM `u`@`%`"], &["app".into()], "u@%", MYSQL), Sight::default());
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
