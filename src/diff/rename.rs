//! Renames: said by a hint in the models or by a flag, found by likeness, or left to a person as a question.
//!
//! A likely rename never becomes drop + add by itself, for that loses the data.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::part_renames::ASIDE;
use super::similarity::{self, Likeness, Verdict};
use super::{Context, Difference, heredity};
use crate::dialect::Dialect;
use crate::dialect::{rename_column_in, rename_type_in};
use crate::ops::heredity::{heirs, whole};
use crate::ops::{Operation, apply, names_before};
use crate::schema::{Ident, Name, Pair, Schema, Table};

/// What was said about renames by flags, in the words of the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct RenameRules {
    /// `--rename table.old=new` and `--rename old_table=new_table`: the dotted path in pieces, and the new name.
    pub(crate) renames: Vec<(Vec<String>, String)>,
    /// `--no-rename table.column` and `--no-rename table`, in pieces.
    pub(crate) not: Vec<Vec<String>>,
    /// `--no-rename '*'`: what looks like a rename is drop and add.
    pub(crate) none: bool,
}

impl RenameRules {
    fn forbids(&self, path: &[&str], context: Context<'_>) -> bool {
        self.none || self.not.iter().any(|said| ends_with(path, said, context))
    }

    /// The new names that flags give a table.
    pub(crate) fn of_table(&self, name: &Name, context: Context<'_>) -> impl Iterator<Item = Ident> {
        self.of_this_table(name, context).into_iter().map(|said| said.new)
    }

    fn of_this_table(&self, name: &Name, context: Context<'_>) -> Vec<Said<Ident>> {
        let parent: Vec<&str> = name.schema.iter().map(Ident::as_str).collect();
        let mut hits = self.inside(&parent, context);
        hits.retain(|said| context.same_ident(&said.old, &name.name));
        hits
    }

    /// The flags that rename inside the thing with this path.
    fn inside(&self, path: &[&str], context: Context<'_>) -> Vec<Said<Ident>> {
        let hits = self.renames.iter().enumerate().filter_map(|(place, (said, to))| {
            let (old, parent) = said.split_last()?;
            let fits = parent.is_empty() == path.is_empty() && ends_with(path, parent, context);
            fits.then(|| Said { flag: Some(place), old: Ident::from(old.as_str()), new: Ident::from(to.as_str()) })
        });
        hits.collect()
    }

    /// The flags that were not among those that were heard.
    fn others(&self, heard: &BTreeSet<usize>) -> Vec<Renamed> {
        let others = self.renames.iter().enumerate().filter(|(place, _)| !heard.contains(place));
        others.map(|(_, (old, new))| Renamed { old: old.join("."), new: new.clone() }).collect()
    }
}

/// Whether a path ends with what was said of it, as the database compares names.
fn ends_with(path: &[&str], said: &[String], context: Context<'_>) -> bool {
    let same = |(one, other): (&&str, &String)| context.same_ident(&Ident::from(*one), &Ident::from(other.as_str()));
    path.len() >= said.len() && path.iter().rev().zip(said.iter().rev()).all(same)
}

/// A rename that was said, of a table (`Name`) or of a column (`Ident`).
struct Said<Old> {
    /// Which one of the flags says it; `None` = a hint in the models.
    flag: Option<usize>,
    old: Old,
    new: Ident,
}

/// A rename that was found by likeness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// What became what.
    pub(crate) renamed: Renamed,
    /// Why it is thought to be one: `same type and place`.
    pub(crate) evidence: String,
}

/// The old path and the new name of a rename: `orders.note`, `remark`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renamed {
    pub(crate) old: String,
    pub(crate) new: String,
}

/// A likely rename that only a person can decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// What goes away: `orders.note`.
    pub(crate) old: String,
    /// What it may have become, likeliest first: `remark`.
    pub(crate) candidates: Vec<String>,
    /// Where it may be now, in another schema: `core.orders`. There no rename leads.
    pub(crate) moved: Option<String>,
}

impl Question {
    /// The flags that answer it, one a line.
    pub(crate) fn answers(&self) -> Vec<String> {
        let renames = self.candidates.iter().map(|new| format!("--rename {}={new}", self.old));
        renames.chain([format!("--no-rename {}", self.old)]).collect()
    }
}

