//! What is done to objects that are a text: views, routines, triggers, and the like.

use crate::schema::{Object, ObjectId};

/// A change of one object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ObjectOperation {
    Create(Box<Object>),
    Drop {
        id: ObjectId,
        was: Option<Box<Object>>,
    },
    /// Another definition or comment for what stays in its place, with all that depends on it.
    Alter {
        to: Box<Object>,
        was: Option<Box<Object>>,
    },
}

impl ObjectOperation {
    pub(crate) fn id(&self) -> &ObjectId {
        match self {
            Self::Create(object) | Self::Alter { to: object, .. } => &object.id,
            Self::Drop { id, .. } => id,
        }
    }

    pub(super) fn reverse(self) -> Option<Self> {
        match self {
            Self::Create(object) => Some(Self::Drop { id: object.id.clone(), was: Some(object) }),
            Self::Drop { was, .. } => was.map(Self::Create),
            Self::Alter { to, was } => was.map(|was| Self::Alter { to: was, was: Some(to) }),
        }
    }

    pub(super) fn describe(&self) -> String {
        let what = self.id().for_people();
        if self.id().kind.is_of_a_thing() {
            let verb = match self {
                Self::Create(_) => "set",
                Self::Drop { .. } => "reset",
                Self::Alter { .. } => "change",
            };
            return format!("{verb} {what}");
        }
        match self {
            Self::Create(_) => format!("create {what}"),
            Self::Drop { .. } => format!("drop {what}"),
            Self::Alter { to, was: Some(was) } if to.definition == was.definition => {
                format!("change the comment of {what}")
            }
            Self::Alter { .. } => format!("change the definition of {what}"),
        }
    }

    pub(super) fn word(&self) -> &'static str {
        let [create, drop, alter] = self.id().kind.verbs();
        match self {
            Self::Create(_) => create,
            Self::Drop { .. } => drop,
            Self::Alter { .. } => alter,
        }
    }
}
