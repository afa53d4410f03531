//! Rights and owners as statements: what changes between two lists of them, and how each is taken back. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::words;
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::schema::{ObjectId, ObjectKind};
use crate::statement::token::Token;

/// Who has which right to what: the role and the rest as they are written, the right with its column.
type Key = (String, String, String);

/// What a statement says of a right that the server does not give by itself, or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Revoked,
    Granted,
    /// It may be given on.
    Grantable,
}

/// The statements that lead from one list to another; None where one of them cannot be read.
pub(super) fn changes(former: &[&str], wanted: &[&str]) -> Option<Vec<String>> {
    let (former, wanted) = (read(former)?, read(wanted)?);
    let mut changes = Changes::default();
    for (key, state) in &former {
        match (state, wanted.get(key)) {
            (State::Revoked, None) => changes.give(key, State::Granted),
            (State::Granted, None | Some(State::Revoked)) => changes.take("REVOKE ", key, ""),
            (State::Grantable, None | Some(State::Revoked)) => changes.take_all(key, &wanted),
            (State::Grantable, Some(State::Granted)) => {
                changes.take("REVOKE GRANT OPTION FOR ", key, " CASCADE");
                changes.give_others(key, &wanted);
            }
            (State::Revoked | State::Granted | State::Grantable, Some(_)) => {}
        }
    }
    for (key, state) in wanted.iter().filter(|(key, state)| former.get(*key) != Some(*state)) {
        match (state, former.get(key)) {
            (State::Revoked, Some(State::Granted | State::Grantable)) => {}
            (State::Granted, Some(State::Grantable)) => {}
            (State::Revoked, _) => changes.take("REVOKE ", key, ""),
            (State::Granted | State::Grantable, _) => changes.give(key, *state),
        }
    }
    Some(changes.statements())
}

/// Statements by all but the right, so that one says several rights.
#[derive(Default)]
struct Changes {
    taken: BTreeMap<[String; 4], BTreeSet<String>>,
    given: BTreeMap<(String, String, State), BTreeSet<String>>,
}

impl Changes {
    fn take(&mut self, verb: &str, (role, right, on): &Key, behind: &str) {
        let group = [verb.to_owned(), on.clone(), role.clone(), behind.to_owned()];
        self.taken.entry(group).or_default().insert(right.clone());
    }

    /// With a right that may be given on goes what was given on by it: what others are to have of it is given anew.
    fn take_all(&mut self, key: &Key, wanted: &BTreeMap<Key, State>) {
        self.take("REVOKE ", key, " CASCADE");
        self.give_others(key, wanted);
    }

    fn give_others(&mut self, key: &Key, wanted: &BTreeMap<Key, State>) {
        let others = wanted.iter().filter(|(other, state)| {
            **state != State::Revoked && (&other.1, &other.2) == (&key.1, &key.2) && other.0 != key.0
        });
        others.for_each(|(other, state)| self.give(other, *state));
    }

    fn give(&mut self, (role, right, on): &Key, state: State) {
        self.given.entry((on.clone(), role.clone(), state)).or_default().insert(right.clone());
    }

    fn statements(self) -> Vec<String> {
        let joined = |rights: BTreeSet<String>| rights.into_iter().collect::<Vec<_>>().join(", ");
        let taken = self
            .taken
            .into_iter()
            .map(|([verb, on, role, behind], rights)| format!("{verb}{} ON {on} FROM {role}{behind}", joined(rights)));
        let given = self.given.into_iter().map(|((on, role, state), rights)| {
            let option = if state == State::Grantable { " WITH GRANT OPTION" } else { "" };
            format!("GRANT {} ON {on} TO {role}{option}", joined(rights))
        });
        taken.chain(given).collect()
    }
}

/// Each right for itself.
fn read(pieces: &[&str]) -> Option<BTreeMap<Key, State>> {
    let mut all = BTreeMap::new();
    for piece in pieces {
        one(piece, &mut all)?;
    }
    Some(all)
}

