//! The tables of a schema, by name. Copying them all is cheap: a table is shared until one of the copies changes it.

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use super::{Name, Table};

/// A map from names to tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables(BTreeMap<Arc<Name>, Arc<Table>>);

impl Tables {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains_key(&self, name: &Name) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn get(&self, name: &Name) -> Option<&Table> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// The table, for changing it in this copy alone.
    pub(crate) fn get_mut(&mut self, name: &Name) -> Option<&mut Table> {
        self.0.get_mut(name).map(Arc::make_mut)
    }

    /// Puts a table in; gives the one that it takes the place of.
    pub(crate) fn insert(&mut self, name: Name, table: Table) -> Option<Table> {
        self.0.insert(Arc::new(name), Arc::new(table)).map(Arc::unwrap_or_clone)
    }

    pub(crate) fn remove(&mut self, name: &Name) -> Option<Table> {
        self.0.remove(name).map(Arc::unwrap_or_clone)
    }

    /// Keeps the tables of which `keep` says so.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Name, &Table) -> bool) {
        self.0.retain(|name, table| keep(name, table));
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &Name> {
        self.0.keys().map(AsRef::as_ref)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Table> {
        self.0.values().map(AsRef::as_ref)
    }

    /// All tables, for changing them in this copy alone: each is copied if it is shared.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        self.0.values_mut().map(Arc::make_mut)
    }

    pub(crate) fn into_values(self) -> impl Iterator<Item = Table> {
        self.0.into_values().map(Arc::unwrap_or_clone)
    }

    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// Puts all tables of another map in.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Those of which `keep` says so, shared with this map.
    pub(crate) fn only(&self, mut keep: impl FnMut(&Name) -> bool) -> Self {
        let kept = self.0.iter().filter(|(name, _)| keep(name));
        Self(kept.map(|(name, table)| (Arc::clone(name), Arc::clone(table))).collect())
    }
}

/// A table that both sides share is the same without a look.
impl PartialEq for Tables {
    fn eq(&self, other: &Self) -> bool {
        let mut both = self.0.iter().zip(&other.0);
        self.len() == other.len()
            && both.all(|(mine, others)| mine.0 == others.0 && (Arc::ptr_eq(mine.1, others.1) || mine.1 == others.1))
    }
}

#[cfg(test)]
impl std::ops::Index<&Name> for Tables {
    type Output = Table;

    fn index(&self, name: &Name) -> &Table {
        &self.0[name]
    }
}

impl FromIterator<(Name, Table)> for Tables {
    fn from_iter<I: IntoIterator<Item = (Name, Table)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, table)| (Arc::new(name), Arc::new(table))).collect())
    }
}

impl Extend<(Name, Table)> for Tables {
    fn extend<I: IntoIterator<Item = (Name, Table)>>(&mut self, pairs: I) {
        self.0.extend(pairs.into_iter().map(|(name, table)| (Arc::new(name), Arc::new(table))));
    }
}

/// Names and tables in the order of the names.
#[derive(Debug)]
pub(crate) struct Iter<'a>(btree_map::Iter<'a, Arc<Name>, Arc<Table>>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Name, &'a Table);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, table)| (name.as_ref(), table.as_ref()))
    }
}

impl<'a> IntoIterator for &'a Tables {
    type Item = (&'a Name, &'a Table);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Tables {
    type Item = (Name, Table);
    type IntoIter = std::vec::IntoIter<(Name, Table)>;

    fn into_iter(self) -> Self::IntoIter {
        let pairs = self.0.into_iter();
        pairs
            .map(|(name, table)| (Arc::unwrap_or_clone(name), Arc::unwrap_or_clone(table)))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_changes_alone() {
        let mut one = Tables::from_iter([(Name::own("t"), Table::new(Name::own("t")))]);
        let mut two = one.clone();
        two.get_mut(&Name::own("t")).unwrap().comment = Some("changed".to_owned());
        assert_ne!(one, two);
        assert_eq!(one.get(&Name::own("t")).unwrap().comment, None);
        one.values_mut().for_each(|table| table.comment = Some("changed".to_owned()));
        assert_eq!(one, two);
    }
}
