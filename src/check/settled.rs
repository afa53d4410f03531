//! Which models need no judge. Where a model says of a table, word for word, what `inspect` prints of the live one, both
//! are the same: what is printed and made again is what it was. Only the others go through the scratch place. No I/O.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::{Dialect, localise_schema, neutralise_schema};
use crate::execute::scratch::fill_in_references;
use crate::model::Models;
use crate::ops::EnumChange;
use crate::schema::{Enum, Name, Object, Pair, Schema, Table};
use crate::statement::ServerVersion;

/// What of the models is known, and what must be judged.
pub(super) struct Settled {
    /// Tables and enums in the server's words.
    pub(super) known: Schema,
    /// The rest, with the tables that its foreign keys lead to.
    pub(super) open: Models,
    /// Those of `open` that are there for foreign keys only.
    pub(super) props: BTreeSet<Name>,
}

/// Parts the models by what the live side prints. None = a judge must see all: there are SQL models or other schemas, an
/// object or enum is not what the live side has, a name is there twice, or the models cannot be said in native words.
pub(super) fn settle(models: &Models, live: &Schema, dialect: &dyn Dialect, server: ServerVersion) -> Option<Settled> {
    if !models.sql.is_empty() || !models.declared.schemas.is_empty() {
        return None;
    }
    let mut declared = models.declared.clone();
    fill_in_references(&mut declared);
    let local = localise_schema(declared.clone(), dialect, server).ok()?;
    let is_live = |one: &Enum| {
        live.enums.get(&one.name).is_some_and(|other| EnumChange::between(Pair::new(other, one)).to.is_empty())
    };
    if !local.enums.values().all(is_live) {
        return None;
    }
    let printed = neutralise_schema(live.clone(), dialect, server);
    let is_known = |name: &Name| match (declared.tables.get(name), printed.tables.get(name)) {
        (Some(declared), Some(printed)) => in_order(declared).same_shape(&in_order(printed)),
        _ => false,
    };
    let is_printed = |object: &Object| printed.objects.get(&object.id).is_some_and(|other| object.same(other));
    if !declared.objects.values().all(is_printed) {
        return None;
    }
    let known: BTreeSet<Name> = local.tables.keys().filter(|name| is_known(name)).cloned().collect();
    let unknown = |name: &Name| !known.contains(name);
    let mut open = Models {
        declared: Schema {
            tables: models.declared.tables.only(unknown),
            objects: BTreeMap::new(),
            ..models.declared.clone()
        },
        spots: models.spots.clone(),
        ..Models::default()
    };
    // What an heir says depends on its parents.
    if open.declared.tables.values().any(|table| is_kin(table, &declared)) {
        return None;
    }
    // A table may need objects, and what stands on it may look different once it is another one.
    let is_stood_on = !declared.objects.is_empty() && !open.declared.tables.is_empty();
    if is_stood_on || shares_a_name(&open.declared, &models.declared, dialect) {
        return None;
    }
    let props = add_referenced(&mut open.declared, &models.declared);
    let enums = live.enums.iter().filter(|(name, _)| local.enums.contains_key(name));
    let objects = live.objects.iter().filter(|(id, _)| declared.objects.contains_key(*id));
    let known = Schema {
        tables: live.tables.only(|name| known.contains(name)),
        enums: enums.map(|(name, one)| (name.clone(), one.clone())).collect(),
        objects: objects.map(|(id, one)| (id.clone(), one.clone())).collect(),
        ..Schema::default()
    };
    Some(Settled { known, open, props })
}

/// Whether a table has columns from others, or others from it.
fn is_kin(table: &Table, all: &Schema) -> bool {
    table.is_heir() || all.tables.values().any(|other| other.is_heir() && other.parents().contains(&table.name))
}

/// Whether an index of these tables is called as something of the others is, which a database may refuse.
fn shares_a_name(open: &Schema, all: &Schema, dialect: &dyn Dialect) -> bool {
    let others = all.tables.values().filter(|table| !open.tables.contains_key(&table.name));
    let taken: BTreeSet<_> = others
        .flat_map(|table| table.indexes.iter().map(|index| &index.name).chain([&table.name.name]))
        .map(|name| dialect.fold(name))
        .collect();
    let mut indexes = open.tables.values().flat_map(|table| &table.indexes);
    indexes.any(|index| taken.contains(&dialect.fold(&index.name)))
}

