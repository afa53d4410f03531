//! Views, triggers and the like, as this database says them.
//!
//! A definition is the statement that makes the object and behind it, each after a semicolon, those that complete it. So a
//! change can be one of a part: the comment of a view's column, an index of a materialized view, whether a trigger fires.

mod parts;
mod routine;

use super::quote::{literal_or_null, qualified};
use crate::dialect::objects::{ObjectWords, or_replace};
use crate::schema::{Name, Object, ObjectId, ObjectKind, Pair};
use crate::statement::Statement;
use parts::{pieces, undo};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        !matches!(kind, ObjectKind::VirtualTable | ObjectKind::Event)
    }

    fn quoted(&self, name: &Name) -> String {
        qualified(name)
    }

    fn comment(&self, id: &ObjectId, comment: Option<&str>) -> Option<String> {
        let kind = id.kind.spoken().to_uppercase();
        Some(format!("COMMENT ON {kind} {} IS {}", self.called(id), literal_or_null(comment)))
    }

    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        let (from, to) = (pieces(objects.from.definition.text()), pieces(objects.to.definition.text()));
        let gone = from.iter().skip(1).filter(|piece| !to.contains(piece));
        if gone.clone().any(|piece| undo(piece).is_none()) {
            return false;
        }
        from.first() == to.first() || self.can_replace_whole(objects)
    }

    fn holds_on(&self) -> bool {
        true
    }

    fn create(&self, object: &Object) -> Vec<Statement> {
        let why = match object.id.kind {
            ObjectKind::MaterializedView => format!("create {} and fill it", object.id.for_people()),
            _ => format!("create {}", object.id.for_people()),
        };
        let all = pieces(object.definition.text());
        let first = all.first().map(|piece| self.made(&object.id, piece));
        let rest = all.iter().skip(1).map(|piece| (*piece).to_owned());
        let mut statements: Vec<Statement> =
            first.into_iter().chain(rest).map(|sql| Statement::new(sql, why.clone())).collect();
        if let Some(comment) = &object.comment {
            statements.extend(self.commented(&object.id, Some(comment)));
        }
        statements
    }

    fn alter(&self, to: &Object, was: Option<&Object>) -> Vec<Statement> {
        let wanted = pieces(to.definition.text());
        let former = was.map(|was| pieces(was.definition.text())).unwrap_or_default();
        let why = format!("replace {}", to.id.for_people());
        let mut sql: Vec<String> =
            former.iter().skip(1).filter(|piece| !wanted.contains(piece)).filter_map(|piece| undo(piece)).collect();
        if former.first() != wanted.first() {
            sql.extend(wanted.first().map(|piece| self.made(&to.id, &or_replace(piece))));
        }
        let missing = wanted.iter().skip(1).filter(|piece| !former.iter().skip(1).any(|other| other == *piece));
        sql.extend(missing.map(|piece| (*piece).to_owned()));
        let mut statements: Vec<Statement> = sql.into_iter().map(|sql| Statement::new(sql, why.clone())).collect();
        if was.is_none_or(|was| was.comment != to.comment) {
            statements.extend(self.commented(&to.id, to.comment.as_deref()));
        }
        statements
    }
}

impl Objects {
    /// Whether `CREATE OR REPLACE` is taken for the first statement.
    fn can_replace_whole(&self, Pair { from, to }: Pair<&Object>) -> bool {
        match to.id.kind {
            // Columns may only be added at the end.
            ObjectKind::View => to.face.starts_with(&from.face),
            ObjectKind::Function | ObjectKind::Procedure => routine::can_replace(Pair::new(&from.face, &to.face)),
            ObjectKind::Rule => true,
            ObjectKind::Extension
            | ObjectKind::Collation
            | ObjectKind::Type
            | ObjectKind::Domain
            | ObjectKind::Sequence
            | ObjectKind::Aggregate
            | ObjectKind::Operator
            | ObjectKind::TextSearchConfiguration
            | ObjectKind::ForeignServer
            | ObjectKind::ForeignTable
            | ObjectKind::VirtualTable
            | ObjectKind::MaterializedView
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Statistics
            | ObjectKind::Event
            | ObjectKind::EventTrigger
            | ObjectKind::Publication => false,
        }
    }

    /// The first statement as it is sent.
    fn made(&self, id: &ObjectId, sql: &str) -> String {
        match id.kind {
            ObjectKind::Function | ObjectKind::Procedure => routine::unlooked(sql),
            _ => sql.to_owned(),
        }
    }
}
