//! Clauses for columns. Pure: no I/O.
//!
//! MODIFY drops every attribute that it does not repeat, so a column is always written whole, from the shape.

use super::{Clause, Cost, Pen, courses, foreign, generated, hazards, listed, parts, periods};
use crate::dialect::Unsupported;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::dialect::mysql::{UNTOLD, quote, types};
use crate::ops::{ColumnChange, Constraint, Operation};
use crate::schema::{
    Check, Column, Default, Expr, ForeignKey, Ident, Index, Name, Pair, Position, Table, Type, Unmodelled,
};
use crate::statement::{Hazard, Statement};

type Written = Result<(), Unsupported>;

/// ADD COLUMN.
pub(super) fn add(
    pen: &mut Pen,
    operation: &Operation,
    table: &Name,
    (column, position): (&Column, Option<&Position>),
) -> Written {
    let definition = parts::column(column, pen.known(table), pen.server)?;
    let cost = match &column.generated {
        // Together with anything else it is a copy of the table.
        Some(generated) if !generated.stored => Cost::Alone,
        Some(_) => Cost::Rebuild,
        None if has_constant_default(column) => Cost::Instant,
        None => Cost::Rebuild,
    };
    let fills_itself = column.generated.is_some() || column.identity.is_some() || periods::row_end(column).is_some();
    let filled = !column.nullable && column.default.is_none() && !fills_itself;
    let hazard = filled.then(|| {
        let said = format!("{}.{}", table.for_people(), column.name.as_str());
        Hazard::MayFail(format!("rows that are there get '' or 0 in {said}, which has no default"))
    });
    let clause = Clause {
        defines: Some(column.name.clone()),
        ..Clause::new(format!("ADD COLUMN {definition}{}", place(position)), cost, operation)
            .with(hazard)
            .planned(Some(courses::of_added(column, !has_constant_default(column), pen.mariadb())))
            .delicate()
    };
    pen.clause(table, clause);
    Ok(())
}

/// Whether rows that are there need not be written for it.
fn has_constant_default(column: &Column) -> bool {
    match &column.default {
        Some(Default::Sql(expr)) => {
            let text = expr.text().to_lowercase();
            !text.contains('(') || text.starts_with("current_timestamp") || text.starts_with("('")
        }
        Some(Default::Literal(_)) | None => true,
    }
}

pub(super) fn place(position: Option<&Position>) -> String {
    match position {
        None => String::new(),
        Some(Position::First) => " FIRST".to_owned(),
        Some(Position::After(column)) => format!(" AFTER {}", quote::ident(column)),
    }
}

