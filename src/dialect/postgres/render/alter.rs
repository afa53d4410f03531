//! Changes of a column.

use std::collections::BTreeSet;

use super::batch::{Clause, Pass};
use super::column::{default_text, native, option};
use super::storage::{collation, parameter_name};
use super::{Done, Render, cast, depend, identity, not_null};
use crate::dialect::Unsupported;
use crate::dialect::objects::ObjectWords;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::{bare, sequence_name};
use crate::dialect::postgres::objects::Objects;
use crate::dialect::postgres::options::{NO_INHERIT, NOT_VALID, is_column_parameter};
use crate::dialect::postgres::quote::{literal_or_null, name_as_printed, qualified, quote};
use crate::ops::{ColumnChange, Operation};
use crate::schema::{Column, Ident, IdentityMode, Name, Need, Object, ObjectKind, Pair, Schema, Type};
use crate::statement::Hazard;
use crate::statement::evidence::Words;
use crate::statement::syntax::POSTGRES;
use crate::statement::token::tokens;

/// Whether a change can only be rendered by who knows the column as it is.
pub(super) fn needs_shape(to: &ColumnChange) -> bool {
    to.ty.is_some()
        || to.identity.is_some()
        || to.generated.is_some()
        || to.options.get(WORD, "collation").is_some()
        || to.options.get(WORD, "storage").is_some()
        || to.options.get(WORD, NO_INHERIT).is_some()
        || (to.nullable == Some(false) && to.default.is_none())
}

/// Whether a column gets another type, or the same one with another collation.
fn is_retyped(to: &ColumnChange) -> bool {
    to.ty.is_some() || to.options.get(WORD, "collation").is_some()
}

/// The column that gets another type, and those that are computed from it: they are dropped and added again.
pub(super) fn remade(table: &Name, name: &Ident, to: &ColumnChange, before: &Schema) -> Vec<Need> {
    if !is_retyped(to) {
        return Vec::new();
    }
    let computed = before.tables.get(table).map(|table| depend::computed_from(table, name)).unwrap_or_default();
    let all = computed.into_iter().chain([name.clone()]);
    all.map(|column| Need::Table(table.clone(), Some(column))).collect()
}

/// Whether a column that one of the operations before took its expression from gets one again.
pub(super) fn is_computed_again(operation: &Operation, before: &[&Operation]) -> bool {
    let generation = |operation: &Operation| {
        if let Operation::AlterColumn { table, name, to, .. } = operation
            && let Some(generated) = &to.generated
        {
            Some((table.clone(), name.clone(), generated.is_some()))
        } else {
            None
        }
    };
    let freed = generation(operation).filter(|(_, _, comes)| *comes).map(|(table, name, _)| (table, name, false));
    freed.is_some() && before.iter().any(|earlier| generation(earlier) == freed)
}

/// A column before and after a change.
#[derive(Clone, Debug)]
struct Change<'a> {
    table: &'a Name,
    columns: Pair<Column>,
    to: &'a ColumnChange,
}

impl Change<'_> {
    fn name(&self) -> &Ident {
        &self.columns.from.name
    }

    /// `ALTER COLUMN "x" …` as a clause.
    fn clause(&self, pass: Pass, words: impl std::fmt::Display) -> Clause {
        Clause::new(pass, self.name(), format!("ALTER COLUMN {} {words}", quote(self.name())))
    }

    fn place(&self) -> String {
        format!("{}.{}", self.table.for_people(), self.name().as_str())
    }

    fn changes_type(&self) -> bool {
        is_retyped(self.to)
    }
}

impl Render {
    pub(super) fn alter_column(&mut self, table: &Name, name: &Ident, to: &ColumnChange, was: &ColumnChange) -> Done {
        let from = self.known_column(table, name).cloned().unwrap_or_else(|| {
            let mut guess = Column::new(name.clone(), Type::Native(String::new()));
            was.lay_over(&mut guess);
            guess
        });
        let mut target = from.clone();
        to.lay_over(&mut target);
        let change = Change { table, columns: Pair::new(from, target), to };
        if to.generated.is_some() {
            return self.change_generated(&change);
        }
        self.change_plain(&change)
    }

