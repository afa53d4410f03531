//! Tables.

use super::{
    Check, Column, ForeignKey, Ident, Index, Name, ObjectId, Options, PrimaryKey, SortedMap, SortedSet, Unique,
};

/// A table with everything that belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: Name,
    /// In the order of the server.
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Option<PrimaryKey>,
    pub(crate) uniques: Vec<Unique>,
    pub(crate) checks: Vec<Check>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) comment: Option<String>,
    /// Engine, charset, STRICT, WITHOUT ROWID, unlogged, fillfactor, …
    pub(crate) options: Options,
    /// The objects that must be there before it: functions in defaults and checks, domains. Never compared, empty in models.
    pub(crate) needs: SortedSet<ObjectId>,
    /// Hint of a model: what the table was called before.
    pub(crate) renamed_from: Option<Ident>,
    /// The text of CREATE TABLE as the database stores it, where it stores it (SQLite). Never compared.
    pub(crate) definition: Option<String>,
    /// The texts of CREATE INDEX as the database stores them, by the names of `indexes`, where it stores them (SQLite).
    /// Never compared.
    pub(crate) index_definitions: SortedMap<Ident, String>,
}

impl Table {
    /// A table without columns.
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            comment: None,
            options: Options::default(),
            needs: SortedSet::new(),
            renamed_from: None,
            definition: None,
            index_definitions: SortedMap::new(),
        }
    }

    /// Whether two tables are the same but for hints and the texts that they were made by.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        let Self {
            name,
            columns,
            primary_key,
            uniques,
            checks,
            foreign_keys,
            indexes,
            comment,
            options,
            needs: _,
            renamed_from: _,
            definition: _,
            index_definitions: _,
        } = self;
        *name == other.name
            && *columns == other.columns
            && *primary_key == other.primary_key
            && *uniques == other.uniques
            && *checks == other.checks
            && *foreign_keys == other.foreign_keys
            && *indexes == other.indexes
            && *comment == other.comment
            && *options == other.options
    }

    pub(crate) fn column(&self, name: &Ident) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == *name)
    }

    pub(crate) fn column_mut(&mut self, name: &Ident) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == *name)
    }

    /// Whether no two rows have the same values in these columns, NULL left out of account.
    pub(crate) fn tells_apart(&self, columns: &[Ident]) -> bool {
        let within = |unique: &[Ident]| !unique.is_empty() && unique.iter().all(|name| columns.contains(name));
        let plain = |index: &Index| -> Option<Vec<Ident>> {
            index.parts.iter().map(|part| part.column_name().filter(|_| part.prefix.is_none()).cloned()).collect()
        };
        let mut indexes = self.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        self.primary_key.as_ref().is_some_and(|key| within(&key.columns))
            || self.uniques.iter().any(|unique| within(&unique.columns))
            || indexes.any(|index| plain(index).is_some_and(|names| within(&names)))
    }

    pub(crate) fn index(&self, name: &Ident) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == *name)
    }
}