/// Finds all renames, does them to `working`, and gives the operations in an order in which they work.
pub(super) fn renames(
    working: &mut Schema,
    to: &Schema,
    rules: &RenameRules,
    context: Context<'_>,
    difference: &mut Difference,
) -> Vec<Operation> {
    let mut stays: Vec<&Vec<String>> = rules.not.iter().filter(|said| !goes(working, to, said, context)).collect();
    let mut operations = enum_renames(working, to, context.dialect);
    let mut heard = BTreeSet::new();
    operations.extend(said_tables(working, to, rules, (context, &mut heard)));
    operations.extend(found_tables(working, to, rules, context, difference));
    // A column may be said by the new name of its table too.
    stays.retain(|said| !goes(working, to, said, context));
    difference.stays = stays.into_iter().map(|said| said.join(".")).collect();
    let before = names_before(&operations);
    let wanted: BTreeMap<_, &Table> = to.tables.values().map(|table| (context.key(&table.name), table)).collect();
    for name in heredity::names_parents_first(working) {
        let Some(wanted) = wanted.get(&context.key(&name)).and_then(|table| whole(to, &table.name)) else { continue };
        let names = Pair::new(before.get(&name).unwrap_or(&name), &name);
        let mut columns = Columns { working, names, wanted: &wanted, rules, context };
        operations.extend(columns.said(&mut heard));
        operations.extend(columns.found(difference));
    }
    difference.unheard = rules.others(&heard);
    operations
}

/// Whether a table or column of this name is there and not wanted.
fn goes(working: &Schema, to: &Schema, said: &[String], context: Context<'_>) -> bool {
    working.tables.values().any(|table| {
        let path = path_of(&table.name);
        let wanted = to.tables.values().find(|other| context.key(&other.name) == context.key(&table.name));
        let wanted = wanted.and_then(|other| whole(to, &other.name));
        let is_gone = |column: &Ident| {
            wanted.as_ref().is_none_or(|wanted| super::columns::partner(wanted, column, context).is_none())
        };
        let columns = whole(working, &table.name).map(|table| table.columns.clone()).unwrap_or_default();
        (wanted.is_none() && ends_with(&path, said, context))
            || columns.iter().any(|one| {
                is_gone(&one.name) && ends_with(&[path.as_slice(), &[one.name.as_str()]].concat(), said, context)
            })
    })
}

fn enum_renames(working: &mut Schema, to: &Schema, dialect: &dyn Dialect) -> Vec<Operation> {
    let mut operations = Vec::new();
    for wanted in to.enums.values() {
        let Some(old) = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old.clone())) else { continue };
        if !working.enums.contains_key(&wanted.name) && working.enums.contains_key(&old) {
            let to = wanted.name.name.clone();
            perform(Operation::RenameEnum { name: old.clone(), to: to.clone() }, working, &mut operations);
            working.tables.values_mut().for_each(|table| rename_type_in(table, &old, &to, dialect));
        }
    }
    operations
}

/// Does it to the working copy; what does not fit is left for the rest of the diff, which then sees drop and add.
fn perform(operation: Operation, working: &mut Schema, operations: &mut Vec<Operation>) -> bool {
    let fits = apply(&operation, working).is_ok();
    if fits {
        operations.push(operation);
    }
    fits
}

fn path_of(name: &Name) -> Vec<&str> {
    name.schema.iter().map(Ident::as_str).chain([name.name.as_str()]).collect()
}

