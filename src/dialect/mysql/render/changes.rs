//! One operation after the other as clauses and statements. Pure: no I/O.

use super::{Clause, Cost, Pen, columns, company, courses, foreign, hazards, meant, parts, periods, renames};
use crate::dialect::Unsupported;
use crate::dialect::mysql::objects;
use crate::dialect::mysql::types::WORD;
use crate::dialect::mysql::{compare, quote};
use crate::ops::{Constraint, ConstraintKind, Operation, Part, TableChange, constraints};
use crate::schema::{Check, ForeignKey, Ident, Index, IndexPart, Name, Table, Unique};
use crate::statement::course::Algorithm;
use crate::statement::{Hazard, Statement};

type Written = Result<(), Unsupported>;

fn drop_column(pen: &mut Pen, operation: &Operation, table: &Name, name: &Ident) {
    let lost = Hazard::LosesData(format!("{}.{}", table.for_people(), name.as_str()));
    let text = format!("DROP COLUMN {}", quote::ident(name));
    pen.end_before_drop(name);
    let plan = Some(courses::of_column(pen.mariadb(), Algorithm::NoCopy));
    pen.clause(table, Clause::new(text, Cost::Instant, operation).with([lost]).planned(plan).delicate());
}

/// Writes one operation; `rest` begins with it, for what depends on what comes.
pub(super) fn write(pen: &mut Pen, operation: &Operation, rest: &[Operation]) -> Written {
    match operation {
        Operation::CreateSchema { name } => {
            plain(pen, operation, format!("CREATE DATABASE {}", quote::ident(name)), None)
        }
        Operation::DropSchema { name } => {
            let lost = Hazard::LosesData(format!("schema {} and everything in it", name.as_str()));
            plain(pen, operation, format!("DROP DATABASE {}", quote::ident(name)), Some(lost))
        }
        // The words of an enumeration are part of its columns' types here.
        Operation::CreateEnum(_) | Operation::DropEnum { .. } | Operation::RenameEnum { .. } => Ok(()),
        Operation::AlterEnum { name, .. } => Err(Unsupported::new(
            format!("the type {} as an object of its own", name.for_people()),
            "change the type of each column that uses it by alter_column",
        )),
        Operation::CreateTable(table) => {
            let sql = parts::create_table(table, &pen.shape, pen.server)?;
            plain(pen, operation, sql, None)
        }
        Operation::DropTable { name, .. } => {
            let lost = Hazard::LosesData(format!("{} and everything in it", name.for_people()));
            plain(pen, operation, format!("DROP TABLE {}", quote::name(name)), Some(lost))
        }
        Operation::RenameTable { name, to } => {
            let sql = format!("ALTER TABLE {} RENAME TO {}", quote::name(name), quote::name(&name.sibling(to.clone())));
            plain(pen, operation, sql, None)
        }
        Operation::AlterTable { name, to, .. } => alter_table(pen, operation, name, to),
        Operation::AddColumn { table, column, position } => {
            columns::add(pen, operation, table, (column, position.as_ref()))?;
            periods::with_period(pen, operation, table, column);
            Ok(())
        }
        Operation::DropColumn { table, name, .. } => {
            drop_column(pen, operation, table, name);
            Ok(())
        }
        Operation::RenameColumn { table, name, to } => renames::rename(pen, operation, table, (name, to)),
        Operation::AlterColumn { table, name, to, .. } => columns::alter(pen, operation, table, (name, to)),
        Operation::CreateIndex { index, .. } if pen.takes_kept(&index.name) => Ok(()),
        Operation::CreateIndex { table, index } => create_index(pen, operation, table, index),
        Operation::DropIndex { table, name, .. } => {
            if !show_or_hide(pen, operation, (table, name), rest) {
                drop_index(pen, operation, (table, name), rest);
            }
            Ok(())
        }
        Operation::RenameIndex { table, name, to } => {
            let text = format!("RENAME INDEX {} TO {}", quote::ident(name), quote::ident(to));
            pen.clause(table, Clause::new(text, Cost::Instant, operation));
            Ok(())
        }
        Operation::AddConstraint { constraint, .. } if constraint.name().is_some_and(|name| pen.takes_kept(name)) => {
            Ok(())
        }
        Operation::AddConstraint { table, constraint } => add_constraint(pen, operation, table, constraint),
        Operation::DropConstraint { table, name, kind, was } => {
            drop_constraint(pen, operation, table, (*kind, name.as_ref(), was.as_deref()), rest)
        }
        Operation::RenameConstraint { table, to, .. } if foreign::follows_table(table, to, rest) => Ok(()),
        Operation::RenameConstraint { table, name, to } => rename_constraint(pen, operation, table, (name, to)),
        Operation::Comment { table, part, name, to, .. } => comment(pen, operation, table, (*part, name, to.as_ref())),
        Operation::Object(object) => {
            let ground = objects::Ground { server: pen.server, shape: &pen.shape };
            objects::statements(object, ground)?.into_iter().for_each(|made| pen.statement(made));
            Ok(())
        }
        Operation::Sql(_) | Operation::Data(_) => Ok(()),
    }
}

