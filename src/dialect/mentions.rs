//! What an object needs, from the words of its text: for databases that keep no list of dependencies, and for models
//! that no server has seen. A word too many costs only order; a string in which SQL is written is not looked into.
//!
//! A word is a need where a table or a routine stands: behind FROM, or before a parenthesis. Elsewhere it may as well be
//! a column of the same name, and is a mention: two views may have columns that are called like the other one.

use std::collections::{BTreeMap, BTreeSet};

use super::Dialect;
use crate::schema::{Default, Expr, Ident, IndexTarget, Need, ObjectId, ObjectKind, Schema, Table, Type};
use crate::statement::token::{Lexer, Token, TokenKind, unquote};

/// Adds to every object the tables, types and objects that its text mentions, and to every table the objects that its
/// expressions and types mention.
pub(crate) fn add_mentioned(schema: &mut Schema, dialect: &dyn Dialect) {
    if schema.objects.is_empty() {
        return;
    }
    let places = if dialect.objects().names_own_schema() { schema.places() } else { BTreeSet::new() };
    if places.len() < 2 {
        return add_within(schema, dialect);
    }
    for place in &places {
        let mut part = schema.part(place.as_ref());
        add_within(&mut part, dialect);
        schema.put_back(part, place.as_ref());
    }
}

fn add_within(schema: &mut Schema, dialect: &dyn Dialect) {
    let known = known(schema, dialect);
    let mentioned = |text: &str, own: &[&Ident]| -> (BTreeSet<Need>, BTreeSet<Need>) {
        let own: Vec<String> = own.iter().map(|name| dialect.fold(name)).collect();
        let (mut sure, mut maybe) = (BTreeSet::new(), BTreeSet::new());
        for (word, place) in words(text, dialect).iter().filter(|(word, _)| !own.contains(word)) {
            for need in known.get(word).into_iter().flatten() {
                let is_sure = place.is_sure_of(need);
                let set = if is_sure { &mut sure } else { &mut maybe };
                set.insert(need.clone());
            }
        }
        (sure, maybe)
    };
    let on_tables: Vec<ObjectId> = schema.objects.keys().filter(|id| id.table.is_some()).cloned().collect();
    for object in schema.objects.values_mut() {
        let (sure, maybe) = mentioned(object.definition.text(), &[&object.id.name.name]);
        // What a body names may come later, but not the types of what a routine takes.
        let is_routine = matches!(object.id.kind, ObjectKind::Function | ObjectKind::Procedure);
        if is_routine { &mut object.mentions } else { &mut object.needs }.extend(sure);
        let taken = object.id.arguments.as_deref().map(|types| mentioned(types, &[]).1).unwrap_or_default();
        object.needs.extend(taken.into_iter().filter(|need| matches!(need, Need::Table(..))));
        object.mentions.extend(maybe);
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
            let is_column =
                |id: &ObjectId| table.columns.iter().any(|one| dialect.fold(&one.name) == dialect.fold(&id.name.name));
            // A bare word is the column, though a routine has its name.
            let may_be_called =
                |need: &Need| !matches!(need, Need::Object(id) if is_callable(id.kind) && is_column(id));
            let needs = texts(table).into_iter().map(|text| mentioned(text, &[]));
            let needs = needs.flat_map(|(sure, maybe)| sure.into_iter().chain(maybe.into_iter().filter(may_be_called)));
            (table.name.clone(), needs.filter_map(object_of).collect::<BTreeSet<ObjectId>>())
        })
        .filter(|(_, needs)| !needs.is_empty())
        .collect();
    for (name, needs) in of_tables {
        schema.tables.get_mut(&name).into_iter().for_each(|table| table.needs.extend(needs.iter().cloned()));
    }
}

fn is_callable(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate)
}

fn object_of(need: Need) -> Option<ObjectId> {
    match need {
        Need::Object(id) => Some(id),
        Need::Table(..) | Need::Enum(_) => None,
    }
}

/// The schema with what [`add_mentioned`] adds.
pub(crate) fn with_mentioned(mut schema: Schema, dialect: &dyn Dialect) -> Schema {
    add_mentioned(&mut schema, dialect);
    schema
}

