//! What an operation makes of the text of a CREATE TABLE.

use super::parts::{TableOption, TableText};
use super::reader::{Span, Unreadable};
use super::splice::Splices;
use super::{Quote, columns, constraints, rename, table};
use crate::dialect::Unsupported;
use crate::ops::{Constraint, Operation, TableChange};
use crate::schema::{Column, Ident};

/// How new parts are written: functions of the dialect's `render` and `quote`.
pub(crate) struct Writer<'w> {
    /// A column with everything that is its own, without keys.
    pub(crate) column: &'w dyn Fn(&Column) -> String,
    /// A constraint of the table, with `CONSTRAINT name` if it has one.
    pub(crate) constraint: &'w dyn Fn(&Constraint) -> String,
    pub(crate) quote: Quote<'w>,
}

/// What an edit gives: the whole text.
pub(super) type Edited = Result<String, Unsupported>;

impl From<Unreadable> for Unsupported {
    fn from(unreadable: Unreadable) -> Self {
        let what = format!("a change of a table whose CREATE TABLE cannot be read ({})", unreadable.0);
        Self::new(what, "write the change as SQL")
    }
}

/// The CREATE TABLE in `text` after one operation; every byte that the operation is not about stays. An operation on
/// another table changes nothing but the names that this table's foreign keys use, and one that a CREATE TABLE does not
/// hold (an index, a comment) changes nothing at all.
///
/// # Errors
/// A text that cannot be read; a column or constraint that is not there; a column that a constraint needs.
pub(crate) fn edit(text: &str, operation: &Operation, writer: &Writer<'_>) -> Edited {
    let table = &table::parse(text)?;
    let own = operation.table().is_some_and(|name| table.name.is(&name.name));
    match operation {
        Operation::RenameTable { name, to } => Ok(rename::rename_table(table, &name.name, to, writer.quote)?),
        Operation::RenameColumn { name, to, .. } if own => {
            column(table, name)?;
            Ok(rename::rename_column(table, name, to, writer.quote)?)
        }
        Operation::RenameColumn { table: of, name, to } => {
            Ok(rename::rename_referenced(table, &of.name, (name, to), writer.quote))
        }
        Operation::AlterTable { to, .. } if own => Ok(alter_table(table, to)),
        Operation::AddColumn { column, position, .. } if own => columns::add(table, column, position.as_ref(), writer),
        Operation::DropColumn { name, .. } if own => columns::drop(table, name),
        Operation::AlterColumn { name, to, .. } if own => columns::alter(table, name, to, writer),
        Operation::AddConstraint { constraint, .. } if own => constraints::add(table, constraint, writer),
        Operation::DropConstraint { name, kind, was, .. } if own => {
            constraints::drop(table, name.as_ref(), *kind, was.as_deref())
        }
        Operation::RenameConstraint { name, to, .. } if own => constraints::rename(table, name, to, writer.quote),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => Ok(text.to_owned()),
    }
}

/// A column with its index, or the error that it is not there.
pub(super) fn column<'a, 't>(
    table: &'a TableText<'t>,
    name: &Ident,
) -> Result<(usize, &'a super::ColumnText<'t>), Unsupported> {
    let found = table.columns.iter().enumerate().find(|(_, column)| column.name.is(name));
    found.ok_or_else(|| {
        let what =
            format!("a change of column {}, which table {} does not have", name.as_str(), table.name.ident.as_str());
        Unsupported::new(what, "look at the table with `migrate inspect`")
    })
}

