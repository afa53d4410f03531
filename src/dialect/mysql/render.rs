//! Operations in the SQL of MariaDB and MySQL. Pure: no I/O.
//!
//! Every ALTER TABLE is atomic, and several clauses of one cost what the dearest of them costs. So clauses of one table
//! are gathered as long as they are of one [`Cost`]; a change of a key or of AUTO_INCREMENT, which only makes sense as a
//! whole, takes all its neighbours into one statement.

mod changes;
mod columns;
mod company;
mod courses;
mod foreign;
mod generated;
mod hazards;
mod listed;
mod meant;
mod parts;
mod periods;
mod renames;

pub(super) use courses::facts_of_shape;
pub(super) use foreign::hidden_index;
pub(super) use periods::follow_in_options;

use crate::dialect::Unsupported;
use crate::ops::{Constraint, ConstraintKind, Operation, apply};
use crate::schema::{ForeignKey, Ident, Name, Schema, Table};
use crate::statement::course::{Course, Plan};
use crate::statement::{Hazard, ServerVersion, Statement};

use super::{capabilities, compare, quote};

/// Whether the live shape is needed: MODIFY repeats the whole column, and indexes that the server made for a foreign
/// key have to be followed.
pub(super) fn needs_shape(operations: &[Operation]) -> bool {
    let is_new = |name: &Name| {
        operations.iter().any(|operation| match operation {
            Operation::CreateTable(table) => table.name == *name,
            Operation::CreateSchema { .. }
            | Operation::DropSchema { .. }
            | Operation::CreateEnum(_)
            | Operation::DropEnum { .. }
            | Operation::RenameEnum { .. }
            | Operation::AlterEnum { .. }
            | Operation::DropTable { .. }
            | Operation::RenameTable { .. }
            | Operation::AlterTable { .. }
            | Operation::AddColumn { .. }
            | Operation::DropColumn { .. }
            | Operation::RenameColumn { .. }
            | Operation::AlterColumn { .. }
            | Operation::CreateIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::RenameIndex { .. }
            | Operation::AddConstraint { .. }
            | Operation::DropConstraint { .. }
            | Operation::RenameConstraint { .. }
            | Operation::Comment { .. }
            | Operation::Object(_)
            | Operation::Sql(_)
            | Operation::Data(_) => false,
        })
    };
    operations.iter().any(|operation| match operation {
        Operation::AlterColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::DropIndex { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. } => true,
        Operation::CreateIndex { table, .. } => !is_new(table),
        Operation::AddConstraint { table, constraint } => match &**constraint {
            Constraint::ForeignKey(key) => {
                let bare = foreign::is_generated(table, key) && key.name.is_some() && !is_new(table);
                bare || (key.referenced_columns.is_empty() && !is_new(&key.references))
            }
            Constraint::PrimaryKey(_) | Constraint::Unique(_) => !is_new(table),
            // Here another one may have the name that the server gave it elsewhere.
            Constraint::Check(check) => check.name.as_ref().is_some_and(|name| {
                !is_new(table) && compare::is_generated_name(table, ConstraintKind::Check, &[], name)
            }),
        },
        Operation::AlterTable { to, .. } if periods::needs_shape(&to.options) => true,
        Operation::AddColumn { column, .. } => periods::row_end(column).is_some(),
        Operation::AlterTable { to, .. } => {
            to.options.0.values().any(|keys| ["collation", "partition_by"].iter().any(|key| keys.contains_key(*key)))
        }
        Operation::CreateTable(table) => table
            .foreign_keys
            .iter()
            .any(|key| key.referenced_columns.is_empty() && key.references != table.name && !is_new(&key.references)),
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameIndex { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    })
}

/// The statements for a run of localised operations, in their order.
pub(super) fn render(
    operations: &[Operation],
    before: &Schema,
    server: ServerVersion,
) -> Result<Vec<Statement>, Unsupported> {
    let mut pen = Pen::new(before.clone(), server);
    for (place, operation) in operations.iter().enumerate() {
        let rest = operations.get(place..).unwrap_or_default();
        if !pen.continues(operation) {
            pen.flush();
            pen.together = pen.wants_together(rest);
            pen.versioned = operation.table().and_then(|table| pen.known(table)).is_some_and(parts::is_versioned);
        }
        if company::meets(operation, operation.table().and_then(|table| pen.known(table)), &pen.made) {
            pen.end_statement();
        }
        changes::write(&mut pen, operation, rest)?;
        let made = company::made(operation, operation.table().and_then(|table| pen.known(table)));
        pen.made.extend(made);
        pen.follow(operation, rest);
    }
    pen.flush();
    pen.restore_keys()?;
    Ok(pen.done)
}

/// Does an operation to the nouns as the server does: expressions follow a renamed column, generated names of foreign
/// keys a renamed table. What does not fit is passed over.
pub(super) fn advance(operation: &Operation, schema: &mut Schema) {
    match operation {
        Operation::RenameColumn { table, name, to } => {
            renames::rename_in_expressions(schema.tables.get_mut(table), name, to);
        }
        Operation::RenameTable { name, to } => foreign::rename_generated(schema.tables.get_mut(name), to),
        Operation::DropConstraint { table, name, kind, was } => {
            let known = schema.tables.get(table);
            let found = known.map(|known| meant::find(known, *kind, name.as_ref(), was.as_deref()));
            // What is refused changes nothing.
            let Ok(found) = found.transpose().map(Option::flatten) else { return };
            if let Some(found) = found {
                let (table, kind, name) = (table.clone(), *kind, found.name().cloned());
                drop(apply(&Operation::DropConstraint { table, name, kind, was: Some(Box::new(found)) }, schema));
                return;
            }
        }
        Operation::AddConstraint { table, constraint } => {
            let known = schema.tables.get(table);
            if let Some(unnamed) = known.and_then(|known| meant::without_taken_name(known, constraint)) {
                let (table, constraint) = (table.clone(), Box::new(unnamed));
                return advance(&Operation::AddConstraint { table, constraint }, schema);
            }
        }
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => {}
    }
    drop(apply(operation, schema));
}

const KEEP_VERSIONS: &str = "SET STATEMENT system_versioning_alter_history = KEEP FOR ";

/// What a clause of ALTER TABLE costs; only equals are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    /// Metadata only.
    Instant,
    /// Builds or drops an index.
    Index,
    /// Writes the table anew.
    Rebuild,
    /// Foreign keys and their own indexes, which go before anything else changes.
    DropKey,
    /// Foreign keys: looks at all rows.
    AddKey,
    /// Must stand alone: its company would make it, or be made, dearer or impossible.
    Alone,
}

