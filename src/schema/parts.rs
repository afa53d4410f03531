//! What of a schema lies in one of its own schemas.

use std::collections::BTreeSet;

use super::{Ident, Name, Schema};

impl Schema {
    /// The schemas in which tables or objects lie; None = the connection's own one.
    pub(crate) fn places(&self) -> BTreeSet<Option<Ident>> {
        let names = self.tables.keys().chain(self.objects.keys().map(|id| &id.name));
        names.map(|name| name.schema.clone()).collect()
    }

    /// The tables, objects and what is not modelled of one schema; None = the connection's own one. The tables are shared.
    #[must_use]
    pub(crate) fn part(&self, place: Option<&Ident>) -> Self {
        let is_here = |name: &Name| name.schema.as_ref() == place;
        let objects = self.objects.iter().filter(|(id, _)| is_here(&id.name));
        Self {
            tables: self.tables.only(is_here),
            objects: objects.map(|(id, object)| (id.clone(), object.clone())).collect(),
            unmodelled: self.unmodelled.iter().filter(|one| is_here(&one.name)).cloned().collect(),
            ..Self::default()
        }
    }

    /// Puts a part in the place of what is here of it.
    pub(crate) fn put_back(&mut self, part: Self, place: Option<&Ident>) {
        let is_elsewhere = |name: &Name| name.schema.as_ref() != place;
        self.tables.retain(|name, _| is_elsewhere(name));
        self.objects.retain(|id, _| is_elsewhere(&id.name));
        self.unmodelled.retain(|one| is_elsewhere(&one.name));
        self.join(part);
    }

    /// Adds a part that is not here.
    pub(crate) fn join(&mut self, part: Self) {
        self.tables.append(part.tables);
        self.objects.extend(part.objects);
        self.unmodelled.extend(part.unmodelled);
    }
}
