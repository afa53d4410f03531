//! Strings in double quotes: SQLite takes a name in them for a string where there is no such name, and writes it in single
//! quotes itself when something is renamed. Pure: no I/O.

use std::collections::BTreeSet;

use super::words::{Words, is_reserved};
use crate::dialect::sqlite::quote;
use crate::schema::{Object, ObjectKind, Schema};
use crate::statement::token::{Token, TokenKind, unquote};

/// Gives views and triggers beside their text another one to be compared by, their face: what is certainly a string stands in
/// single quotes there. What may be a name stays. No statement is made of it.
pub(in crate::dialect::sqlite) fn note_plain(schema: &mut Schema) {
    let is_concerned = |object: &Object| object.definition.text().contains('"') && super::names_others(object);
    if !schema.objects.values().any(is_concerned) {
        return;
    }
    let known = Known::of(schema);
    for object in schema.objects.values_mut() {
        if is_concerned(object) {
            let plain = known.plain(object.definition.text());
            object.face.extend((plain != object.definition.text()).then_some(plain));
        }
    }
}

/// The names of a database, folded.
struct Known {
    /// Of columns, tables, views, indexes and triggers, and those that views give to what they compute.
    names: BTreeSet<String>,
    relations: BTreeSet<String>,
    /// Relations whose columns nobody knows here, and views of them.
    dark: BTreeSet<String>,
    /// The texts of views in lower case: what a view computes is called by its words.
    views: Vec<String>,
}

impl Known {
    fn of(schema: &Schema) -> Self {
        let fold = quote::fold;
        let mut names: BTreeSet<String> = ["rowid", "oid", "_rowid_"].map(str::to_owned).into();
        let (mut relations, mut dark) = (BTreeSet::new(), BTreeSet::new());
        for table in schema.tables.values() {
            relations.insert(fold(&table.name.name));
            names.extend(table.columns.iter().map(|column| fold(&column.name)));
            names.extend(table.indexes.iter().map(|index| fold(&index.name)));
        }
        dark.extend(schema.unmodelled.iter().map(|one| fold(&one.name.name)));
        let views = schema.objects.values().filter(|object| object.id.kind == ObjectKind::View);
        let views: Vec<_> = views.map(|object| (fold(&object.id.name.name), object.definition.text())).collect();
        for object in schema.objects.values() {
            names.insert(fold(&object.id.name.name));
            if object.id.kind == ObjectKind::VirtualTable {
                dark.insert(fold(&object.id.name.name));
            }
        }
        relations.extend(views.iter().map(|(name, _)| name.clone()));
        for words in views.iter().filter_map(|(_, text)| Words::new(text)) {
            names.extend(given(&words));
        }
        names.extend(relations.iter().chain(&dark).cloned());
        let mut known = Self { names, relations, dark, views: Vec::new() };
        loop {
            let more: Vec<&String> = views
                .iter()
                .filter(|(name, text)| !known.dark.contains(name) && known.is_dark(text))
                .map(|(name, _)| name)
                .collect();
            if more.is_empty() {
                break;
            }
            known.dark.extend(more.into_iter().cloned());
        }
        known.views = views.iter().map(|(_, text)| text.to_ascii_lowercase()).collect();
        known
    }

    /// Whether a text has names that are not known here: of tables that others make, of functions that give rows, of its
    /// own queries.
    fn is_dark(&self, text: &str) -> bool {
        let Some(words) = Words::new(text) else { return true };
        let says = |all: &[&str]| (0..words.len()).any(|place| words.is_word(Some(place), all));
        let is_function =
            |place: usize| words.is_sign(Some(place + 1), "(") && !words.is_word(place.checked_sub(1), &["INTO"]);
        let is_strange = |place: usize| {
            let name = words.name(place).unwrap_or_default();
            let is_relation = self.relations.contains(&name) || ["new", "old"].contains(&name.as_str());
            !words.is_sign(Some(place + 1), ".") && (!is_relation || is_function(place))
        };
        let mentions_dark =
            (0..words.len()).any(|place| words.name(place).is_some_and(|name| self.dark.contains(&name)));
        mentions_dark || says(&["WITH", "WINDOW"]) || words.tables().into_iter().any(is_strange)
    }