/// One clause of an ALTER TABLE.
struct Clause {
    text: String,
    cost: Cost,
    /// The column whose whole definition it gives; a later definition takes its place.
    defines: Option<Ident>,
    why: String,
    hazards: Vec<Hazard>,
    /// What the server will do, where the cost does not say it.
    plan: Option<Plan>,
    /// See [`Course::delicate`].
    delicate: bool,
}

impl Clause {
    fn new(text: impl Into<String>, cost: Cost, operation: &Operation) -> Self {
        let why = operation.describe();
        Self { text: text.into(), cost, defines: None, why, hazards: Vec::new(), plan: None, delicate: false }
    }

    fn planned(self, plan: Option<Plan>) -> Self {
        Self { plan, ..self }
    }

    /// It depends on the past of the table.
    fn delicate(self) -> Self {
        Self { delicate: true, ..self }
    }

    fn with(mut self, hazards: impl IntoIterator<Item = Hazard>) -> Self {
        self.hazards.extend(hazards);
        self
    }
}

/// What is being written: finished statements, the ALTER TABLE in work, and the shape of the tables so far.
struct Pen {
    shape: Schema,
    server: ServerVersion,
    done: Vec<Statement>,
    table: Option<Name>,
    clauses: Vec<Clause>,
    /// The run of changes is one statement, whatever its parts cost.
    together: bool,
    /// The table in work keeps former versions of its rows, and did so before the run of changes.
    versioned: bool,
    /// What runs behind the changes of the table in work.
    after: Vec<Statement>,
    /// Indexes that were hidden or shown in place of being dropped, and need not be created.
    kept: Vec<Ident>,
    /// Foreign keys, by name, whose index is dropped and made anew in the statement in work: they have none of their own.
    waiting: Vec<Option<Ident>>,
    /// The names that the statement in work gives.
    made: Vec<company::Given>,
    /// Foreign keys that are off while a column under them changes its type.
    off: Vec<foreign::Off>,
    /// Tables that changes written here have made dear to change.
    spoiled: Vec<Name>,
}