/// Table renames by flag, then by hint. Flags that come true are `heard`.
fn said_tables(
    working: &mut Schema,
    to: &Schema,
    rules: &RenameRules,
    (context, heard): (Context<'_>, &mut BTreeSet<usize>),
) -> Vec<Operation> {
    let mut operations = Vec::new();
    let mut pending = pending_tables(working, to, rules, context);
    while let Some(Said { flag, old, new }) = next_table(&mut pending, working, context) {
        if perform(Operation::RenameTable { name: old, to: new }, working, &mut operations) {
            heard.extend(flag);
        }
    }
    operations
}

/// Table renames by likeness.
fn found_tables(
    working: &mut Schema,
    to: &Schema,
    rules: &RenameRules,
    context: Context<'_>,
    difference: &mut Difference,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    let keys = |side: &Schema| side.tables.keys().map(|name| context.key(name)).collect::<BTreeSet<_>>();
    let there = Pair::new(keys(working), keys(to));
    let gone = working.tables.values().filter(|table| !there.to.contains(&context.key(&table.name)));
    let gone: Vec<&Table> = gone.filter(|table| !rules.forbids(&path_of(&table.name), context)).collect();
    let new: Vec<&Table> = to.tables.values().filter(|table| !there.from.contains(&context.key(&table.name))).collect();
    let pairs = gone.iter().flat_map(|gone| new.iter().map(move |new| similarity::tables(gone, new, context)));
    let verdicts = similarity::judge(pairs.collect(), gone.len(), new.len());
    difference.questions.extend(moved_tables(&gone, &new, &verdicts, context));
    let mut found = Vec::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Rename { old, new: place, evidence } => {
                let (Some(old), Some(new)) = (gone.get(old), new.get(place)) else { continue };
                difference.proposals.push(Proposal {
                    renamed: Renamed { old: old.name.for_people(), new: new.name.name.as_str().to_owned() },
                    evidence,
                });
                found.push(Operation::RenameTable { name: old.name.clone(), to: new.name.name.clone() });
            }
            Verdict::Ask { old, candidates } => {
                let names = candidates.iter().filter_map(|place| new.get(*place));
                let candidates = names.map(|table| table.name.name.as_str().to_owned()).collect();
                let old = gone.get(old).map(|table| table.name.for_people()).unwrap_or_default();
                difference.questions.push(Question { old, candidates, moved: None });
            }
        }
    }
    for operation in found {
        perform(operation, working, &mut operations);
    }
    operations
}

/// Tables that go while one like them, or one that says it was them, comes in another schema.
fn moved_tables(gone: &[&Table], new: &[&Table], verdicts: &[Verdict], context: Context<'_>) -> Vec<Question> {
    let is_open = |place: usize| {
        !verdicts.iter().any(|verdict| match verdict {
            Verdict::Rename { old, .. } | Verdict::Ask { old, .. } => *old == place,
        })
    };
    let open = gone.iter().enumerate().filter(|(place, _)| is_open(*place)).map(|(_, table)| *table);
    let question = |gone: &Table| {
        let old = gone.name.for_people();
        let says_so = |table: &&&Table| table.renamed_from.as_ref().is_some_and(|hint| hint.as_str() == old);
        let is_like = |table: &&&Table| similarity::is_elsewhere(gone, table, context);
        let moved = new.iter().find(says_so).or_else(|| new.iter().find(is_like))?.name.for_people();
        Some(Question { old, candidates: Vec::new(), moved: Some(moved) })
    };
    open.filter_map(question).collect()
}

/// The first rename, of pairs of old and new name, that is one of a circle: what gets its new name leads back to its old one.
/// What only waits for a circle, or for a name that stays, is none.
fn first_of_a_circle<K: PartialEq>(renames: &[(K, K)]) -> Option<usize> {
    let leads_back = |(old, new): &(K, K)| {
        let mut reached = vec![new];
        let mut at = 0;
        while let Some(name) = reached.get(at).copied() {
            if name == old {
                return true;
            }
            let next = renames.iter().filter(|(other, _)| other == name).map(|(_, further)| further);
            let next: Vec<&K> = next.filter(|further| !reached.contains(further)).collect();
            reached.extend(next);
            at += 1;
        }
        false
    };
    renames.iter().position(leads_back)
}