/// What has a name, by the name as the server folds it.
fn known(schema: &Schema, dialect: &dyn Dialect) -> BTreeMap<String, Vec<Need>> {
    let mut known: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    let mut add = |name: &Ident, need: Need| known.entry(dialect.fold(name)).or_default().push(need);
    schema.tables.keys().for_each(|name| add(&name.name, Need::Table(name.clone(), None)));
    schema.enums.keys().for_each(|name| add(&name.name, Need::Enum(name.clone())));
    // What stands on a table is never called by its name, and a pragma by nobody. Owners and grants have the name of another.
    let is_called = |id: &&ObjectId| id.table.is_none() && id.kind != ObjectKind::Pragma && !id.kind.is_of_a_thing();
    let named = schema.objects.keys().filter(is_called);
    named.for_each(|id| add(&id.name.name, Need::Object(id.clone())));
    known
}

/// What may stand in the place of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Relation,
    Routine,
    Other,
}

impl Place {
    fn is_sure_of(self, need: &Need) -> bool {
        match need {
            Need::Table(..) => self == Self::Relation,
            Need::Enum(_) => true,
            Need::Object(id) => match id.kind {
                ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::ForeignTable
                | ObjectKind::VirtualTable => self == Self::Relation,
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => self != Self::Other,
                ObjectKind::Extension
                | ObjectKind::Collation
                | ObjectKind::Type
                | ObjectKind::Domain
                | ObjectKind::Sequence
                | ObjectKind::Operator
                | ObjectKind::OperatorFamily
                | ObjectKind::OperatorClass
                | ObjectKind::Cast
                | ObjectKind::Language
                | ObjectKind::ForeignDataWrapper
                | ObjectKind::Conversion
                | ObjectKind::TextSearchDictionary
                | ObjectKind::UserMapping
                | ObjectKind::DefaultPrivileges
                | ObjectKind::TextSearchConfiguration
                | ObjectKind::ForeignServer
                | ObjectKind::Rule
                | ObjectKind::Trigger
                | ObjectKind::Policy
                | ObjectKind::Statistics
                | ObjectKind::Event
                | ObjectKind::EventTrigger
                | ObjectKind::Publication => true,
                ObjectKind::Pragma | ObjectKind::Comment | ObjectKind::Owner | ObjectKind::Grants => false,
            },
        }
    }
}

/// Words behind which tables stand, up to one of [`ENDS`].
const BEFORE_TABLES: [&str; 9] = ["FROM", "JOIN", "STRAIGHT_JOIN", "INTO", "UPDATE", "TABLE", "USING", "SETOF", "ONLY"];
/// Words behind which columns and expressions stand.
const ENDS: [&str; 12] =
    ["SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "ON", "SET", "VALUES", "RETURNING", "LIMIT", "WINDOW", "WITH"];

/// The names in a text, as the server folds them, each with where it stands.
fn words(text: &str, dialect: &dyn Dialect) -> BTreeSet<(String, Place)> {
    let tokens: Vec<Token> = Lexer::new(text, 1, dialect.syntax()).map_while(Result::ok).collect();
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !token.is_skippable()).collect();
    let (mut found, mut among_tables) = (BTreeSet::new(), vec![false]);
    for (at, token) in tokens.iter().enumerate() {
        if token.is_sign(text, "(") {
            among_tables.push(among_tables.last().copied().unwrap_or_default());
        } else if token.is_sign(text, ")") && among_tables.len() > 1 {
            among_tables.pop();
        } else if matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent) {
            let is_one_of = |words: &[&str]| words.iter().any(|word| token.is_word(text, word));
            if let Some(here) = among_tables.last_mut() {
                *here = is_one_of(&BEFORE_TABLES) || *here && !is_one_of(&ENDS);
            }
            let is_called = tokens.get(at + 1).is_some_and(|next| next.is_sign(text, "("));
            let place = match among_tables.last() {
                Some(true) => Place::Relation,
                _ if is_called => Place::Routine,
                _ => Place::Other,
            };
            found.insert((dialect.fold(&Ident::from(unquote(token.text(text)))), place));
        } else if token.kind == TokenKind::String {
            // `nextval('numbers')`
            let plain = token.text(text).trim_matches('\'');
            found.insert((dialect.fold(&Ident::from(unquote(plain))), Place::Other));
        }
    }
    found
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
pub(crate) fn texts(table: &Table) -> Vec<&str> {
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
