//! The text of the parts that tables are made of: columns, keys, indexes, checks, options. Pure: no I/O.

use super::{foreign, periods};
use crate::dialect::Unsupported;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::dialect::mysql::{capabilities, quote};
use crate::ops::Constraint;
use crate::schema::{
    Action, Check, Column, Default, ForeignKey, Ident, Index, IndexPart, IndexTarget, Nulls, Options, PrimaryKey,
    Schema, Table, Type, Unique,
};
use crate::statement::ServerVersion;

type Text = Result<String, Unsupported>;

/// `CREATE TABLE` with everything in it, a part on a line. `shape` is what is known of the other tables.
pub(super) fn create_table(table: &Table, shape: &Schema, server: ServerVersion) -> Text {
    let mut lines = Vec::new();
    for column in &table.columns {
        lines.push(self::column(column, Some(table), server)?);
    }
    lines.extend(periods::lines(table));
    if let Some(key) = &table.primary_key {
        lines.push(primary_key(key)?);
    }
    for unique in &table.uniques {
        lines.push(self::unique(unique, server)?);
    }
    for index in &table.indexes {
        lines.push(self::index(index, server)?);
    }
    for check in &table.checks {
        lines.push(self::check(check, server)?);
    }
    for key in &table.foreign_keys {
        if let Some(name) = foreign::index_of_unnamed(table, key) {
            lines.push(format!("KEY {} ({})", quote::ident(name), quote::idents(&key.columns)));
        }
        lines.push(foreign_key(key, Some(table), shape)?);
    }
    let options = table_options(table)?;
    Ok(format!("CREATE TABLE {} (\n  {}\n){options}", quote::name(&table.name), lines.join(",\n  ")))
}

/// A column as it stands in CREATE TABLE and behind ADD and MODIFY COLUMN. `table` is where it lies, if that is known.
pub(super) fn column(column: &Column, table: Option<&Table>, server: ServerVersion) -> Text {
    let Type::Native(native) = &column.ty else {
        return Err(Unsupported::new(format!("a column {} without a native type", column.name.as_str()), ""));
    };
    let option = |key| column.options.get(WORD, key);
    let is_set = |key| option(key) == Some("true");
    let mut text = format!("{} {native}", quote::ident(&column.name));
    let mut add = |piece: &str| {
        text.push(' ');
        text.push_str(piece);
    };
    if is_set("compressed") {
        add("COMPRESSED");
    }
    if let Some(charset) = option("charset") {
        add(&format!("CHARACTER SET {charset}"));
    }
    if let Some(collation) = option("collation") {
        add(&format!("COLLATE {collation}"));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        add(&format!("GENERATED ALWAYS AS ({}) {kind}", generated.expr.text()));
    }
    if let Some(end) = periods::row_end(column) {
        add(&format!("GENERATED ALWAYS AS ROW {}", end.to_uppercase()));
    } else if let Some(word) = nullability(column, native, table, server) {
        add(word);
    }
    if let Some(srid) = option("srid") {
        add(&format!("SRID {srid}"));
    }
    if is_set("invisible") {
        add("INVISIBLE");
    }
    if let Some(Default::Sql(default)) = &column.default {
        add(&format!("DEFAULT {}", self::default(default.text(), server)));
    }
    if let Some(moment) = option("on_update") {
        add(&format!("ON UPDATE {moment}"));
    }
    if column.identity.is_some() {
        add("AUTO_INCREMENT");
    }
    if let Some(comment) = &column.comment {
        add(&format!("COMMENT {}", quote::literal(comment)));
    }
    if option("system_versioning") == Some("false") && table.is_none_or(is_versioned) {
        add("WITHOUT SYSTEM VERSIONING");
    }
    if let Some(check) = option("check") {
        add(&format!("CHECK ({check})"));
    }
    Ok(text)
}

/// `NULL` is said for timestamps only: without `explicit_defaults_for_timestamp` they are NOT NULL unless told.
fn nullability(column: &Column, native: &str, table: Option<&Table>, server: ServerVersion) -> Option<&'static str> {
    let key = table.and_then(|table| table.primary_key.as_ref());
    let in_key = key.is_some_and(|key| key.columns.contains(&column.name));
    match column.nullable {
        // MariaDB takes no such word behind a generated column.
        _ if column.generated.is_some() && capabilities::is_mariadb(server) => None,
        false => Some("NOT NULL"),
        true if in_key || column.identity.is_some() => None,
        true => matches!(Sort::of(native), Sort::Moment { word: "timestamp", .. }).then_some("NULL"),
    }
}

