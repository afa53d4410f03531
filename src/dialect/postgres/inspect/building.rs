//! The schema while it is put together from the answers.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Address, Oid, oid, truth};
use crate::db::Connection;
use crate::dialect::postgres::capabilities::WORD;
use crate::dialect::postgres::objects::comments;
use crate::dialect::postgres::quote::{literal, quote};
use crate::dialect::postgres::scratch::PREFIX;
use crate::dialect::server::Scope;
use crate::error::Result;
use crate::schema::{Ident, Name, Need, Object, ObjectId, ObjectKind, Schema, Table, Unmodelled};
use crate::statement::ServerVersion;
use crate::statement::token::unquote;

/// The default collation of the database, and those that have no own rules: never resolved by name.
const DEFAULT_COLLATION: Oid = 100;

/// Numbers of catalogs, the same in every version.
pub(super) const TYPE: Oid = 1247;
pub(super) const PROC: Oid = 1255;
pub(super) const CLASS: Oid = 1259;
pub(super) const REWRITE: Oid = 2618;
pub(super) const TRIGGER: Oid = 2620;
pub(super) const POLICY: Oid = 3256;
pub(super) const EVENT_TRIGGER: Oid = 3466;
pub(super) const PUBLICATION: Oid = 6104;
pub(super) const NAMESPACE: Oid = 2615;
/// No catalog: keeps what is said of schemas apart, which nothing stands on.
const COMMENTS: Oid = 3;

/// A table with what its parts need to find each other.
pub(super) struct Open {
    pub(super) table: Table,
    /// Number and collation of each column, in the order of the table's columns.
    pub(super) columns: Vec<(i64, Oid)>,
    /// The tables that it has columns from.
    pub(super) parents: Vec<Oid>,
    /// Of an heir: the columns that it names.
    pub(super) named: BTreeSet<Ident>,
}

impl Open {
    pub(super) fn new(table: Table) -> Self {
        Self { table, columns: Vec::new(), parents: Vec::new(), named: BTreeSet::new() }
    }

    /// The columns by their numbers; numbers that are none are left out.
    pub(super) fn names(&self, numbers: &[i64]) -> Vec<Ident> {
        numbers.iter().filter_map(|number| self.name(*number)).collect()
    }

    pub(super) fn name(&self, number: i64) -> Option<Ident> {
        self.table.columns.get(self.place(number)?).map(|column| column.name.clone())
    }

    /// Where a column stands; the numbers rise.
    pub(super) fn place(&self, number: i64) -> Option<usize> {
        self.columns.binary_search_by_key(&number, |column| column.0).ok()
    }

    pub(super) fn collation(&self, number: i64) -> Oid {
        self.place(number).and_then(|place| self.columns.get(place)).map_or(0, |column| column.1)
    }
}

/// Where a collation's name belongs, once it is known.
pub(super) enum Collated {
    Column(Oid, usize),
    /// Table, index, part.
    Index(Oid, usize, usize),
}

/// Everything that was read so far.
pub(super) struct Building<'a> {
    pub(super) server: ServerVersion,
    scope: &'a Scope,
    /// The connection's own schema now: the first of the search path.
    pub(super) own: Ident,
    /// Schemas in scope; None = the own one.
    namespaces: BTreeMap<Oid, Option<Ident>>,
    pub(super) tables: BTreeMap<Oid, Open>,
    /// Names and columns of tables that are only referred to.
    pub(super) elsewhere: BTreeMap<Oid, (Name, BTreeMap<i64, Ident>)>,
    /// `siglen='32'`: parameters of operator classes, by index and number of the part.
    pub(super) class_parameters: BTreeMap<(Oid, i64), String>,
    /// The indexes of partitions that belong to one of their table, by table and name.
    pub(super) attached: BTreeSet<(Oid, Ident)>,
    /// Views, routines and the like.
    pub(super) objects: BTreeMap<Address, Object>,
    /// Bodies that the server takes for mere strings.
    pub(super) bodies: BTreeMap<Address, String>,
    /// Everything in scope that has columns, by name.
    pub(super) relations: BTreeMap<Oid, Name>,
    pub(super) enums: BTreeMap<Oid, Name>,
    /// What an object needs by a part that has no noun: an operator class its functions.
    pub(super) needed_by_parts: Vec<(Address, Address)>,
    /// What has no noun: neither has what stands on it.
    pub(super) left_out: BTreeSet<Address>,
    pub(super) schema: Schema,
    collated: Vec<(Oid, Collated)>,
}