/// `GRANT SELECT, UPDATE (a) ON TABLE t TO bob WITH GRANT OPTION`, `REVOKE EXECUTE ON FUNCTION f(integer) FROM PUBLIC`.
fn one(piece: &str, all: &mut BTreeMap<Key, State>) -> Option<()> {
    let tokens = words(piece);
    let outside = outside(piece, &tokens);
    let verb = tokens.first()?;
    let is_grant = verb.is_word(piece, "GRANT");
    if !is_grant && !verb.is_word(piece, "REVOKE") {
        return None;
    }
    let find = |word: &str, from: usize| {
        let mut rest = outside.iter().copied().filter(|at| *at >= from);
        rest.find(|at| tokens.get(*at).is_some_and(|token| token.is_word(piece, word)))
    };
    let on = find("ON", 1)?;
    let to = find(if is_grant { "TO" } else { "FROM" }, on)?;
    let with = find("WITH", to);
    let state = match (is_grant, with) {
        (true, Some(_)) => State::Grantable,
        (true, None) => State::Granted,
        (false, _) => State::Revoked,
    };
    let between = |from: usize, to: Option<usize>| {
        let end = to.and_then(|at| tokens.get(at)).map_or(piece.len(), |token| token.start);
        Some(piece.get(tokens.get(from)?.end..end)?.trim().to_owned())
    };
    let target = between(on, Some(to))?;
    for role in split(&between(to, with)?) {
        for right in split(&between(0, Some(on))?) {
            all.insert((role.clone(), right, target.clone()), state);
        }
    }
    Some(())
}

/// The places of the tokens that stand in no parentheses.
fn outside(piece: &str, tokens: &[Token]) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut places = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_sign(piece, ")") {
            depth = depth.saturating_sub(1);
        } else if token.is_sign(piece, "(") {
            depth += 1;
        } else if depth == 0 {
            places.push(at);
        }
    }
    places
}

/// At its own commas.
fn split(list: &str) -> Vec<String> {
    let tokens = words(list);
    let (mut parts, mut start) = (Vec::new(), 0);
    for token in outside(list, &tokens).into_iter().filter_map(|at| tokens.get(at)) {
        if token.is_sign(list, ",") {
            parts.extend(list.get(start..token.start).map(|part| part.trim().to_owned()));
            start = token.end;
        }
    }
    parts.extend(list.get(start..).map(|part| part.trim().to_owned()));
    parts
}

/// The statement that makes the role that runs it the owner: of `ALTER TABLE t OWNER TO bob`.
pub(super) fn own_again(piece: &str) -> Option<String> {
    let tokens = words(piece);
    let to = tokens.iter().rfind(|token| token.is_word(piece, "TO"))?;
    Some(format!("{} CURRENT_USER", piece.get(..to.end)?))
}

/// How what an owner or grants are of is called behind ALTER, and its row found: catalog, column of the list, of the owner,
/// letter of the kind for `acldefault`, condition.
struct Thing {
    called: String,
    catalog: &'static str,
    list: &'static str,
    owner: &'static str,
    usual: &'static str,
    number: String,
}

fn thing(id: &ObjectId) -> Thing {
    let name = qualified(&id.name);
    let by = |called: String, [catalog, list, owner, usual, cast]: [&'static str; 5], text: &str| Thing {
        called,
        catalog,
        list,
        owner,
        usual,
        number: format!("{}::pg_catalog.{cast}", literal(text)),
    };
    match id.arguments.as_deref() {
        Some("type" | "domain") => {
            by(format!("TYPE {name}"), ["pg_type", "typacl", "typowner", "'T'", "regtype"], &name)
        }
        Some("schema") => {
            let name = quote(&id.name.name);
            by(format!("SCHEMA {name}"), ["pg_namespace", "nspacl", "nspowner", "'n'", "regnamespace"], &name)
        }
        Some(routine) if routine.contains('(') => {
            let types = routine.split_once('(').map_or("", |(_, types)| types);
            let name = format!("{name}({types}");
            let of = ["pg_proc", "proacl", "proowner", "'f'", "regprocedure"];
            by(format!("ROUTINE {name}"), of, &name)
        }
        Some(_) | None => {
            let usual = "CASE WHEN x.relkind = 'S' THEN 's' ELSE 'r' END::\"char\"";
            by(format!("TABLE {name}"), ["pg_class", "relacl", "relowner", usual, "regclass"], &name)
        }
    }
}