fn plain(pen: &mut Pen, operation: &Operation, sql: String, hazard: Option<Hazard>) -> Written {
    let mut statement = Statement::new(sql, operation.describe());
    statement.hazards.extend(hazard);
    pen.statement(statement);
    Ok(())
}

fn alter_table(pen: &mut Pen, operation: &Operation, name: &Name, to: &TableChange) -> Written {
    if let Some(comment) = &to.comment {
        let text = format!("COMMENT={}", quote::literal(comment.as_deref().unwrap_or_default()));
        pen.clause(name, Clause::new(text, Cost::Instant, operation));
    }
    for (key, value) in to.options.0.get(WORD).into_iter().flatten() {
        match (key.as_str(), value.as_deref()) {
            ("collation", collation) => columns::collate(pen, operation, name, collation)?,
            ("charset", None) => {}
            ("partition_by", by) => partition(pen, operation, name, by)?,
            ("system_versioning", value) => periods::versions(pen, operation, name, value == Some("true"))?,
            ("period", period) => periods::change(pen, operation, name, period),
            ("auto_increment", None) => {}
            (key, value) => {
                let rewrites = Hazard::Rewrites(name.for_people());
                let text = parts::table_option(key, value)?;
                let plan = Some(courses::of_option(key));
                pen.clause(name, Clause::new(text, Cost::Rebuild, operation).with([rewrites]).planned(plan));
            }
        }
    }
    Ok(())
}

/// Divides a table in another way, or not at all. Where partitions only come behind those that are there, no row moves.
/// Partitions never go by their name, for their rows would go with them: the rows are divided anew.
fn partition(pen: &mut Pen, operation: &Operation, name: &Name, by: Option<&str>) -> Written {
    let table = quote::name(name);
    let rewrites = Some(Hazard::Rewrites(name.for_people()));
    let Some(by) = by else {
        return plain(pen, operation, format!("ALTER TABLE {table} REMOVE PARTITIONING"), rewrites);
    };
    let former = former_partitions(operation);
    let (has_list, ends_open) = (by.contains("\n("), former.is_some_and(|former| former.contains("MAXVALUE)")));
    let added = former.filter(|former| has_list && !ends_open && !former.contains(" DEFAULT"));
    let added = added.and_then(|former| by.trim().strip_prefix(former.strip_suffix(')')?)?.strip_prefix(','));
    match added {
        Some(added) => {
            plain(pen, operation, format!("ALTER TABLE {table} ADD PARTITION ({}", added.trim_start()), None)
        }
        // Former versions can be put apart once there are any.
        None if by.trim_start().starts_with("SYSTEM_TIME") => {
            let mut statement =
                Statement::new(format!("ALTER TABLE {table} PARTITION BY {}", by.trim()), operation.describe());
            statement.hazards.extend(rewrites);
            pen.after.push(statement);
            Ok(())
        }
        None => plain(pen, operation, format!("ALTER TABLE {table} PARTITION BY {}", by.trim()), rewrites),
    }
}

/// How the table was divided before, as far as the operation says it.
fn former_partitions(operation: &Operation) -> Option<&str> {
    if let Operation::AlterTable { was, .. } = operation {
        return was.options.0.get(WORD)?.get("partition_by")?.as_deref();
    }
    None
}

/// Drops the index that the server made for a foreign key when another one takes its place.
fn drop_replaced(pen: &mut Pen, operation: &Operation, table: &Name) {
    let Some(known) = pen.known(table) else { return };
    let bare = known.foreign_keys.iter().filter(|key| !foreign::is_covered(known, key, None));
    let own = bare.filter(|key| !pen.waiting.contains(&key.name));
    let replaced: Vec<&ForeignKey> = own.filter(|key| foreign::makes_for(operation, key)).collect();
    let is_new = |name: &Ident| pen.made.contains(&company::key(name));
    let ends = replaced.iter().filter_map(|key| foreign::own_index_name(table, key)).any(is_new);
    let texts: Vec<String> = replaced.into_iter().filter_map(|key| drop_own_index(pen, known, key)).collect();
    if ends {
        pen.end_statement();
    }
    for text in texts {
        pen.clause(table, Clause::new(text, Cost::Index, operation));
    }
}