impl Pen {
    fn new(shape: Schema, server: ServerVersion) -> Self {
        Self {
            shape,
            server,
            done: Vec::new(),
            table: None,
            clauses: Vec::new(),
            together: false,
            versioned: false,
            after: Vec::new(),
            kept: Vec::new(),
            waiting: Vec::new(),
            made: Vec::new(),
            off: Vec::new(),
            spoiled: Vec::new(),
        }
    }

    fn mariadb(&self) -> bool {
        capabilities::is_mariadb(self.server)
    }

    fn known(&self, name: &Name) -> Option<&Table> {
        self.shape.tables.get(name)
    }

    /// Whether the operation goes on with the table in work.
    fn continues(&self, operation: &Operation) -> bool {
        self.table.is_some() && operation.table() == self.table.as_ref() && is_change(operation)
    }

    /// Adds a clause to the statement in work, or begins another one.
    fn clause(&mut self, table: &Name, clause: Clause) {
        let fits = self.table.as_ref() == Some(table)
            && self.clauses.last().is_none_or(|last| {
                let alone = last.cost == Cost::Alone || clause.cost == Cost::Alone;
                self.together || (!alone && last.cost == clause.cost)
            });
        if !fits {
            self.end_statement();
            self.table = Some(table.clone());
        }
        if clause.defines.is_some()
            && let Some(place) = self.clauses.iter().position(|other| other.defines == clause.defines)
        {
            let former = self.clauses.remove(place);
            let added = former.text.starts_with("ADD ");
            if added {
                // An added column cannot be modified in the same statement.
                self.clauses.insert(place, former);
                self.end_statement();
                self.table = Some(table.clone());
            } else {
                self.clauses.push(Clause {
                    why: format!("{}; {}", former.why, clause.why),
                    hazards: [former.hazards, clause.hazards].concat(),
                    plan: Some(Plan::Unknown { may_copy: true }),
                    ..clause
                });
                return;
            }
        }
        self.clauses.push(clause);
    }

    /// Ends the statement in work if it puts a column behind this one, which goes (error 1054).
    fn end_before_drop(&mut self, column: &Ident) {
        let behind = format!(" AFTER {}", quote::ident(column));
        if self.clauses.iter().any(|clause| clause.text.ends_with(&behind)) {
            self.end_statement();
        }
    }

    /// Whether it was hidden or shown in place of being dropped just now; only once, for it may be dropped again.
    fn takes_kept(&mut self, name: &Ident) -> bool {
        let place = self.kept.iter().position(|kept| kept == name);
        place.map(|place| self.kept.remove(place)).is_some()
    }

    /// Writes a statement that is no clause.
    fn statement(&mut self, statement: Statement) {
        self.end_statement();
        self.done.push(statement);
    }

    /// Writes a statement that has to run before the changes that come; in front of those that must stay one statement.
    fn statement_before(&mut self, statement: Statement) {
        if !self.together {
            self.end_statement();
        }
        self.done.push(statement);
    }

