//! Views, triggers and the like, as this database says them.

use super::quote;
use crate::dialect::objects::ObjectWords;
use crate::schema::{Name, Object, ObjectKind, Pair};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        matches!(
            kind,
            ObjectKind::View
                | ObjectKind::Trigger
                | ObjectKind::Function
                | ObjectKind::Procedure
                | ObjectKind::Event
                | ObjectKind::Sequence
        )
    }

    fn quoted(&self, name: &Name) -> String {
        quote::name(name)
    }

    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        objects.from.id.kind == objects.to.id.kind
    }

    fn holds_on(&self) -> bool {
        false
    }
}
