//! New names, in the text of tables and of indexes.

use super::Quote;
use super::expression::{mentions_of_column, mentions_of_table};
use super::index;
use super::parts::{Clause, KeyPart, ReferenceText, TableText};
use super::reader::{Reader, Span, Unreadable, same_name};
use super::splice::Splices;
use super::table;
use crate::schema::Ident;

/// Gives a CREATE TABLE another name. Foreign keys to the table itself go on naming the old one: so a table that is
/// built under a passing name is right once it has taken the place of the old one.
///
/// # Errors
/// A text that cannot be read.
pub(crate) fn retarget(text: &str, name: &Ident, quote: Quote<'_>) -> Result<String, Unreadable> {
    let table = table::parse(text)?;
    let mut splices = Splices::new(text);
    let new = quote(name);
    splices.replace(table.name.span, new.as_str());
    let reader = Reader::new(text)?;
    for span in expressions(&table) {
        for mention in mentions_of_table(&reader.within(span), &table.name.ident) {
            splices.replace(mention, new.as_str());
        }
    }
    Ok(splices.finish())
}

/// The text of a table after a table, itself or another, has got a new name.
pub(super) fn rename_table(
    table: &TableText<'_>,
    from: &Ident,
    to: &Ident,
    quote: Quote<'_>,
) -> Result<String, Unreadable> {
    let mut splices = Splices::new(table.text);
    let referring = references(table).filter(|reference| reference.table.is(from));
    referring.for_each(|reference| splices.replace(reference.table.span, quote(to)));
    let text = splices.finish();
    if table.name.is(from) { retarget(&text, to, quote) } else { Ok(text) }
}

/// The text of a table after one of its columns has got a new name.
pub(super) fn rename_column(
    table: &TableText<'_>,
    from: &Ident,
    to: &Ident,
    quote: Quote<'_>,
) -> Result<String, Unreadable> {
    let keys = table.clauses().filter(|(column, _)| column.is_none()).flat_map(|(_, clause)| key_parts(&clause.clause));
    let mut places: Vec<Span> = keys.filter(|part| part.column.is(from)).map(|part| part.column.span).collect();
    places.extend(table.columns.iter().filter(|column| column.name.is(from)).map(|column| column.name.span));
    for reference in references(table) {
        let itself = reference.table.is(&table.name.ident);
        let referenced = reference.referenced.iter().filter(|_| itself);
        places.extend(reference.columns.iter().chain(referenced).filter(|name| name.is(from)).map(|name| name.span));
    }
    let reader = Reader::new(table.text)?;
    places.extend(expressions(table).flat_map(|span| mentions_of_column(&reader.within(span), from)));
    Ok(replace_all(table.text, places, &quote(to)))
}

/// The text of a table after a column of another table, `parent`, has got a new name.
pub(super) fn rename_referenced(
    table: &TableText<'_>,
    parent: &Ident,
    names: (&Ident, &Ident),
    quote: Quote<'_>,
) -> String {
    let (from, to) = names;
    let referring = references(table).filter(|reference| reference.table.is(parent));
    let names = referring.flat_map(|reference| &reference.referenced).filter(|name| name.is(from));
    replace_all(table.text, names.map(|name| name.span).collect(), &quote(to))
}

/// A name stands at the same place for a column and for its own constraint, and is changed once.
fn replace_all(text: &str, places: Vec<Span>, by: &str) -> String {
    let mut splices = Splices::new(text);
    places.into_iter().for_each(|place| splices.replace(place, by));
    splices.finish()
}

fn key_parts<'a>(clause: &'a Clause<'_>) -> &'a [KeyPart] {
    if let Clause::PrimaryKey(key) | Clause::Unique(key) = clause { &key.parts } else { &[] }
}

fn references<'a>(table: &'a TableText<'_>) -> impl Iterator<Item = &'a ReferenceText> {
    table.clauses().filter_map(|(_, clause)| {
        let Clause::References(reference) = &clause.clause else { return None };
        Some(&**reference)
    })
}

/// The expressions that may name columns: checks and generated columns.
pub(super) fn expressions(table: &TableText<'_>) -> impl Iterator<Item = Span> {
    table.clauses().filter_map(|(_, clause)| {
        let (Clause::Check { condition: expr } | Clause::Generated { expr, .. }) = &clause.clause else { return None };
        Some(*expr)
    })
}