impl<'a> Building<'a> {
    /// Finds the schemas.
    pub(super) async fn open(connection: &mut Connection, scope: &'a Scope) -> Result<Self> {
        let names: Vec<String> = scope.schemas.iter().map(|name| literal(name.as_str())).collect();
        let named = if names.is_empty() { String::new() } else { format!(" OR nspname IN ({})", names.join(", ")) };
        let sql = format!(
            "SELECT oid, nspname, nspname IS NOT DISTINCT FROM current_schema(), \
             pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace \
             WHERE nspname = current_schema(){named}"
        );
        let mut building = Self {
            server: connection.server(),
            scope,
            own: connection.own_schema().clone(),
            namespaces: BTreeMap::new(),
            tables: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            class_parameters: BTreeMap::new(),
            attached: BTreeSet::new(),
            objects: BTreeMap::new(),
            bodies: BTreeMap::new(),
            relations: BTreeMap::new(),
            enums: BTreeMap::new(),
            needed_by_parts: Vec::new(),
            left_out: BTreeSet::new(),
            schema: Schema::default(),
            collated: Vec::new(),
        };
        for row in connection.rows(&sql).await? {
            let (id, name, own) = (oid(row.text(0)), Ident::from(row.required(1)?), row.bool(2)?);
            if own {
                building.own = name.clone();
            }
            if own && (!scope.without_own || scope.schemas.contains(&name)) {
                building.namespaces.insert(id, None);
            }
            if !own {
                building.schema.schemas.insert(name.clone());
                building.namespaces.insert(id, Some(name));
            }
            building.comment_on_schema(id, row.text(3));
        }
        Ok(building)
    }

    /// The numbers of the schemas in scope, for `IN (…)`.
    pub(super) fn namespace_list(&self) -> String {
        let all: Vec<String> = self.namespaces.keys().map(Oid::to_string).collect();
        if all.is_empty() { "0".to_owned() } else { all.join(", ") }
    }

    pub(super) fn name(&self, namespace: Oid, name: &str) -> Name {
        Name::new(self.namespaces.get(&namespace).cloned().flatten(), name)
    }

    /// A name in any schema, which the server prints like that.
    pub(super) fn name_anywhere(&self, namespace: Oid, name: &str, printed: Option<&str>) -> Name {
        let outside = || Name::new(printed.map(|schema| Ident::new(unquote(schema))), name);
        if self.namespaces.contains_key(&namespace) { self.name(namespace, name) } else { outside() }
    }

    /// A schema in scope by its name; the own one only where it is no scratch schema, whose name no model says.
    pub(super) fn namespace(&self, id: Oid) -> Option<Ident> {
        match self.namespaces.get(&id)? {
            Some(name) => Some(name.clone()),
            None => (!self.in_scratch()).then(|| self.own.clone()),
        }
    }

    /// What is said of a schema; of a scratch schema nothing is.
    fn comment_on_schema(&mut self, id: Oid, text: Option<&str>) {
        let Some((schema, text)) = self.namespace(id).zip(text) else { return };
        let Some(definition) = comments::said(&schema, text) else { return };
        let id_of = ObjectId::new(ObjectKind::Comment, Name::own(schema));
        let id_of = ObjectId { arguments: Some("schema".to_owned()), ..id_of };
        self.objects.insert((COMMENTS, id), Object::new(id_of, definition));
    }

    pub(super) fn compares_grants(&self) -> bool {
        self.scope.grants
    }

    pub(super) fn compares_owners(&self) -> bool {
        self.scope.owners
    }

    pub(super) fn is_ours(&self, name: &Name) -> bool {
        self.scope.is_ours(name)
    }

