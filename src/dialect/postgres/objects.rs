//! Views, triggers and the like, as this database says them.
//!
//! A definition is the statement that makes the object and behind it, each after a semicolon, those that complete it. So a
//! change can be one of a part: the comment of a view's column, an index of a materialized view, whether a trigger fires.

pub(super) mod acl;
pub(super) mod comments;
mod composite;
mod dictionary;
mod domain;
mod extension;
pub(super) mod follow;
pub(super) mod options;
mod parts;
pub(super) mod privileges;
mod rights;
mod routine;
mod sequence;

use super::quote::{literal_or_null, qualified, quote};
use super::render::grants;
use super::{compare, render};
use crate::dialect::objects::{ObjectWords, or_replace};
use crate::dialect::postgres::SYNTAX;
use crate::ops::Operation;
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::{Hazard, Statement};
use parts::{changed_parts, pieces, undo};

/// The words for objects.
pub(super) struct Objects;

impl Objects {
    /// Whether an attribute of a composite type gets another type: what the server refuses while columns have it.
    pub(super) fn retypes_attributes(was: &Object, to: &Object) -> bool {
        let first = |object: &'_ Object| pieces(object.definition.text()).first().map(|piece| (*piece).to_owned());
        let sides = first(was).zip(first(to)).filter(|_| was.id.kind == ObjectKind::Type);
        sides.is_some_and(|(was, to)| composite::retypes(&was, &to))
    }
}

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        !matches!(kind, ObjectKind::VirtualTable | ObjectKind::Event)
    }

    fn quoted(&self, name: &Name) -> String {
        qualified(name)
    }

    fn comment(&self, id: &ObjectId, comment: Option<&str>) -> Option<String> {
        if matches!(id.kind, ObjectKind::UserMapping | ObjectKind::DefaultPrivileges) || id.kind.is_of_a_thing() {
            return None;
        }
        let kind = id.kind.spoken().to_uppercase();
        Some(format!("COMMENT ON {kind} {} IS {}", self.called(id), literal_or_null(comment)))
    }

    /// In both directions: a change can be taken back.
    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        if objects.to.id.kind.is_of_a_thing() {
            return true;
        }
        let there_and_back = [objects, Pair::new(objects.to, objects.from)];
        there_and_back.into_iter().all(|Pair { from, to }| {
            let (former, wanted) = (pieces(from.definition.text()), pieces(to.definition.text()));
            let mut gone = former.iter().skip(1).filter(|piece| !wanted.contains(piece));
            let whole = match (former.first(), wanted.first()) {
                (Some(former), Some(wanted)) => former == wanted || replaced(Pair::new(from, to), former, wanted),
                _ => false,
            };
            whole && gone.all(|piece| undo(piece).is_some())
        })
    }

    fn follow(&self, object: &mut Object, rename: &Operation, around: &Schema) {
        follow::follow(object, rename, around);
    }

    /// What the server reads again it may print in other words.
    fn same(&self, objects: Pair<&Object>) -> bool {
        let Pair { from, to } = objects;
        let texts = objects.map(|object| object.definition.text());
        let same = if from.id.kind == ObjectKind::MaterializedView {
            compare::same_materialized
        } else {
            compare::same_expression
        };
        from.id == to.id && from.comment == to.comment && same(texts)
    }

    fn holds_on(&self) -> bool {
        true
    }

    fn remade(&self, operations: &[Operation], before: &Schema) -> Vec<Need> {
        render::remade(operations, before)
    }

    /// What is made again gets back its rights and its owner, where that is done around it.
    fn falls_with(&self, object: &Object, need: &Need) -> bool {
        match need {
            Need::Object(id) => !object.id.kind.is_of_a_thing() || !grants::are_kept(id.kind),
            Need::Table(..) | Need::Enum(_) => true,
        }
    }

    /// A right that a role loses on a table, now or on the way back, it loses on each column too.
    fn loses_beside(&self, object: &Object, other: Pair<Option<&Object>>) -> bool {
        let texts = other.map(|one| one.map(|one| pieces(one.definition.text())).unwrap_or_default());
        let here = pieces(object.definition.text());
        let texts = texts.as_ref().map(Vec::as_slice);
        rights::touches(&here, texts) || rights::touches(&here, Pair::new(texts.to, texts.from))
    }

    /// The text of a range says all of it; that of a composite type says nothing of its attributes' names.
    fn base_type(&self, ty: &Object) -> Option<String> {
        let text = ty.definition.text();
        if ty.id.kind == ObjectKind::Domain {
            domain::base(text)
        } else {
            text.contains(" AS RANGE ").then(|| "text".to_owned())
        }
    }

    /// Names that are no names to the grammar, and those that need more behind them.
    fn called(&self, id: &ObjectId) -> String {
        let arguments = id.arguments.as_deref();
        if id.kind == ObjectKind::Cast {
            format!("({})", id.name.name.as_str())
        } else if id.kind == ObjectKind::Operator {
            let schema = id.name.schema.as_ref().map(|schema| format!("{}.", quote(schema))).unwrap_or_default();
            format!("{schema}{} ({})", id.name.name.as_str(), arguments.unwrap_or_default())
        } else if matches!(id.kind, ObjectKind::OperatorFamily | ObjectKind::OperatorClass) {
            format!("{} USING {}", qualified(&id.name), arguments.unwrap_or("btree"))
        } else if id.kind == ObjectKind::UserMapping {
            user_mapping(id)
        } else {
            usually_called(id)
        }
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let why = format!("drop {}", id.for_people());
        if id.kind == ObjectKind::DefaultPrivileges {
            return vec![Statement::new(privileges::reset(id), why)];
        }
        if id.kind == ObjectKind::Comment {
            return vec![Statement::new(comments::reset(id), why)];
        }
        if id.kind.is_of_a_thing() {
            return vec![Statement::new(rights::reset(id), why)];
        }
        vec![Statement::new(format!("DROP {} {}", id.kind.spoken().to_uppercase(), self.called(id)), why)]
    }

    fn drop_known(&self, object: &Object) -> Vec<Statement> {
        let all = pieces(object.definition.text());
        let undone: Option<Vec<String>> = if object.id.kind == ObjectKind::DefaultPrivileges {
            all.iter().rev().map(|piece| undo(piece)).collect()
        } else if object.id.kind == ObjectKind::Owner {
            all.iter().map(|piece| rights::own_again(piece)).collect()
        } else if object.id.kind == ObjectKind::Grants {
            rights::changes(&all, &[])
        } else {
            None
        };
        match undone {
            Some(undone) => {
                let why = format!("drop {}", object.id.for_people());
                undone.into_iter().map(|sql| Statement::new(sql, why.clone())).collect()
            }
            None => self.drop(&object.id),
        }
    }

    fn create(&self, object: &Object) -> Vec<Statement> {
        let filled = if object.id.kind == ObjectKind::MaterializedView { " and fill it" } else { "" };
        let why = format!("create {}{filled}", object.id.for_people());
        let all = pieces(object.definition.text());
        let first = all.first().map(|piece| Self::made(&object.id, piece));
        let rest = all.iter().skip(1).map(|piece| (*piece).to_owned());
        let mut statements: Vec<Statement> =
            first.into_iter().chain(rest).map(|sql| Statement::new(sql, why.clone())).collect();
        if object.id.kind == ObjectKind::UserMapping
            && let Some(made) = statements.pop()
        {
            statements.push(made.with_hazard(without_password(&object.id)));
        }
        if let Some(comment) = &object.comment {
            statements.extend(self.commented(&object.id, Some(comment)));
        }
        statements
    }

    fn alter(&self, to: &Object, was: Option<&Object>) -> Vec<Statement> {
        let wanted = pieces(to.definition.text());
        let former = was.map(|was| pieces(was.definition.text())).unwrap_or_default();
        if to.id.kind.is_of_a_thing() {
            return Self::said_anew(to, &former, &wanted);
        }
        let first = match (former.first(), wanted.first()) {
            (Some(former), Some(wanted)) if former == wanted => Some(Vec::new()),
            (former, Some(wanted)) => Self::replacing(&to.id, former.copied(), wanted),
            (_, None) => Some(Vec::new()),
        };
        let Some(first) = first else {
            return self.drop(&to.id).into_iter().chain(self.create(to)).collect();
        };
        let (undone, missing) = changed_parts(&former, &wanted);
        let why = format!("change {}", to.id.for_people());
        let all = undone.into_iter().chain(first).chain(missing);
        let mut statements: Vec<Statement> = all.map(|sql| Statement::new(sql, why.clone())).collect();
        if was.is_none_or(|was| was.comment != to.comment) {
            statements.extend(self.commented(&to.id, to.comment.as_deref()));
        }
        statements
    }
}

