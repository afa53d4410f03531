//! When two things are the same for MariaDB and MySQL, and which names they make by themselves. Pure: no I/O.

use crate::ops::ConstraintKind;
use crate::schema::{Column, Ident, Identity, IdentityMode, Name, Pair, Table, Type};

use super::quote;

/// The name of every primary key.
pub(super) const PRIMARY: &str = "PRIMARY";

/// The name that the server gives to a constraint without one, where it can be told from the table alone. Checks and
/// foreign keys are numbered, so theirs cannot.
pub(super) fn constraint_name(table: &Table, kind: ConstraintKind, columns: &[Ident]) -> Option<Ident> {
    match kind {
        ConstraintKind::PrimaryKey => Some(PRIMARY.into()),
        ConstraintKind::Unique => {
            let first = columns.first()?.as_str();
            let taken = |name: &str| {
                let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_ref());
                let names = table.indexes.iter().map(|index| &index.name).chain(uniques);
                names.into_iter().any(|one| one.as_str().eq_ignore_ascii_case(name))
            };
            let numbered = (2..100).map(|number| format!("{first}_{number}"));
            std::iter::once(first.to_owned()).chain(numbered).find(|name| !taken(name)).map(Ident::from)
        }
        ConstraintKind::Check | ConstraintKind::ForeignKey => None,
    }
}

/// Whether the server makes such a name by itself: `PRIMARY`; the first column, or `<column>_2`; `t_ibfk_1`;
/// `CONSTRAINT_1` (MariaDB), `t_chk_1` (MySQL).
pub(super) fn is_generated_name(table: &Name, kind: ConstraintKind, columns: &[Ident], name: &Ident) -> bool {
    let (table, name) = (table.name.as_str(), name.as_str());
    match kind {
        ConstraintKind::PrimaryKey => true,
        ConstraintKind::Unique => columns.first().is_some_and(|first| {
            name.eq_ignore_ascii_case(first.as_str()) || is_numbered(name, &[first.as_str(), "_"])
        }),
        ConstraintKind::Check => is_numbered(name, &["CONSTRAINT_"]) || is_numbered(name, &[table, "_chk_"]),
        ConstraintKind::ForeignKey => is_numbered(name, &[table, "_ibfk_"]),
    }
}

/// Whether `name` is these words and a number.
fn is_numbered(name: &str, words: &[&str]) -> bool {
    let rest = words.iter().try_fold(name, |rest, word| rest.strip_prefix(word));
    rest.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `always` and `by_default` are both AUTO_INCREMENT, and types have no case.
pub(super) fn same_column(columns: Pair<&Column>) -> bool {
    let plain = columns.map(|column| {
        let mut plain = column.clone();
        if let Some(identity) = &mut plain.identity {
            *identity = Identity { mode: IdentityMode::ByDefault, options: std::mem::take(&mut identity.options) };
        }
        if let Type::Native(text) = &mut plain.ty
            && !text.contains('\'')
        {
            *text = text.to_lowercase();
        }
        plain.renamed_from = None;
        plain
    });
    !plain.differs()
}

/// Where numbers begin is a matter of rows once there are any. From when on former versions are put apart is the server's
/// choice unless it is said.
pub(super) fn same_option(key: &str, values: Pair<Option<&str>>) -> bool {
    const STARTS: &str = " STARTS TIMESTAMP'";
    let Pair { from, to } = values;
    match (key, from, to) {
        ("auto_increment", _, _) => true,
        ("partition_by", Some(from), Some(to)) if !to.contains(STARTS) => {
            let without = from.split_once(STARTS).and_then(|(before, rest)| Some((before, rest.split_once('\'')?.1)));
            from == to || without.is_some_and(|(before, behind)| format!("{before}{behind}") == to)
        }
        _ => from == to,
    }
}

/// Equal but for spacing, the case of what is not quoted, and parentheses around the whole.
pub(super) fn same_expression(expressions: Pair<&str>) -> bool {
    !expressions.map(plain_expression).differs()
}

fn plain_expression(text: &str) -> String {
    let mut pieces = squeezed(text);
    while let Some(inside) = within_parentheses(&pieces) {
        pieces = inside.to_owned();
    }
    pieces
}

/// The text in lower case without white space, strings and quoted names apart. A space stays where two words meet.
fn squeezed(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut gap = false;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '\'' => quote::read_literal(rest).map_or(rest.len(), |(_, behind)| rest.len() - behind.len()),
            '`' => quote::quoted_name(rest).len(),
            _ => character.len_utf8(),
        };
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        if gap && is_word(character) && plain.chars().next_back().is_some_and(is_word) {
            plain.push(' ');
        }
        gap = false;
        if character == '\'' && piece.is_ascii() {
            // MySQL keeps the character set of whoever wrote the literal.
            for introducer in ["_utf8mb4", "_utf8mb3"] {
                plain.truncate(plain.strip_suffix(introducer).map_or(plain.len(), str::len));
            }
        }
        match character {
            '\'' | '`' => plain.push_str(piece),
            other => plain.extend(other.to_lowercase()),
        }
    }
    plain
}