    /// Whether an extension counts, whoever made it.
    pub(super) fn is_of_models(&self, extension: &str) -> bool {
        self.scope.extensions.as_ref().is_none_or(|named| named.contains(&Ident::from(extension)))
    }

    pub(super) fn in_scratch(&self) -> bool {
        self.own.as_str().starts_with(PREFIX)
    }

    pub(super) fn unmodelled(&mut self, kind: &str, name: Name, table: Option<Name>) {
        self.schema.unmodelled.push(Unmodelled { kind: kind.to_owned(), name, table, definition: None });
    }

    /// Names something that has no noun, and what stands on it will not have one either.
    pub(super) fn leave_out(&mut self, address: Address, kind: &str, name: Name) {
        self.left_out.insert(address);
        self.unmodelled(kind, name, None);
    }

    /// What is at an address, as something that others need.
    pub(super) fn need(&self, (catalog, id): Address, column: i64) -> Option<Need> {
        match self.tables.get(&id) {
            Some(open) if catalog == CLASS => Some(Need::Table(open.table.name.clone(), open.name(column))),
            _ if catalog == TYPE && self.enums.contains_key(&id) => self.enums.get(&id).cloned().map(Need::Enum),
            _ => self.objects.get(&(catalog, id)).map(|object| Need::Object(object.id.clone())),
        }
    }

    /// Notes a collation that is not the usual one where it stands.
    pub(super) fn collated(&mut self, collation: Oid, place: Collated) {
        if collation != 0 && collation != DEFAULT_COLLATION {
            self.collated.push((collation, place));
        }
    }

    /// Asks for the names of the collations that were met, if any were.
    pub(super) async fn resolve_collations(&mut self, connection: &mut Connection) -> Result<()> {
        let wanted: BTreeSet<String> = self.collated.iter().map(|(id, _)| id.to_string()).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = wanted.into_iter().collect();
        let sql = format!(
            "SELECT l.oid, l.collname, n.nspname, pg_catalog.pg_collation_is_visible(l.oid) \
             FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace \
             WHERE l.oid IN ({})",
            list.join(", ")
        );
        let mut names = BTreeMap::new();
        connection
            .each(&sql, |row| {
                let name = row.required(1)?;
                let full = || format!("{}.{}", quote(&row.text(2).unwrap_or_default().into()), quote(&name.into()));
                names.insert(oid(row.text(0)), if truth(row.text(3)) { name.to_owned() } else { full() });
                Ok(())
            })
            .await?;
        for (id, place) in std::mem::take(&mut self.collated) {
            if let Some(name) = names.get(&id) {
                self.put_collation(name, &place);
            }
        }
        Ok(())
    }

    fn put_collation(&mut self, name: &str, place: &Collated) {
        match *place {
            Collated::Column(table, column) => {
                let found = self.tables.get_mut(&table).and_then(|open| open.table.columns.get_mut(column));
                found.into_iter().for_each(|column| column.options.set(WORD, "collation", name));
            }
            Collated::Index(table, index, part) => {
                let index = self.tables.get_mut(&table).and_then(|open| open.table.indexes.get_mut(index));
                let part = index.and_then(|index| index.parts.get_mut(part));
                part.into_iter().for_each(|part| part.collation = Some(name.to_owned()));
            }
        }
    }

    /// The schema, its parts in an order that does not depend on the catalog's.
    pub(super) fn finish(self) -> Schema {
        let mut schema = self.schema;
        for open in self.tables.into_values() {
            let mut table = open.table;
            table.columns.retain(|column| open.parents.is_empty() || open.named.contains(&column.name));
            table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
            table.checks.sort_by(|a, b| a.name.cmp(&b.name));
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            schema.insert(table);
        }
        for object in self.objects.into_values() {
            schema.insert_object(object);
        }
        schema.unmodelled.sort();
        schema
    }
}

/// The condition that an object is no member of an extension.
pub(super) fn not_of_extension(catalog: &str, object: &str) -> String {
    format!(
        "NOT EXISTS (SELECT FROM pg_catalog.pg_depend member WHERE member.classid = 'pg_catalog.{catalog}'::regclass \
         AND member.objid = {object} AND member.deptype = 'e')"
    )
}