/// ALTER COLUMN SET DEFAULT where that is all, else MODIFY COLUMN.
pub(super) fn alter(
    pen: &mut Pen,
    operation: &Operation,
    table: &Name,
    (name, to): (&Ident, &ColumnChange),
) -> Written {
    let (known, former) = known_column(pen, table, name)?;
    let mut column = former.clone();
    to.lay_over(&mut column);
    periods::refuse_change(&former, &column)?;
    // A default that stays would be refused beside what takes its place.
    if column.generated.is_some() || column.identity.is_some() {
        column.default = None;
    }
    fit_default(&mut column);
    if is_virtual(&former) != is_virtual(&column) {
        refuse_untold(pen, table, &former, to)?;
        return remake(pen, operation, table, (&former, &column), to.position.as_ref());
    }
    if let Some(text) = only_default(to, &column, pen.mariadb()) {
        // Beside a MODIFY of the column the server does not find it (error 1054).
        if pen.clauses.iter().any(|clause| !clause.text.starts_with("ALTER ") && clause.defines.as_ref() == Some(name))
        {
            pen.end_statement();
        }
        pen.clause(table, Clause { defines: Some(name.clone()), ..Clause::new(text, Cost::Instant, operation) });
        return Ok(());
    }
    refuse_untold(pen, table, &former, to)?;
    let definition = parts::column(&column, Some(known), pen.server)?;
    let found = hazards::column(known, &former, &column, pen.mariadb());
    if generated::turns_virtual(&former, &column) {
        let known = known.clone();
        let made = (&column, to.position.as_ref());
        return generated::make_anew(pen, operation, (table, &known), made, found.hazards);
    }
    let cost = if found.rewrites { Cost::Rebuild } else { Cost::Instant };
    let (plan, delicate) = courses::of_change(known, &former, &column, to.position.as_ref(), pen.mariadb());
    let fills = former.nullable && !column.nullable;
    let backfill = if fills { backfill(pen, known, &column, operation) } else { None };
    let mut detour = listed::detour(pen, known, &former, &column)?;
    without_spatial(&mut detour, pen, known, (&former, &column))?;
    if turns_collated(&former, &column) || (turns_counting(&former, &column) && !pen.mariadb()) {
        suspend_keys(pen, operation, table, name);
    }
    if !detour.before.is_empty() {
        pen.end_statement();
        pen.clause(table, Clause::new(detour.before.join(", "), Cost::Alone, operation));
        pen.end_statement();
    }
    if let Some(backfill) = backfill {
        let fired = hazards::triggers_of_update(&pen.shape, table, &column.name);
        pen.statement_before(fired.into_iter().fold(backfill, Statement::with_hazard));
    }
    if let Some(text) = detour.beside {
        pen.clause(table, Clause::new(text, cost, operation));
    }
    let text = format!("MODIFY COLUMN {definition}{}", place(to.position.as_ref()));
    let clause = Clause::new(text, cost, operation).with(found.hazards).planned(Some(plan));
    pen.clause(table, Clause { defines: Some(name.clone()), delicate, ..clause });
    if !detour.behind.is_empty() {
        pen.end_statement();
        pen.clause(table, Clause::new(detour.behind.join(", "), Cost::Alone, operation));
        pen.end_statement();
    }
    Ok(())
}

/// No reference system changes under a spatial index (error 3644), and none goes and comes again beside the change.
fn without_spatial(
    detour: &mut listed::Detour,
    pen: &Pen,
    table: &Table,
    (former, column): (&Column, &Column),
) -> Written {
    if former.options.get(WORD, "srid") == column.options.get(WORD, "srid") {
        return Ok(());
    }
    let is_on_it = |index: &&Index| {
        index.method.as_deref() == Some("spatial")
            && index.parts.iter().any(|part| part.column_name() == Some(&column.name))
    };
    for index in table.indexes.iter().filter(is_on_it) {
        detour.before.push(format!("DROP INDEX {}", quote::ident(&index.name)));
        detour.behind.push(format!("ADD {}", parts::index(index, pen.server)?));
    }
    Ok(())
}

/// A column is written whole, so what is not known of it would be written wrongly.
pub(super) fn refuse_untold(pen: &Pen, table: &Name, former: &Column, to: &ColumnChange) -> Written {
    let says = |text: &str, is_said: bool| text.contains('?') && !is_said;
    let ty = if let Type::Native(native) = &former.ty { native.as_str() } else { "" };
    let default = if let Some(Default::Sql(default)) = &former.default { default.text() } else { "" };
    let generated = former.generated.as_ref().map_or("", |generated| generated.expr.text());
    let check = former.options.get(WORD, "check").unwrap_or_default();
    let stays = says(ty, to.ty.is_some())
        || says(default, to.default.is_some())
        || says(generated, to.generated.is_some())
        || says(check, !to.options.is_empty());
    if stays { refuse_if_noted(pen, table, ("column", &former.name)) } else { Ok(()) }
}

/// The same of a check, which goes and comes again.
pub(super) fn refuse_untold_check(pen: &Pen, table: &Name, check: &Check) -> Written {
    let name = check.name.as_ref().filter(|_| check.condition.text().contains('?'));
    name.map_or(Ok(()), |name| refuse_if_noted(pen, table, ("check", name)))
}

