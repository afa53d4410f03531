//! CREATE TABLE and CREATE INDEX from nouns. Pure: no I/O.
//!
//! What is written here is what [`crate::dialect::sqlite::ddl`] reads: a table that was made so is edited like any other.

use crate::ops::Constraint;
use crate::schema::{
    Action, Column, Default, ForeignKey, Ident, Index, IndexPart, IndexTarget, Options, PrimaryKey, Table, Type,
};

use crate::dialect::sqlite::options::WORD;
use crate::dialect::sqlite::{ddl, quote};

/// How [`crate::dialect::sqlite::ddl`] writes the parts that it adds.
pub(crate) fn writer() -> ddl::Writer<'static> {
    ddl::Writer { column: &column, constraint: &constraint, quote: &quote::ident }
}

/// A whole CREATE TABLE, a line for each column and constraint, as SQLite stores it: without the schema.
pub(crate) fn table(table: &Table) -> String {
    let inline = rowid_key(table);
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|one| column_with_key(one, inline.filter(|key| key.columns.first() == Some(&one.name))))
        .collect();
    let key = table.primary_key.iter().filter(|_| inline.is_none()).cloned().map(Constraint::PrimaryKey);
    let uniques = table.uniques.iter().cloned().map(Constraint::Unique);
    let checks = table.checks.iter().cloned().map(Constraint::Check);
    let foreign_keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
    lines.extend(key.chain(uniques).chain(checks).chain(foreign_keys).map(|one| constraint(&one)));
    let words = [("without_rowid", "WITHOUT ROWID"), ("strict", "STRICT")];
    let options: Vec<&str> =
        words.iter().filter(|(key, _)| is_true(&table.options, key)).map(|(_, words)| *words).collect();
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n  {}\n){options}", quote::ident(&table.name.name), lines.join(",\n  "))
}

fn is_true(options: &Options, key: &str) -> bool {
    options.get(WORD, key) == Some("true")
}

/// The key that must stand on its column: one of a single INTEGER column, which is the rowid. Written on the table, such
/// a key is the rowid too, but a descending one, which is none, can only be written on the column.
fn rowid_key(table: &Table) -> Option<&PrimaryKey> {
    let key = table.primary_key.as_ref()?;
    let [name] = key.columns.as_slice() else { return None };
    let column = table.columns.iter().find(|column| quote::fold(&column.name) == quote::fold(name))?;
    let integer = matches!(&column.ty, Type::Native(native) if native.eq_ignore_ascii_case("integer"));
    (integer && !is_true(&table.options, "without_rowid")).then_some(key)
}

fn column_with_key(one: &Column, key: Option<&PrimaryKey>) -> String {
    let Some(key) = key else { return column(one) };
    let name = key.name.as_ref().map(|name| format!(" CONSTRAINT {}", quote::ident(name))).unwrap_or_default();
    let descending = if key.options.get(WORD, "order") == Some("desc") { " DESC" } else { "" };
    let counts = if is_true(&one.options, "autoincrement") { " AUTOINCREMENT" } else { "" };
    format!(
        "{}{name} PRIMARY KEY{descending}{}{counts}{}",
        head(one),
        on_conflict(&key.options, "on_conflict"),
        tail(one)
    )
}

/// A column with everything that is its own, without keys.
pub(crate) fn column(column: &Column) -> String {
    format!("{}{}", head(column), tail(column))
}

/// Name and type.
fn head(column: &Column) -> String {
    let name = quote::ident(&column.name);
    match &column.ty {
        Type::Native(native) if !native.is_empty() => format!("{name} {native}"),
        // Operations are localised before they are rendered, so a neutral word does not come here.
        Type::Native(_) | Type::Neutral(_) => name,
    }
}

fn tail(column: &Column) -> String {
    let collation = column.options.get(WORD, "collate");
    let collation = collation.map(|name| format!(" COLLATE {}", quote::ident(&Ident::from(name))));
    let not_null =
        (!column.nullable).then(|| format!(" NOT NULL{}", on_conflict(&column.options, "not_null_on_conflict")));
    let default = column.default.as_ref().map(|default| format!(" {}", default_clause(default)));
    let generated = column.generated.as_ref().map(|generated| {
        let kept = if generated.stored { "STORED" } else { "VIRTUAL" };
        format!(" GENERATED ALWAYS AS ({}) {kept}", generated.expr.text())
    });
    [collation, not_null, default, generated].into_iter().flatten().collect()
}

/// `DEFAULT …`, an expression in parentheses.
pub(crate) fn default_clause(default: &Default) -> String {
    let text = match default {
        Default::Sql(expr) => expr.text(),
        Default::Literal(text) => text,
    };
    // What does not consist of tokens is refused by SQLite, with its own words.
    ddl::default_clause(text).unwrap_or_else(|_| format!("DEFAULT ({text})"))
}