/// A default as both products take it: literals, the current time and (on MariaDB) calls bare, all else in parentheses.
pub(super) fn default(text: &str, server: ServerVersion) -> String {
    let text = text.trim();
    let lower = text.to_lowercase();
    let is_literal = quote::read_literal(text).is_some_and(|(_, rest)| rest.is_empty())
        || text.parse::<f64>().is_ok()
        || matches!(lower.as_str(), "null" | "true" | "false")
        || ["b'", "x'", "0x", "0b"].iter().any(|head| lower.starts_with(head));
    let is_now = ["current_timestamp", "now(", "localtime"].iter().any(|head| lower.starts_with(head))
        && !lower.contains(['+', '-', '*', '/']);
    if is_literal || is_now || encloses(text) || (capabilities::is_mariadb(server) && is_call(text)) {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// Whether one pair of parentheses encloses the whole text.
fn encloses(text: &str) -> bool {
    text.starts_with('(') && closing(text).is_some_and(str::is_empty)
}

/// A function's name and its arguments, and nothing behind them.
fn is_call(text: &str) -> bool {
    let name = text.trim_start_matches(|character: char| character.is_alphanumeric() || character == '_');
    name.len() < text.len() && encloses(name)
}

/// What stands behind the parenthesis that closes the one at the beginning.
fn closing(text: &str) -> Option<&str> {
    let mut depth = 0_u32;
    let mut rest = text;
    loop {
        let character = rest.chars().next()?;
        match character {
            '\'' => {
                rest = quote::read_literal(rest)?.1;
                continue;
            }
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        rest = rest.split_at_checked(character.len_utf8())?.1;
        if depth == 0 {
            return Some(rest);
        }
    }
}

/// A constraint as it stands in CREATE TABLE and behind ADD. `shape` has the key that a foreign key means when it names
/// no columns.
pub(super) fn constraint(constraint: &Constraint, shape: &Schema, server: ServerVersion) -> Text {
    match constraint {
        Constraint::PrimaryKey(key) => primary_key(key),
        Constraint::Unique(unique) => self::unique(unique, server),
        Constraint::Check(check) => self::check(check, server),
        Constraint::ForeignKey(key) => foreign_key(key, None, shape),
    }
}

fn primary_key(key: &PrimaryKey) -> Text {
    refuse(!key.include.is_empty(), "columns that ride along in a primary key", "leave `include` out")?;
    refuse(key.deferrable.is_some(), "a deferrable primary key", "leave `deferrable` out")?;
    let columns = periods::key_columns(&key.columns, &key.options);
    let columns = key.options.get(WORD, "columns").map_or(columns, str::to_owned);
    Ok(format!("PRIMARY KEY ({columns}){}", comment(key.comment.as_deref())))
}

fn unique(unique: &Unique, server: ServerVersion) -> Text {
    refuse(!unique.include.is_empty(), "columns that ride along in a unique key", "leave `include` out")?;
    refuse(unique.deferrable.is_some(), "a deferrable unique key", "leave `deferrable` out")?;
    refuse(
        unique.nulls_not_distinct,
        "a unique key that takes two NULLs for equal",
        "make the columns NOT NULL, or index a generated column",
    )?;
    let name = unique.name.as_ref().map(|name| format!(" {}", quote::ident(name))).unwrap_or_default();
    let tail = key_tail(unique.comment.as_deref(), &unique.options, server);
    Ok(format!("UNIQUE KEY{name} ({}){tail}", periods::key_columns(&unique.columns, &unique.options)))
}

pub(super) fn index(index: &Index, server: ServerVersion) -> Text {
    let name = index.name.as_str();
    refuse(
        index.predicate.is_some(),
        &format!("the condition of index {name}"),
        "index a generated column that is NULL elsewhere",
    )?;
    refuse(
        !index.include.is_empty(),
        &format!("columns that ride along in index {name}"),
        "make them keys of the index",
    )?;
    refuse(index.nulls_not_distinct, &format!("equal NULLs in index {name}"), "make the columns NOT NULL")?;
    let (kind, using) = match (index.method.as_deref(), index.unique) {
        (Some("fulltext"), _) => ("FULLTEXT KEY", ""),
        (Some("spatial"), _) => ("SPATIAL KEY", ""),
        (None, true) => ("UNIQUE KEY", ""),
        (None, false) => ("KEY", ""),
        (Some("hash"), true) => ("UNIQUE KEY", " USING HASH"),
        (Some("hash"), false) => ("KEY", " USING HASH"),
        (Some("btree"), true) => ("UNIQUE KEY", " USING BTREE"),
        (Some("btree"), false) => ("KEY", " USING BTREE"),
        (Some(other), _) => {
            return Err(Unsupported::new(format!("index method {other}"), "choose btree, hash, fulltext or spatial"));
        }
    };
    let mut parts = Vec::new();
    for part in &index.parts {
        parts.push(index_part(part, server)?);
    }
    let tail = key_tail(index.comment.as_deref(), &index.options, server);
    Ok(format!("{kind} {} ({}){using}{tail}", quote::ident(&index.name), parts.join(", ")))
}

fn index_part(part: &IndexPart, server: ServerVersion) -> Text {
    refuse(part.collation.is_some(), "a collation in an index", "give the collation to the column")?;
    refuse(part.operator_class.is_some(), "an operator class in an index", "leave it out")?;
    // NULLs are the smallest values here.
    let usual = if part.descending { Nulls::Last } else { Nulls::First };
    refuse(part.nulls.is_some_and(|nulls| nulls != usual), "an order of NULLs in an index", "leave `nulls` out")?;
    let order = if part.descending { " DESC" } else { "" };
    match &part.target {
        IndexTarget::Column(column) => {
            let prefix = part.prefix.map(|length| format!("({length})")).unwrap_or_default();
            Ok(format!("{}{prefix}{order}", quote::ident(column)))
        }
        IndexTarget::Expression(expr) => {
            refuse(
                capabilities::is_mariadb(server),
                "an index on an expression on MariaDB",
                &instead_on_mariadb(server, "add a generated column with this expression and index that"),
            )?;
            Ok(format!("({}){order}", expr.text()))
        }
    }
}

/// What to do where MariaDB lacks something. A server that nobody asked or named is taken for the oldest MariaDB.
fn instead_on_mariadb(server: ServerVersion, instead: &str) -> String {
    if server == capabilities::OLDEST {
        return format!("if the server is MySQL, say so (--server-version 9.7); on MariaDB {instead}");
    }
    instead.to_owned()
}

/// Parser, comment and visibility behind the columns of a key.
fn key_tail(text: Option<&str>, options: &Options, server: ServerVersion) -> String {
    let parser = options.get(WORD, "parser").map(|parser| format!(" WITH PARSER {}", quote::ident(&parser.into())));
    let hidden = if capabilities::is_mariadb(server) { " IGNORED" } else { " INVISIBLE" };
    let hidden = if options.get(WORD, "ignored") == Some("true") { hidden } else { "" };
    format!("{}{}{hidden}", parser.unwrap_or_default(), comment(text))
}

fn comment(text: Option<&str>) -> String {
    text.map(|text| format!(" COMMENT {}", quote::literal(text))).unwrap_or_default()
}

fn check(check: &Check, server: ServerVersion) -> Text {
    let said = check.name.as_ref().map_or("a check", Ident::as_str);
    refuse(check.not_valid, &format!("{said} that leaves former rows unchecked"), "leave `not_valid` out")?;
    refuse(
        check.not_enforced && capabilities::is_mariadb(server),
        &format!("{said} that is not enforced, on MariaDB"),
        &instead_on_mariadb(server, "leave `not_enforced` out"),
    )?;
    let tail = if check.not_enforced { " NOT ENFORCED" } else { "" };
    Ok(format!("{}CHECK ({}){tail}", named(check.name.as_ref()), check.condition.text()))
}

/// `own` is the table that is made with it.
fn foreign_key(key: &ForeignKey, own: Option<&Table>, shape: &Schema) -> Text {
    let said = key.name.as_ref().map_or("a foreign key", Ident::as_str);
    let cannot = |is: bool, what: &str| refuse(is, &format!("{what} ({said})"), "leave it out");
    cannot(key.match_full, "MATCH FULL")?;
    cannot(key.deferrable.is_some(), "a deferrable foreign key")?;
    cannot(key.not_valid, "a foreign key that leaves former rows unchecked")?;
    cannot(key.not_enforced, "a foreign key that is not enforced")?;
    cannot(key.period, "PERIOD in a foreign key")?;
    cannot(!key.set_columns.is_empty(), "SET NULL of some columns of a foreign key only")?;
    let sets_default = [key.on_delete, key.on_update].contains(&Action::SetDefault);
    refuse(sets_default, &format!("SET DEFAULT in a foreign key ({said})"), "use `set null`, `cascade` or a trigger")?;
    let target = match key.referenced_columns.is_empty() {
        true => implied_columns(key, own, shape)?,
        false => &key.referenced_columns,
    };
    let mut text = format!(
        "{}FOREIGN KEY ({}) REFERENCES {} ({})",
        named(key.name.as_ref()),
        quote::idents(&key.columns),
        quote::name(&key.references),
        quote::idents(target),
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != Action::Nothing {
            text.push_str(" ON ");
            text.push_str(event);
            text.push(' ');
            text.push_str(&action.word().to_uppercase());
        }
    }
    Ok(text)
}

/// The primary key that a foreign key without columns means; the server wants it written out.
fn implied_columns<'a>(
    key: &ForeignKey,
    own: Option<&'a Table>,
    shape: &'a Schema,
) -> Result<&'a Vec<Ident>, Unsupported> {
    let own = own.filter(|table| table.name == key.references);
    let referenced = own.or_else(|| shape.tables.get(&key.references));
    referenced.and_then(|table| table.primary_key.as_ref()).map(|key| &key.columns).ok_or_else(|| {
        Unsupported::new(
            format!("a foreign key to {} that names no columns", key.references.for_people()),
            "name the columns that it references",
        )
    })
}

fn named(name: Option<&Ident>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", quote::ident(name))).unwrap_or_default()
}

fn table_options(table: &Table) -> Text {
    let mut text = String::new();
    let last = |key: &String| ["partition_by", "system_versioning", "period"].contains(&key.as_str());
    for (key, value) in table.options.0.get(WORD).into_iter().flatten().filter(|(key, _)| !last(key)) {
        text.push(' ');
        text.push_str(&table_option(key, Some(value))?);
    }
    if let Some(comment) = &table.comment {
        text.push_str(" COMMENT=");
        text.push_str(&quote::literal(comment));
    }
    if is_versioned(table) {
        text.push_str(" WITH SYSTEM VERSIONING");
    }
    if let Some(by) = table.options.get(WORD, "partition_by") {
        text.push_str("\nPARTITION BY ");
        text.push_str(by.trim());
    }
    Ok(text)
}

/// Whether the server keeps former versions of its rows.
pub(super) fn is_versioned(table: &Table) -> bool {
    table.options.get(WORD, "system_versioning") == Some("true")
}

/// One option of a table as it stands behind CREATE TABLE and in ALTER TABLE; no value = the server's default one.
pub(super) fn table_option(key: &str, value: Option<&str>) -> Text {
    let word = match key {
        "charset" => "CHARACTER SET".to_owned(),
        "collation" => "COLLATE".to_owned(),
        // Attributes of the engine keep their case in SHOW CREATE TABLE.
        "page_compressed" | "page_compression_level" | "encrypted" | "encryption_key_id" => key.to_owned(),
        other => other.to_uppercase(),
    };
    let quoted = ["compression", "encryption"].contains(&key);
    match (key, value) {
        (_, Some(value)) if quoted => Ok(format!("{word}={}", quote::literal(value))),
        (_, Some(value)) if is_word(value) => Ok(format!("{word}={value}")),
        (_, Some(value)) => {
            Err(Unsupported::new(format!("{key}: {value} as an option of a table"), "write a plain word or number"))
        }
        ("engine", None) => Ok(format!("{word}=InnoDB")),
        ("compression", None) => Ok(format!("{word}='none'")),
        ("encryption", None) => Ok(format!("{word}='N'")),
        ("encrypted" | "page_compressed" | "page_compression_level" | "encryption_key_id" | "row_format", None) => {
            Ok(format!("{word}=DEFAULT"))
        }
        ("checksum" | "delay_key_write" | "key_block_size" | "max_rows" | "min_rows" | "avg_row_length", None) => {
            Ok(format!("{word}=0"))
        }
        (_, None) => Ok(format!("{word}=DEFAULT")),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn refuse(is: bool, what: &str, instead: &str) -> Result<(), Unsupported> {
    if is { Err(Unsupported::new(what, instead)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Expr;
    use crate::statement::Product;

    #[test]
    fn a_server_that_nobody_named_may_be_mysql() {
        let target = IndexTarget::Expression(Expr::Same("lower(`a`)".into()));
        let part = IndexPart { target, ..IndexPart::column("a".into()) };
        let instead = |server| index_part(&part, server).unwrap_err().instead;
        let generated = "add a generated column with this expression and index that";
        assert_eq!(instead(ServerVersion::new(Product::MariaDb, 10, 11, 6)), generated);
        let said = format!("if the server is MySQL, say so (--server-version 9.7); on MariaDB {generated}");
        assert_eq!(instead(capabilities::OLDEST), said);
    }
}