    fn change_plain(&mut self, change: &Change<'_>) -> Done {
        let Change { table, to, .. } = change;
        let brings_back = if change.changes_type() { self.aside_for_type(change)? } else { Vec::new() };
        if let Some(identity) = &to.identity {
            self.leave_identity(table, &change.columns, identity.as_ref());
        }
        if to.nullable == Some(true) {
            self.writer.clause(table, change.clause(Pass::Drop, "DROP NOT NULL"), None);
        }
        self.drop_default(change);
        if change.changes_type() {
            self.change_type(change)?;
        }
        if let Some(identity) = &to.identity {
            self.take_identity(table, &change.columns, identity.as_ref());
        }
        if is_forbidden_null(change) {
            self.set_not_null(change.table, &change.columns.to, value_for_null(change))?;
        }
        self.set_default(change);
        for (key, value) in to.options.0.get(WORD).into_iter().flatten() {
            self.change_option(change, key, value.as_deref())?;
        }
        for operation in brings_back {
            self.operation(&operation, &[])?;
        }
        if let Some(comment) = &to.comment {
            let column = format!("{}.{}", qualified(table), quote(change.name()));
            self.writer.later(format!("COMMENT ON COLUMN {column} IS {}", literal_or_null(comment.as_deref())));
        }
        Ok(())
    }

    /// Drops the columns that are computed from this one; gives what brings them back.
    fn aside_for_type(&mut self, change: &Change<'_>) -> Result<Vec<Operation>, Unsupported> {
        let Some(table) = self.known_table(change.table).cloned() else { return Ok(Vec::new()) };
        let computed = depend::computed_from(&table, change.name());
        let aside = depend::with_columns(&self.shape, &table, &computed);
        for operation in &aside.before {
            self.operation(operation, &[])?;
        }
        let mut back = Vec::new();
        for column in table.columns.iter().filter(|column| computed.contains(&column.name)) {
            self.put_aside_column(&table.name, &column.name, Some(column));
            let column = Box::new(column.clone());
            back.push(Operation::AddColumn { table: table.name.clone(), column, position: None });
        }
        back.extend(aside.after);
        Ok(back)
    }

    /// A default goes before its column becomes another type: the server would try to cast it.
    fn drop_default(&mut self, change: &Change<'_>) {
        let goes = change.to.default == Some(None);
        let moves = change.changes_type() && change.columns.from.default.is_some();
        if goes || moves {
            self.writer.clause(change.table, change.clause(Pass::Drop, "DROP DEFAULT"), None);
        }
    }

    fn set_default(&mut self, change: &Change<'_>) {
        let comes = matches!(change.to.default, Some(Some(_)));
        let Some(default) = change.columns.to.default.as_ref().filter(|_| comes || change.changes_type()) else {
            return;
        };
        let words = format!("SET DEFAULT {}", default_text(default));
        self.writer.clause(change.table, change.clause(Pass::AddConstraint, words), None);
        if comes {
            self.go_on_behind_rows(change.table, &change.columns.to);
        }
    }

    fn change_type(&mut self, change: &Change<'_>) -> Done {
        let columns = &change.columns;
        let types = columns.as_ref().map(|column| native(&column.ty));
        if types.to.is_empty() {
            let what = format!("changing the collation of {} without knowing its type", change.place());
            return Err(Unsupported::new(what, "give its `type` too"));
        }
        let bases = types.map(|ty| self.base(ty));
        let conversion = cast::conversion(change.table, change.name(), types, bases.as_ref().map(String::as_str));
        let own_collation = columns.to.options.get(WORD, "collation");
        let own_collation = own_collation.map_or_else(String::new, |name| format!(" COLLATE {}", collation(name)));
        let using = conversion.using.map_or_else(String::new, |expression| format!(" USING {expression}"));
        let words = format!("TYPE {}{own_collation}{using}", types.to);
        self.writer.clause(change.table, change.clause(Pass::AlterType, words), conversion.hazards);
        self.follow_with_sequence(change, types);
        Ok(())
    }

    /// What a domain, or an array of it, is made of in the end, as far as the shape knows that; any other type is its own.
    fn base(&self, native: &str) -> String {
        let (mut base, dimensions) =
            native.strip_suffix("[]").map_or((native.to_owned(), ""), |one| (one.to_owned(), "[]"));
        let mut domains: Vec<&Object> =
            self.shape.objects.values().filter(|object| object.id.kind == ObjectKind::Domain).collect();
        while let Some(at) = domains.iter().position(|domain| name_as_printed(&domain.id.name) == base) {
            match Objects.base_type(domains.swap_remove(at)) {
                Some(below) => base = below,
                None => break,
            }
        }
        format!("{base}{dimensions}")
    }

    /// The sequence of an identity column changes its type with it, which one of another type must not; that of a `serial`
    /// one does not by itself.
    fn follow_with_sequence(&mut self, change: &Change<'_>, types: Pair<&str>) {
        let integers = ["smallint", "integer", "bigint"];
        if !types.differs() || !integers.contains(&types.to) {
            return;
        }
        let unchanged = change.to.identity.is_none();
        let Pair { from: was, to } =
            Pair::new(&change.columns.from, &change.columns.to).map(|one| one.identity.as_ref());
        if let (Some(was), Some(to)) = (was, to)
            && was.options.get("as") == to.options.get("as")
            && let Some(sql) = identity::retype(change.table, change.name(), to)
        {
            self.writer.later(sql);
        }
        let serial = change
            .columns
            .from
            .identity
            .as_ref()
            .filter(|identity| identity.mode == IdentityMode::Serial && !identity.options.contains_key("as"));
        if let Some(serial) = serial.filter(|_| unchanged) {
            let sequence = identity::sequence(change.table, change.name(), serial);
            self.writer.later(format!("ALTER SEQUENCE {} AS {}", qualified(&sequence), types.to));
        }
    }