fn refuse_if_noted(pen: &Pen, table: &Name, (sort, name): (&str, &Ident)) -> Written {
    let is_it = |one: &Unmodelled| one.kind == UNTOLD && one.table.as_ref() == Some(table) && one.name.name == *name;
    if !pen.shape.unmodelled.iter().any(is_it) {
        return Ok(());
    }
    let what = format!(
        "a change of {sort} {} of {}, of which the server shows some characters as `?` and which has to be written whole",
        name.as_str(),
        table.for_people()
    );
    let hint = format!("write the ALTER TABLE yourself, as `sql:` or in a SQL revision, with the whole {sort}");
    Err(Unsupported::new(what, hint))
}

/// A literal that was written without its column's type at hand: as that type wants it.
fn fit_default(column: &mut Column) {
    let Type::Native(native) = &column.ty else { return };
    let Some(Default::Sql(default)) = &column.default else { return };
    let literal = quote::unquote(default.text());
    if let Some(fitted) = literal.and_then(|text| types::render_literal(&text, &column.ty, native).ok()) {
        column.default = Some(Default::Sql(Expr::Same(fitted)));
    }
}

fn is_virtual(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|generated| !generated.stored)
}

/// No server turns a virtual column into another sort of column, or back: it goes and comes again in one statement, with
/// all that stands on it. Where it becomes a plain one it is stored for a moment, so that its values stay.
fn remake(
    pen: &mut Pen,
    operation: &Operation,
    table: &Name,
    (former, column): (&Column, &Column),
    position: Option<&Position>,
) -> Written {
    let Some(known) = pen.known(table).cloned() else { return Ok(()) };
    let keeps_values = is_virtual(former) && column.generated.is_none();
    let mut made = column.clone();
    if keeps_values {
        made = former.clone();
        made.generated.iter_mut().for_each(|generated| generated.stored = true);
    }
    let before = known.columns.iter().take_while(|other| other.name != former.name).last();
    let here = before.map_or(Position::First, |before| Position::After(before.name.clone()));
    let place_again = place(Some(position.unwrap_or(&here)));
    let definition = parts::column(&made, Some(&known), pen.server)?;
    let (drops, adds) = standing_on(pen, &known, &former.name)?;
    let name = quote::ident(&former.name);
    let again = [format!("DROP COLUMN {name}"), format!("ADD COLUMN {definition}{place_again}")];
    let text = drops.into_iter().chain(again).chain(adds).collect::<Vec<_>>().join(", ");
    let found = hazards::column(&known, former, column, pen.mariadb());
    pen.clause(table, Clause::new(text, Cost::Alone, operation).with(found.hazards));
    if keeps_values {
        let text = format!("MODIFY COLUMN {}", parts::column(column, Some(&known), pen.server)?);
        pen.end_statement();
        pen.clause(table, Clause::new(text, Cost::Rebuild, operation));
    }
    Ok(())
}

/// The clauses that take away what stands on a column, and those that bring it back.
fn standing_on(pen: &Pen, table: &Table, column: &Ident) -> Result<(Vec<String>, Vec<String>), Unsupported> {
    let (mut drops, mut adds) = (Vec::new(), Vec::new());
    for index in &table.indexes {
        if index.parts.iter().any(|part| part.column_name() == Some(column)) {
            drops.push(format!("DROP INDEX {}", quote::ident(&index.name)));
            adds.push(format!("ADD {}", parts::index(index, pen.server)?));
        }
    }
    let mut constraints: Vec<Constraint> = Vec::new();
    constraints.extend(table.uniques.iter().filter(|it| it.columns.contains(column)).cloned().map(Constraint::Unique));
    let uses = |check: &&Check| quote::rename_in(check.condition.text(), column, &"".into()) != check.condition.text();
    constraints.extend(table.checks.iter().filter(uses).cloned().map(Constraint::Check));
    for constraint in constraints {
        let word = match (&constraint, pen.mariadb()) {
            (Constraint::Check(_), true) => "CONSTRAINT",
            (Constraint::Check(_), false) => "CHECK",
            (Constraint::Unique(_) | Constraint::PrimaryKey(_) | Constraint::ForeignKey(_), _) => "INDEX",
        };
        if let Some(name) = constraint.name() {
            drops.push(format!("DROP {word} {}", quote::ident(name)));
            adds.push(format!("ADD {}", parts::constraint(&constraint, &pen.shape, pen.server)?));
        }
    }
    Ok((drops, adds))
}