/// ` ON CONFLICT …`, if the option says so.
fn on_conflict(options: &Options, key: &str) -> String {
    options.get(WORD, key).map(|word| format!(" ON CONFLICT {}", word.to_ascii_uppercase())).unwrap_or_default()
}

/// A constraint of the table, with `CONSTRAINT name` if it has one.
pub(crate) fn constraint(constraint: &Constraint) -> String {
    let name = constraint.name().map(|name| format!("CONSTRAINT {} ", quote::ident(name))).unwrap_or_default();
    let body = match constraint {
        Constraint::PrimaryKey(key) => {
            let conflict = on_conflict(&key.options, "on_conflict");
            format!("PRIMARY KEY ({}){conflict}", key_parts(&key.columns, &key.options))
        }
        Constraint::Unique(key) => {
            let conflict = on_conflict(&key.options, "on_conflict");
            format!("UNIQUE ({}){conflict}", key_parts(&key.columns, &key.options))
        }
        Constraint::Check(check) => format!("CHECK ({})", check.condition.text()),
        Constraint::ForeignKey(key) => foreign_key(key),
    };
    format!("{name}{body}")
}

/// The columns of a key with collation and order where the options say so.
fn key_parts(columns: &[Ident], options: &Options) -> String {
    let words = |key: &str| -> Vec<&str> {
        options.get(WORD, key).map(|list| list.split(',').map(str::trim).collect()).unwrap_or_default()
    };
    let (collations, orders) = (words("collate"), words("order"));
    let part = |(place, column): (usize, &Ident)| {
        let collation = collations.get(place).map(|name| format!(" COLLATE {}", quote::ident(&Ident::from(*name))));
        let descending = orders.get(place).is_some_and(|order| order.eq_ignore_ascii_case("desc"));
        let order = if descending { " DESC" } else { "" };
        format!("{}{}{order}", quote::ident(column), collation.unwrap_or_default())
    };
    columns.iter().enumerate().map(part).collect::<Vec<_>>().join(", ")
}

fn foreign_key(key: &ForeignKey) -> String {
    let (columns, table) = (quote::idents(&key.columns), quote::ident(&key.references.name));
    let named = !key.referenced_columns.is_empty();
    let referenced = if named { format!(" ({})", quote::idents(&key.referenced_columns)) } else { String::new() };
    let action = |event: &str, action: Action| match action {
        Action::Nothing => String::new(),
        Action::Restrict | Action::Cascade | Action::SetNull | Action::SetDefault => {
            format!(" ON {event} {}", action.word().to_ascii_uppercase())
        }
    };
    let actions = [action("DELETE", key.on_delete), action("UPDATE", key.on_update)].concat();
    let full = if key.match_full { " MATCH FULL" } else { "" };
    let deferrable = key.deferrable.map_or("", |deferrable| {
        if deferrable.initially_deferred { " DEFERRABLE INITIALLY DEFERRED" } else { " DEFERRABLE" }
    });
    format!("FOREIGN KEY ({columns}) REFERENCES {table}{referenced}{actions}{full}{deferrable}")
}

/// A whole CREATE INDEX, as SQLite stores it: without the schema.
pub(crate) fn index(table: &Ident, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let parts: Vec<String> = index.parts.iter().map(index_part).collect();
    let predicate =
        index.predicate.as_ref().map(|predicate| format!(" WHERE {}", predicate.text())).unwrap_or_default();
    let (name, table) = (quote::ident(&index.name), quote::ident(table));
    format!("CREATE {unique}INDEX {name} ON {table} ({}){predicate}", parts.join(", "))
}