    /// Ends the ALTER TABLE in work; the run of changes may go on.
    fn end_statement(&mut self) {
        let clauses = std::mem::take(&mut self.clauses);
        self.made.clear();
        let Some(table) = self.table.as_ref().filter(|_| !clauses.is_empty()) else { return };
        let texts: Vec<&str> = clauses.iter().map(|clause| clause.text.as_str()).collect();
        let sql = match texts.as_slice() {
            [one] => format!("ALTER TABLE {} {one}", quote::name(table)),
            several => format!("ALTER TABLE {}\n  {}", quote::name(table), several.join(",\n  ")),
        };
        // Former versions change with the table, or nothing does.
        let is_versioned = self.versioned || (!self.together && self.known(table).is_some_and(parts::is_versioned));
        let sql = if is_versioned { format!("{KEEP_VERSIONS}{sql}") } else { sql };
        let mut reasons: Vec<&str> = clauses.iter().map(|clause| clause.why.as_str()).collect();
        reasons.dedup();
        let mut statement = Statement::new(sql, reasons.join("; "));
        statement.course = Some(Box::new(courses::of(self, table, &clauses)));
        statement.hazards = clauses.into_iter().flat_map(|clause| clause.hazards).collect();
        statement.hazards.dedup();
        self.done.push(statement);
    }

    /// Ends the run of changes of one table.
    fn flush(&mut self) {
        self.end_statement();
        self.done.append(&mut self.after);
        self.table = None;
        self.together = false;
        self.kept.clear();
        self.waiting.clear();
    }

    /// Whether the changes of one table that `rest` begins with have to be one statement.
    fn wants_together(&self, rest: &[Operation]) -> bool {
        let table = rest.first().and_then(Operation::table);
        let run = rest.iter().take_while(|operation| is_change(operation) && operation.table() == table);
        let known = table.and_then(|table| self.known(table));
        let is_bound = |operation: &Operation| changes_a_key(operation, known) || periods::is_bound(operation, known);
        run.into_iter().any(is_bound) || foreign::is_covered_anew(rest, known)
    }

    /// Keeps the shape current; what was left to the server is renamed with its table.
    fn follow(&mut self, operation: &Operation, rest: &[Operation]) {
        let left_to_server = |table, to| foreign::follows_table(table, to, rest);
        if let Operation::RenameConstraint { table, to, .. } = operation
            && left_to_server(table, to)
        {
            return;
        }
        if let Operation::RenameTable { name, to } = operation {
            foreign::rename_off(&mut self.off, name, to);
        }
        self.spoiled.extend(courses::spoils(operation).cloned());
        advance(operation, &mut self.shape);
    }

    /// Writes an ALTER TABLE that is no clause and goes by metadata or an index alone.
    fn cheap(&mut self, table: &Name, statement: Statement) {
        let cheap = self.planned_cheap(table, statement);
        self.statement(cheap);
    }

    fn planned_cheap(&self, table: &Name, statement: Statement) -> Statement {
        let plan = courses::no_copy(self.mariadb());
        let course = Course { table: table.clone(), plan, delicate: false, spoiled: self.spoiled.contains(table) };
        Statement { course: Some(Box::new(course)), ..statement }
    }

    /// The clause that makes the index of a foreign key without a name its own again. If it is still there, the server may
    /// hold it for one that goes as soon as the key brings another.
    fn index_again(&self, table: &Table, key: &ForeignKey, bare: bool) -> Option<String> {
        let made = foreign::index_clause(table, key)?;
        if bare {
            return Some(made);
        }
        let name = quote::ident(foreign::index_of_unnamed(table, key)?);
        let if_exists = if self.mariadb() { "IF EXISTS " } else { "" };
        Some(format!("DROP INDEX {if_exists}{name}, {made}"))
    }