/// The next rename whose new name is free; where all wait for each other in a circle, one of them goes aside first. What waits
/// for a table that stays is given up.
fn next_table(pending: &mut Vec<Said<Name>>, working: &Schema, context: Context<'_>) -> Option<Said<Name>> {
    let is_there = |name: &Name| working.tables.keys().any(|other| context.key(other) == context.key(name));
    let wanted = |said: &Said<Name>| said.old.sibling(said.new.clone());
    if let Some(place) = pending.iter().position(|said| !is_there(&wanted(said))) {
        return Some(pending.remove(place));
    }
    let names: Vec<_> = pending.iter().map(|said| (context.key(&said.old), context.key(&wanted(said)))).collect();
    let place = first_of_a_circle(&names)?;
    let Said { flag, old, .. } = pending.get_mut(place)?;
    let aside = old.name.behind(ASIDE);
    let former = std::mem::replace(old, old.sibling(aside.clone()));
    Some(Said { flag: *flag, old: former, new: aside })
}

/// What flags and hints say of tables that are there. A flag counts where the new name is wanted; a hint while the old
/// table is there and the new is not.
fn pending_tables(working: &Schema, to: &Schema, rules: &RenameRules, context: Context<'_>) -> Vec<Said<Name>> {
    let is_there = |name: &Name, schema: &Schema| {
        schema.tables.keys().find(|other| context.key(other) == context.key(name)).cloned()
    };
    let mut said = Vec::new();
    for name in working.tables.keys() {
        let flags = rules.of_this_table(name, context).into_iter();
        let flags = flags.filter(|flag| is_there(&name.sibling(flag.new.clone()), to).is_some());
        said.extend(flags.map(|flag| Said { flag: flag.flag, old: name.clone(), new: flag.new }));
    }
    for wanted in to.tables.values() {
        let Some(old) = wanted.renamed_from.as_ref().map(|old| wanted.name.sibling(old.clone())) else { continue };
        if let (Some(old), None, None) = (is_there(&old, working), is_there(&wanted.name, working), is_there(&old, to))
        {
            said.push(Said { flag: None, old, new: wanted.name.name.clone() });
        }
    }
    said
}

/// The columns of one table that both sides have.
struct Columns<'a> {
    working: &'a mut Schema,
    /// What the table was called, and what it is called now.
    names: Pair<&'a Name>,
    wanted: &'a Table,
    rules: &'a RenameRules,
    context: Context<'a>,
}

