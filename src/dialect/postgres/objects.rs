//! Views, triggers and the like, as this database says them.

use super::quote::qualified;
use crate::dialect::objects::ObjectWords;
use crate::schema::{Name, Object, ObjectKind, Pair};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        !matches!(kind, ObjectKind::VirtualTable | ObjectKind::Event)
    }

    fn quoted(&self, name: &Name) -> String {
        qualified(name)
    }

    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        objects.from.face == objects.to.face
    }

    fn holds_on(&self) -> bool {
        true
    }
}
