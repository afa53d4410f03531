//! Declared values → native ones: neutral types, literals, expressions that differ by database, options of others.
//!
//! Only native values are rendered and compared. The walk is the same for all databases; each fact is a question to the
//! dialect.

use super::{Dialect, OptionsOf, TypeUse, Unsupported, implied};
use crate::ops::{ColumnChange, Constraint, ObjectOperation, Operation, OptionsChange};
#[cfg(feature = "autogenerate")]
use crate::schema::Need;
use crate::schema::{
    Check, Column, Default, Expr, Generated, Ident, Index, IndexTarget, Name, Object, Options, Schema, SortedMap,
    Table, Type,
};
use crate::statement::ServerVersion;

type Local<T> = Result<T, Unsupported>;

/// The operation in the words of one server. `schema` is what is known of the tables it works on; a table that is not
/// in it counts as one without a strict mode and with a key of its own. A literal default of a column whose type nobody
/// says stays as it is: [`settle`] knows more.
pub(crate) fn localise(
    operation: Operation,
    dialect: &dyn Dialect,
    schema: &Schema,
    server: ServerVersion,
) -> Local<Operation> {
    let walk = Walk { dialect, server, is_last: false };
    operation_of(&walk, operation, schema)
}

/// Localised operations with what [`localise`] could not know: literals that it left, in the words of the columns that
/// `before` has, changed by the operations in front of each, and types of strict tables. A column that is not there counts
/// as one of texts.
pub(crate) fn settle(
    operations: &[Operation],
    dialect: &dyn Dialect,
    before: &Schema,
    server: ServerVersion,
) -> Local<Vec<Operation>> {
    let is_strict =
        |table: &Table| dialect.words(server).iter().any(|word| table.options.get(word, "strict").is_some());
    let in_strict =
        |operation: &Operation| operation.table().and_then(|name| before.tables.get(name)).is_some_and(is_strict);
    if !operations.iter().any(|operation| has_literal(operation) || in_strict(operation)) {
        return Ok(operations.to_vec());
    }
    let walk = Walk { dialect, server, is_last: true };
    let mut schema = before.clone();
    let mut settled = Vec::with_capacity(operations.len());
    for operation in operations {
        let operation = operation_of(&walk, operation.clone(), &schema)?;
        dialect.advance(std::slice::from_ref(&operation), &mut schema);
        settled.push(operation);
    }
    Ok(settled)
}

fn has_literal(operation: &Operation) -> bool {
    let is_literal = |change: &ColumnChange| matches!(change.default, Some(Some(Default::Literal(_))));
    matches!(operation, Operation::AlterColumn { to, was, .. } if is_literal(to) || is_literal(was))
}