fn known_column<'a>(pen: &'a Pen, table: &Name, name: &Ident) -> Result<(&'a Table, Column), Unsupported> {
    let missing = || {
        let what =
            format!("changing column {} of {} without knowing the whole column", name.as_str(), table.for_people());
        Unsupported::new(what, "make sure that the table has this column at this revision")
    };
    let known = pen.known(table).ok_or_else(missing)?;
    let column = known.columns.iter().find(|column| column.name.as_str().eq_ignore_ascii_case(name.as_str()));
    Ok((known, column.ok_or_else(missing)?.clone()))
}

/// The cheap clause, if nothing but the default changes. SET DEFAULT would drop ON UPDATE.
fn only_default(to: &ColumnChange, column: &Column, mariadb: bool) -> Option<String> {
    let default = to.default.as_ref().map(|_| &column.default)?;
    let rest = ColumnChange { default: None, ..to.clone() };
    if !rest.is_empty() || column.options.get(WORD, "on_update").is_some() {
        return None;
    }
    let name = quote::ident(&column.name);
    match default {
        // Whether an expression may stand here differs by version; MODIFY takes all.
        Some(Default::Sql(expr)) if is_plain_literal(expr.text()) => {
            Some(format!("ALTER COLUMN {name} SET DEFAULT {}", expr.text()))
        }
        Some(_) => None,
        // MySQL takes not even NULL here where a default must be an expression.
        None if column.nullable => {
            (mariadb || !wants_expression(column)).then(|| format!("ALTER COLUMN {name} SET DEFAULT NULL"))
        }
        None => Some(format!("ALTER COLUMN {name} DROP DEFAULT")),
    }
}

fn wants_expression(column: &Column) -> bool {
    let sort = if let Type::Native(native) = &column.ty { Sort::of(native) } else { Sort::Other };
    sort.wants_expression_default() || matches!(sort, Sort::Other)
}

fn is_plain_literal(text: &str) -> bool {
    quote::unquote(text).is_some() || text.parse::<f64>().is_ok()
}

/// Whether the stored form changes in a way that foreign keys forbid.
fn turns_collated(former: &Column, column: &Column) -> bool {
    let collation = |column: &Column| column.options.get(WORD, "collation").map(str::to_owned);
    former.ty != column.ty || collation(former) != collation(column)
}

/// Whether it begins or ends to count, which foreign keys forbid on MySQL.
fn turns_counting(former: &Column, column: &Column) -> bool {
    former.identity.is_some() != column.identity.is_some()
}

/// Drops the foreign keys over a column until its type has changed on both sides (errors 1832, 1833).
fn suspend_keys(pen: &mut Pen, operation: &Operation, table: &Name, column: &Ident) {
    let touches = |owner: &Table, key: &ForeignKey| {
        (owner.name == *table && key.columns.contains(column))
            || (key.references == *table && key.referenced_columns.contains(column))
    };
    let all = pen.shape.tables.values().flat_map(|owner| owner.foreign_keys.iter().map(move |key| (owner, key)));
    let found: Vec<(Name, ForeignKey)> = all
        .filter(|(owner, key)| touches(owner, key) && !pen.off.iter().any(|off| off.key.name == key.name))
        .map(|(owner, key)| (owner.name.clone(), key.clone()))
        .collect();
    for (owner, key) in found {
        let Some(name) = &key.name else { continue };
        let sql = format!("ALTER TABLE {} DROP FOREIGN KEY {}", quote::name(&owner), quote::ident(name));
        let off =
            pen.planned_cheap(&owner, Statement::new(sql, format!("{}, under a foreign key", operation.describe())));
        pen.statement_before(off);
        pen.off.push(foreign::Off { owner, key, bare: false });
    }
}