    fn plain(&self, text: &str) -> String {
        let Some(words) = Words::new(text).filter(|_| !self.is_dark(text)) else { return text.to_owned() };
        let (own, lower) = (given(&words), text.to_ascii_lowercase());
        let is_string = |place: usize| {
            let is_named =
                |name: &String| self.names.contains(name) || own.contains(name) || self.is_computed(name, &lower);
            in_double_quotes(&words, place)
                && !is_a_name(&words, place)
                && !words.name(place).as_ref().is_some_and(is_named)
        };
        let mut plain = String::with_capacity(text.len());
        let mut done = 0;
        let found = (0..words.len()).filter(|place| is_string(*place)).filter_map(|place| words.at(place));
        for token in found {
            plain.push_str(text.get(done..token.start).unwrap_or_default());
            plain.push_str(&quote::literal(&unquote(token.text(text))));
            done = token.end;
        }
        plain.push_str(text.get(done..).unwrap_or_default());
        plain
    }

    /// Whether a query may call something so that it computes: `count(*)`. The words of it stand outside of quotes. SQLite
    /// itself calls a second `id` `id:1`, and what VALUES gives `column1`.
    fn is_computed(&self, name: &str, own: &str) -> bool {
        let numbered = name.strip_prefix("column").or_else(|| name.rsplit_once(':').map(|(_, number)| number));
        if numbered.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())) {
            return true;
        }
        let is_plain = name.chars().all(|character| character.is_alphanumeric() || character == '_');
        let quoted = format!("\"{name}\"");
        let has = |text: &str| text.replace(&quoted, "").contains(name);
        !is_plain && (has(own) || self.views.iter().any(|text| has(text)))
    }
}

/// The names in a text that may be one for a value: all but those in front of a dot.
fn given(words: &Words<'_>) -> BTreeSet<String> {
    let is_qualifier = |place: usize| words.is_sign(Some(place + 1), ".");
    let counts =
        |place: &usize| !is_qualifier(*place) && (!in_double_quotes(words, *place) || is_a_name(words, *place));
    (0..words.len()).filter(counts).filter_map(|place| words.name(place)).collect()
}

fn in_double_quotes(words: &Words<'_>, place: usize) -> bool {
    let token = words.at(place);
    token.is_some_and(|token| token.kind == TokenKind::QuotedIdent && token.text(words.text).starts_with('"'))
}

/// Whether a word in double quotes is a name by where it stands: beside a dot, in front of a parenthesis, behind AS or a value
/// (an alias), or in the head of a view.
fn is_a_name(words: &Words<'_>, place: usize) -> bool {
    let before = place.checked_sub(1);
    let in_head = || words.is_word(Some(1), &["VIEW"]) && !(0..place).any(|one| words.is_word(Some(one), &["AS"]));
    words.is_sign(before, ".")
        || words.is_sign(Some(place + 1), ".")
        || words.is_sign(Some(place + 1), "(")
        || words.is_word(before, &["AS", "COLLATE", "OVER"])
        || before.and_then(|before| words.at(before)).is_some_and(|token| ends_a_value(words, token))
        || in_head()
}

/// Whether a value may end with this token: what follows is its alias, or an operator.
fn ends_a_value(words: &Words<'_>, token: Token) -> bool {
    let text = token.text(words.text);
    match token.kind {
        TokenKind::Number | TokenKind::String | TokenKind::QuotedIdent => true,
        TokenKind::Word => {
            let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
            is(&VALUES) || !is_reserved(text) && !is(&OPERATORS)
        }
        TokenKind::Punct => text == ")",
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Executable
        | TokenKind::Operator
        | TokenKind::Delimiter
        | TokenKind::Other => false,
    }
}

