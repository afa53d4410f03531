//! What a rename makes of a view or a trigger. SQLite rewrites their texts when something is renamed; what it writes there
//! is found here without it, where it is certain what a name means. Pure: no I/O.

use super::is;
use super::words::{Words, is_reserved};
use crate::dialect::sqlite::quote;
use crate::schema::{Ident, Name, Schema, SortedMap};
use crate::statement::token::TokenKind;

/// The text with a table renamed.
pub(super) fn table(text: &str, from: &Ident, to: &Ident) -> String {
    let Some(words) = Words::new(text) else { return text.to_owned() };
    let aliases = aliases(&words, &words.tables());
    let is_alias = |place: usize| {
        let other = words.name(place).and_then(|name| aliases.get(&name).cloned());
        words.is_sign(Some(place + 1), ".")
            && other.is_some_and(|tables| tables.iter().any(|of| *of != quote::fold(from)))
    };
    let named = words.tables().into_iter().filter(|place| words.is_name(*place, from) && !is_alias(*place));
    words.replaced(&named.collect::<Vec<_>>(), &quote::ident(to))
}

/// A column that gets another name.
pub(super) struct ColumnRename<'a> {
    pub(super) table: &'a Name,
    /// The text is that of a trigger of the table.
    pub(super) own: bool,
    pub(super) from: &'a Ident,
    pub(super) to: &'a Ident,
    /// The schema in which the column has the new name.
    pub(super) around: &'a Schema,
}

/// What a name is.
enum Meaning {
    /// The column that is meant.
    Column,
    Other,
    Unclear,
}

/// Aliases in a text, folded, with the tables that they stand for.
type Aliases = SortedMap<String, Vec<String>>;

/// What is known of the tables of a text.
struct Scene<'t> {
    words: Words<'t>,
    tables: Vec<usize>,
    aliases: Aliases,
    /// No other table that is read has a column of the old name, as far as known.
    only_this: bool,
}

impl Scene<'_> {
    /// Whether a table of this name, folded, is read.
    fn reads(&self, name: &str) -> bool {
        let mut read = self.tables.iter().filter(|place| !self.words.is_sign(Some(**place + 1), "."));
        read.any(|place| self.words.name(*place).as_deref() == Some(name))
    }
}

impl ColumnRename<'_> {
    /// The text with the new name; None where it is not certain what a name means.
    pub(super) fn of(&self, text: &str) -> Option<String> {
        let words = Words::new(text)?;
        let mentions: Vec<usize> = (0..words.len()).filter(|place| words.is_name(*place, self.from)).collect();
        if mentions.is_empty() {
            return Some(text.to_owned());
        }
        let tables = words.tables();
        let aliases = aliases(&words, &tables);
        let mut read = tables.iter().filter(|place| !words.is_sign(Some(**place + 1), "."));
        let only_this = read.all(|place| words.name(*place).is_some_and(|name| self.leaves_alone(&name)));
        let scene = Scene { words, tables, aliases, only_this };
        let mut places = Vec::new();
        for place in mentions {
            match self.meaning(&scene, place) {
                Meaning::Column => places.push(place),
                Meaning::Other => {}
                Meaning::Unclear => return None,
            }
        }
        Some(scene.words.replaced(&places, &quote::ident(self.to)))
    }

    /// Whether a column of the old name is none of this table, or the one that is renamed.
    fn leaves_alone(&self, table: &str) -> bool {
        let is_here = |other: &Name| other.schema == self.table.schema && quote::fold(&other.name) == table;
        let found = self.around.tables.values().find(|other| is_here(&other.name));
        table == quote::fold(&self.table.name)
            || found.is_some_and(|other| !other.columns.iter().any(|column| is(&column.name, self.from)))
    }

    fn meaning(&self, scene: &Scene<'_>, place: usize) -> Meaning {
        let words = &scene.words;
        let is_trigger = words.is_trigger();
        if is_trigger && words.on().is_some_and(|on| place < on) {
            // Behind `UPDATE OF`; what stands before that is the trigger's name.
            let listed = (0..place).any(|before| words.is_word(Some(before), &["OF"]));
            return if self.own && listed { Meaning::Column } else { Meaning::Other };
        }
        // `CREATE VIEW name`.
        if place == 2 {
            return Meaning::Other;
        }
        let before = place.checked_sub(1);
        let qualifier = place.checked_sub(2).filter(|_| words.is_sign(before, "."));
        let called = words.is_sign(Some(place + 1), "(");
        let is_alias = words.is_word(before, &["AS"]);
        match qualifier {
            Some(qualifier) if is_trigger && words.is_word(Some(qualifier), &["NEW", "OLD"]) => {
                if self.own {
                    Meaning::Column
                } else {
                    Meaning::Other
                }
            }
            Some(qualifier) => self.qualified(scene, qualifier),
            None if called || is_alias || scene.tables.contains(&place) => Meaning::Other,
            None if scene.only_this => Meaning::Column,
            None => Meaning::Unclear,
        }
    }

    /// A column behind the name of a table or an alias.
    fn qualified(&self, scene: &Scene<'_>, qualifier: usize) -> Meaning {
        let Some(name) = scene.words.name(qualifier) else { return Meaning::Unclear };
        let own = quote::fold(&self.table.name);
        match scene.aliases.get(&name) {
            Some(tables) if tables.iter().all(|table| *table == own) => Meaning::Column,
            Some(tables) if tables.iter().all(|table| *table != own) => Meaning::Other,
            Some(_) => Meaning::Unclear,
            None if name == own => Meaning::Column,
            None if scene.reads(&name) => Meaning::Other,
            None => Meaning::Unclear,
        }
    }
}