    fn change_option(&mut self, change: &Change<'_>, key: &str, value: Option<&str>) -> Done {
        let words = match (key, value) {
            ("collation", _) => return Ok(()),
            ("not_null", _) => return self.name_not_null(change.table, &change.columns),
            (NOT_VALID | NO_INHERIT, value) => {
                return self.change_not_null(change.table, &change.columns, (key, value));
            }
            ("compression", method) => {
                Since::ColumnCompression.require(self.server)?;
                format!(
                    "SET COMPRESSION {}",
                    method.map_or_else(|| "default".to_owned(), |method| quote(&method.into()))
                )
            }
            ("storage", None) => format!("SET STORAGE {}", usual_storage(native(&change.columns.to.ty))),
            ("statistics", None) => "SET STATISTICS -1".to_owned(),
            (key, None) if is_column_parameter(key) => format!("RESET ({})", parameter_name(key)),
            (key, Some(value)) => match option(key, value) {
                Some(words) => words,
                None => return Err(unknown_option(key)),
            },
            (key, None) => return Err(unknown_option(key)),
        };
        self.writer.clause(change.table, change.clause(Pass::Rest, words), None);
        Ok(())
    }

    fn change_generated(&mut self, change: &Change<'_>) -> Done {
        let sides = change.columns.as_ref().map(|column| column.generated.as_ref());
        match (sides.from, sides.to) {
            (Some(from), Some(to)) if self.can_set_expression(change, from.stored, to.stored) => {
                let words = format!("SET EXPRESSION AS ({})", bare(to.expr.text()));
                let hazard = to.stored.then(|| Hazard::Rewrites(change.table.for_people()));
                self.writer.clause(change.table, change.clause(Pass::AlterType, words), hazard);
                self.change_rest(change, change.columns.from.clone())
            }
            (Some(from), None) if from.stored && self.can_drop_expression(from.expr.text()) => {
                self.writer.clause(change.table, change.clause(Pass::Drop, "DROP EXPRESSION"), None);
                self.change_rest(change, change.columns.from.clone())
            }
            (Some(_), None) => self.keep_values(change),
            (_, to) => self.make_anew(change, to.is_some()),
        }
    }

    /// Before 15 a column stays tied to what its expression was made of, and goes without a word when that is dropped.
    fn can_drop_expression(&self, expression: &str) -> bool {
        self.server.at_least(15, 0) || self.server.at_least(13, 0) && self.names_nothing_made(expression)
    }

    /// Whether an expression is made of nothing that can be dropped, as far as its words say.
    fn names_nothing_made(&self, expression: &str) -> bool {
        let made = self.shape.enums.keys().chain(self.shape.objects.keys().map(|id| &id.name));
        let made: BTreeSet<&str> = made.map(|name| name.name.as_str()).collect();
        calls_the_server_alone(expression)
            && Words::of(expression, &POSTGRES).names().iter().all(|name| !made.contains(name.as_str()))
    }

    /// What else changes, now that the expression is what it should be.
    fn change_rest(&mut self, change: &Change<'_>, mut from: Column) -> Done {
        from.generated.clone_from(&change.columns.to.generated);
        let to = ColumnChange { generated: None, ..change.to.clone() };
        self.change_plain(&Change { table: change.table, columns: Pair::new(from, change.columns.to.clone()), to: &to })
    }

    fn can_set_expression(&self, change: &Change<'_>, from_stored: bool, to_stored: bool) -> bool {
        from_stored == to_stored && Since::SetExpression.is_in(self.server) && !change.changes_type()
    }

    /// Drops the column and adds it as it should be, with everything that goes with it.
    fn make_anew(&mut self, change: &Change<'_>, computed: bool) -> Done {
        let after = self.aside_for_drop(change)?;
        let was = change.columns.from.generated.is_some() || computed;
        let generated = if self.was_computed { &change.columns.to.generated } else { &change.columns.from.generated };
        let former = Column { generated: generated.clone(), ..change.columns.from.clone() };
        self.put_aside_column(change.table, change.name(), Some(&former).filter(|_| was));
        self.add_column(change.table, &change.columns.to)?;
        for operation in after {
            self.operation(&operation, &[])?;
        }
        Ok(())
    }