/// The clause that drops the server's own index of a foreign key. MariaDB is told that it may be missing, for of two
/// foreign keys on the same columns only one has its own.
fn drop_own_index(pen: &Pen, table: &Table, key: &ForeignKey) -> Option<String> {
    let name = foreign::own_index_name(&table.name, key).filter(|name| !foreign::has_key(table, name))?;
    let if_exists = if pen.mariadb() { "IF EXISTS " } else { "" };
    Some(format!("DROP INDEX {if_exists}{}", quote::ident(name)))
}

fn create_index(pen: &mut Pen, operation: &Operation, table: &Name, index: &Index) -> Written {
    drop_replaced(pen, operation, table);
    // InnoDB makes one full-text index at a time.
    let special = matches!(index.method.as_deref(), Some("fulltext" | "spatial")) || is_computed(index);
    let cost = if special { Cost::Alone } else { Cost::Index };
    let clause = Clause::new(format!("ADD {}", parts::index(index, pen.server)?), cost, operation);
    let columns: Vec<Ident> = index.parts.iter().filter_map(IndexPart::column_name).cloned().collect();
    let hazard = index.unique.then(|| hazards::duplicates(table, &columns));
    let plan = (index.method.as_deref() == Some("fulltext")).then(courses::of_shared_index);
    let plan = if is_computed(index) { Some(courses::of_computed_index()) } else { plan };
    pen.clause(table, clause.with(hazard).planned(plan));
    Ok(())
}

/// Whether it stands on a hidden column, which comes and goes with no company (error 1846).
fn is_computed(index: &Index) -> bool {
    index.parts.iter().any(|part| part.column_name().is_none())
}

/// An index that comes back the same but for its visibility is not dropped: that would cost its building, and MariaDB
/// takes the pair in one statement for no change at all.
fn show_or_hide(pen: &mut Pen, operation: &Operation, (table, name): (&Name, &Ident), rest: &[Operation]) -> bool {
    let Some(former) = pen.known(table).and_then(|known| known.index(name)) else { return false };
    let plain = |index: &Index| {
        let mut index = index.clone();
        index.options.remove(WORD, "ignored");
        index
    };
    let of_table = rest.iter().take_while(|operation| operation.table() == Some(table));
    let again = of_table.filter_map(created_index).find(|index| index.name == *name);
    let Some(again) = again.filter(|again| plain(again) == plain(former)) else { return false };
    let hide = again.options.get(WORD, "ignored") == Some("true");
    turn(pen, operation, (table, name), hide);
    true
}

/// The same for a unique key.
fn show_or_hide_key(pen: &mut Pen, operation: &Operation, (table, name): (&Name, &Ident), rest: &[Operation]) -> bool {
    let Some(known) = pen.known(table) else { return false };
    let called = |unique: &&Unique| unique.name.as_ref() == Some(name);
    let Some(former) = known.uniques.iter().find(called) else { return false };
    let plain = |unique: &Unique| {
        let mut unique = unique.clone();
        unique.options.remove(WORD, "ignored");
        unique
    };
    let of_table = rest.iter().take_while(|operation| operation.table() == Some(table));
    let again = of_table.filter_map(added_unique).find(called);
    let Some(again) = again.filter(|again| plain(again) == plain(former)) else { return false };
    let hide = again.options.get(WORD, "ignored") == Some("true");
    turn(pen, operation, (table, name), hide);
    true
}

fn added_unique(operation: &Operation) -> Option<&Unique> {
    let constraint = if let Operation::AddConstraint { constraint, .. } = operation { Some(constraint) } else { None };
    if let Some(Constraint::Unique(unique)) = constraint.map(|it| &**it) { Some(unique) } else { None }
}

/// Says whether an index is used; it need not be made again then.
fn turn(pen: &mut Pen, operation: &Operation, (table, name): (&Name, &Ident), hide: bool) {
    let word = match (hide, pen.mariadb()) {
        (true, true) => "IGNORED",
        (false, true) => "NOT IGNORED",
        (true, false) => "INVISIBLE",
        (false, false) => "VISIBLE",
    };
    let text = format!("ALTER INDEX {} {word}", quote::ident(name));
    pen.clause(table, Clause::new(text, Cost::Instant, operation));
    pen.kept.push(name.clone());
}

