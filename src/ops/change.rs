//! What changes of a column or a table: only the keys that change, each with its new value.

use crate::schema::{Column, Default, Enum, Generated, Identity, Options, Pair, Position, SortedMap, Table, Type};

/// The keys of a column that change. The inner `None` of a key means "none from now on".
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ColumnChange {
    pub(crate) ty: Option<Type>,
    pub(crate) nullable: Option<bool>,
    pub(crate) default: Option<Option<Default>>,
    pub(crate) identity: Option<Option<Identity>>,
    pub(crate) generated: Option<Option<Generated>>,
    pub(crate) comment: Option<Option<String>>,
    pub(crate) options: OptionsChange,
    /// Where the column stands from now on.
    pub(crate) position: Option<Position>,
}

impl ColumnChange {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Makes `column` what this says. Its position is the table's business.
    pub(crate) fn lay_over(&self, column: &mut Column) {
        self.ty.iter().for_each(|ty| column.ty = ty.clone());
        self.nullable.iter().for_each(|nullable| column.nullable = *nullable);
        self.default.iter().for_each(|default| column.default.clone_from(default));
        self.identity.iter().for_each(|identity| column.identity.clone_from(identity));
        self.generated.iter().for_each(|generated| column.generated.clone_from(generated));
        self.comment.iter().for_each(|comment| column.comment.clone_from(comment));
        self.options.lay_over(&mut column.options);
    }

    /// Whether each key that `other` changes has its former value here.
    pub(crate) fn answers(&self, other: &Self) -> bool {
        (other.ty.is_none() || self.ty.is_some())
            && (other.nullable.is_none() || self.nullable.is_some())
            && (other.default.is_none() || self.default.is_some())
            && (other.identity.is_none() || self.identity.is_some())
            && (other.generated.is_none() || self.generated.is_some())
            && (other.comment.is_none() || self.comment.is_some())
            && (other.position.is_none() || self.position.is_some())
            && self.options.answers(&other.options)
    }

    /// The way from one column to another, and back: `(to, was)`. Position and names are not looked at.
    pub(crate) fn between(columns: Pair<&Column>) -> Pair<Self> {
        let Pair { from, to } = columns;
        let mut change = Pair::new(Self::default(), Self::default());
        let options = OptionsChange::between(Pair::new(&from.options, &to.options));
        change.from.options = options.from;
        change.to.options = options.to;
        macro_rules! compare {
            ($($field:ident),+) => {$(
                if from.$field != to.$field {
                    change.from.$field = Some(from.$field.clone());
                    change.to.$field = Some(to.$field.clone());
                }
            )+};
        }
        compare!(ty, nullable, default, identity, generated, comment);
        change
    }
}

/// The keys of a table that change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableChange {
    pub(crate) comment: Option<Option<String>>,
    pub(crate) options: OptionsChange,
}

impl TableChange {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn lay_over(&self, table: &mut Table) {
        self.comment.iter().for_each(|comment| table.comment.clone_from(comment));
        self.options.lay_over(&mut table.options);
    }

    pub(crate) fn answers(&self, other: &Self) -> bool {
        (other.comment.is_none() || self.comment.is_some()) && self.options.answers(&other.options)
    }

    /// Takes out the options of which `same` says that both values mean the same.
    pub(crate) fn without_same_options(
        mut change: Pair<Self>,
        same: impl Fn(&str, Pair<Option<&str>>) -> bool,
    ) -> Pair<Self> {
        for (database, keys) in change.to.options.0.iter_mut() {
            let Some(former) = change.from.options.0.get_mut(database) else { continue };
            let means_same = |key: &String, to: &Option<String>| {
                same(key, Pair::new(former.get(key).and_then(Option::as_deref), to.as_deref()))
            };
            keys.retain(|key, to| !means_same(key, to));
            former.retain(|key, _| keys.contains_key(key));
        }
        for side in [&mut change.from, &mut change.to] {
            side.options.0.retain(|_, keys| !keys.is_empty());
        }
        change
    }

    pub(crate) fn between(tables: Pair<&Table>) -> Pair<Self> {
        let Pair { from, to } = tables;
        let options = OptionsChange::between(Pair::new(&from.options, &to.options));
        let comment = (from.comment != to.comment).then(|| Pair::new(from.comment.clone(), to.comment.clone()));
        let side = |comment: Option<Option<String>>, options| Self { comment, options };
        Pair::new(
            side(comment.as_ref().map(|pair| pair.from.clone()), options.from),
            side(comment.map(|pair| pair.to), options.to),
        )
    }
}

/// What of an enum type changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EnumChange {
    /// The whole list.
    pub(crate) values: Option<Vec<String>>,
    pub(crate) comment: Option<Option<String>>,
}

impl EnumChange {
    /// One of the values alone.
    pub(crate) fn of_values(values: Vec<String>) -> Self {
        Self { values: Some(values), comment: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_none() && self.comment.is_none()
    }

    pub(crate) fn lay_over(&self, one: &mut Enum) {
        self.values.iter().for_each(|values| one.values.clone_from(values));
        self.comment.iter().for_each(|comment| one.comment.clone_from(comment));
    }

    /// Whether this says all that the other one changes.
    pub(crate) fn answers(&self, other: &Self) -> bool {
        (other.values.is_none() || self.values.is_some()) && (other.comment.is_none() || self.comment.is_some())
    }

    pub(crate) fn between(types: Pair<&Enum>) -> Pair<Self> {
        let values = types.map(|one| &one.values).differs();
        let comment = types.map(|one| &one.comment).differs();
        types.map(|one| Self {
            values: values.then(|| one.values.clone()),
            comment: comment.then(|| one.comment.clone()),
        })
    }
}

/// Options that change: by database word, by key; `None` = the option goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OptionsChange(pub(crate) SortedMap<String, SortedMap<String, Option<String>>>);

impl OptionsChange {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(SortedMap::is_empty)
    }

    /// The new value of one option: `None` = not changed, `Some(None)` = gone.
    pub(crate) fn get(&self, database: &str, key: &str) -> Option<Option<&str>> {
        self.0.get(database)?.get(key).map(Option::as_deref)
    }

    fn lay_over(&self, options: &mut Options) {
        for (database, keys) in &self.0 {
            for (key, value) in keys {
                match value {
                    Some(value) => options.set(database, key, value.as_str()),
                    None => options.remove(database, key),
                }
            }
        }
    }

    fn answers(&self, other: &Self) -> bool {
        other.0.iter().all(|(database, keys)| keys.keys().all(|key| self.get(database, key).is_some()))
    }

    fn between(options: Pair<&Options>) -> Pair<Self> {
        let mut change = Pair::new(Self::default(), Self::default());
        let all = options.from.0.iter().chain(&options.to.0);
        for (database, key) in all.flat_map(|(database, keys)| keys.keys().map(move |key| (database, key))) {
            let values = options.map(|side| side.get(database, key).map(str::to_owned));
            if values.differs() {
                let put = |side: &mut Self, value| {
                    side.0.change(database.clone(), |section| drop(section.insert(key.clone(), value)));
                };
                put(&mut change.from, values.from);
                put(&mut change.to, values.to);
            }
        }
        change
    }
}
