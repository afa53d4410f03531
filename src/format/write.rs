//! Tables and columns as YAML: only what is not the usual, columns in one line each.

use crate::format::types::{expr_tree, sql_tree, type_tree};
use crate::schema::{
    Action, Check, Column, Default, Deferrable, Enum, Expr, ForeignKey, Generated, Ident, Identity, IdentityMode,
    Index, IndexPart, IndexTarget, Name, Nulls, Options, PrimaryKey, Table, Unique,
};
use crate::yaml::Tree;

pub(super) type Entries = Vec<(String, Tree)>;

pub(super) fn put(entries: &mut Entries, key: &str, tree: Tree) {
    entries.push((key.to_owned(), tree));
}

pub(super) fn put_if(entries: &mut Entries, key: &str, is: bool) {
    if is {
        put(entries, key, Tree::bool(true));
    }
}

pub(super) fn put_text(entries: &mut Entries, key: &str, text: Option<&String>) {
    if let Some(text) = text {
        put(entries, key, Tree::text(text.as_str()));
    }
}

pub(super) fn put_idents(entries: &mut Entries, key: &str, idents: &[Ident]) {
    if !idents.is_empty() {
        put(entries, key, ident_list(idents));
    }
}

pub(super) fn ident_list(idents: &[Ident]) -> Tree {
    Tree::texts(idents.iter().map(Ident::as_str))
}

/// `schema:` (if it is not the connection's own) and the name under `key`.
pub(super) fn name_entries(key: &str, name: &Name) -> Entries {
    let mut entries = Entries::new();
    if let Some(schema) = &name.schema {
        put(&mut entries, "schema", Tree::text(schema.as_str()));
    }
    put(&mut entries, key, Tree::text(name.name.as_str()));
    entries
}

/// What stands under the table's name in a model.
pub(crate) fn table_tree(table: &Table) -> Tree {
    Tree::Map(table_entries(table))
}

pub(super) fn table_entries(table: &Table) -> Entries {
    let mut entries = Entries::new();
    put_text(&mut entries, "comment", table.comment.as_ref());
    let columns = table.columns.iter().map(|column| (column.name.as_str().to_owned(), column_tree(column)));
    if !table.columns.is_empty() || !table.is_heir() {
        put(&mut entries, "columns", Tree::Map(columns.collect()));
    }
    if let Some(key) = &table.primary_key {
        put(&mut entries, "primary_key", primary_key_tree(key));
    }
    put_named(&mut entries, "unique", &table.uniques, |unique| unique.name.as_ref(), unique_entries);
    put_named(&mut entries, "checks", &table.checks, |check| check.name.as_ref(), check_entries);
    put_named(&mut entries, "foreign_keys", &table.foreign_keys, |key| key.name.as_ref(), foreign_key_entries);
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter().map(|index| (index.name.as_str().to_owned(), index_tree(index)));
        put(&mut entries, "indexes", Tree::Map(indexes.collect()));
    }
    put_options(&mut entries, &table.options);
    entries
}

/// A map where all have names, else a list whose items carry the name where there is one.
fn put_named<T>(
    entries: &mut Entries,
    key: &str,
    items: &[T],
    name: impl Fn(&T) -> Option<&Ident>,
    tree: impl Fn(&T) -> Entries,
) {
    if items.is_empty() {
        return;
    }
    if items.iter().all(|item| name(item).is_some()) {
        let all = items.iter().map(|item| {
            let said = name(item).map(Ident::as_str).unwrap_or_default();
            (said.to_owned(), shortest(tree(item)))
        });
        put(entries, key, Tree::Map(all.collect()));
    } else {
        let all = items.iter().map(|item| {
            let mut inner = Entries::new();
            inner.extend(name(item).map(|name| ("name".to_owned(), Tree::text(name.as_str()))));
            inner.extend(tree(item));
            shortest(inner)
        });
        put(entries, key, Tree::List(all.collect()));
    }
}

