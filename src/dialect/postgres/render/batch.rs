//! Clauses of one table that become one `ALTER TABLE`, and statements around it.

use std::collections::BTreeMap;

use crate::dialect::postgres::quote::qualified;
use crate::schema::{Ident, Name};
use crate::statement::{Hazard, Statement};

/// When the server runs a clause of an `ALTER TABLE`: not in the order of the text but pass by pass
/// (`AlterTablePass` of its source, as far as it matters here).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pass {
    Drop,
    AlterType,
    AddColumn,
    Attributes,
    AddIndex,
    AddConstraint,
    Rest,
}

/// One clause of an `ALTER TABLE`.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pass: Pass,
    /// The column or constraint that it changes.
    object: Ident,
    sql: String,
}

impl Clause {
    pub(super) fn new(pass: Pass, object: &Ident, sql: impl Into<String>) -> Self {
        Self { pass, object: object.clone(), sql: sql.into() }
    }

    pub(super) fn drop(object: &Ident, sql: impl Into<String>) -> Self {
        Self::new(Pass::Drop, object, sql)
    }
}

/// Collects statements; keeps the clauses of the table in work until something else comes.
#[derive(Default)]
pub(super) struct Writer {
    statements: Vec<Statement>,
    /// What the operation in work is, in words.
    why: String,
    batch: Option<Batch>,
}

struct Batch {
    table: Name,
    clauses: Vec<Clause>,
    /// The last pass in which each object is touched.
    touched: BTreeMap<Ident, Pass>,
    why: Vec<String>,
    hazards: Vec<Hazard>,
    after: Vec<Statement>,
}

impl Writer {
    /// Says what the next statements are for.
    pub(super) fn about(&mut self, why: String) {
        self.why = why;
    }

    /// A statement of its own, after everything before it.
    pub(super) fn statement(&mut self, sql: String) {
        self.flush();
        self.statements.push(Statement::new(sql, self.why.clone()));
    }

    /// A statement before the clauses of the table in work: it reads what they change.
    pub(super) fn ahead(&mut self, sql: String) {
        self.statements.push(Statement::new(sql, self.why.clone()));
    }

    /// One that is whole already.
    pub(super) fn whole(&mut self, statement: Statement) {
        self.flush();
        self.statements.push(statement);
    }

    pub(super) fn hazardous(&mut self, sql: String, hazard: Hazard) {
        self.flush();
        self.statements.push(Statement::new(sql, self.why.clone()).with_hazard(hazard));
    }

    /// Says what the last statement may bring.
    pub(super) fn warn(&mut self, hazard: Hazard) {
        self.flush();
        if let Some(last) = self.statements.last_mut() {
            last.hazards.push(hazard);
        }
    }

    /// A statement that may wait until the clauses of its table are through: a comment, a sequence's owner.
    pub(super) fn later(&mut self, sql: String) {
        match &mut self.batch {
            Some(batch) => batch.after.push(Statement::new(sql, self.why.clone())),
            None => self.statement(sql),
        }
    }

    /// A clause; together with its neighbours where the server's order of passes does the same as theirs.
    pub(super) fn clause(&mut self, table: &Name, clause: Clause, hazards: impl IntoIterator<Item = Hazard>) {
        if self.batch.as_ref().is_some_and(|batch| !batch.takes(table, &clause)) {
            self.flush();
        }
        let batch = self.batch.get_or_insert_with(|| Batch::new(table.clone()));
        batch.touched.insert(clause.object.clone(), clause.pass);
        batch.clauses.push(clause);
        batch.hazards.extend(hazards);
        if batch.why.last() != Some(&self.why) {
            batch.why.push(self.why.clone());
        }
    }

    pub(super) fn flush(&mut self) {
        if let Some(batch) = self.batch.take() {
            let mut statement = Statement::new(batch.sql(), batch.why.join("; "));
            statement.hazards = batch.hazards;
            self.statements.push(statement);
            self.statements.extend(batch.after);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Statement> {
        self.flush();
        self.statements
    }
}

impl Batch {
    fn new(table: Name) -> Self {
        let (clauses, why, hazards, after) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { table, clauses, touched: BTreeMap::new(), why, hazards, after }
    }

    /// Whether a clause can join: the same table, and nothing that it touches would run after it.
    fn takes(&self, table: &Name, clause: &Clause) -> bool {
        self.table == *table && self.touched.get(&clause.object).is_none_or(|pass| *pass <= clause.pass)
    }

    fn sql(&self) -> String {
        let clauses: Vec<&str> = self.clauses.iter().map(|clause| clause.sql.as_str()).collect();
        match clauses.as_slice() {
            [only] => format!("ALTER TABLE {} {only}", qualified(&self.table)),
            several => format!("ALTER TABLE {}\n    {}", qualified(&self.table), several.join(",\n    ")),
        }
    }
}