fn created_index(operation: &Operation) -> Option<&Index> {
    if let Operation::CreateIndex { index, .. } = operation { Some(index) } else { None }
}

fn drop_index(pen: &mut Pen, operation: &Operation, (table, name): (&Name, &Ident), rest: &[Operation]) {
    let text = format!("DROP INDEX {}", quote::ident(name));
    let computed = pen.known(table).and_then(|known| known.index(name)).is_some_and(is_computed);
    let (cost, plan) = match computed {
        true => (Cost::Alone, Some(courses::no_copy(pen.mariadb()))),
        false => (Cost::Index, courses::of_rows_own_key(pen.known(table))),
    };
    pen.clause(table, Clause::new(text, cost, operation).planned(plan));
    replace_index(pen, operation, (table, name), rest);
}

/// Leaves an index for each foreign key that would be without one, unless a later operation makes it.
fn replace_index(pen: &mut Pen, operation: &Operation, (table, name): (&Name, &Ident), rest: &[Operation]) {
    let Some(known) = pen.known(table) else { return };
    let (waiting, bare): (Vec<&ForeignKey>, Vec<&ForeignKey>) =
        foreign::left_bare(known, name).into_iter().partition(|key| foreign::is_made_for(rest, known, key));
    let waiting: Vec<Option<Ident>> = waiting.into_iter().map(|key| key.name.clone()).collect();
    let names = bare.iter().filter_map(|key| foreign::own_index_name(table, key)).map(company::key);
    let names: Vec<company::Given> = names.collect();
    let texts: Vec<String> = bare.into_iter().filter_map(|key| own_index(known, key)).collect();
    pen.waiting.extend(waiting);
    for text in texts {
        pen.clause(table, Clause::new(format!("ADD INDEX {text}"), Cost::Index, operation));
    }
    pen.made.extend(names);
}

fn own_index(table: &Table, key: &ForeignKey) -> Option<String> {
    let name = foreign::own_index_name(&table.name, key)?;
    Some(format!("{} ({})", quote::ident(name), quote::idents(&key.columns)))
}

fn add_constraint(pen: &mut Pen, operation: &Operation, table: &Name, constraint: &Constraint) -> Written {
    drop_replaced(pen, operation, table);
    periods::stand_apart(pen, table, constraint);
    let unnamed = pen.known(table).and_then(|known| meant::without_taken_name(known, constraint));
    let constraint = unnamed.as_ref().unwrap_or(constraint);
    let cost = match constraint.kind() {
        ConstraintKind::PrimaryKey | ConstraintKind::Check => Cost::Rebuild,
        ConstraintKind::Unique => Cost::Index,
        ConstraintKind::ForeignKey => Cost::AddKey,
    };
    if let (Constraint::ForeignKey(key), Some(known)) = (constraint, pen.known(table))
        && let Some(text) = foreign::index_clause(known, key)
    {
        pen.clause(table, Clause::new(text, cost, operation));
    }
    let text = format!("ADD {}", parts::constraint(constraint, &pen.shape, pen.server)?);
    let clause = Clause::new(text, cost, operation).with([hazards::constraint(table, constraint)]);
    let own_key = courses::of_rows_own_key(pen.known(table).filter(|_| constraint.kind() == ConstraintKind::Unique));
    pen.clause(table, clause.planned(own_key.or(courses::of_constraint(constraint))));
    Ok(())
}

fn drop_constraint(
    pen: &mut Pen,
    operation: &Operation,
    table: &Name,
    (kind, name, was): (ConstraintKind, Option<&Ident>, Option<&Constraint>),
    rest: &[Operation],
) -> Written {
    let primary = compare::PRIMARY.into();
    if kind == ConstraintKind::PrimaryKey {
        pen.clause(table, Clause::new("DROP PRIMARY KEY", Cost::Rebuild, operation).planned(Some(courses::copied())));
        replace_index(pen, operation, (table, &primary), rest);
        return Ok(());
    }
    let found = pen.known(table).map(|known| meant::name_of_dropped(known, kind, name, was)).transpose()?;
    let Some(name) = found.unwrap_or_else(|| name.cloned()) else {
        return Err(Unsupported::new(
            format!("dropping a {} of {} without its name", kind.spoken(), table.for_people()),
            "name it",
        ));
    };
    match kind {
        ConstraintKind::Check => {
            let word = if pen.mariadb() { "CONSTRAINT" } else { "CHECK" };
            let text = format!("DROP {word} {}", quote::ident(&name));
            pen.clause(table, Clause::new(text, Cost::Instant, operation));
        }
        ConstraintKind::ForeignKey => drop_foreign_key(pen, operation, table, &name),
        ConstraintKind::Unique | ConstraintKind::PrimaryKey => {
            if !show_or_hide_key(pen, operation, (table, &name), rest) {
                drop_index(pen, operation, (table, &name), rest);
            }
        }
    }
    Ok(())
}

