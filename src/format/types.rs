//! Types and expressions in words.

use crate::error::Result;
use crate::format::DATABASES;
use crate::schema::{Expr, Ident, Neutral, Type};
use crate::yaml::{Fields, Node, Tree, Value};

/// `varchar(20)` → the neutral type; None = not a neutral word with fitting arguments.
pub(crate) fn neutral(text: &str) -> Option<Neutral> {
    let text = text.trim();
    let (word, arguments) = match text.split_once('(') {
        Some((word, rest)) => (word.trim(), Some(rest.strip_suffix(')')?)),
        None => (text, None),
    };
    let numbers = |text: &str| text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<Vec<u32>>>();
    let arguments = match arguments {
        Some(text) => numbers(text)?,
        None => Vec::new(),
    };
    match (word, arguments.as_slice()) {
        ("bool", []) => Some(Neutral::Bool),
        ("smallint", []) => Some(Neutral::Smallint),
        ("int", []) => Some(Neutral::Int),
        ("bigint", []) => Some(Neutral::Bigint),
        ("decimal", []) => Some(Neutral::Decimal(None)),
        ("decimal", [precision]) => Some(Neutral::Decimal(Some((*precision, 0)))),
        ("decimal", [precision, scale]) => Some(Neutral::Decimal(Some((*precision, *scale)))),
        ("real", []) => Some(Neutral::Real),
        ("double", []) => Some(Neutral::Double),
        ("char", []) => Some(Neutral::Char(None)),
        ("char", [length]) => Some(Neutral::Char(Some(*length))),
        ("varchar", []) => Some(Neutral::Varchar(None)),
        ("varchar", [length]) => Some(Neutral::Varchar(Some(*length))),
        ("text", []) => Some(Neutral::Text),
        ("bytes", []) => Some(Neutral::Bytes),
        ("date", []) => Some(Neutral::Date),
        ("time", []) => Some(Neutral::Time),
        ("timestamp", []) => Some(Neutral::Timestamp),
        ("timestamptz", []) => Some(Neutral::TimestampTz),
        ("uuid", []) => Some(Neutral::Uuid),
        ("json", []) => Some(Neutral::Json),
        _ => None,
    }
}

/// The words of a neutral type; an enum has none, it is written as a map.
pub(crate) fn neutral_text(neutral: &Neutral) -> Option<String> {
    let with = |word: &str, length: &Option<u32>| match length {
        Some(length) => format!("{word}({length})"),
        None => word.to_owned(),
    };
    Some(match neutral {
        Neutral::Bool => "bool".to_owned(),
        Neutral::Smallint => "smallint".to_owned(),
        Neutral::Int => "int".to_owned(),
        Neutral::Bigint => "bigint".to_owned(),
        Neutral::Decimal(None) => "decimal".to_owned(),
        Neutral::Decimal(Some((precision, scale))) => format!("decimal({precision},{scale})"),
        Neutral::Real => "real".to_owned(),
        Neutral::Double => "double".to_owned(),
        Neutral::Char(length) => with("char", length),
        Neutral::Varchar(length) => with("varchar", length),
        Neutral::Text => "text".to_owned(),
        Neutral::Bytes => "bytes".to_owned(),
        Neutral::Date => "date".to_owned(),
        Neutral::Time => "time".to_owned(),
        Neutral::Timestamp => "timestamp".to_owned(),
        Neutral::TimestampTz => "timestamptz".to_owned(),
        Neutral::Uuid => "uuid".to_owned(),
        Neutral::Json => "json".to_owned(),
        Neutral::Enum { .. } => return None,
    })
}

/// `type:` as text, `{ native: … }` or `{ enum: […], enum_name: … }`.
pub(crate) fn read_type(node: Node) -> Result<Type> {
    if let Value::Scalar { .. } = &node.value {
        let text = node.into_text()?;
        return Ok(neutral(&text).map_or(Type::Native(text), Type::Neutral));
    }
    let mut fields = Fields::of(node, "a type")?;
    let native = fields.text("native")?;
    let values = fields.optional("enum").map(|node| node.list_of(Node::into_text)).transpose()?;
    let name = fields.text("enum_name")?.map(Ident::from);
    let ty = match (native, values) {
        (Some(native), None) => Type::Native(native),
        (None, Some(values)) => Type::Neutral(Neutral::Enum { values, name }),
        _ => return Err(fields.error("a type is text, { native: … } or { enum: […] }")),
    };
    fields.finish()?;
    Ok(ty)
}

/// The other direction of [`read_type`].
pub(crate) fn type_tree(ty: &Type) -> Tree {
    match ty {
        Type::Neutral(Neutral::Enum { values, name }) => {
            let mut entries = vec![("enum".to_owned(), Tree::texts(values.clone()))];
            entries.extend(name.iter().map(|name| ("enum_name".to_owned(), Tree::text(name.as_str()))));
            Tree::FlowMap(entries)
        }
        Type::Neutral(neutral) => Tree::text(neutral_text(neutral).unwrap_or_default()),
        Type::Native(native) if neutral(native).is_some() => {
            Tree::FlowMap(vec![("native".to_owned(), Tree::text(native.as_str()))])
        }
        Type::Native(native) => Tree::text(native.as_str()),
    }
}

/// Text, or `{ sql: … }`, where the text may differ by database.
pub(crate) fn read_expr(node: Node) -> Result<Expr> {
    if let Value::Scalar { .. } = &node.value {
        return node.into_text().map(Expr::Same);
    }
    let mut fields = Fields::of(node, "an expression")?;
    let expr = read_sql(fields.require("sql")?)?;
    fields.finish()?;
    Ok(expr)
}

/// What stands behind `sql:`: one text, or a map of database → text.
pub(crate) fn read_sql(node: Node) -> Result<Expr> {
    if let Value::Scalar { .. } = &node.value {
        return node.into_text().map(Expr::Same);
    }
    let nothing = node.error("there is no text here for any database");
    let mut fields = Fields::of(node, "a text for each database")?;
    let mut texts = crate::schema::SortedMap::new();
    for word in DATABASES {
        if let Some(text) = fields.text(word)? {
            texts.insert(word.to_owned(), text);
        }
    }
    fields.finish()?;
    if texts.is_empty() { Err(nothing.with_hint("write the SQL behind `sql:`")) } else { Ok(Expr::Each(texts)) }
}

/// The other direction of [`read_sql`].
pub(crate) fn sql_tree(expr: &Expr) -> Tree {
    match expr {
        Expr::Same(text) => Tree::text(text.as_str()),
        Expr::Each(texts) => {
            Tree::FlowMap(texts.iter().map(|(word, text)| (word.clone(), Tree::text(text.as_str()))).collect())
        }
    }
}

/// The other direction of [`read_expr`]: bare text where one text serves all.
pub(crate) fn expr_tree(expr: &Expr) -> Tree {
    match expr {
        Expr::Same(text) => Tree::text(text.as_str()),
        Expr::Each(_) => Tree::FlowMap(vec![("sql".to_owned(), sql_tree(expr))]),
    }
}