    /// A computed column becomes one that is written: a new one takes over the values.
    fn keep_values(&mut self, change: &Change<'_>) -> Done {
        let name = change.name();
        let temporary = Ident::new(format!("migrate_{}", sequence_name("new", name.as_str()).as_str()));
        let after = self.aside_for_drop(change)?;
        let nullable = Column { name: temporary.clone(), nullable: true, ..change.columns.to.clone() };
        self.add_column(change.table, &nullable)?;
        let (table, old, new) = (qualified(change.table), quote(name), quote(&temporary));
        self.writer.statement(format!("UPDATE {table} SET {new} = {old}"));
        self.put_aside_column(change.table, name, Some(&change.columns.from));
        self.writer.statement(format!("ALTER TABLE {table} RENAME COLUMN {new} TO {old}"));
        self.give_back_column(change.table, name);
        if !change.columns.to.nullable {
            let clause = not_null::clause(&change.columns.to, self.server)?;
            self.writer.clause(change.table, clause, None);
        }
        for operation in after {
            self.operation(&operation, &[])?;
        }
        Ok(())
    }

    fn aside_for_drop(&mut self, change: &Change<'_>) -> Result<Vec<Operation>, Unsupported> {
        let Some(table) = self.known_table(change.table).cloned() else { return Ok(Vec::new()) };
        let aside = depend::with_columns(&self.shape, &table, &BTreeSet::from([change.name().clone()]));
        for operation in &aside.before {
            self.operation(operation, &[])?;
        }
        Ok(aside.after)
    }
}

/// Words before a bracket that stand for nothing which can be dropped.
const OF_THE_SERVER: [&str; 34] = [
    "abs",
    "all",
    "and",
    "any",
    "between",
    "bit",
    "btrim",
    "char",
    "character",
    "coalesce",
    "decimal",
    "else",
    "greatest",
    "in",
    "interval",
    "is",
    "least",
    "length",
    "like",
    "lower",
    "ltrim",
    "not",
    "nullif",
    "numeric",
    "or",
    "replace",
    "round",
    "rtrim",
    "then",
    "time",
    "timestamp",
    "upper",
    "varying",
    "when",
];

/// Whether an expression calls nothing but what comes with the server.
fn calls_the_server_alone(expression: &str) -> bool {
    let Ok(mut words) = tokens(expression, &POSTGRES) else { return false };
    words.retain(|token| !token.is_skippable());
    words.windows(2).all(|pair| {
        let [name, bracket] = pair else { return true };
        let calls = bracket.is_sign(expression, "(") && name.name(expression).is_some();
        !calls || OF_THE_SERVER.iter().any(|known| name.is_word(expression, known))
    })
}

/// Whether NULL is to be refused from now on. A column that becomes an identity one is NOT NULL already at this point; one
/// that becomes `serial` is not, whatever else was said.
fn is_forbidden_null(change: &Change<'_>) -> bool {
    match change.to.identity.as_ref().and_then(Option::as_ref) {
        Some(identity) if identity.mode != IdentityMode::Serial => false,
        Some(_) => change.columns.from.nullable && change.columns.from.identity.is_none(),
        None => change.to.nullable == Some(false),
    }
}

/// What rows without a value get: the default, or the next number.
fn value_for_null(change: &Change<'_>) -> Option<String> {
    let column = &change.columns.to;
    let serial = column.identity.as_ref().filter(|identity| identity.mode == IdentityMode::Serial);
    let next = serial.map(|serial| identity::next_value(&identity::sequence(change.table, &column.name, serial)));
    next.or_else(|| column.default.as_ref().map(|default| default_text(default).to_owned()))
}

fn unknown_option(key: &str) -> Unsupported {
    Unsupported::new(format!("the option {key} of a column"), "use one that the guide lists for PostgreSQL")
}

/// What the server takes for a type when nothing is said (`typstorage`); before 16 there is no word for it.
fn usual_storage(native: &str) -> &'static str {
    let kept_in_place = ["numeric", "inet", "cidr"];
    let long = ["text", "character", "bytea", "json", "xml", "bit", "tsvector"];
    if kept_in_place.iter().any(|word| native.starts_with(word)) && !native.ends_with(']') {
        "main"
    } else if native.ends_with(']') || long.iter().any(|word| native.starts_with(word)) {
        "extended"
    } else {
        "plain"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called() {
        for (expression, expected) in [
            ("price * pieces", true),
            ("((price)::numeric(10,2) + COALESCE(fee, (0)::numeric))", true),
            ("twice(a)", false),
            ("app.twice (a)", false),
            ("\"Twice\"(a)", false),
        ] {
            assert_eq!(calls_the_server_alone(expression), expected, "{expression}");
        }
    }
}