fn alter_table(table: &TableText<'_>, to: &TableChange) -> String {
    let wanted = |option: TableOption, key: &str| match to.options.get("sqlite", key) {
        Some(value) => value == Some("true"),
        None => table.has(option),
    };
    let strict = wanted(TableOption::Strict, "strict").then_some(TableOption::Strict);
    let rowless = wanted(TableOption::WithoutRowid, "without_rowid").then_some(TableOption::WithoutRowid);
    let kept = |option: &TableOption| table.has(*option);
    let options: Vec<TableOption> = strict.into_iter().chain(rowless).collect();
    if options.len() == table.options.len() && options.iter().all(kept) {
        return table.text.to_owned();
    }
    let words: Vec<&str> = options.into_iter().map(TableOption::words).collect();
    let mut splices = Splices::new(table.text);
    match (table.options.first(), table.options.last()) {
        (Some((_, first)), Some((_, last))) if words.is_empty() => {
            let start = if table.text.get(table.body.end..first.start).is_some_and(|gap| gap.trim().is_empty()) {
                table.body.end
            } else {
                first.start
            };
            splices.remove(Span::new(start, last.end));
        }
        (Some((_, first)), Some((_, last))) => splices.replace(Span::new(first.start, last.end), words.join(", ")),
        _ => splices.insert(table.body.end, format!(" {}", words.join(", "))),
    }
    splices.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ops::{ConstraintKind, OptionsChange};
    use crate::schema::{Index, IndexPart, Name, Options, SortedMap};

    fn quote(name: &Ident) -> String {
        format!("\"{}\"", name.as_str())
    }

    /// What an operation makes of a text, with renderings that show where they were asked for.
    pub(in crate::dialect::sqlite::ddl) fn edited(text: &str, operation: &Operation) -> Edited {
        let column = |column: &Column| format!("<{}>", column.name.as_str());
        let constraint = |constraint: &Constraint| format!("<{}>", constraint.kind().word());
        edit(text, operation, &Writer { column: &column, constraint: &constraint, quote: &quote })
    }

    pub(in crate::dialect::sqlite::ddl) fn t() -> Name {
        Name::own("t")
    }

    /// A change of options of SQLite; an empty value takes one away.
    pub(in crate::dialect::sqlite::ddl) fn options(pairs: &[(&str, &str)]) -> OptionsChange {
        let value = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        let keys = pairs.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
        OptionsChange(SortedMap::from([("sqlite".to_owned(), keys)]))
    }

    fn table_options(text: &str, pairs: &[(&str, &str)]) -> String {
        let to = TableChange { comment: None, options: options(pairs) };
        edited(text, &Operation::AlterTable { name: t(), to, was: TableChange::default() }).unwrap()
    }

    #[test]
    fn options_of_the_table_come_and_go() {
        let plain = "CREATE TABLE t (a) /* kept */";
        assert_eq!(table_options(plain, &[("strict", "true")]), "CREATE TABLE t (a) STRICT /* kept */");
        assert_eq!(table_options(plain, &[("strict", "")]), plain);
        let both = "CREATE TABLE t (a PRIMARY KEY) without rowid , STRICT";
        assert_eq!(table_options(both, &[("strict", "")]), "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID");
        assert_eq!(table_options(both, &[("strict", ""), ("without_rowid", "")]), "CREATE TABLE t (a PRIMARY KEY)");
        assert_eq!(table_options(both, &[("strict", "true")]), both);
    }

    #[test]
    fn what_is_not_in_the_text_leaves_every_byte() {
        let text = " CREATE  TABLE t(a,\r\n--x\n b ) ;";
        let index = Index {
            name: Ident::from("i"),
            parts: vec![IndexPart::column(Ident::from("a"))],
            unique: false,
            method: None,
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        };
        let other = Name::own("other");
        for operation in [
            Operation::CreateIndex { table: t(), index: Box::new(index) },
            Operation::DropColumn { table: other.clone(), name: Ident::from("a"), was: None, position: None },
            Operation::RenameTable { name: other.clone(), to: Ident::from("x") },
            Operation::RenameColumn { table: other, name: Ident::from("a"), to: Ident::from("x") },
            Operation::AlterTable { name: t(), to: TableChange::default(), was: TableChange::default() },
        ] {
            assert_eq!(edited(text, &operation).unwrap(), text, "{operation:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let name = || Ident::from("x");
        for operation in [
            Operation::RenameColumn { table: t(), name: name(), to: name() },
            Operation::DropColumn { table: t(), name: name(), was: None, position: None },
            Operation::AlterColumn { table: t(), name: name(), to: Box::default(), was: Box::default() },
            Operation::DropConstraint { table: t(), name: Some(name()), kind: ConstraintKind::Check, was: None },
            Operation::RenameConstraint { table: t(), name: name(), to: name() },
        ] {
            let found = edited("CREATE TABLE t (a, b)", &operation).unwrap_err();
            assert!(found.what.contains("table t does not have"), "{found:?}");
        }
        let found = edited("CREATE TABLE", &Operation::RenameTable { name: t(), to: name() }).unwrap_err();
        assert!(found.what.contains("cannot be read (the end stands where a name was expected)"), "{found:?}");
    }
}