/// The names that tables get behind their own: `FROM orders AS o`.
fn aliases(words: &Words<'_>, tables: &[usize]) -> Aliases {
    let mut found = Aliases::new();
    for place in tables.iter().filter(|place| !words.is_sign(Some(**place + 1), ".")) {
        let at = if words.is_word(Some(place + 1), &["AS"]) { place + 2 } else { place + 1 };
        let Some(token) = words.at(at) else { continue };
        let reserved = token.kind == TokenKind::Word && is_reserved(token.text(words.text));
        let header = words.is_word(Some(at), &["BEGIN", "FOR"]);
        if let (Some(alias), Some(table), false) = (words.name(at), words.name(*place), reserved || header) {
            found.change(alias, |tables| tables.push(table));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Table, Type};

    const TRIGGER: &str = "CREATE TRIGGER tr AFTER UPDATE OF a, b ON t WHEN NEW.a > 'a' BEGIN \
        UPDATE OR IGNORE t SET a = a(NEW.a) WHERE t.a = 1; INSERT INTO u (a) SELECT x FROM v, t; END";

    #[test]
    fn a_table_is_renamed_where_it_is_a_table() {
        let renamed = |text: &str| table(text, &"t".into(), &"n".into());
        assert_eq!(
            renamed(TRIGGER),
            "CREATE TRIGGER tr AFTER UPDATE OF a, b ON \"n\" WHEN NEW.a > 'a' BEGIN \
            UPDATE OR IGNORE \"n\" SET a = a(NEW.a) WHERE \"n\".a = 1; INSERT INTO u (a) SELECT x FROM v, \"n\"; END"
        );
        let listed =
            "CREATE VIEW t1 AS SELECT t.a, (SELECT max(t) FROM u WHERE u.t = 1) FROM (SELECT 1 FROM v WHERE 1), t";
        assert_eq!(renamed(listed), listed.replace("t.a", "\"n\".a").replace("), t", "), \"n\""));
        let aliased = "CREATE VIEW w AS SELECT t.a FROM u AS t";
        assert_eq!(renamed(aliased), aliased);
        let qualified = "CREATE VIEW w AS SELECT main.t.a FROM u, main.t";
        assert_eq!(renamed(qualified), "CREATE VIEW w AS SELECT main.\"n\".a FROM u, main.\"n\"");
        let grouped = "CREATE VIEW w AS SELECT 1 FROM ((t JOIN u) JOIN v)";
        assert_eq!(renamed(grouped), grouped.replace("((t", "((\"n\""));
    }

    fn schema() -> Schema {
        let mut schema = Schema::default();
        for (name, columns) in [("t", ["n", "b"]), ("u", ["a", "c"]), ("v", ["x", "y"])] {
            let columns = columns.map(|name| Column::new(name, Type::Native(String::new()))).to_vec();
            schema.insert(Table { columns, ..Table::new(Name::own(name)) });
        }
        schema
    }

    fn renamed(text: &str, own: bool) -> Option<String> {
        let (table, from, to, around) = (Name::own("t"), "a".into(), "n".into(), schema());
        ColumnRename { table: &table, own, from: &from, to: &to, around: &around }.of(text)
    }

    #[test]
    fn a_column_is_renamed_where_it_is_certain() {
        assert_eq!(
            renamed("CREATE VIEW a AS SELECT b FROM t", false).as_deref(),
            Some("CREATE VIEW a AS SELECT b FROM t")
        );
        assert_eq!(renamed(TRIGGER, true), None);
        let own = "CREATE TRIGGER a AFTER UPDATE OF a ON t BEGIN UPDATE t SET b = NEW.a WHERE a = 'a'; END";
        let expected =
            "CREATE TRIGGER a AFTER UPDATE OF \"n\" ON t BEGIN UPDATE t SET b = NEW.\"n\" WHERE \"n\" = 'a'; END";
        assert_eq!(renamed(own, true).as_deref(), Some(expected));
        let aliased =
            "CREATE TRIGGER tr AFTER DELETE ON t BEGIN DELETE FROM t WHERE EXISTS (SELECT 1 FROM t x WHERE x.a); END";
        assert_eq!(renamed(aliased, true), Some(aliased.replace("x.a", "x.\"n\"")));
    }

    #[test]
    fn other_tables_are_told_apart() {
        for (text, expected) in [
            ("CREATE VIEW w AS SELECT a AS a, x FROM t, v", Some("CREATE VIEW w AS SELECT \"n\" AS a, x FROM t, v")),
            (
                "CREATE VIEW w AS SELECT u.a, t.a FROM t JOIN u",
                Some("CREATE VIEW w AS SELECT u.a, t.\"n\" FROM t JOIN u"),
            ),
            (
                "CREATE VIEW w AS SELECT p.a, q.a FROM t p JOIN u q",
                Some("CREATE VIEW w AS SELECT p.\"n\", q.a FROM t p JOIN u q"),
            ),
            ("CREATE VIEW w AS SELECT a FROM u WHERE 1 IN (SELECT b FROM t)", None),
            ("CREATE VIEW w AS SELECT a FROM t JOIN other", None),
            ("CREATE VIEW w AS SELECT s.a FROM (SELECT b FROM t) s", None),
        ] {
            assert_eq!(renamed(text, false).as_deref(), expected, "{text}");
        }
    }
}