/// Puts the tables in that foreign keys lead to, without their own foreign keys: to be referred to is all they are for.
fn add_referenced(open: &mut Schema, all: &Schema) -> BTreeSet<Name> {
    let keys = open.tables.values().flat_map(|table| &table.foreign_keys);
    let missing: BTreeSet<Name> =
        keys.map(|key| key.references.clone()).filter(|name| !open.tables.contains_key(name)).collect();
    let found = missing.iter().filter_map(|name| all.tables.get(name)).cloned().collect::<Vec<Table>>();
    let names = found.iter().map(|table| table.name.clone()).collect();
    for table in found {
        open.insert(Table { foreign_keys: Vec::new(), ..table });
    }
    names
}

/// A table with its constraints and indexes by name: their order in a file says nothing.
fn in_order(table: &Table) -> Table {
    let mut table = table.clone();
    table.renamed_from = None;
    table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
    table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::Ident;
    use std::path::Path;

    const SHOP: &str = "tables:
  customers:
    columns: { id: { type: bigint, nullable: false }, name: { type: text, default: nobody } }
    primary_key: [id]
  orders:
    columns: { id: { type: bigint, nullable: false }, customer: { type: bigint } }
    primary_key: [id]
    foreign_keys: { fk_customer: { columns: [customer], references: { table: customers } } }
";

    fn models(text: &str) -> Models {
        let file =
            crate::model::ModelFile { path: Path::new("shop.yaml").into(), text: text.to_owned(), is_yaml: true };
        Models::parse(&[file]).unwrap()
    }

    /// What of the models is known beside a database that was made from `live`.
    fn parted(text: &str, live: &str) -> Option<Settled> {
        let (dialect, server) = for_script("sqlite", None).unwrap();
        let mut declared = models(live).declared;
        fill_in_references(&mut declared);
        let live = localise_schema(declared, dialect, server).unwrap();
        settle(&models(text), &live, dialect, server)
    }

    fn names(tables: &crate::schema::Tables) -> Vec<&str> {
        tables.keys().map(|name| name.name.as_str()).collect()
    }

    #[test]
    fn equal_tables_are_known() {
        let found = parted(SHOP, SHOP).unwrap();
        assert_eq!(names(&found.known.tables), ["customers", "orders"]);
        assert!(found.open.declared.tables.is_empty());
    }

    #[test]
    fn what_differs_is_judged_with_what_it_refers_to() {
        let found = parted(&SHOP.replace("customer: { type: bigint }", "customer: { type: int }"), SHOP).unwrap();
        assert_eq!(names(&found.known.tables), ["customers"]);
        assert_eq!(names(&found.open.declared.tables), ["customers", "orders"]);
        assert_eq!(found.props, BTreeSet::from([Name::own("customers")]));
    }

    #[test]
    fn a_prop_has_no_foreign_keys_of_its_own() {
        let text = format!(
            "{SHOP}  lines:\n    columns: {{ order: {{ type: bigint }} }}\n    foreign_keys: {{ fk_order: {{ columns: [order], references: {{ table: orders }} }} }}\n"
        );
        let found = parted(&text, SHOP).unwrap();
        assert_eq!(names(&found.open.declared.tables), ["lines", "orders"]);
        assert!(found.open.declared.tables.get(&Name::own("orders")).unwrap().foreign_keys.is_empty());
    }

    #[test]
    fn sql_models_and_schemas_are_judged_whole() {
        let mut all = models(SHOP);
        all.declared.schemas.insert(Ident::from("app"));
        let (dialect, server) = for_script("sqlite", None).unwrap();
        assert!(settle(&all, &Schema::default(), dialect, server).is_none());
        let mut all = models(SHOP);
        all.sql.push(crate::model::SqlModel { file: Path::new("a.sql").into(), text: String::new() });
        assert!(settle(&all, &Schema::default(), dialect, server).is_none());
    }
}
