//! What native text of other objects says after a rename: the server keeps it current, and so does a schema in memory.

use super::Dialect;
use crate::ops::heredity::heirs;
use crate::ops::{Operation, apply};
use crate::schema::{Default, Expr, Ident, IndexTarget, Name, Pair, Schema, Table, Type};
use crate::statement::token::{TokenKind, tokens};

/// Does the operations to a schema in memory, and lets expressions and types follow what is renamed.
pub(crate) fn advance(operations: &[Operation], schema: &mut Schema, dialect: &dyn Dialect) {
    for operation in operations {
        if apply(operation, schema).is_err() {
            continue;
        }
        if let Operation::RenameColumn { table, name, to } = operation {
            for table in heirs(schema, table).iter().chain([table]) {
                if let Some(table) = schema.tables.get_mut(table) {
                    rename_column_in(table, name, to, dialect);
                    dialect.follow_in_options(table, name, to);
                }
            }
        } else if let Operation::RenameEnum { name, to } = operation {
            schema.tables.values_mut().for_each(|table| rename_type_in(table, name, to, dialect));
        }
    }
}

/// Says in every expression of `table` what the server says there after a column was renamed.
pub(crate) fn rename_column_in(table: &mut Table, name: &Ident, to: &Ident, dialect: &dyn Dialect) {
    rewrite(table, &|text| renamed(text, Pair::new(name, to), dialect, &|_| true));
}

/// Says in every type and expression of `table` what the server says there after a type was renamed: behind `::`, and as
/// the type of a column.
pub(crate) fn rename_type_in(table: &mut Table, name: &Name, to: &Ident, dialect: &dyn Dialect) {
    let names = Pair::new(&name.name, to);
    let place = |in_expression: bool| {
        move |before: &str| match (&name.schema, before) {
            (Some(_), before) => before == ".",
            (None, ".") => false,
            (None, before) => !in_expression || before.ends_with(':'),
        }
    };
    for column in &mut table.columns {
        if let Type::Native(native) = &mut column.ty {
            *native = renamed(native, names, dialect, &place(false));
        }
    }
    rewrite(table, &|text| renamed(text, names, dialect, &place(true)));
}

/// Rewrites every expression of a table.
fn rewrite(table: &mut Table, change: &dyn Fn(&str) -> String) {
    let apply = |expr: &mut Expr| {
        if let Expr::Same(text) = expr {
            *text = change(text);
        }
    };
    table.checks.iter_mut().for_each(|check| apply(&mut check.condition));
    for column in &mut table.columns {
        if let Some(Default::Sql(expr)) = &mut column.default {
            apply(expr);
        }
        column.generated.iter_mut().for_each(|generated| apply(&mut generated.expr));
    }
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(apply);
        for part in &mut index.parts {
            if let IndexTarget::Expression(expr) = &mut part.target {
                apply(expr);
            }
        }
    }
}

/// The text with the identifier replaced, quoted or bare as it was written, wherever the text before it (empty at the
/// start) fits. SQLite keeps the quotes of others (`[a]`, `` `a` ``), which are the same name.
fn renamed(text: &str, names: Pair<&Ident>, dialect: &dyn Dialect, fits: &dyn Fn(&str) -> bool) -> String {
    let Pair { from: name, to } = names;
    let Ok(tokens) = tokens(text, dialect.syntax()) else { return text.to_owned() };
    let quoted = dialect.quote(to);
    let simple = to.as_str().chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit());
    let old_key = dialect.fold(name);
    let mut result = String::with_capacity(text.len() + 16);
    let (mut done, mut last) = (0, "");
    for token in tokens {
        let (Some(before), Some(word)) = (text.get(done..token.start), text.get(token.start..token.end)) else {
            continue;
        };
        let means = token.name(text).is_some_and(|word| dialect.fold(&Ident::from(word)) == old_key);
        let bare = token.kind == TokenKind::Word && simple;
        let replacement = (means && fits(last)).then_some(if bare { to.as_str() } else { quoted.as_str() });
        result.push_str(before);
        result.push_str(replacement.unwrap_or(word));
        done = token.end;
        if !token.is_skippable() {
            last = word;
        }
    }
    result.push_str(text.get(done..).unwrap_or_default());
    result
}

#[cfg(test)]
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod tests {
    use super::*;
    use crate::dialect::sqlite::Sqlite;

    #[test]
    fn a_name_is_found_in_whatever_quotes() {
        let (from, to) = (Ident::from("a"), Ident::from("n m"));
        let of = |text: &str| renamed(text, Pair::new(&from, &to), &Sqlite, &|_| true);
        assert_eq!(of("lower([A]) || `a` || t.[a] || \"a\" || a <> 'a'"), {
            "lower(\"n m\") || \"n m\" || t.\"n m\" || \"n m\" || \"n m\" <> 'a'"
        });
        assert_eq!(renamed("[n m] IS a", Pair::new(&to, &from), &Sqlite, &|_| true), "\"a\" IS a");
    }
}
