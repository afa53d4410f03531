//! What the body of a routine names, where that is a mere string to the server. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::postgres::SYNTAX;
use crate::dialect::postgres::inspect::building::Building;
use crate::schema::{Need, ObjectKind};
use crate::statement::token::{Token, TokenKind, tokens};

/// Fills in the mentions of all routines.
pub(super) fn find(building: &mut Building<'_>) {
    let known = known(building);
    let bodies = std::mem::take(&mut building.bodies);
    for (address, body) in bodies {
        let Some(object) = building.objects.get_mut(&address) else { continue };
        let itself = Need::Object(object.id.clone());
        let found = words(&body).into_iter().filter_map(|word| known.get(&word)).flatten();
        object.mentions = found.filter(|need| **need != itself).cloned().collect();
    }
}

/// What can be mentioned, by its name.
fn known(building: &Building<'_>) -> BTreeMap<String, Vec<Need>> {
    let tables = building.tables.values().map(|open| Need::Table(open.table.name.clone(), None));
    let enums = building.enums.values().cloned().map(Need::Enum);
    let objects = building.objects.values().map(|object| object.id.clone());
    let objects = objects.filter(|id| id.table.is_none() && id.kind != ObjectKind::EventTrigger).map(Need::Object);
    let mut known: BTreeMap<String, Vec<Need>> = BTreeMap::new();
    for need in tables.chain(enums).chain(objects) {
        let name = match &need {
            Need::Table(name, _) | Need::Enum(name) => name,
            Need::Object(id) => &id.name,
        };
        known.entry(name.name.as_str().to_owned()).or_default().push(need);
    }
    known
}

/// The names in a text; none in one that cannot be read.
fn words(body: &str) -> BTreeSet<String> {
    let Ok(all) = tokens(body, &SYNTAX) else { return BTreeSet::new() };
    let folded = |token: &Token| {
        let name = token.name(body)?;
        Some(if token.kind == TokenKind::Word { name.to_lowercase() } else { name })
    };
    all.iter().filter_map(folded).collect()
}