/// The statement that gives rows without a value the default before NULL is forbidden. Moments of the last change stay what
/// they are: nobody has changed these rows.
fn backfill(pen: &Pen, table: &Table, column: &Column, operation: &Operation) -> Option<Statement> {
    let Some(Default::Sql(default)) = &column.default else { return None };
    let is_touched = |other: &&Column| other.options.get(WORD, "on_update").is_some() && other.name != column.name;
    let touched = table.columns.iter().filter(is_touched).map(|other| quote::ident(&other.name));
    let kept: String = touched.map(|other| format!(", {other} = {other}")).collect();
    let hazard = Hazard::fills(&format!("{}.{}", table.name.for_people(), column.name.as_str()), default.text());
    let (table, name) = (quote::name(&table.name), quote::ident(&column.name));
    let value = parts::default(default.text(), pen.server);
    let sql = format!("UPDATE {table} SET {name} = {value}{kept} WHERE {name} IS NULL");
    Some(Statement::new(sql, operation.describe()).with_hazard(hazard))
}

/// Another default collation of the table, and with it all columns that follow the table's.
pub(super) fn collate(pen: &mut Pen, operation: &Operation, table: &Name, collation: Option<&str>) -> Written {
    let known = pen.known(table).cloned();
    match collation {
        Some(collation) => {
            let charset = collation.split('_').next().unwrap_or(collation);
            let sql = format!("ALTER TABLE {} CHARACTER SET={charset} COLLATE={collation}", quote::name(table));
            pen.cheap(table, Statement::new(sql, operation.describe()));
        }
        None => {
            let alter = quote::literal(&format!("ALTER TABLE {} COLLATE=", quote::name(table)));
            for sql in with_database_collation(&alter, pen.mariadb()) {
                pen.statement(Statement::new(sql, operation.describe()));
            }
        }
    }
    let Some(known) = known else { return Ok(()) };
    let follows = |column: &&Column| {
        let said = ["charset", "collation"].iter().any(|key| column.options.get(WORD, key).is_some());
        !said && matches!(&column.ty, Type::Native(native) if Sort::of(native).has_collation())
    };
    for column in known.columns.iter().filter(follows) {
        suspend_keys(pen, operation, table, &column.name);
    }
    for column in known.columns.iter().filter(follows) {
        refuse_untold(pen, table, column, &ColumnChange::default())?;
        let text = format!("MODIFY COLUMN {}", parts::column(column, Some(&known), pen.server)?);
        let former = known.options.get(WORD, "collation").or(known.options.get(WORD, "charset"));
        let mut hazards = hazards::collated(&known, &column.name, Pair::new(former, collation));
        hazards.push(Hazard::Rewrites(table.for_people()));
        let clause = Clause::new(text, Cost::Rebuild, operation).with(hazards);
        pen.clause(table, Clause { defines: Some(column.name.clone()), ..clause });
    }
    Ok(())
}

/// The database's collation is not known here, and the word DEFAULT would mean the server's: the server puts it in.
fn with_database_collation(alter: &str, mariadb: bool) -> Vec<String> {
    let text = format!("CONCAT({alter}, @@collation_database)");
    if mariadb {
        return vec![format!("EXECUTE IMMEDIATE {text}")];
    }
    vec![
        format!("SET @migrate_alter = {text}"),
        "PREPARE migrate_alter FROM @migrate_alter".to_owned(),
        "EXECUTE migrate_alter".to_owned(),
        "DEALLOCATE PREPARE migrate_alter".to_owned(),
    ]
}
