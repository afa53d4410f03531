//! Options of indexes and keys that can change while the index stays: storage parameters, the tablespace, and the marks that a table
//! sets on one of its indexes (the order of CLUSTER, the identity for replication).

use super::Render;
use super::storage::{parameter, parameter_name, section};
use crate::dialect::postgres::capabilities::WORD;
use crate::dialect::postgres::options::is_parameter;
use crate::dialect::postgres::quote::{qualified, quote};
use crate::ops::{Constraint, Operation};
use crate::schema::{Ident, Index, Name, Options, Pair};

/// The marks that are said behind CREATE INDEX.
const MARKS: [&str; 2] = ["clustered", "replica_identity"];

/// Of the options only the marks.
pub(super) fn only(options: &Options) -> Options {
    let mut marks = Options::default();
    for (key, value) in section(options).filter(|(key, _)| MARKS.contains(key)) {
        marks.set(WORD, key, value);
    }
    marks
}

/// The options of a key; checks and references have none.
pub(super) fn of(constraint: &Constraint) -> Option<&Options> {
    match constraint {
        Constraint::PrimaryKey(key) => Some(&key.options),
        Constraint::Unique(unique) => Some(&unique.options),
        Constraint::Check(_) | Constraint::ForeignKey(_) => None,
    }
}

/// The options that an index has from now on, if one of these operations makes it again with nothing but other options.
pub(super) fn made_again(table: &Name, was: &Index, rest: &[&Operation]) -> Option<Options> {
    let again = before_objects(rest).find_map(|operation| {
        if let Operation::CreateIndex { table: of, index } = operation
            && of == table
            && index.name == was.name
        {
            Some(index)
        } else {
            None
        }
    })?;
    let bare = |index: &Index| Index { options: Options::default(), renamed_from: None, ..index.clone() };
    let same = bare(again) == bare(was) && can_stay(Pair::new(&was.options, &again.options));
    same.then(|| again.options.clone())
}

/// What comes before an object changes: an index that goes until then may stand on it.
fn before_objects<'o>(rest: &[&'o Operation]) -> impl Iterator<Item = &'o Operation> {
    rest.iter().copied().take_while(|operation| !matches!(operation, Operation::Object(_)))
}

/// Whether options differ only where the index can stay.
fn can_stay(options: Pair<&Options>) -> bool {
    let movable = |key: &str| is_parameter(key) || key == "tablespace" || MARKS.contains(&key);
    let fixed = options.map(|side| section(side).filter(|(key, _)| !movable(key)).collect::<Vec<_>>());
    !fixed.differs()
}

/// The statements that set what is marked.
pub(super) fn set(table: &Name, index: &Ident, options: &Options) -> Vec<String> {
    let table = qualified(table);
    let is_set = |key: &str| options.get(WORD, key) == Some("true");
    let clustered = is_set("clustered").then(|| format!("ALTER TABLE {table} CLUSTER ON {}", quote(index)));
    let identity = is_set("replica_identity")
        .then(|| format!("ALTER TABLE {table} REPLICA IDENTITY USING INDEX {}", quote(index)));
    clustered.into_iter().chain(identity).collect()
}

impl Render {
    /// Whether a key that is dropped here comes again with nothing but other options, and stays.
    pub(super) fn keeps_constraint(
        &mut self,
        table: &Name,
        name: &Ident,
        was: &Constraint,
        rest: &[&Operation],
    ) -> bool {
        let Some(former) = of(was) else { return false };
        let again = before_objects(rest).find_map(|operation| {
            if let Operation::AddConstraint { table: of, constraint } = operation
                && of == table
                && constraint.name() == Some(name)
            {
                Some(constraint)
            } else {
                None
            }
        });
        let Some(options) = again.and_then(|again| of(again)) else { return false };
        let same = again.is_some_and(|again| bare(again) == bare(was)) && can_stay(Pair::new(former, options));
        if same {
            let sides = Pair::new(former.clone(), options.clone());
            self.take_marks(table, name, sides.as_ref());
        }
        same
    }

    /// Takes back what an index that stays will not have any more.
    pub(super) fn take_marks(&mut self, table: &Name, index: &Ident, options: Pair<&Options>) {
        let goes = |key: &str| options.from.get(WORD, key).is_some() && options.to.get(WORD, key).is_none();
        let (of_index, of_table) = (qualified(&table.sibling(index.clone())), qualified(table));
        let parameters = section(options.from).map(|(key, _)| key).filter(|key| is_parameter(key) && goes(key));
        let parameters: Vec<String> = parameters.map(parameter_name).collect();
        if !parameters.is_empty() {
            self.writer.statement(format!("ALTER INDEX {of_index} RESET ({})", parameters.join(", ")));
        }
        if goes("tablespace") {
            self.writer.statement(format!("ALTER INDEX {of_index} SET TABLESPACE \"pg_default\""));
        }
        if goes("clustered") {
            self.writer.statement(format!("ALTER TABLE {of_table} SET WITHOUT CLUSTER"));
        }
        if goes("replica_identity") {
            self.writer.statement(format!("ALTER TABLE {of_table} REPLICA IDENTITY DEFAULT"));
        }
        self.kept.insert((table.clone(), index.clone()), options.from.clone());
    }

    /// Sets what an index has from now on and had not before.
    pub(super) fn set_marks(&mut self, table: &Name, index: &Ident, options: Pair<&Options>) {
        let mut new = Options::default();
        for (key, value) in section(options.to).filter(|(key, value)| options.from.get(WORD, key) != Some(value)) {
            new.set(WORD, key, value);
        }
        let name = qualified(&table.sibling(index.clone()));
        let parameters: Vec<String> =
            section(&new).filter(|(key, _)| is_parameter(key)).map(|(key, value)| parameter(key, value)).collect();
        if !parameters.is_empty() {
            self.writer.statement(format!("ALTER INDEX {name} SET ({})", parameters.join(", ")));
        }
        if let Some(space) = new.get(WORD, "tablespace") {
            self.writer.statement(format!("ALTER INDEX {name} SET TABLESPACE {}", quote(&space.into())));
        }
        set(table, index, &new).into_iter().for_each(|sql| self.writer.statement(sql));
    }
}

/// A key without its options.
fn bare(constraint: &Constraint) -> Constraint {
    let mut bare = constraint.clone();
    match &mut bare {
        Constraint::PrimaryKey(key) => key.options = Options::default(),
        Constraint::Unique(unique) => unique.options = Options::default(),
        Constraint::Check(_) | Constraint::ForeignKey(_) => {}
    }
    bare
}