impl Objects {
    /// Other words, other rights, or another owner. Where nobody knows what was there, what is there is taken away first.
    fn said_anew(to: &Object, former: &[&str], wanted: &[&str]) -> Vec<Statement> {
        let all = || wanted.iter().map(|piece| (*piece).to_owned()).collect::<Vec<_>>();
        let anew = || std::iter::once(rights::reset(&to.id)).chain(all()).collect();
        let statements = if matches!(to.id.kind, ObjectKind::Owner | ObjectKind::Comment) {
            all()
        } else if former.is_empty() {
            anew()
        } else {
            rights::changes(former, wanted).unwrap_or_else(anew)
        };
        let why = format!("change {}", to.id.for_people());
        statements.into_iter().map(|sql| Statement::new(sql, why.clone())).collect()
    }

    /// The statements that put the first statement of a definition in the place of another one; None where it must be
    /// dropped and made again.
    fn replacing(id: &ObjectId, former: Option<&str>, wanted: &str) -> Option<Vec<String>> {
        if matches!(id.kind, ObjectKind::View | ObjectKind::Rule) {
            return Some(vec![or_replace(wanted, &SYNTAX)]);
        }
        if matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure) {
            return Some(vec![Self::made(id, &or_replace(wanted, &SYNTAX))]);
        }
        in_place(id.kind, former?, wanted)
    }

    /// The first statement as it is sent.
    fn made(id: &ObjectId, sql: &str) -> String {
        if matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure) {
            return routine::unlooked(sql);
        }
        if options::has_options(id.kind) {
            return options::without_secrets(sql).0;
        }
        sql.to_owned()
    }
}