/// `{ columns: [a] }` → `[a]`, `{ condition: x }` → `x`; anything more stays a map.
fn shortest(mut entries: Entries) -> Tree {
    let short = entries.len() == 1 && entries.iter().all(|(key, _)| key == "columns" || key == "condition");
    match entries.pop() {
        Some((_, tree)) if short => tree,
        Some(last) => {
            entries.push(last);
            Tree::FlowMap(entries)
        }
        None => Tree::FlowMap(entries),
    }
}

pub(super) fn column_tree(column: &Column) -> Tree {
    Tree::FlowMap(column_entries(column))
}

pub(super) fn column_entries(column: &Column) -> Entries {
    let mut entries = vec![("type".to_owned(), type_tree(&column.ty))];
    if !column.nullable {
        put(&mut entries, "nullable", Tree::bool(false));
    }
    if let Some(default) = &column.default {
        put(&mut entries, "default", default_tree(default));
    }
    if let Some(identity) = &column.identity {
        put(&mut entries, "identity", identity_tree(identity));
    }
    if let Some(generated) = &column.generated {
        put(&mut entries, "generated", generated_tree(generated));
    }
    put_text(&mut entries, "comment", column.comment.as_ref());
    put_options(&mut entries, &column.options);
    entries
}

pub(super) fn default_tree(default: &Default) -> Tree {
    match default {
        Default::Literal(text) => Tree::word(text.as_str()),
        Default::Sql(expr) => Tree::FlowMap(vec![("sql".to_owned(), sql_tree(expr))]),
    }
}

pub(super) fn identity_tree(identity: &Identity) -> Tree {
    let mode = match identity.mode {
        IdentityMode::Always => "always",
        IdentityMode::ByDefault => "by_default",
        IdentityMode::Serial => "serial",
    };
    if identity.options.is_empty() {
        return Tree::text(mode);
    }
    let mut entries = vec![("mode".to_owned(), Tree::text(mode))];
    entries.extend(identity.options.iter().map(|(key, value)| (key.clone(), Tree::word(value.as_str()))));
    Tree::FlowMap(entries)
}

pub(super) fn generated_tree(generated: &Generated) -> Tree {
    let stored = Tree::bool(generated.stored);
    Tree::FlowMap(vec![("sql".to_owned(), sql_tree(&generated.expr)), ("stored".to_owned(), stored)])
}

fn deferrable_entry(entries: &mut Entries, deferrable: Option<Deferrable>) {
    if let Some(deferrable) = deferrable {
        let word = if deferrable.initially_deferred { "deferred" } else { "immediate" };
        put(entries, "deferrable", Tree::text(word));
    }
}

fn primary_key_tree(key: &PrimaryKey) -> Tree {
    let mut entries = Entries::new();
    entries.extend(key.name.iter().map(|name| ("name".to_owned(), Tree::text(name.as_str()))));
    entries.extend(primary_key_entries(key));
    shortest(entries)
}

pub(super) fn primary_key_entries(key: &PrimaryKey) -> Entries {
    let mut entries = vec![("columns".to_owned(), ident_list(&key.columns))];
    put_idents(&mut entries, "include", &key.include);
    deferrable_entry(&mut entries, key.deferrable);
    put_text(&mut entries, "comment", key.comment.as_ref());
    put_options(&mut entries, &key.options);
    entries
}

pub(super) fn unique_entries(unique: &Unique) -> Entries {
    let mut entries = vec![("columns".to_owned(), ident_list(&unique.columns))];
    put_idents(&mut entries, "include", &unique.include);
    put_if(&mut entries, "nulls_not_distinct", unique.nulls_not_distinct);
    deferrable_entry(&mut entries, unique.deferrable);
    put_text(&mut entries, "comment", unique.comment.as_ref());
    put_options(&mut entries, &unique.options);
    entries
}

pub(super) fn check_entries(check: &Check) -> Entries {
    let mut entries = vec![("condition".to_owned(), expr_tree(&check.condition))];
    put_if(&mut entries, "no_inherit", check.no_inherit);
    put_if(&mut entries, "not_valid", check.not_valid);
    put_if(&mut entries, "not_enforced", check.not_enforced);
    put_text(&mut entries, "comment", check.comment.as_ref());
    entries
}

