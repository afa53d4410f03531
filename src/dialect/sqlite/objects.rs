//! Views, triggers and the like, as this database says them.

use super::quote;
use crate::dialect::objects::ObjectWords;
use crate::schema::{Name, Object, ObjectKind, Pair};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        matches!(kind, ObjectKind::View | ObjectKind::Trigger | ObjectKind::VirtualTable)
    }

    fn quoted(&self, name: &Name) -> String {
        quote::name(name)
    }

    fn can_replace(&self, _: Pair<&Object>) -> bool {
        false
    }

    fn holds_on(&self) -> bool {
        false
    }
}