fn operation_of(walk: &Walk<'_>, operation: Operation, schema: &Schema) -> Local<Operation> {
    Ok(match operation {
        Operation::CreateTable(table) => Operation::CreateTable(Box::new(walk.table(&table)?)),
        Operation::DropTable { name, was } => {
            let was = was.map(|table| walk.table(&table).map(Box::new)).transpose()?;
            Operation::DropTable { name, was }
        }
        Operation::AlterTable { name, mut to, mut was } => {
            let what = format!("table {}", name.for_people());
            to.options = walk.options_change(&to.options, OptionsOf::Table, &what)?;
            was.options = walk.options_change(&was.options, OptionsOf::Table, &what)?;
            Operation::AlterTable { name, to, was }
        }
        Operation::AddColumn { table, column, position } => {
            let column = Box::new(walk.column(*column, &table, schema.tables.get(&table))?);
            Operation::AddColumn { table, column, position }
        }
        Operation::DropColumn { table, name, was, position } => {
            let known = schema.tables.get(&table);
            let was = was.map(|column| walk.column(*column, &table, known).map(Box::new)).transpose()?;
            Operation::DropColumn { table, name, was, position }
        }
        Operation::AlterColumn { table, name, to, was } => {
            let known = schema.tables.get(&table);
            let to = Box::new(walk.change(*to, &table, &name, known)?);
            let was = Box::new(walk.change(*was, &table, &name, known)?);
            Operation::AlterColumn { table, name, to, was }
        }
        Operation::CreateIndex { table, index } => {
            Operation::CreateIndex { table, index: Box::new(walk.index(*index)?) }
        }
        Operation::DropIndex { table, name, was } => {
            let was = was.map(|index| walk.index(*index).map(Box::new)).transpose()?;
            Operation::DropIndex { table, name, was }
        }
        Operation::AddConstraint { table, constraint } => {
            Operation::AddConstraint { table, constraint: Box::new(walk.constraint(*constraint)?) }
        }
        Operation::DropConstraint { table, name, kind, was } => {
            let was = was.map(|constraint| walk.constraint(*constraint).map(Box::new)).transpose()?;
            Operation::DropConstraint { table, name, kind, was }
        }
        Operation::Object(operation) => Operation::Object(walk.object_operation(operation)?),
        Operation::Sql(expr) => Operation::Sql(walk.expr(&expr, "this SQL step")?),
        same @ (Operation::CreateSchema { .. }
        | Operation::DropSchema { .. }
        | Operation::CreateEnum(_)
        | Operation::DropEnum { .. }
        | Operation::RenameEnum { .. }
        | Operation::AlterEnum { .. }
        | Operation::RenameTable { .. }
        | Operation::RenameColumn { .. }
        | Operation::RenameIndex { .. }
        | Operation::RenameConstraint { .. }
        // What is in it is said in the words of one server when its SQL is made.
        | Operation::Data(_)
        | Operation::Comment { .. }) => same,
    })
}

/// A declared schema in the words of one server.
pub(crate) fn localise_schema(schema: Schema, dialect: &dyn Dialect, server: ServerVersion) -> Local<Schema> {
    let walk = Walk { dialect, server, is_last: true };
    let mut schema = schema;
    implied::add_to(&mut schema, dialect);
    let Schema { schemas, tables, enums, objects, unmodelled } = schema;
    let tables = tables.into_iter().map(|(name, table)| Ok((name, walk.table(&table)?))).collect::<Local<_>>()?;
    let objects = objects.into_iter().map(|(id, object)| Ok((id, walk.object(object)?))).collect::<Local<_>>()?;
    Ok(Schema { schemas, tables, enums, objects, unmodelled })
}

/// What of a declared schema [`localise_schema`] refuses.
#[cfg(feature = "autogenerate")]
pub(crate) fn refused_part(declared: &Schema, dialect: &dyn Dialect, server: ServerVersion) -> Option<Need> {
    let walk = Walk { dialect, server, is_last: true };
    let mut schema = declared.clone();
    implied::add_to(&mut schema, dialect);
    let table = schema.tables.values().find(|table| walk.table(table).is_err());
    let object = || schema.objects.values().find(|object| walk.object((*object).clone()).is_err());
    let table = table.map(|table| Need::Table(table.name.clone(), None));
    table.or_else(|| object().map(|object| Need::Object(object.id.clone())))
}

struct Walk<'a> {
    dialect: &'a dyn Dialect,
    server: ServerVersion,
    /// Nobody will know more: what is not known counts as text.
    is_last: bool,
}

