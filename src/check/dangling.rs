//! Foreign keys to what no model declares: it is ignored, cannot be read, or is not there. SQLite takes keys to nothing always,
//! MariaDB and MySQL while nobody checks.

use crate::dialect::Dialect;
use crate::schema::{ForeignKey, Ident, Name, Schema, Table, Unmodelled};

const UNDECLARED: &str = "which no model declares";

/// Takes them out of the live side and names them as not modelled: they stay as they are. One that models in SQL say is left in,
/// and so is one to what the models are about to make, or to what was `prepared`.
pub(crate) fn leave_out_dangling(
    live: &mut Schema,
    desired: &Schema,
    prepared: Option<&Schema>,
    dialect: &dyn Dialect,
) {
    let keys = Keys { dialect, live, desired, prepared };
    let mut named = Vec::new();
    for table in keys.live.tables.values() {
        for key in &table.foreign_keys {
            named.extend(keys.problem(table, key).map(|problem| (table.name.clone(), key.clone(), problem)));
        }
    }
    for (of, gone, problem) in &named {
        live.tables.get_mut(of).into_iter().for_each(|table| table.foreign_keys.retain(|key| key != gone));
        let said = format!("{} {}", of.name.as_str(), spoken(gone, problem));
        let (kind, name) = ("foreign key".to_owned(), of.sibling(Ident::from(said)));
        // With its table, it would be taken for something that goes with that.
        live.unmodelled.push(Unmodelled { kind, name, table: None, definition: None });
    }
    live.unmodelled.sort();
}

/// `(parent) to missing, which no model declares`.
fn spoken(key: &ForeignKey, problem: &str) -> String {
    let listed = |columns: &[Ident]| columns.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ");
    let to = match listed(&key.referenced_columns) {
        none if none.is_empty() => key.references.for_people(),
        columns => format!("{} ({columns})", key.references.for_people()),
    };
    format!("({}) to {to}, {problem}", listed(&key.columns))
}

struct Keys<'a> {
    dialect: &'a dyn Dialect,
    live: &'a Schema,
    desired: &'a Schema,
    prepared: Option<&'a Schema>,
}

impl Keys<'_> {
    /// What is wrong with a key. What lies in another schema may not have been looked at.
    fn problem(&self, table: &Table, key: &ForeignKey) -> Option<&'static str> {
        let problem = self.missing(self.live, key)?;
        let is_elsewhere = key.references.schema != table.name.schema;
        let others = [Some(self.desired), self.prepared];
        let is_met = others.into_iter().flatten().any(|side| self.missing(side, key).is_none());
        (!is_elsewhere && !is_met && !self.is_said(key)).then_some(problem)
    }

    /// What this side lacks for a key.
    fn missing(&self, side: &Schema, key: &ForeignKey) -> Option<&'static str> {
        let by_case = || side.tables.values().find(|table| self.is(&table.name, &key.references));
        let Some(target) = side.tables.get(&key.references).or_else(by_case) else {
            return Some(UNDECLARED);
        };
        let has = |name: &Ident| target.columns.iter().any(|column| self.same(&column.name, name));
        if target.is_heir() {
            None
        } else if !key.referenced_columns.iter().all(has) {
            Some(UNDECLARED)
        } else if key.referenced_columns.is_empty() && target.primary_key.is_none() {
            Some("which has no primary key")
        } else {
            None
        }
    }

    fn is_said(&self, key: &ForeignKey) -> bool {
        let is_it = |other: &ForeignKey| {
            self.is(&other.references, &key.references)
                && other.columns.len() == key.columns.len()
                && other.columns.iter().zip(&key.columns).all(|(one, other)| self.same(one, other))
        };
        self.desired.tables.values().flat_map(|table| &table.foreign_keys).any(is_it)
    }

    fn same(&self, one: &Ident, other: &Ident) -> bool {
        self.dialect.fold(one) == self.dialect.fold(other)
    }

    fn is(&self, one: &Name, other: &Name) -> bool {
        one.schema == other.schema && self.same(&one.name, &other.name)
    }
}

#[cfg(test)]
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::{Column, Type};

    fn table(name: &str, key: Option<ForeignKey>) -> Table {
        let mut table = Table::new(Name::own(name));
        table.columns.push(Column::new("x", Type::Native("int".into())));
        table.foreign_keys.extend(key);
        table
    }

    fn to(table: &str, columns: &[&str]) -> ForeignKey {
        let columns = columns.iter().map(|name| Ident::from(*name)).collect();
        ForeignKey::plain(vec!["x".into()], Name::own(table), columns)
    }

    /// What is named of a live side with this key, if these are the models.
    fn named(key: ForeignKey, models: &[Table]) -> Vec<String> {
        let mut live = Schema::default();
        live.insert(table("t", Some(key)));
        live.insert(table("p", None));
        let mut desired = Schema::default();
        models.iter().for_each(|table| desired.insert(table.clone()));
        leave_out_dangling(&mut live, &desired, None, for_script("sqlite", None).unwrap().0);
        let left = live.tables.values().map(|table| table.foreign_keys.len()).sum::<usize>();
        assert_eq!(left + live.unmodelled.len(), 1);
        live.unmodelled.iter().map(|one| format!("{} {}", one.kind, one.name.for_people())).collect()
    }

    #[test]
    fn a_key_to_what_is_not_there_is_named() {
        assert_eq!(named(to("gone", &["y"]), &[]), ["foreign key t (x) to gone (y), which no model declares"]);
        assert_eq!(named(to("gone", &[]), &[]), ["foreign key t (x) to gone, which no model declares"]);
        assert_eq!(named(to("p", &["y"]), &[]), ["foreign key t (x) to p (y), which no model declares"]);
        assert_eq!(named(to("p", &[]), &[]), ["foreign key t (x) to p, which has no primary key"]);
    }

    #[test]
    fn a_key_that_is_met_or_said_stays() {
        assert!(named(to("P", &["X"]), &[]).is_empty());
        assert!(named(to("gone", &["x"]), &[table("Gone", None)]).is_empty());
        assert!(named(to("gone", &[]), &[table("t", Some(to("gone", &[])))]).is_empty());
        assert!(named(ForeignKey { references: Name::new(Some("s".into()), "t"), ..to("gone", &[]) }, &[]).is_empty());
    }
}
