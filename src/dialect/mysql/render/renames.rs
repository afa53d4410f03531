//! Columns that get another name, and what follows them. Pure: no I/O.

use super::{Pen, columns, foreign, parts, periods};
use crate::dialect::Unsupported;
use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::WORD;
use crate::ops::{ColumnChange, Constraint, Operation};
use crate::schema::{Default, Expr, ForeignKey, Ident, IndexTarget, Name, Table};
use crate::statement::Statement;

type Written = Result<(), Unsupported>;

/// RENAME COLUMN, a statement of its own: a chain of renames in one statement would mean the columns as they were.
pub(super) fn rename(pen: &mut Pen, operation: &Operation, table: &Name, (name, to): (&Ident, &Ident)) -> Written {
    let mut clauses = vec![format!("RENAME COLUMN {} TO {}", quote::ident(name), quote::ident(to))];
    if let Some(known) = pen.known(table) {
        let follows = |key: &&ForeignKey| {
            key.columns.first() == Some(name)
                && foreign::is_generated(table, key)
                && !foreign::is_covered(known, key, None)
        };
        if known.foreign_keys.iter().any(|key| follows(&key)) && !foreign::has_key(known, name) {
            let if_exists = if pen.mariadb() { "IF EXISTS " } else { "" };
            clauses.push(format!("RENAME INDEX {if_exists}{} TO {}", quote::ident(name), quote::ident(to)));
        }
        if !pen.mariadb() {
            refuse_divided(known, name)?;
            clauses.extend(renamed_dependents(pen, known, name, to)?);
        }
    }
    let sql = format!("ALTER TABLE {} {}", quote::name(table), clauses.join(", "));
    let statement = Statement::new(sql, operation.describe());
    let in_period = pen.known(table).is_some_and(|known| periods::stands_in_period(known, name));
    match clauses.len() {
        1 if !in_period => pen.cheap(table, statement),
        _ => pen.statement(statement),
    }
    Ok(())
}

/// MySQL renames no column by which a table is divided (error 3855), and takes no other division beside it.
fn refuse_divided(table: &Table, name: &Ident) -> Written {
    let divides = |by: &str| periods::followed(by, name, &"".into()) != by;
    if !table.options.get(WORD, "partition_by").is_some_and(divides) {
        return Ok(());
    }
    let (column, table) = (name.as_str(), table.name.for_people());
    let what = format!("renaming column {column} of {table}, whose partitions are made by it, on MySQL");
    let hint =
        "take `partition_by` away in a revision before this one, and give it back in one behind; both write all rows";
    Err(Unsupported::new(what, hint))
}

/// MySQL does not rename a column that a check, a generated column, a default or an index uses in an expression (errors
/// 3959, 3108, 3766, 3837), unless they are written anew in the same statement.
fn renamed_dependents(pen: &Pen, table: &Table, name: &Ident, to: &Ident) -> Result<Vec<String>, Unsupported> {
    let mut renamed = table.clone();
    rename_in_expressions(Some(&mut renamed), name, to);
    let mut clauses = Vec::new();
    for (former, column) in table.columns.iter().zip(&renamed.columns) {
        if former != column {
            columns::refuse_untold(pen, &table.name, former, &ColumnChange::default())?;
            clauses.push(format!("MODIFY COLUMN {}", parts::column(column, Some(&renamed), pen.server)?));
        }
    }
    for (former, check) in table.checks.iter().zip(&renamed.checks) {
        if let Some(called) = former.name.as_ref().filter(|_| former != check) {
            columns::refuse_untold_check(pen, &table.name, former)?;
            clauses.push(format!("DROP CHECK {}", quote::ident(called)));
            let check = Constraint::Check(check.clone());
            clauses.push(format!("ADD {}", parts::constraint(&check, &pen.shape, pen.server)?));
        }
    }
    for (former, index) in table.indexes.iter().zip(&renamed.indexes) {
        if former != index {
            let mut index = index.clone();
            for part in &mut index.parts {
                if part.column_name() == Some(name) {
                    part.target = IndexTarget::Column(to.clone());
                }
            }
            clauses.push(format!("DROP INDEX {}", quote::ident(&former.name)));
            clauses.push(format!("ADD {}", parts::index(&index, pen.server)?));
        }
    }
    Ok(clauses)
}

/// Follows a renamed column through the expressions of its table, as the server does.
pub(super) fn rename_in_expressions(table: Option<&mut Table>, name: &Ident, to: &Ident) {
    let Some(table) = table else { return };
    let follow = |expr: &mut Expr| *expr = Expr::Same(periods::followed(expr.text(), name, to));
    table.checks.iter_mut().for_each(|check| follow(&mut check.condition));
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            follow(&mut generated.expr);
        }
        if let Some(Default::Sql(expr)) = &mut column.default {
            follow(expr);
        }
    }
    for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
        if let IndexTarget::Expression(expr) = &mut part.target {
            follow(expr);
        }
    }
    periods::follow_in_options(table, name, to);
}

#[cfg(test)]
mod tests {
    use crate::dialect::mysql::render::render;
    use crate::dialect::mysql::types::WORD;
    use crate::ops::Operation;
    use crate::schema::{Column, Expr, Index, IndexPart, IndexTarget, Name, Options, Schema, Table, Type};
    use crate::statement::{Product, ServerVersion};

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);
    const MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 9, 7, 4);

    fn table() -> Table {
        let mut table = Table::new(Name::own("t"));
        table.columns = ["a", "b"].map(|name| Column::new(name, Type::Native("int".into()))).into();
        table
    }

    /// The statements that rename a column of a table to `z`, or what is refused.
    fn renamed(table: Table, name: &str, server: ServerVersion) -> Result<Vec<String>, String> {
        let mut shape = Schema::default();
        shape.insert(table);
        let rename = Operation::RenameColumn { table: Name::own("t"), name: name.into(), to: "z".into() };
        let made = render(&[rename], &shape, server).map_err(|refused| refused.what)?;
        Ok(made.into_iter().map(|statement| statement.sql).collect())
    }

    #[test]
    fn an_index_that_computes_with_the_column_is_made_anew() {
        let by_column = IndexPart::column("a".into());
        let target = IndexTarget::Expression(Expr::Same("abs(`a`)".into()));
        let computed = IndexPart { target, ..by_column.clone() };
        let index = |name: &str, parts: Vec<IndexPart>| Index {
            name: name.into(),
            parts,
            unique: false,
            method: None,
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        };
        let indexes = vec![index("i", vec![by_column.clone()]), index("k", vec![computed, by_column])];
        let made = renamed(Table { indexes, ..table() }, "a", MYSQL).unwrap();
        assert_eq!(made, ["ALTER TABLE `t` RENAME COLUMN `a` TO `z`, DROP INDEX `k`, ADD KEY `k` ((abs(`z`)), `z`)"]);
    }

    #[test]
    fn mysql_renames_no_column_that_divides_its_table() {
        let mut divided = table();
        divided.options.set(WORD, "partition_by", "RANGE (`a` * 2)\n(PARTITION p VALUES LESS THAN (5))".to_owned());
        let refused = "renaming column a of t, whose partitions are made by it, on MySQL";
        assert_eq!(renamed(divided.clone(), "a", MYSQL).unwrap_err(), refused);
        let made = |name: &str| vec![format!("ALTER TABLE `t` RENAME COLUMN `{name}` TO `z`")];
        assert_eq!(renamed(divided.clone(), "b", MYSQL).unwrap(), made("b"));
        assert_eq!(renamed(divided, "a", MARIADB).unwrap(), made("a"));
    }
}