/// What stands inside, if one pair of parentheses encloses all of it.
fn within_parentheses(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    let mut rest = inside;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '\'' => quote::read_literal(rest).map_or(rest.len(), |(_, behind)| rest.len() - behind.len()),
            '`' => quote::quoted_name(rest).len(),
            _ => character.len_utf8(),
        };
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth < 0 {
            return None;
        }
        rest = rest.split_at_checked(length)?.1;
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(from: &str, to: &str) -> bool {
        same_expression(Pair::new(from, to))
    }

    #[test]
    fn spacing_case_and_outer_parentheses_do_not_count() {
        assert!(same("(`a` + 1)", "`a`+1"));
        assert!(same("LENGTH( `a` ) > 3", "length(`a`)>3"));
        assert!(same("((a and b))", "a AND b"));
        assert!(!same("(a) + (b)", "a) + (b"));
        assert!(!same("`A`", "`a`"));
        assert!(!same("'x y'", "'xy'"));
        assert!(!same("a b", "ab"));
        assert!(same("`a` <> _utf8mb3'z'", "`a`<>_utf8mb4'z'"));
        assert!(!same("`a` <> _utf8mb3'ä'", "`a` <> _utf8mb4'ä'"));
        assert!(same("'a)'  = b", "('a)' = b)"));
    }

    #[test]
    fn a_start_and_a_number_count_where_they_are_said() {
        let same = |from, to| same_option("partition_by", Pair::new(Some(from), Some(to)));
        let said = "SYSTEM_TIME INTERVAL 1 DAY STARTS TIMESTAMP'2024-01-01 00:00:00'\nPARTITIONS 3";
        assert!(same(said, "SYSTEM_TIME INTERVAL 1 DAY\nPARTITIONS 3"));
        assert!(!same(said, "SYSTEM_TIME INTERVAL 2 DAY\nPARTITIONS 3"));
        assert!(!same("SYSTEM_TIME INTERVAL 1 DAY\nPARTITIONS 3", said));
        assert!(same_option("auto_increment", Pair::new(Some("5"), None)));
        assert!(!same_option("engine", Pair::new(Some("Aria"), None)));
    }

    #[test]
    fn generated_names_are_known() {
        let table = Name::own("t");
        let columns = ["a".into(), "b".into()];
        let is = |kind, name: &str| is_generated_name(&table, kind, &columns, &name.into());
        assert!(is(ConstraintKind::PrimaryKey, "whatever"));
        assert!(is(ConstraintKind::Unique, "a"));
        assert!(is(ConstraintKind::Unique, "a_2"));
        assert!(!is(ConstraintKind::Unique, "b"));
        assert!(is(ConstraintKind::ForeignKey, "t_ibfk_12"));
        assert!(!is(ConstraintKind::ForeignKey, "t_ibfk_"));
        assert!(is(ConstraintKind::Check, "CONSTRAINT_1"));
        assert!(is(ConstraintKind::Check, "t_chk_3"));
        assert!(!is(ConstraintKind::Check, "ck_3"));
    }

    #[test]
    fn a_unique_constraint_takes_the_first_free_name() {
        let mut table = Table::new(Name::own("t"));
        let columns = ["a".into()];
        let name = |table: &Table| {
            constraint_name(table, ConstraintKind::Unique, &columns).map(|name| name.as_str().to_owned())
        };
        assert_eq!(name(&table).as_deref(), Some("a"));
        table.indexes.push(crate::schema::Index {
            name: "A".into(),
            parts: Vec::new(),
            unique: false,
            method: None,
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: crate::schema::Options::default(),
            renamed_from: None,
        });
        assert_eq!(name(&table).as_deref(), Some("a_2"));
    }

    #[test]
    fn both_kinds_of_identity_are_auto_increment() {
        let mut from = Column::new("a", Type::Native("INT(11)".into()));
        let mut to = Column::new("a", Type::Native("int(11)".into()));
        from.identity = Some(Identity { mode: IdentityMode::Always, options: crate::schema::SortedMap::new() });
        to.identity = Some(Identity { mode: IdentityMode::ByDefault, options: crate::schema::SortedMap::new() });
        assert!(same_column(Pair::new(&from, &to)));
        to.nullable = false;
        assert!(!same_column(Pair::new(&from, &to)));
    }
}