    /// Brings back the foreign keys that were off, as far as they are still wanted.
    fn restore_keys(&mut self) -> Result<(), Unsupported> {
        let mut off = std::mem::take(&mut self.off);
        while !off.is_empty() {
            let waiting: Vec<Option<Ident>> = off.iter().map(|off| off.key.name.clone()).collect();
            let foreign::Off { owner, key, bare } = off.remove(0);
            let wanted = |one: &&ForeignKey| one.name == key.name && one.references.schema == key.references.schema;
            let found = self.known(&owner).into_iter().chain(self.shape.tables.values());
            let found = found.flat_map(|table| table.foreign_keys.iter().map(move |key| (&table.name, key)));
            let Some((table, key)) = found.into_iter().find(|(_, one)| wanted(one)) else { continue };
            let constraint = Constraint::ForeignKey(key.clone());
            let text = format!("ADD {}", parts::constraint(&constraint, &self.shape, self.server)?);
            // The keys that are off still have no part in the indexes.
            let without = self.known(table).map(|known| {
                let mut known = known.clone();
                known.foreign_keys.retain(|other| !waiting.contains(&other.name));
                known
            });
            let index = without.as_ref().and_then(|known| self.index_again(known, key, bare));
            let operation = Operation::AddConstraint { table: table.clone(), constraint: Box::new(constraint) };
            let table = table.clone();
            if let Some(index) = index {
                self.clause(&table, Clause::new(index, Cost::AddKey, &operation));
            }
            self.clause(&table, Clause::new(text, Cost::AddKey, &operation));
        }
        self.flush();
        Ok(())
    }
}

/// Whether it becomes clauses of ALTER TABLE.
fn is_change(operation: &Operation) -> bool {
    match operation {
        Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddConstraint { .. }
        | Operation::DropConstraint { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. } => true,
        Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    }
}