impl Walk<'_> {
    fn table(&self, declared: &Table) -> Local<Table> {
        let mut table = declared.clone();
        let what = format!("table {}", declared.name.for_people());
        table.options = self.options(&declared.options, OptionsOf::Table, &what)?;
        table.columns = Vec::with_capacity(declared.columns.len());
        for column in &declared.columns {
            table.columns.push(self.column(column.clone(), &declared.name, Some(declared))?);
        }
        for check in &mut table.checks {
            *check = self.check(check.clone())?;
        }
        for index in &mut table.indexes {
            *index = self.index(index.clone())?;
        }
        if let Some(key) = &mut table.primary_key {
            key.options = self.options(&key.options, OptionsOf::Index, &format!("the primary key of {what}"))?;
        }
        for unique in &mut table.uniques {
            unique.options = self.options(&unique.options, OptionsOf::Index, &format!("a unique key of {what}"))?;
        }
        self.dialect.complete(&mut table, declared);
        Ok(table)
    }

    fn object(&self, object: Object) -> Local<Object> {
        let declared = self.expr(&object.definition, &object.id.for_people())?;
        let definition = Expr::Same(self.dialect.objects().whole(&object.id, declared.text()));
        Ok(Object { definition, ..object })
    }

    fn object_operation(&self, operation: ObjectOperation) -> Local<ObjectOperation> {
        let local = |object: Box<Object>| self.object(*object).map(Box::new);
        Ok(match operation {
            ObjectOperation::Create(object) => ObjectOperation::Create(local(object)?),
            ObjectOperation::Drop { id, was } => ObjectOperation::Drop { id, was: was.map(local).transpose()? },
            ObjectOperation::Alter { to, was } => {
                ObjectOperation::Alter { to: local(to)?, was: was.map(local).transpose()? }
            }
        })
    }

    fn column(&self, column: Column, table: &Name, known: Option<&Table>) -> Local<Column> {
        let at = self.type_use(table, &column.name, known, column.identity.is_some());
        let native = self.native(&column.ty, at);
        let what = format!("column {} of {}", column.name.as_str(), table.for_people());
        let default = column.default.map(|default| self.default(default, &column.ty, &native, &what)).transpose()?;
        let generated = column.generated.map(|generated| self.generated(&generated, &what)).transpose()?;
        let options = self.options(&column.options, OptionsOf::Column, &what)?;
        Ok(Column { ty: Type::Native(native), default, generated, options, ..column })
    }

    fn change(&self, change: ColumnChange, table: &Name, name: &Ident, known: Option<&Table>) -> Local<ColumnChange> {
        let now = known.and_then(|table| table.column(name));
        let identity =
            change.identity.as_ref().map_or_else(|| now.is_some_and(|now| now.identity.is_some()), Option::is_some);
        let at = self.type_use(table, name, known, identity);
        let declared = change.ty.clone().or_else(|| now.map(|column| self.neutral(&column.ty, at)));
        let is_known = declared.is_some() || self.is_last;
        let declared = declared.unwrap_or_else(|| Type::Native(String::new()));
        let native = self.native(&declared, at);
        let what = format!("column {} of {}", name.as_str(), table.for_people());
        let default = match change.default {
            Some(Some(default @ Default::Literal(_))) if !is_known => Some(Some(default)),
            Some(Some(default)) => Some(Some(self.default(default, &declared, &native, &what)?)),
            other => other,
        };
        let generated = match change.generated {
            Some(Some(generated)) => Some(Some(self.generated(&generated, &what)?)),
            other => other,
        };
        let ty = change.ty.map(|_| Type::Native(native));
        let options = self.options_change(&change.options, OptionsOf::Column, &what)?;
        Ok(ColumnChange { ty, default, generated, options, ..change })
    }

    fn type_use<'a>(
        &self,
        table: &'a Name,
        column: &'a Ident,
        known: Option<&'a Table>,
        identity: bool,
    ) -> TypeUse<'a> {
        let key = known.and_then(|table| table.primary_key.as_ref());
        let sole_key = key.is_some_and(|key| key.columns.len() == 1 && key.columns.first() == Some(column));
        let strict = known.is_some_and(|table| {
            self.dialect.words(self.server).iter().any(|word| table.options.get(word, "strict") == Some("true"))
        });
        TypeUse { table, column, sole_key, strict, identity }
    }

    fn native(&self, ty: &Type, at: TypeUse<'_>) -> String {
        match ty {
            Type::Neutral(neutral) => self.dialect.native_type(neutral, at, self.server),
            // Before anybody knew that the table is strict, it was said for one that is not.
            Type::Native(native) if self.is_last && at.strict => {
                let said = self.dialect.neutral_type(native, TypeUse { strict: false, ..at }, self.server);
                said.map_or_else(|| native.clone(), |neutral| self.dialect.native_type(&neutral, at, self.server))
            }
            Type::Native(native) => native.clone(),
        }
    }

    /// The word whose literals a native type takes.
    fn neutral(&self, ty: &Type, at: TypeUse<'_>) -> Type {
        let neutral = match ty {
            Type::Native(native) => self.dialect.neutral_type(native, at, self.server),
            Type::Neutral(_) => None,
        };
        neutral.map_or_else(|| ty.clone(), Type::Neutral)
    }

    /// `what` is the column in words.
    fn default(&self, default: Default, ty: &Type, native: &str, what: &str) -> Local<Default> {
        Ok(Default::Sql(match default {
            Default::Literal(text) => {
                let rendered = self.dialect.render_literal(&text, ty, native);
                Expr::Same(rendered.map_err(|problem| {
                    Unsupported::new(
                        format!("the default {text} of {what}: {problem}"),
                        "write a fitting literal, or an expression as { sql: \"…\" }",
                    )
                })?)
            }
            Default::Sql(expr) => self.expr(&expr, &format!("the default of {what}"))?,
        }))
    }

    fn generated(&self, generated: &Generated, what: &str) -> Local<Generated> {
        Ok(Generated { expr: self.expr(&generated.expr, what)?, stored: generated.stored })
    }

    fn check(&self, check: Check) -> Local<Check> {
        Ok(Check { condition: self.expr(&check.condition, "a check")?, ..check })
    }

    fn constraint(&self, constraint: Constraint) -> Local<Constraint> {
        Ok(match constraint {
            Constraint::Check(check) => Constraint::Check(self.check(check)?),
            Constraint::PrimaryKey(mut key) => {
                key.options = self.options(&key.options, OptionsOf::Index, "a primary key")?;
                Constraint::PrimaryKey(key)
            }
            Constraint::Unique(mut unique) => {
                unique.options = self.options(&unique.options, OptionsOf::Index, "a unique key")?;
                Constraint::Unique(unique)
            }
            Constraint::ForeignKey(key) => Constraint::ForeignKey(key),
        })
    }

    fn index(&self, mut index: Index) -> Local<Index> {
        let what = format!("index {}", index.name.as_str());
        index.predicate = index.predicate.map(|predicate| self.expr(&predicate, &what)).transpose()?;
        for part in &mut index.parts {
            if let IndexTarget::Expression(expr) = &mut part.target {
                *expr = self.expr(expr, &what)?;
            }
        }
        index.options = self.options(&index.options, OptionsOf::Index, &what)?;
        Ok(index)
    }

    fn expr(&self, expr: &Expr, what: &str) -> Local<Expr> {
        let words = self.dialect.words(self.server);
        match expr.text_for(words) {
            Some(text) => Ok(Expr::Same(text.to_owned())),
            None => Err(Unsupported::new(
                format!("{what} has no text for {}", words.first().unwrap_or(&"this database")),
                format!("add the text for {}", words.join(" or ")),
            )),
        }
    }

    /// Only what counts here, each key known to the database.
    fn options(&self, options: &Options, of: OptionsOf, what: &str) -> Local<Options> {
        let kept = options.only(self.dialect.words(self.server), self.dialect.word());
        let keys = kept.0.values().flat_map(SortedMap::keys);
        keys.into_iter().try_for_each(|key| self.known_key(key, of, what))?;
        Ok(kept)
    }

    fn known_key(&self, key: &str, of: OptionsOf, what: &str) -> Local<()> {
        let known = self.dialect.option_keys(of);
        if known.contains(&key) {
            return Ok(());
        }
        let word = self.dialect.word();
        let instead = if known.is_empty() {
            format!("take it out: there are no `{word}:` keys here")
        } else {
            format!("the keys here are {}", known.join(", "))
        };
        Err(Unsupported::new(format!("unknown key `{key}` under `{word}:` of {what}"), instead))
    }

    fn options_change(&self, change: &OptionsChange, of: OptionsOf, what: &str) -> Local<OptionsChange> {
        let mut kept = SortedMap::new();
        for word in self.dialect.words(self.server).iter().rev() {
            kept.extend(change.0.get(*word).cloned().unwrap_or_default());
        }
        kept.keys().try_for_each(|key: &String| self.known_key(key, of, what))?;
        Ok(if kept.is_empty() {
            OptionsChange::default()
        } else {
            OptionsChange(SortedMap::from([(self.dialect.word().to_owned(), kept)]))
        })
    }
}
