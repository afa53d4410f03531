//! Rights and owners as statements: what changes between two lists of them, and how each is taken back. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::acl;
use super::parts::words;
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::schema::{ObjectId, ObjectKind, Pair};
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

/// Whether a change of other rights takes any from a role that is spoken of here; where that cannot be read, it may.
pub(super) fn touches(here: &[&str], other: Pair<&[&str]>) -> bool {
    let (Some(here), Some(changes)) = (read(here), changes(other.from, other.to)) else { return true };
    let mut taken = changes.iter().filter(|sql| sql.starts_with("REVOKE "));
    taken.any(|sql| here.keys().any(|key| sql.trim_end_matches(" CASCADE").ends_with(&format!(" FROM {}", key.0))))
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

/// The statement that gives back what there is without anything said, where nobody knows what was.
pub(super) fn reset(id: &ObjectId) -> String {
    let what = id.arguments.as_deref();
    if id.kind == ObjectKind::Owner {
        return owned_again(id);
    }
    let own = || "current_schema()".to_owned();
    let place = id.name.schema.as_ref().map_or_else(own, |schema| literal(schema.as_str()));
    let column = what.and_then(|what| what.strip_prefix("column "));
    let is_it = match what {
        Some("type") => "x.word = 'TYPE'".to_owned(),
        Some("schema") => "x.word = 'SCHEMA'".to_owned(),
        Some(routine) if column.is_none() => {
            let types = routine.split_once('(').map_or("", |(_, types)| types.trim_end_matches(')'));
            format!("x.arguments = {}", literal(if types == "*" { "" } else { types }))
        }
        Some(_) | None => "x.word IN ('TABLE', 'SEQUENCE')".to_owned(),
    };
    let part = column.map_or_else(|| "IS NULL".to_owned(), |column| format!("= {}", literal(column)));
    let within = format!(
        "(x.catalog = 2615 OR x.place = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = {place}))"
    );
    acl::reset(&format!("x.name = {} AND {is_it} AND x.part {part} AND {within}", literal(id.name.name.as_str())))
}

fn owned_again(id: &ObjectId) -> String {
    let name = qualified(&id.name);
    let called = match id.arguments.as_deref() {
        Some("type") => format!("TYPE {name}"),
        Some("schema") => format!("SCHEMA {}", quote(&id.name.name)),
        Some(routine) => format!("ROUTINE {name}{}", routine.trim_start_matches(|letter| letter != '(')),
        None => format!("TABLE {name}"),
    };
    format!("ALTER {called} OWNER TO CURRENT_USER")
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
    fn a_column_loses_what_its_table_loses() {
        let column = ["GRANT SELECT (a) ON TABLE t TO \"from FROM\""];
        let all = ["GRANT SELECT ON TABLE t TO \"from FROM\"", "GRANT SELECT ON TABLE t TO b"];
        let lost = |to: &[&str]| touches(&column, Pair::new(&all, to));
        assert!(!lost(&all[..1]), "of another role");
        assert!(lost(&all[1..]));
        assert!(touches(&column, Pair::new(&["GRANT ALL"], &[])));
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
        let found = "x.name = ''it''''s'' AND x.word IN (''TABLE'', ''SEQUENCE'') AND x.part IS NULL";
        assert!(sql.contains(found), "{sql}");
        let sql = reset(&id(ObjectKind::Grants, "f", Some("function(integer)")));
        assert!(sql.contains("x.name = ''f'' AND x.arguments = ''integer''"), "{sql}");
        let sql = reset(&id(ObjectKind::Grants, "t", Some("column A b")));
        assert!(sql.contains("AND x.part = ''A b''"), "{sql}");
        let sql = reset(&id(ObjectKind::Owner, "f", Some("function(integer)")));
        assert_eq!(sql, "ALTER ROUTINE \"f\"(integer) OWNER TO CURRENT_USER");
        let sql = reset(&id(ObjectKind::Owner, "m", Some("type")));
        assert_eq!(sql, "ALTER TYPE \"m\" OWNER TO CURRENT_USER");
    }
}