impl Columns<'_> {
    fn has(&self, name: &Ident) -> bool {
        let table = whole(self.working, self.names.to);
        table.is_some_and(|table| super::columns::partner(&table, name, self.context).is_some())
    }

    fn perform(&mut self, old: &Ident, new: &Ident, operations: &mut Vec<Operation>) -> bool {
        let table = self.names.to;
        let operation = Operation::RenameColumn { table: table.clone(), name: old.clone(), to: new.clone() };
        let fits = perform(operation, self.working, operations);
        for name in heirs(self.working, table).iter().chain([table]) {
            if let Some(table) = self.working.tables.get_mut(name) {
                rename_column_in(table, old, new, self.context.dialect);
            }
        }
        fits
    }

    /// What flags say of columns that are there, by either name of the table; a flag counts where the new name is wanted.
    fn pending(&self) -> Vec<Said<Ident>> {
        let mut pending = self.rules.inside(&path_of(self.names.to), self.context);
        if self.names.differs() {
            let known: Vec<_> = pending.iter().map(|said| said.flag).collect();
            let before = self.rules.inside(&path_of(self.names.from), self.context).into_iter();
            pending.extend(before.filter(|said| !known.contains(&said.flag)));
        }
        let is_wanted = |name: &Ident| super::columns::partner(self.wanted, name, self.context).is_some();
        let differs = |said: &Said<Ident>| !self.context.same_ident(&said.old, &said.new);
        pending.retain(|said| self.has(&said.old) && is_wanted(&said.new) && differs(said));
        pending
    }

    /// Renames by flag (swaps and chains included), then by hint.
    fn said(&mut self, heard: &mut BTreeSet<usize>) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut pending = self.pending();
        while !pending.is_empty() {
            match pending.iter().position(|said| !self.has(&said.new)) {
                Some(place) => {
                    let Said { flag, old, new } = pending.remove(place);
                    if self.perform(&old, &new, &mut operations) {
                        heard.extend(flag);
                    }
                }
                None => {
                    let fold = |name: &Ident| self.context.dialect.fold(name);
                    let names: Vec<_> = pending.iter().map(|said| (fold(&said.old), fold(&said.new))).collect();
                    let Some(place) = first_of_a_circle(&names) else { break };
                    let Some(Said { old, .. }) = pending.get_mut(place) else { break };
                    let aside = old.behind(ASIDE);
                    let former = std::mem::replace(old, aside.clone());
                    self.perform(&former, &aside, &mut operations);
                }
            }
        }
        while let Some((old, new)) = self.next_hint() {
            self.perform(&old, &new, &mut operations);
        }
        operations
    }

    /// A hint counts while the old column is there and the new is not; the old name may be wanted again only by another
    /// column that says where it comes from.
    fn next_hint(&self) -> Option<(Ident, Ident)> {
        self.wanted.columns.iter().find_map(|column| {
            let old = column.renamed_from.as_ref()?;
            let again = super::columns::partner(self.wanted, old, self.context);
            let free = again.is_none_or(|again| again.renamed_from.is_some());
            (free && self.has(old) && !self.has(&column.name)).then(|| (old.clone(), column.name.clone()))
        })
    }

    /// By either name of the table.
    fn forbids(&self, column: &Ident) -> bool {
        let path = |name| path_of(name).into_iter().chain([column.as_str()]).collect::<Vec<_>>();
        [self.names.from, self.names.to].iter().any(|name| self.rules.forbids(&path(name), self.context))
    }

    /// Renames by likeness. A hint that did not count says nothing against it.
    fn found(&mut self, difference: &mut Difference) -> Vec<Operation> {
        let Some(table) = whole(self.working, self.names.to).map(Cow::into_owned) else { return Vec::new() };
        let context = self.context;
        let gone: Vec<_> = table
            .columns
            .iter()
            .filter(|column| super::columns::partner(self.wanted, &column.name, context).is_none())
            .filter(|column| !self.forbids(&column.name))
            .collect();
        let new: Vec<_> = self.wanted.columns.iter().filter(|column| !self.has(&column.name)).collect();
        let sides = Pair::new(&table, self.wanted);
        let likenesses: Vec<Likeness> = gone
            .iter()
            .flat_map(|gone| new.iter().map(move |new| similarity::columns(gone, new, sides, context)))
            .collect();
        let mut operations = Vec::new();
        for verdict in similarity::judge(likenesses, gone.len(), new.len()) {
            match verdict {
                Verdict::Rename { old, new: place, evidence } => {
                    let (Some(old), Some(new)) = (gone.get(old), new.get(place)) else { continue };
                    difference.proposals.push(Proposal {
                        renamed: Renamed { old: self.path(&old.name), new: new.name.as_str().to_owned() },
                        evidence,
                    });
                    self.perform(&old.name, &new.name, &mut operations);
                }
                Verdict::Ask { old, candidates } => {
                    let names = candidates.iter().filter_map(|place| new.get(*place));
                    let candidates = names.map(|column| column.name.as_str().to_owned()).collect();
                    let old = gone.get(old).map(|column| self.path(&column.name)).unwrap_or_default();
                    difference.questions.push(Question { old, candidates, moved: None });
                }
            }
        }
        operations
    }

    fn path(&self, column: &Ident) -> String {
        format!("{}.{}", self.names.to.for_people(), column.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::diff::diff;
    use crate::schema::{Column, Type};

    fn table(name: &str, columns: &[&str]) -> Table {
        let mut table = Table::new(Name::own(name));
        let column = |name: &&str| Column::new(*name, Type::Native("integer".to_owned()));
        table.columns.extend(columns.iter().map(column));
        table
    }

    #[test]
    fn what_goes_by_either_name_of_its_table_may_be_said_to_be_no_rename() {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let sides = Pair::new(
            [table("a", &["id", "x"]), table("b", &["id", "y"])],
            [table("c", &["id", "z"]), table("b", &["id", "y", "w"])],
        );
        let sides = sides.map(|tables| {
            let mut schema = Schema::default();
            tables.into_iter().for_each(|table| schema.insert(table));
            schema
        });
        let path = |said: &str| said.split('.').map(str::to_owned).collect::<Vec<_>>();
        let stays = |said: &str| {
            let rules = RenameRules { renames: vec![(path("a"), "c".to_owned())], not: vec![path(said)], none: false };
            !diff(Pair::new(&sides.from, &sides.to), &rules, Context { dialect, server }).stays.is_empty()
        };
        for goes in ["a", "a.x", "c.x", "x"] {
            assert!(!stays(goes), "{goes}");
        }
        for other in ["b", "b.y", "b.w", "c.z", "c", "nothing", "b.nothing"] {
            assert!(stays(other), "{other}");
        }
    }

    /// How many operations, and which flags were not heard.
    fn said(tables: Pair<&[(&str, &[&str])]>, flags: &[(&str, &str)]) -> (usize, Vec<String>) {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let schemas = tables.map(|tables| {
            let mut schema = Schema::default();
            tables.iter().for_each(|(name, columns)| schema.insert(table(name, columns)));
            schema
        });
        let path = |old: &str| old.split('.').map(str::to_owned).collect();
        let renames = flags.iter().map(|(old, new)| (path(old), (*new).to_owned())).collect();
        let rules = RenameRules { renames, not: Vec::new(), none: true };
        let found = diff(Pair::new(&schemas.from, &schemas.to), &rules, Context { dialect, server });
        let unheard = found.unheard.into_iter().map(|renamed| format!("{}={}", renamed.old, renamed.new));
        (found.operations.len(), unheard.collect())
    }

    #[test]
    fn what_waits_for_a_name_that_stays_is_given_up() {
        let columns = said(
            Pair::new(&[("t", &["id", "a", "b", "c"])], &[("t", &["id", "b", "c"])]),
            &[("t.a", "b"), ("t.b", "c")],
        );
        assert_eq!(columns, (1, vec!["t.a=b".to_owned(), "t.b=c".to_owned()]));
        let tables = said(
            Pair::new(&[("a", &["x"]), ("b", &["x"]), ("c", &["x"])], &[("b", &["x"]), ("c", &["x"])]),
            &[("a", "b"), ("b", "c")],
        );
        assert_eq!(tables, (1, vec!["a=b".to_owned(), "b=c".to_owned()]));
    }

    #[test]
    fn a_table_that_goes_to_another_schema_is_a_question() {
        let (dialect, server) = for_script("postgres", None).unwrap();
        let asked = |from: Table, to: Table, not: &[&str]| {
            let (mut sides, mut rules) = (Pair::new(Schema::default(), Schema::default()), RenameRules::default());
            sides.from.insert(from);
            sides.to.insert(to);
            rules.not.push(not.iter().map(|part| (*part).to_owned()).collect());
            let questions = diff(Pair::new(&sides.from, &sides.to), &rules, Context { dialect, server }).questions;
            questions.into_iter().map(|one| (one.old, one.moved.unwrap_or_default())).collect::<Vec<_>>()
        };
        let there = || Table { name: Name::new(Some("core".into()), "t"), ..table("t", &["a", "b"]) };
        let moved = vec![("core.t".to_owned(), "t".to_owned())];
        assert_eq!(asked(there(), table("t", &["a", "b"]), &["x"]), moved);
        assert_eq!(asked(there(), table("t", &["a", "b"]), &["core", "t"]), vec![]);
        assert_eq!(asked(there(), table("t", &["c", "d"]), &["x"]), vec![]);
        let said = Table { renamed_from: Some("core.t".into()), ..table("u", &["c", "d"]) };
        assert_eq!(asked(there(), said, &["x"]), vec![("core.t".to_owned(), "u".to_owned())]);
    }

    #[test]
    fn only_one_of_a_circle_goes_aside() {
        assert_eq!(first_of_a_circle(&[("a", "b"), ("b", "c")]), None);
        assert_eq!(first_of_a_circle(&[("w", "x"), ("x", "y"), ("y", "x")]), Some(1));
        let swap = said(
            Pair::new(&[("a", &["x"]), ("b", &["x"])], &[("a", &["x"]), ("b", &["x"])]),
            &[("a", "b"), ("b", "a")],
        );
        assert_eq!(swap, (3, Vec::new()));
    }
}