/// Keywords with which a value ends.
const VALUES: [&str; 9] =
    ["END", "NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "ISNULL", "NOTNULL"];

/// Bare words behind which a value may begin, and that may be names elsewhere.
const OPERATORS: [&str; 7] = ["LIKE", "GLOB", "REGEXP", "MATCH", "OFFSET", "BY", "RECURSIVE"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Name, ObjectId, Table, Type};

    fn plain(text: &str, others: &[(ObjectKind, &str, &str)]) -> String {
        let mut schema = Schema::default();
        let mut table = Table::new(Name::own("t"));
        table.columns = ["id", "S"].map(|name| Column::new(name, Type::Native("TEXT".into()))).into();
        schema.insert(table);
        for (kind, name, text) in others {
            schema.insert_object(Object::new(ObjectId::new(*kind, Name::own(*name)), *text));
        }
        let id = ObjectId::new(ObjectKind::View, Name::own("v"));
        schema.insert_object(Object::new(id.clone(), text));
        note_plain(&mut schema);
        let noted = schema.objects.get(&id);
        assert_eq!(noted.map(|object| object.definition.text()), Some(text), "what is stored stays");
        noted.and_then(|object| object.face.first().cloned()).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn what_nothing_is_called_is_a_string() {
        for (text, expected) in [
            (
                "CREATE VIEW v AS SELECT id FROM t WHERE s = \"New\"",
                "CREATE VIEW v AS SELECT id FROM t WHERE s = 'New'",
            ),
            (
                "CREATE VIEW v AS SELECT \"s\" FROM \"t\" WHERE \"S\" IN (\"it's\", \"b c\")",
                "CREATE VIEW v AS SELECT \"s\" FROM \"t\" WHERE \"S\" IN ('it''s', 'b c')",
            ),
            (
                "CREATE VIEW v AS SELECT CASE id WHEN \"x\" THEN \"y\" END AS \"z\" FROM t",
                "CREATE VIEW v AS SELECT CASE id WHEN 'x' THEN 'y' END AS \"z\" FROM t",
            ),
        ] {
            assert_eq!(plain(text, &[]), expected);
        }
    }

    #[test]
    fn what_may_be_a_name_stays() {
        for text in [
            "CREATE VIEW v (\"a b\") AS SELECT id FROM t ORDER BY \"a b\"",
            "CREATE VIEW v AS SELECT count(*) \"a b\" FROM t ORDER BY \"a b\"",
            "CREATE VIEW v AS SELECT \"count(*)\" FROM (SELECT count(*) FROM t)",
            "CREATE VIEW v AS SELECT \"T\".\"x\", \"x\", \"rowid\" FROM t AS \"T\"",
            "CREATE VIEW v AS WITH c (\"x\") AS (SELECT 1) SELECT \"x\" FROM c",
            "CREATE VIEW v AS SELECT \"key\" FROM json_each('[]')",
            "CREATE VIEW v AS SELECT \"x\" FROM elsewhere",
            "CREATE VIEW v AS SELECT id FROM t WHERE s = \"open",
            "CREATE VIEW v AS SELECT NULL \"x\", TRUE \"y\" FROM t ORDER BY \"x\", \"y\"",
            "CREATE VIEW v AS SELECT current_date \"x\", id ISNULL \"y\" FROM t GROUP BY \"x\", \"y\"",
            "CREATE VIEW v AS SELECT \"id:1\", \"column2\" FROM t",
        ] {
            assert_eq!(plain(text, &[]), text);
        }
        let computing = [(ObjectKind::View, "w", "CREATE VIEW w AS SELECT Max(id), id AS z FROM t")];
        for text in ["CREATE VIEW v AS SELECT \"max(id)\" FROM w", "CREATE VIEW v AS SELECT \"z\" FROM w"] {
            assert_eq!(plain(text, &computing), text);
        }
        let virtual_one = (ObjectKind::VirtualTable, "f", "CREATE VIRTUAL TABLE f USING fts5 (x)");
        let of_it = (ObjectKind::View, "w", "CREATE VIEW w AS SELECT * FROM f");
        let text = "CREATE VIEW v AS SELECT \"x\" FROM w";
        assert_eq!(plain(text, &[virtual_one, of_it]), text);
    }
}