fn drop_foreign_key(pen: &mut Pen, operation: &Operation, table: &Name, name: &Ident) {
    let is_off = pen.off.iter().position(|off| off.owner == *table && off.key.name.as_ref() == Some(name));
    match is_off {
        // The index stays behind then; the clauses below see to it.
        Some(place) => drop(pen.off.remove(place)),
        None => {
            let text = format!("DROP FOREIGN KEY {}", quote::ident(name));
            pen.clause(table, Clause::new(text, Cost::DropKey, operation));
        }
    }
    give_up_index(pen, operation, table, name);
}

fn give_up_index(pen: &mut Pen, operation: &Operation, table: &Name, name: &Ident) {
    let (texts, given) = without_own_index(pen, table, name);
    for text in texts {
        pen.clause(table, Clause::new(text, Cost::DropKey, operation));
    }
    pen.made.extend(given);
}

/// The foreign key of this name in its table, if no other index serves it, and the next one on the same columns.
fn without_index<'a>(
    pen: &'a Pen,
    table: &Name,
    name: &Ident,
) -> Option<(&'a Table, &'a ForeignKey, Option<&'a ForeignKey>)> {
    let known = pen.known(table)?;
    let key = known.foreign_keys.iter().find(|key| key.name.as_ref() == Some(name))?;
    let others = known.foreign_keys.iter().filter(|other| other.name != key.name);
    let heir = others.into_iter().find(|other| other.columns == key.columns);
    (!foreign::is_covered(known, key, None)).then_some((known, key, heir))
}

/// The clauses that take the foreign key's own index along, or hand it to the next foreign key on the same columns, and
/// the index that this one gets.
fn without_own_index(pen: &Pen, table: &Name, name: &Ident) -> (Vec<String>, Option<company::Given>) {
    let Some((known, key, heir)) = without_index(pen, table, name) else { return (Vec::new(), None) };
    let drop = drop_own_index(pen, known, key);
    let Some(handed) = heir.and_then(|heir| own_index(known, heir)) else { return (drop.into_iter().collect(), None) };
    if !pen.mariadb() {
        return (Vec::new(), None);
    }
    let given = heir.and_then(|heir| foreign::own_index_name(table, heir)).map(company::key);
    (drop.into_iter().chain([format!("ADD INDEX IF NOT EXISTS {handed}")]).collect(), given)
}