fn usually_called(id: &ObjectId) -> String {
    // Without a mode the types might as well be those of another one's arguments of which some are OUT.
    let mode = if id.kind == ObjectKind::Procedure && id.arguments.as_deref() != Some("") { "IN " } else { "" };
    let arguments = id.arguments.as_ref().map(|types| format!("({mode}{types})")).unwrap_or_default();
    let table = id.table.as_ref().map(|table| format!(" ON {}", qualified(table))).unwrap_or_default();
    format!("{}{arguments}{table}", qualified(&id.name))
}

/// `FOR "bob" SERVER "films"`.
fn user_mapping(id: &ObjectId) -> String {
    let role = id.name.name.as_str();
    let role = if role == "public" { "PUBLIC".to_owned() } else { quote(&id.name.name) };
    let server = id.table.as_ref().map(|server| quote(&server.name)).unwrap_or_default();
    format!("FOR {role} SERVER {server}")
}

/// What is not in the statement, and how it gets there.
fn without_password(id: &ObjectId) -> Hazard {
    Hazard::MayFail(format!(
        "what goes through {}: a password is no part of revisions, give it by hand: ALTER USER MAPPING {} OPTIONS (ADD password …)",
        id.for_people(),
        user_mapping(id)
    ))
}

/// Whether the first statement can be put in the place of the former one.
fn replaced(objects: Pair<&Object>, former: &str, wanted: &str) -> bool {
    let Pair { from, to } = objects;
    // The server takes columns and defaults that are added, and does not let them go again.
    let by_face = matches!(to.id.kind, ObjectKind::View | ObjectKind::Function | ObjectKind::Procedure);
    if by_face {
        return from.face == to.face;
    }
    to.id.kind == ObjectKind::Rule || in_place(to.id.kind, former, wanted).is_some()
}

/// The ALTER statements of kinds whose definition can be taken apart.
pub(super) fn in_place(kind: ObjectKind, former: &str, wanted: &str) -> Option<Vec<String>> {
    match kind {
        ObjectKind::Domain => domain::alter(former, wanted),
        ObjectKind::Type => composite::alter(former, wanted),
        ObjectKind::Sequence => sequence::alter(former, wanted),
        ObjectKind::Extension => extension::alter(former, wanted),
        ObjectKind::TextSearchDictionary => dictionary::alter(former, wanted),
        ObjectKind::ForeignDataWrapper
        | ObjectKind::ForeignServer
        | ObjectKind::UserMapping
        | ObjectKind::ForeignTable => options::alter(kind, former, wanted),
        ObjectKind::DefaultPrivileges => Some(vec![undo(former)?, wanted.to_owned()]),
        ObjectKind::Language
        | ObjectKind::Conversion
        | ObjectKind::OperatorFamily
        | ObjectKind::OperatorClass
        | ObjectKind::Cast
        | ObjectKind::Collation
        | ObjectKind::Function
        | ObjectKind::Procedure
        | ObjectKind::Aggregate
        | ObjectKind::Operator
        | ObjectKind::TextSearchConfiguration
        | ObjectKind::VirtualTable
        | ObjectKind::View
        | ObjectKind::MaterializedView
        | ObjectKind::Rule
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Statistics
        | ObjectKind::Event
        | ObjectKind::EventTrigger
        | ObjectKind::Publication
        | ObjectKind::Comment
        | ObjectKind::Owner
        | ObjectKind::Grants
        | ObjectKind::Pragma => None,
    }
}