/// Whether it touches the primary key, or an AUTO_INCREMENT column or the key that such a column must have.
fn changes_a_key(operation: &Operation, table: Option<&Table>) -> bool {
    let counts = |column: &Ident| table.and_then(|table| table.column(column)).is_some_and(|it| it.identity.is_some());
    match operation {
        Operation::AddColumn { column, .. } => column.identity.is_some(),
        Operation::DropColumn { name, .. } => counts(name),
        Operation::AlterColumn { to, .. } => to.identity.is_some(),
        Operation::AddConstraint { constraint, .. } => constraint.kind() == ConstraintKind::PrimaryKey,
        Operation::DropConstraint { kind: ConstraintKind::PrimaryKey, .. } => true,
        Operation::DropConstraint { name: Some(name), kind: ConstraintKind::Unique, .. } => table
            .and_then(|table| table.uniques.iter().find(|unique| unique.name.as_ref() == Some(name)))
            .is_some_and(|unique| unique.columns.first().is_some_and(counts)),
        Operation::DropIndex { name, .. } => table
            .and_then(|table| table.index(name))
            .and_then(|index| index.parts.first()?.column_name())
            .is_some_and(counts),
        Operation::DropConstraint { .. }
        | Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::CreateTable(_)
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::CreateIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        | Operation::Comment { .. }
        | Operation::Object(_)
        | Operation::Sql(_)
        | Operation::Data(_) => false,
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::ops::ColumnChange;
    use crate::schema::{Column, Default, Expr, Identity, IdentityMode, Index, IndexPart, Options, PrimaryKey, Type};
    use crate::statement::Product;

    const MARIADB: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 19);
    const MYSQL: ServerVersion = ServerVersion::new(Product::MySql, 9, 7, 4);

    fn column(name: &str, native: &str) -> Column {
        Column::new(name, Type::Native(native.into()))
    }

    fn table(columns: &[&str]) -> Table {
        let mut table = Table::new(Name::own("t"));
        table.columns = columns.iter().map(|name| column(name, "int")).collect();
        table
    }

    fn schema(table: Table) -> Schema {
        let mut schema = Schema::default();
        schema.insert(table);
        schema
    }

    fn index(name: &str, columns: &[&str]) -> Index {
        Index {
            name: name.into(),
            parts: columns.iter().map(|column| IndexPart::column((*column).into())).collect(),
            unique: false,
            method: None,
            predicate: None,
            include: Vec::new(),
            nulls_not_distinct: false,
            comment: None,
            options: Options::default(),
            renamed_from: None,
        }
    }

    fn foreign_key(name: &str, column: &str) -> ForeignKey {
        ForeignKey {
            name: Some(name.into()),
            ..ForeignKey::plain(vec![column.into()], Name::own("p"), vec!["id".into()])
        }
    }

    fn drop_key(name: &str) -> Operation {
        Operation::DropConstraint {
            table: Name::own("t"),
            name: Some(name.into()),
            kind: ConstraintKind::ForeignKey,
            was: None,
        }
    }

    fn create_index(index: Index) -> Operation {
        Operation::CreateIndex { table: Name::own("t"), index: Box::new(index) }
    }

    fn texts(operations: &[Operation], before: &Schema, server: ServerVersion) -> Vec<String> {
        render(operations, before, server).unwrap().into_iter().map(|statement| statement.sql).collect()
    }

    fn refused(operation: Operation, server: ServerVersion) -> String {
        render(&[operation], &Schema::default(), server).unwrap_err().what
    }

    #[test]
    fn clauses_of_one_cost_are_one_statement() {
        let add = |name: &str| Operation::AddColumn {
            table: Name::own("t"),
            column: Box::new(column(name, "int")),
            position: None,
        };
        let operations = [add("b"), add("c"), create_index(index("i", &["b"])), create_index(index("j", &["c"]))];
        let expected = [
            "ALTER TABLE `t`\n  ADD COLUMN `b` int,\n  ADD COLUMN `c` int",
            "ALTER TABLE `t`\n  ADD KEY `i` (`b`),\n  ADD KEY `j` (`c`)",
        ];
        assert_eq!(texts(&operations, &schema(table(&["a"])), MARIADB), expected);
    }

    #[test]
    fn an_identity_comes_with_its_key() {
        let mut id = column("id", "bigint");
        id.nullable = false;
        id.identity = Some(Identity { mode: IdentityMode::Always, options: crate::schema::SortedMap::new() });
        let key = PrimaryKey {
            name: None,
            columns: vec!["id".into()],
            include: Vec::new(),
            deferrable: None,
            comment: None,
            options: Options::default(),
        };
        let operations = [
            Operation::AddColumn { table: Name::own("t"), column: Box::new(id), position: None },
            Operation::AddConstraint { table: Name::own("t"), constraint: Box::new(Constraint::PrimaryKey(key)) },
        ];
        let expected = ["ALTER TABLE `t`\n  ADD COLUMN `id` bigint NOT NULL AUTO_INCREMENT,\n  ADD PRIMARY KEY (`id`)"];
        assert_eq!(texts(&operations, &schema(table(&["a"])), MARIADB), expected);
    }

    #[test]
    fn a_foreign_key_takes_its_own_index_along() {
        let mut owner = table(&["a", "b"]);
        owner.foreign_keys.push(foreign_key("f", "a"));
        let bare = schema(owner.clone());
        let expected = ["ALTER TABLE `t`\n  DROP FOREIGN KEY `f`,\n  DROP INDEX IF EXISTS `f`"];
        assert_eq!(texts(&[drop_key("f")], &bare, MARIADB), expected);
        assert_eq!(texts(&[drop_key("f")], &bare, MYSQL), [expected[0].replace("IF EXISTS ", "")]);
        let mut covered = owner.clone();
        covered.indexes.push(index("ix", &["a", "b"]));
        assert_eq!(texts(&[drop_key("f")], &schema(covered), MARIADB), ["ALTER TABLE `t` DROP FOREIGN KEY `f`"]);
        owner.foreign_keys.push(foreign_key("g", "a"));
        let handed = "ALTER TABLE `t`\n  DROP FOREIGN KEY `f`,\n  DROP INDEX IF EXISTS `f`,\n  ADD INDEX IF NOT EXISTS `g` (`a`)";
        assert_eq!(texts(&[drop_key("f")], &schema(owner), MARIADB), [handed]);
    }

    #[test]
    fn mysql_writes_anew_what_uses_a_renamed_column() {
        let mut owner = table(&["a", "b"]);
        owner.checks.push(crate::schema::Check {
            name: Some("c".into()),
            condition: Expr::Same("(`a` > 0)".into()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        });
        owner.columns[1].default = Some(Default::Sql(Expr::Same("(`a` + 1)".into())));
        let rename = Operation::RenameColumn { table: Name::own("t"), name: "a".into(), to: "z".into() };
        let expected = "ALTER TABLE `t` RENAME COLUMN `a` TO `z`, MODIFY COLUMN `b` int DEFAULT (`z` + 1), \
                        DROP CHECK `c`, ADD CONSTRAINT `c` CHECK ((`z` > 0))";
        assert_eq!(texts(std::slice::from_ref(&rename), &schema(owner.clone()), MYSQL), [expected]);
        assert_eq!(texts(&[rename], &schema(owner), MARIADB), ["ALTER TABLE `t` RENAME COLUMN `a` TO `z`"]);
    }

    #[test]
    fn a_change_says_what_it_may_do() {
        let to =
            ColumnChange { ty: Some(Type::Native("tinyint".into())), nullable: Some(false), ..ColumnChange::default() };
        let change = Operation::AlterColumn {
            table: Name::own("t"),
            name: "a".into(),
            to: Box::new(to),
            was: Box::new(ColumnChange::default()),
        };
        let statements = render(&[change], &schema(table(&["a"])), MARIADB).unwrap();
        let hazards: Vec<String> = statements[0].hazards.iter().map(ToString::to_string).collect();
        let expected = [
            "may fail: values of t.a beyond the range of the new type",
            "may fail: rows where t.a is NULL",
            "writes the whole table anew: t",
        ];
        assert_eq!(
            (statements[0].sql.as_str(), hazards.as_slice()),
            ("ALTER TABLE `t` MODIFY COLUMN `a` tinyint NOT NULL", &expected.map(str::to_owned)[..])
        );
    }

    #[test]
    fn what_the_server_numbers_is_not_dropped_by_a_number_of_another() {
        let check = |condition: &str| {
            Box::new(Constraint::Check(crate::schema::Check {
                name: Some("CONSTRAINT_1".into()),
                condition: Expr::Same(condition.to_owned()),
                no_inherit: false,
                not_valid: false,
                not_enforced: false,
                comment: None,
            }))
        };
        let add = |condition: &str| Operation::AddConstraint { table: Name::own("t"), constraint: check(condition) };
        let drop_one = |condition: &str| Operation::DropConstraint {
            table: Name::own("t"),
            name: Some("CONSTRAINT_1".into()),
            kind: ConstraintKind::Check,
            was: Some(check(condition)),
        };
        let mut shape = schema(table(&["a", "b"]));
        [add("a > 0"), add("b>0")].iter().for_each(|operation| advance(operation, &mut shape));
        let why = |operation| render(&[operation], &shape, MARIADB).unwrap_err().what;
        assert!(why(drop_one("b > 0")).starts_with("dropping check CONSTRAINT_1 of t: the server numbers these"));
        let rename =
            Operation::RenameConstraint { table: Name::own("t"), name: "CONSTRAINT_1".into(), to: "positive".into() };
        assert!(why(rename).starts_with("renaming check CONSTRAINT_1 of t: the server numbers these"));
        let first = texts(&[drop_one("a > 0")], &shape, MARIADB);
        assert_eq!(first, ["ALTER TABLE `t` DROP CONSTRAINT `CONSTRAINT_1`"]);
        advance(&drop_one("b > 0"), &mut shape);
        let left: Vec<&str> = shape.tables[&Name::own("t")].checks.iter().map(|one| one.condition.text()).collect();
        assert_eq!(left, ["a > 0"]);
    }

    #[test]
    fn what_is_not_known_of_a_column_is_not_written() {
        let mut owner = table(&["a", "b"]);
        owner.columns[1].ty = Type::Native("enum('?','a')".into());
        owner.checks.push(crate::schema::Check {
            name: Some("c".into()),
            condition: Expr::Same("(`a` <> '?')".into()),
            no_inherit: false,
            not_valid: false,
            not_enforced: false,
            comment: None,
        });
        let mut shape = schema(owner);
        shape.unmodelled.extend(["b", "c"].map(|name| crate::schema::Unmodelled {
            kind: super::super::UNTOLD.to_owned(),
            name: Name::own(name),
            table: Some(Name::own("t")),
            definition: None,
        }));
        let alter = |to: ColumnChange| Operation::AlterColumn {
            table: Name::own("t"),
            name: "b".into(),
            to: Box::new(to),
            was: Box::new(ColumnChange::default()),
        };
        let default = Some(Some(Default::Sql(Expr::Same("'a'".into()))));
        let cheap = alter(ColumnChange { default, ..ColumnChange::default() });
        assert_eq!(texts(&[cheap], &shape, MYSQL), ["ALTER TABLE `t` ALTER COLUMN `b` SET DEFAULT 'a'"]);
        let not_known = |operation: Operation| render(&[operation], &shape, MYSQL).unwrap_err().what;
        let whole = alter(ColumnChange { nullable: Some(false), ..ColumnChange::default() });
        assert!(not_known(whole).starts_with("a change of column b of t"));
        let of_column = Operation::RenameColumn { table: Name::own("t"), name: "a".into(), to: "z".into() };
        assert!(not_known(of_column).starts_with("a change of check c of t"));
        let of_check = Operation::RenameConstraint { table: Name::own("t"), name: "c".into(), to: "d".into() };
        assert!(not_known(of_check).starts_with("a change of check c of t"));
    }

    #[test]
    fn what_the_server_lacks_is_refused() {
        let mut partial = index("i", &["a"]);
        partial.predicate = Some(Expr::Same("a > 0".into()));
        assert_eq!(refused(create_index(partial), MARIADB), "the condition of index i");
        let mut by_expression = index("i", &[]);
        by_expression.parts.push(IndexPart {
            target: crate::schema::IndexTarget::Expression(Expr::Same("lower(`a`)".into())),
            ..IndexPart::column("a".into())
        });
        let made = texts(&[create_index(by_expression.clone())], &Schema::default(), MYSQL);
        assert_eq!(made, ["ALTER TABLE `t` ADD KEY `i` ((lower(`a`)))"]);
        assert_eq!(refused(create_index(by_expression), MARIADB), "an index on an expression on MariaDB");
        let mut key = foreign_key("f", "a");
        key.deferrable = Some(crate::schema::Deferrable { initially_deferred: true });
        let add =
            |key| Operation::AddConstraint { table: Name::own("t"), constraint: Box::new(Constraint::ForeignKey(key)) };
        assert_eq!(refused(add(key), MARIADB), "a deferrable foreign key (f)");
        let mut key = foreign_key("f", "a");
        key.referenced_columns.clear();
        assert_eq!(refused(add(key), MARIADB), "a foreign key to p that names no columns");
    }

    #[test]
    fn the_shape_is_asked_for_only_where_it_counts() {
        let create = Operation::CreateTable(Box::new(table(&["a"])));
        assert!(!needs_shape(&[create.clone(), create_index(index("i", &["a"]))]));
        assert!(needs_shape(&[create_index(index("i", &["a"]))]));
        assert!(needs_shape(&[create, drop_key("f")]));
    }
}