pub(super) fn foreign_key_entries(key: &ForeignKey) -> Entries {
    let mut references = name_entries("table", &key.references);
    put_idents(&mut references, "columns", &key.referenced_columns);
    let mut entries = vec![("columns".to_owned(), ident_list(&key.columns))];
    put(&mut entries, "references", Tree::FlowMap(references));
    for (word, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
        if action != Action::Nothing {
            put(&mut entries, word, Tree::text(action.word()));
        }
    }
    put_idents(&mut entries, "set_columns", &key.set_columns);
    if key.match_full {
        put(&mut entries, "match", Tree::text("full"));
    }
    deferrable_entry(&mut entries, key.deferrable);
    put_if(&mut entries, "not_valid", key.not_valid);
    put_if(&mut entries, "not_enforced", key.not_enforced);
    put_if(&mut entries, "period", key.period);
    put_text(&mut entries, "comment", key.comment.as_ref());
    entries
}

fn index_tree(index: &Index) -> Tree {
    shortest(index_entries(index))
}

pub(super) fn index_entries(index: &Index) -> Entries {
    let mut entries = vec![("columns".to_owned(), Tree::FlowList(index.parts.iter().map(part_tree).collect()))];
    put_if(&mut entries, "unique", index.unique);
    put_text(&mut entries, "method", index.method.as_ref());
    if let Some(predicate) = &index.predicate {
        put(&mut entries, "where", expr_tree(predicate));
    }
    put_idents(&mut entries, "include", &index.include);
    put_if(&mut entries, "nulls_not_distinct", index.nulls_not_distinct);
    put_text(&mut entries, "comment", index.comment.as_ref());
    put_options(&mut entries, &index.options);
    entries
}

fn part_tree(part: &IndexPart) -> Tree {
    let mut entries = Entries::new();
    match &part.target {
        IndexTarget::Column(name) if *part == IndexPart::column(name.clone()) => return Tree::text(name.as_str()),
        IndexTarget::Column(name) => put(&mut entries, "name", Tree::text(name.as_str())),
        IndexTarget::Expression(expr) => put(&mut entries, "sql", sql_tree(expr)),
    }
    if part.descending {
        put(&mut entries, "order", Tree::text("desc"));
    }
    if let Some(nulls) = part.nulls {
        put(&mut entries, "nulls", Tree::text(if nulls == Nulls::First { "first" } else { "last" }));
    }
    put_text(&mut entries, "collation", part.collation.as_ref());
    put_text(&mut entries, "operator_class", part.operator_class.as_ref());
    entries.extend(part.prefix.map(|prefix| ("prefix".to_owned(), Tree::number(prefix))));
    Tree::FlowMap(entries)
}

pub(super) fn put_options(entries: &mut Entries, options: &Options) {
    for (database, keys) in options.0.iter().filter(|(_, keys)| !keys.is_empty()) {
        let keys = keys.iter().map(|(key, value)| (key.clone(), option_value(value)));
        put(entries, database, Tree::FlowMap(keys.collect()));
    }
}

/// True, false and numbers without quotes, all else as text.
pub(super) fn option_value(value: &str) -> Tree {
    let bare =
        matches!(value, "true" | "false") || (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()));
    if bare { Tree::Bare(value.to_owned()) } else { Tree::text(value) }
}

/// An enum type: its values, or a map where there is more to say.
pub(crate) fn enum_tree(made: &Enum) -> Tree {
    let values = Tree::texts(made.values.clone());
    match &made.comment {
        None => values,
        Some(comment) => {
            Tree::FlowMap(vec![("values".to_owned(), values), ("comment".to_owned(), Tree::text(comment.as_str()))])
        }
    }
}

/// The text of an expression, for places that hold nothing else.
pub(super) fn sql_entry(expr: &Expr) -> (String, Tree) {
    (
        "sql".to_owned(),
        match expr {
            Expr::Same(text) => Tree::text(text.as_str()),
            Expr::Each(texts) => {
                Tree::Map(texts.iter().map(|(word, text)| (word.clone(), Tree::text(text.as_str()))).collect())
            }
        },
    )
}
