//! What an object needs, from the words of its text: for databases that keep no list of dependencies, and for models
//! that no server has seen. A word too many costs only order; a string in which SQL is written is not looked into.

use std::collections::{BTreeMap, BTreeSet};

use super::Dialect;
use crate::schema::{Default, Expr, Ident, IndexTarget, Need, ObjectId, Schema, Table, Type};
use crate::statement::token::{Lexer, Token, TokenKind, unquote};

/// Adds to every object the tables, types and objects that its text mentions, and to every table the objects that its
/// expressions and types mention.
pub(crate) fn add_mentioned(schema: &mut Schema, dialect: &dyn Dialect) {
    if schema.objects.is_empty() {
        return;
    }
    let known = known(schema, dialect);
    let mentioned = |text: &str, own: &[&Ident]| -> BTreeSet<Need> {
        let own: Vec<String> = own.iter().map(|name| dialect.fold(name)).collect();
        let words = words(text, dialect);
        let others = words.iter().filter(|word| !own.contains(word)).filter_map(|word| known.get(word));
        others.flatten().cloned().collect()
    };
    let on_tables: Vec<ObjectId> = schema.objects.keys().filter(|id| id.table.is_some()).cloned().collect();
    for object in schema.objects.values_mut() {
        let found = mentioned(object.definition.text(), &[&object.id.name.name]);
        object.needs.extend(found);
        let neighbour = neighbour(object.definition.text(), dialect).filter(|_| object.id.table.is_some());
        let fits = |id: &&ObjectId| id.table == object.id.table && Some(dialect.fold(&id.name.name)) == neighbour;
        object.needs.extend(on_tables.iter().filter(fits).cloned().map(Need::Object));
        object.needs.extend(object.id.table.clone().map(|table| match known.get(&dialect.fold(&table.name)) {
            // A trigger may stand on a view.
            Some(found) => found.first().cloned().unwrap_or(Need::Table(table, None)),
            None => Need::Table(table, None),
        }));
    }
    let of_tables: Vec<_> = schema
        .tables
        .values()
        .map(|table| {
            let needs = texts(table).into_iter().flat_map(|text| mentioned(text, &[]));
            (table.name.clone(), needs.filter_map(object_of).collect::<BTreeSet<ObjectId>>())
        })
        .filter(|(_, needs)| !needs.is_empty())
        .collect();
    for (name, needs) in of_tables {
        schema.tables.get_mut(&name).into_iter().for_each(|table| table.needs.extend(needs.iter().cloned()));
    }
}

fn object_of(need: Need) -> Option<ObjectId> {
    match need {
        Need::Object(id) => Some(id),
        Need::Table(..) | Need::Enum(_) => None,
    }
}

/// What has a name, by the name as the server folds it.
fn known(schema: &Schema, dialect: &dyn Dialect) -> BTreeMap<String, Vec<Need>> {
    let mut known: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    let mut add = |name: &Ident, need: Need| known.entry(dialect.fold(name)).or_default().push(need);
    schema.tables.keys().for_each(|name| add(&name.name, Need::Table(name.clone(), None)));
    schema.enums.keys().for_each(|name| add(&name.name, Need::Enum(name.clone())));
    // What stands on a table is never called by its name.
    let named = schema.objects.keys().filter(|id| id.table.is_none());
    named.for_each(|id| add(&id.name.name, Need::Object(id.clone())));
    known
}

/// The names in a text, as the server folds them.
fn words(text: &str, dialect: &dyn Dialect) -> BTreeSet<String> {
    let tokens = Lexer::new(text, 1, dialect.syntax()).map_while(Result::ok);
    let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent);
    tokens.filter(is_name).map(|token| dialect.fold(&Ident::from(unquote(token.text(text))))).collect()
}

/// The trigger beside which a trigger is put: `FOR EACH ROW FOLLOWS x`.
fn neighbour(text: &str, dialect: &dyn Dialect) -> Option<String> {
    let tokens = Lexer::new(text, 1, dialect.syntax()).map_while(Result::ok);
    let mut tokens =
        tokens.filter(|token| !token.is_skippable()).skip_while(|token| !token.is_word(text, "ROW")).skip(1);
    let word = tokens.next()?;
    let beside = word.is_word(text, "FOLLOWS") || word.is_word(text, "PRECEDES");
    let name = tokens.next().filter(|_| beside)?;
    Some(dialect.fold(&Ident::from(unquote(name.text(text)))))
}

/// The texts of a table that may mention objects.
fn texts(table: &Table) -> Vec<&str> {
    let mut texts = Vec::new();
    for column in &table.columns {
        if let Type::Native(native) = &column.ty {
            texts.push(native.as_str());
        }
        if let Some(Default::Sql(expr)) = &column.default {
            texts.push(expr.text());
        }
        texts.extend(column.generated.iter().map(|generated| generated.expr.text()));
    }
    texts.extend(table.checks.iter().map(|check| check.condition.text()));
    for index in &table.indexes {
        texts.extend(index.predicate.iter().map(Expr::text));
        texts.extend(index.parts.iter().filter_map(|part| match &part.target {
            IndexTarget::Expression(expr) => Some(expr.text()),
            IndexTarget::Column(_) => None,
        }));
    }
    texts
}