fn index_part(part: &IndexPart) -> String {
    let target = match &part.target {
        IndexTarget::Column(name) => quote::ident(name),
        // SQLite reads a string as a key as the name of a column, and a name in double quotes that is no column as a string.
        IndexTarget::Expression(expr) => match quote::read_literal(expr.text()) {
            Some(text) => quote::ident(&Ident::from(text)),
            None => format!("({})", expr.text()),
        },
    };
    let collation =
        part.collation.as_ref().map(|name| format!(" COLLATE {}", quote::ident(&Ident::from(name.as_str()))));
    let order = if part.descending { " DESC" } else { "" };
    format!("{target}{}{order}", collation.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Check, Deferrable, Expr, Generated, Name, Unique};

    fn named(name: &str, ty: &str) -> Column {
        Column::new(name, Type::Native(ty.into()))
    }

    fn options(pairs: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        pairs.iter().for_each(|(key, value)| options.set(WORD, key, *value));
        options
    }

    fn key(columns: &[&str], pairs: &[(&str, &str)]) -> PrimaryKey {
        let columns = columns.iter().map(|column| (*column).into()).collect();
        PrimaryKey {
            name: None,
            columns,
            include: Vec::new(),
            deferrable: None,
            comment: None,
            options: options(pairs),
        }
    }

    #[test]
    fn everything_a_table_can_have() {
        let mut orders = Table::new(Name::own("orders"));
        orders.columns = vec![
            Column { options: options(&[("autoincrement", "true")]), ..named("id", "INTEGER") },
            Column {
                nullable: false,
                default: Some(Default::Sql(Expr::Same("'new'".into()))),
                options: options(&[("collate", "NOCASE"), ("not_null_on_conflict", "replace")]),
                ..named("status", "VARCHAR(20)")
            },
            Column {
                generated: Some(Generated { expr: Expr::Same("id * 2".into()), stored: true }),
                ..named("twice", "")
            },
        ];
        orders.primary_key = Some(key(&["id"], &[("on_conflict", "ignore")]));
        orders.uniques = vec![Unique {
            name: Some("uq".into()),
            columns: vec!["status".into(), "id".into()],
            include: Vec::new(),
            nulls_not_distinct: false,
            deferrable: None,
            comment: None,
            options: options(&[("order", "desc, asc"), ("collate", "BINARY, BINARY"), ("on_conflict", "fail")]),
        }];
        orders.checks = vec![Check {
            name: None,
            condition: Expr::Same("id > 0".into()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        }];
        orders.foreign_keys = vec![ForeignKey {
            name: Some("fk".into()),
            on_delete: Action::SetNull,
            on_update: Action::Cascade,
            match_full: true,
            deferrable: Some(Deferrable { initially_deferred: true }),
            ..ForeignKey::plain(vec!["id".into()], Name::own("x y"), vec!["z".into()])
        }];
        orders.options = options(&[("strict", "true")]);
        let expected = r#"CREATE TABLE "orders" (
  "id" INTEGER PRIMARY KEY ON CONFLICT IGNORE AUTOINCREMENT,
  "status" VARCHAR(20) COLLATE "NOCASE" NOT NULL ON CONFLICT REPLACE DEFAULT 'new',
  "twice" GENERATED ALWAYS AS (id * 2) STORED,
  CONSTRAINT "uq" UNIQUE ("status" COLLATE "BINARY" DESC, "id" COLLATE "BINARY") ON CONFLICT FAIL,
  CHECK (id > 0),
  CONSTRAINT "fk" FOREIGN KEY ("id") REFERENCES "x y" ("z") ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED
) STRICT"#;
        assert_eq!(table(&orders), expected);
        assert!(ddl::parse(expected).is_ok());
    }

    #[test]
    fn keys_that_are_no_rowid() {
        let mut one = Table::new(Name::own("t"));
        one.columns = vec![named("a", "INTEGER"), named("b", "INT")];
        one.primary_key = Some(key(&["a"], &[("order", "desc")]));
        assert!(table(&one).contains("\"a\" INTEGER PRIMARY KEY DESC,"));
        one.options = options(&[("without_rowid", "true")]);
        assert!(table(&one).ends_with("  PRIMARY KEY (\"a\" DESC)\n) WITHOUT ROWID"));
        one.primary_key = Some(key(&["b", "a"], &[]));
        assert!(table(&one).contains("PRIMARY KEY (\"b\", \"a\")"));
    }

    #[test]
    fn defaults_that_are_expressions_get_parentheses() {
        let default = |text: &str| default_clause(&Default::Sql(Expr::Same(text.into())));
        assert_eq!(default("-1"), "DEFAULT -1");
        assert_eq!(default("CURRENT_TIMESTAMP"), "DEFAULT CURRENT_TIMESTAMP");
        assert_eq!(default("1 + 2"), "DEFAULT (1 + 2)");
    }

    #[test]
    fn an_index_with_all_of_it() {
        let part = |target| IndexPart { target, ..IndexPart::column("x".into()) };
        let index = Index {
            name: "ix".into(),
            parts: vec![
                IndexPart { descending: true, collation: Some("NOCASE".into()), ..IndexPart::column("a".into()) },
                part(IndexTarget::Expression(Expr::Same("a + b".into()))),
            ],
            unique: true,
            method: None,
            predicate: Some(Expr::Same("a > 0".into())),
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        };
        let expected = r#"CREATE UNIQUE INDEX "ix" ON "t" ("a" COLLATE "NOCASE" DESC, (a + b)) WHERE a > 0"#;
        assert_eq!(super::index(&"t".into(), &index), expected);
    }
}