fn rename_constraint(pen: &mut Pen, operation: &Operation, table: &Name, (name, to): (&Ident, &Ident)) -> Written {
    let missing = || {
        let what = format!("renaming constraint {} of {}, which is not there", name.as_str(), table.for_people());
        Unsupported::new(what, "name one that the table has")
    };
    let known = pen.known(table).ok_or_else(missing)?;
    let called = |one: Option<&Ident>| one.is_some_and(|one| one.as_str().eq_ignore_ascii_case(name.as_str()));
    if called(known.primary_key.as_ref().and_then(|key| key.name.as_ref())) {
        return Err(Unsupported::new("a name for a primary key", "leave the name out: it is always PRIMARY"));
    }
    refuse_taken(known, name, to)?;
    meant::refuse_unnumbered(known, name)?;
    if known.uniques.iter().any(|unique| called(unique.name.as_ref())) {
        let text = format!("RENAME INDEX {} TO {}", quote::ident(name), quote::ident(to));
        pen.clause(table, Clause::new(text, Cost::Instant, operation));
        return Ok(());
    }
    if let Some(check) = known.checks.iter().find(|check| called(check.name.as_ref())).cloned() {
        columns::refuse_untold_check(pen, table, &check)?;
        let word = if pen.mariadb() { "CONSTRAINT" } else { "CHECK" };
        let renamed = Constraint::Check(Check { name: Some(to.clone()), ..check });
        let text =
            format!("DROP {word} {}, ADD {}", quote::ident(name), parts::constraint(&renamed, &pen.shape, pen.server)?);
        pen.clause(table, Clause::new(text, Cost::Rebuild, operation).planned(Some(courses::copied())));
        return Ok(());
    }
    // The server has renamed it already, with its table.
    if !known.foreign_keys.iter().any(|key| called(key.name.as_ref()))
        && known.foreign_keys.iter().any(|key| key.name.as_ref() == Some(to))
    {
        return Ok(());
    }
    let key = known.foreign_keys.iter().find(|key| called(key.name.as_ref())).cloned().ok_or_else(missing)?;
    // One that is off comes back under its new name.
    if let Some(place) = pen.off.iter().position(|off| off.owner == *table && called(off.key.name.as_ref())) {
        give_up_index(pen, operation, table, name);
        if let Some(off) = pen.off.get_mut(place) {
            off.key.name = Some(to.clone());
            off.bare = true;
        }
        return Ok(());
    }
    let mut texts = vec![format!("DROP FOREIGN KEY {}", quote::ident(name))];
    texts.extend(without_own_index(pen, table, name).0);
    let renamed = Constraint::ForeignKey(ForeignKey { name: Some(to.clone()), ..key });
    texts.push(format!("ADD {}", parts::constraint(&renamed, &pen.shape, pen.server)?));
    pen.clause(table, Clause::new(texts.join(", "), Cost::Alone, operation).planned(Some(courses::copied())));
    Ok(())
}

/// Refuses a name that another constraint of its kind has: what is renamed next could be either of the two.
fn refuse_taken(table: &Table, name: &Ident, to: &Ident) -> Written {
    let called =
        |one: &Constraint, name: &Ident| one.name().is_some_and(|one| one.as_str().eq_ignore_ascii_case(name.as_str()));
    let all = constraints(table);
    let kind = all.iter().find(|one| called(one, name)).map(Constraint::kind);
    let taken = !name.as_str().eq_ignore_ascii_case(to.as_str())
        && kind.is_some_and(|kind| all.iter().any(|one| one.kind() == kind && called(one, to)));
    if !taken {
        return Ok(());
    }
    let (name, to, table) = (name.as_str(), to.as_str(), table.name.for_people());
    Err(Unsupported::new(
        format!("renaming constraint {name} of {table} to {to}, which another one is called"),
        "rename that one first; of two that change their names one goes aside",
    ))
}

/// An index or key with another comment: made anew, for nothing changes the comment alone.
fn comment(pen: &mut Pen, operation: &Operation, table: &Name, what: (Part, &Ident, Option<&String>)) -> Written {
    let (part, name, to) = what;
    let missing = || {
        let said = format!("a comment on {} of {}", name.as_str(), table.for_people());
        Unsupported::new(said, "comment a table, a column, an index or a unique key")
    };
    let known = pen.known(table).ok_or_else(missing)?;
    let called = |one: &Ident| one.as_str().eq_ignore_ascii_case(name.as_str());
    let index = known.indexes.iter().find(|index| part == Part::Index && called(&index.name)).cloned();
    let unique = known.uniques.iter().find(|unique| unique.name.as_ref().is_some_and(called)).cloned();
    let primary = known.primary_key.clone().filter(|key| key.name.as_ref().is_some_and(called));
    let (drop, add) = match (index, unique, primary) {
        (Some(mut index), _, _) => {
            index.comment = to.cloned();
            (format!("DROP INDEX {}", quote::ident(name)), parts::index(&index, pen.server)?)
        }
        (_, Some(mut unique), _) => {
            unique.comment = to.cloned();
            let text = parts::constraint(&Constraint::Unique(unique), &pen.shape, pen.server)?;
            (format!("DROP INDEX {}", quote::ident(name)), text)
        }
        (_, _, Some(mut key)) => {
            key.comment = to.cloned();
            let text = parts::constraint(&Constraint::PrimaryKey(key), &pen.shape, pen.server)?;
            ("DROP PRIMARY KEY".to_owned(), text)
        }
        (None, None, None) => return Err(missing()),
    };
    let plan = (drop != "DROP PRIMARY KEY").then(|| courses::no_copy(pen.mariadb()));
    pen.clause(table, Clause::new(format!("{drop}, ADD {add}"), Cost::Alone, operation).planned(plan));
    Ok(())
}