/// Puts an index on a table of another name.
///
/// # Errors
/// A text that is no CREATE INDEX that can be read.
pub(crate) fn retarget_index(text: &str, table: &Ident, quote: Quote<'_>) -> Result<String, Unreadable> {
    let found = index::parse(text)?;
    let reader = Reader::new(text)?;
    let inside = reader.within(Span::new(found.table.span.end, text.len()));
    let mut places = mentions_of_table(&inside, &found.table.ident);
    places.push(found.table.span);
    Ok(replace_all(text, places, &quote(table)))
}

/// Gives an index another name.
///
/// # Errors
/// A text that is no CREATE INDEX that can be read.
pub(crate) fn rename_index(text: &str, name: &Ident, quote: Quote<'_>) -> Result<String, Unreadable> {
    let found = index::parse(text)?;
    Ok(replace_all(text, vec![found.name.span], &quote(name)))
}

/// The text of an index after a column of its table has got a new name.
///
/// # Errors
/// A text that is no CREATE INDEX that can be read.
pub(crate) fn rename_column_in_index(
    text: &str,
    from: &Ident,
    to: &Ident,
    quote: Quote<'_>,
) -> Result<String, Unreadable> {
    let found = index::parse(text)?;
    let reader = Reader::new(text)?;
    let mut places = mentions_of_column(&reader.within(Span::new(found.table.span.end, text.len())), from);
    // A key in single quotes is a name nevertheless.
    let keys = found.keys.iter().filter(|key| key.column.as_ref().is_some_and(|column| same_name(column, from)));
    places.extend(keys.map(|key| key.expr));
    Ok(replace_all(text, places, &quote(to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::sqlite::ddl::edit::tests::edited;
    use crate::ops::Operation;
    use crate::schema::Name;

    fn quote(name: &Ident) -> String {
        format!("\"{}\"", name.as_str())
    }

    const TEXT: &str = "CREATE TABLE t (a INT REFERENCES T (a) CHECK (t.a > 'a'), b REFERENCES p (a), \
        UNIQUE (b, A), FOREIGN KEY (a) REFERENCES p (a))";

    fn rename_column_of(table: &str) -> String {
        let (name, to) = (Ident::from("a"), Ident::from("n"));
        edited(TEXT, &Operation::RenameColumn { table: Name::own(table), name, to }).unwrap()
    }

    #[test]
    fn a_column_is_renamed_wherever_it_is_named() {
        let own = "CREATE TABLE t (\"n\" INT REFERENCES T (\"n\") CHECK (t.\"n\" > 'a'), b REFERENCES p (a), \
            UNIQUE (b, \"n\"), FOREIGN KEY (\"n\") REFERENCES p (a))";
        assert_eq!(rename_column_of("t"), own);
        assert_eq!(rename_column_of("P"), TEXT.replace("REFERENCES p (a)", "REFERENCES p (\"n\")"));
    }

    #[test]
    fn a_table_is_renamed_wherever_it_is_named() {
        let rename =
            |name: &str| edited(TEXT, &Operation::RenameTable { name: Name::own(name), to: Ident::from("n") }).unwrap();
        let own = TEXT
            .replace("TABLE t", "TABLE \"n\"")
            .replace("REFERENCES T", "REFERENCES \"n\"")
            .replace("t.a", "\"n\".a");
        assert_eq!(rename("T"), own);
        assert_eq!(rename("p"), TEXT.replace("REFERENCES p", "REFERENCES \"n\""));
        let passing = TEXT.replace("TABLE t", "TABLE \"n\"").replace("t.a", "\"n\".a");
        assert_eq!(retarget(TEXT, &Ident::from("n"), &quote).unwrap(), passing);
    }

    #[test]
    fn indexes_follow() {
        let text = "CREATE INDEX a ON t (a DESC, lower(a), 'a') WHERE \"A\" <> 'a' -- a";
        let name = Ident::from("n");
        let column = "CREATE INDEX a ON t (\"n\" DESC, lower(\"n\"), \"n\") WHERE \"n\" <> 'a' -- a";
        assert_eq!(rename_column_in_index(text, &Ident::from("a"), &name, &quote).unwrap(), column);
        assert_eq!(rename_index(text, &name, &quote).unwrap(), text.replace("INDEX a", "INDEX \"n\""));
        assert_eq!(retarget_index(text, &name, &quote).unwrap(), text.replace("ON t", "ON \"n\""));
        assert!(retarget_index("CREATE VIEW v", &name, &quote).is_err());
    }
}