/// The statement that gives back what there is without anything said, where nobody knows what was.
pub(super) fn reset(id: &ObjectId) -> String {
    let Thing { called, catalog, list, owner, usual, number } = thing(id);
    if id.kind == ObjectKind::Owner {
        return format!("ALTER {called} OWNER TO CURRENT_USER");
    }
    let column = id.arguments.as_deref().and_then(|what| what.strip_prefix("column "));
    let rows = match column {
        Some(column) => format!(
            "SELECT g.grantee, g.privilege_type || {} AS privilege, true AS is_extra FROM pg_catalog.pg_attribute a \
             JOIN pg_catalog.pg_class x ON x.oid = a.attrelid CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) g \
             WHERE a.attrelid = {number} AND a.attname = {} AND g.grantee <> x.relowner",
            literal(&format!(" ({})", quote(&column.into()))),
            literal(column)
        ),
        None => {
            let of = |list: &str| {
                format!(
                    "SELECT g.grantee, g.privilege_type AS privilege FROM x, pg_catalog.aclexplode({list}) g WHERE g.grantee <> x.owner"
                )
            };
            format!(
                "WITH x AS (SELECT x.{list} AS list, pg_catalog.acldefault({usual}, x.{owner}) AS usual, x.{owner} AS owner \
                 FROM pg_catalog.{catalog} x WHERE x.oid = {number} AND x.{list} IS NOT NULL) \
                 SELECT e.*, true AS is_extra FROM ({} EXCEPT {}) e UNION ALL SELECT e.*, false FROM ({} EXCEPT {}) e",
                of("x.list"),
                of("x.usual"),
                of("x.usual"),
                of("x.list")
            )
        }
    };
    let role = "CASE WHEN r.oid IS NULL THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END";
    let on = if called.starts_with("TABLE ") {
        // A sequence has rights that no table has.
        format!(
            "CASE WHEN (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = {number}) = 'S' THEN {} ELSE {} END",
            literal(&format!(" ON SEQUENCE {}", qualified(&id.name))),
            literal(&format!(" ON {called}"))
        )
    } else {
        literal(&format!(" ON {called}"))
    };
    let body = format!(
        "DECLARE one text; BEGIN FOR one IN SELECT CASE WHEN e.is_extra THEN 'REVOKE ' || e.privilege || {on} || ' FROM ' || {role} \
         || ' CASCADE' ELSE 'GRANT ' || e.privilege || {on} || ' TO ' || {role} END FROM ({rows}) e \
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee LOOP EXECUTE one; END LOOP; END"
    );
    format!("DO {}", literal(&body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Name;

    #[track_caller]
    fn assert_changes(former: &[&str], wanted: &[&str], expected: &[&str]) {
        assert_eq!(changes(former, wanted).unwrap(), expected);
    }

    #[test]
    fn only_the_difference_is_given_and_taken() {
        assert_changes(
            &["GRANT INSERT, SELECT ON TABLE t TO app", "GRANT SELECT ON TABLE t TO reader"],
            &["GRANT SELECT, UPDATE ON TABLE t TO app", "GRANT SELECT ON TABLE t TO \"Web, App\""],
            &[
                "REVOKE INSERT ON TABLE t FROM app",
                "REVOKE SELECT ON TABLE t FROM reader",
                "GRANT SELECT ON TABLE t TO \"Web, App\"",
                "GRANT UPDATE ON TABLE t TO app",
            ],
        );
        assert_changes(
            &["REVOKE EXECUTE ON FUNCTION f(integer, text) FROM PUBLIC"],
            &[],
            &["GRANT EXECUTE ON FUNCTION f(integer, text) TO PUBLIC"],
        );
        assert_changes(&["GRANT SELECT ON t TO a"], &["GRANT SELECT ON t TO a"], &[]);
    }

    #[test]
    fn columns_are_parts_of_rights() {
        assert_changes(
            &["GRANT SELECT (a), UPDATE (a) ON TABLE t TO \"to\""],
            &["GRANT SELECT (a) ON TABLE t TO \"to\""],
            &["REVOKE UPDATE (a) ON TABLE t FROM \"to\""],
        );
    }

    #[test]
    fn with_a_right_that_may_be_given_on_goes_what_was_given_on() {
        let former = ["GRANT SELECT ON TABLE t TO a WITH GRANT OPTION", "GRANT SELECT ON TABLE t TO b"];
        assert_changes(
            &former,
            &["GRANT SELECT ON TABLE t TO b"],
            &["REVOKE SELECT ON TABLE t FROM a CASCADE", "GRANT SELECT ON TABLE t TO b"],
        );
        assert_changes(
            &former,
            &["GRANT SELECT ON TABLE t TO a", "GRANT SELECT ON TABLE t TO b"],
            &["REVOKE GRANT OPTION FOR SELECT ON TABLE t FROM a CASCADE", "GRANT SELECT ON TABLE t TO b"],
        );
        assert_changes(&["GRANT SELECT ON TABLE t TO a"], &former[..1], &former[..1]);
    }

    #[test]
    fn a_right_that_all_have_is_taken_and_given_back() {
        let (taken, given) =
            ("REVOKE USAGE ON TYPE m FROM PUBLIC", "GRANT USAGE ON TYPE m TO PUBLIC WITH GRANT OPTION");
        assert_changes(&[], &[taken], &[taken]);
        assert_changes(&[taken], &[given], &[given]);
        assert_changes(&[given], &[taken], &["REVOKE USAGE ON TYPE m FROM PUBLIC CASCADE"]);
    }

    #[test]
    fn what_is_no_grant_is_not_read() {
        assert_eq!(changes(&["ALTER TABLE t OWNER TO a"], &[]), None);
        assert_eq!(changes(&["GRANT a TO b"], &[]), None);
    }

    #[test]
    fn an_owner_is_the_role_at_work_again() {
        let owned = own_again("ALTER FUNCTION \"TO\"(integer) OWNER TO \"it is\"").unwrap();
        assert_eq!(owned, "ALTER FUNCTION \"TO\"(integer) OWNER TO CURRENT_USER");
    }

    #[test]
    fn what_is_reset_is_found_by_its_name() {
        let id = |kind, name: &str, what: Option<&str>| ObjectId {
            arguments: what.map(str::to_owned),
            ..ObjectId::new(kind, Name::own(name))
        };
        let sql = reset(&id(ObjectKind::Grants, "it's", None));
        assert!(sql.contains("''\"it''''s\"''::pg_catalog.regclass"), "{sql}");
        let sql = reset(&id(ObjectKind::Grants, "f", Some("function(integer)")));
        assert!(sql.contains("''\"f\"(integer)''::pg_catalog.regprocedure"), "{sql}");
        let sql = reset(&id(ObjectKind::Grants, "t", Some("column A b")));
        assert!(sql.contains("a.attname = ''A b''") && sql.contains(" (\"A b\")"), "{sql}");
        let sql = reset(&id(ObjectKind::Owner, "m", Some("type")));
        assert_eq!(sql, "ALTER TYPE \"m\" OWNER TO CURRENT_USER");
    }
}
