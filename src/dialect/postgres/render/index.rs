//! Indexes.

use super::batch::Clause;
use super::storage::{collation, tablespace, with_parameters};
use super::{Done, Render, marks};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::bare;
use crate::dialect::postgres::quote::{list, literal, qualified, quote};
use crate::ops::Operation;
use crate::schema::{Ident, Index, IndexPart, IndexTarget, Name, Nulls, Options, Pair};
use crate::statement::{Hazard, ServerVersion};

/// The text of CREATE INDEX.
fn definition(table: &Name, index: &Index, server: ServerVersion) -> Result<String, Unsupported> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = index.method.as_ref();
    let method = method.map_or_else(String::new, |method| format!("USING {} ", quote(&method.as_str().into())));
    let parts = index.parts.iter().map(|part| self::part(part, server)).collect::<Result<Vec<_>, _>>()?.join(", ");
    let include = if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&index.include)) };
    if index.nulls_not_distinct {
        Since::NullsNotDistinct.require(server)?;
    }
    let nulls = if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let predicate = index.predicate.as_ref().map(|predicate| bare(predicate.text()));
    if let Some(operators) = index.options.get(WORD, "exclude") {
        return exclusion(table, index, operators, server);
    }
    let predicate = predicate.map_or_else(String::new, |predicate| format!(" WHERE {predicate}"));
    Ok(format!(
        "CREATE {unique}INDEX {} ON {} {method}({parts}){include}{nulls}{}{}{predicate}",
        quote(&index.name),
        qualified(table),
        with_parameters(&index.options),
        tablespace(&index.options, "TABLESPACE"),
    ))
}

/// Whether it is an exclusion constraint.
pub(super) fn is_exclusion(index: &Index) -> bool {
    index.options.get(WORD, "exclude").is_some()
}

fn exclusion(table: &Name, index: &Index, operators: &str, server: ServerVersion) -> Result<String, Unsupported> {
    let operators: Vec<&str> = operators.split(',').map(str::trim).collect();
    let what = || format!("the exclusion constraint {} of {}", index.name.as_str(), table.for_people());
    if operators.len() != index.parts.len() || operators.iter().any(|operator| !is_operator(operator)) {
        return Err(Unsupported::new(what(), "give `exclude` one operator for each part: `=, &&`"));
    }
    let parts = index
        .parts
        .iter()
        .zip(operators)
        .map(|(part, operator)| Ok(format!("{} WITH {operator}", self::part(part, server)?)));
    let parts = parts.collect::<Result<Vec<_>, Unsupported>>()?.join(", ");
    let method = index.method.as_ref().map_or_else(|| "btree".to_owned(), |method| quote(&method.as_str().into()));
    let include = if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(&index.include)) };
    let space = tablespace(&index.options, "USING INDEX TABLESPACE");
    let predicate = index.predicate.as_ref();
    let predicate = predicate.map_or_else(String::new, |predicate| format!(" WHERE ({})", bare(predicate.text())));
    let deferred = match index.options.get(WORD, "deferrable") {
        None => "",
        Some("immediate") => " DEFERRABLE",
        Some("deferred") => " DEFERRABLE INITIALLY DEFERRED",
        Some(_) => return Err(Unsupported::new(what(), "write `deferrable: immediate` or `deferrable: deferred`")),
    };
    Ok(format!(
        "ALTER TABLE {} ADD CONSTRAINT {} EXCLUDE USING {method} ({parts}){include}{}{space}{predicate}{deferred}",
        qualified(table),
        quote(&index.name),
        with_parameters(&index.options),
    ))
}

/// `=`, `&&`, `OPERATOR(app.=)`.
fn is_operator(text: &str) -> bool {
    let sign = |letter: char| "+-*/<>=~!@#%^&|`?".contains(letter);
    let named =
        text.strip_prefix("OPERATOR(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.rsplit_once('.'));
    let operator = match named {
        Some((schema, operator)) if !schema.contains(['(', ')', ';']) => operator,
        Some(_) => return false,
        None => text,
    };
    !operator.is_empty() && operator.chars().all(sign) && !operator.contains("--") && !operator.contains("/*")
}

fn part(part: &IndexPart, server: ServerVersion) -> Result<String, Unsupported> {
    let mut words = vec![match &part.target {
        IndexTarget::Column(name) => quote(name),
        IndexTarget::Expression(expr) => format!("({})", bare(expr.text())),
    }];
    if part.prefix.is_some() {
        return Err(Unsupported::new("an index on the beginning of a column", "index left(column, n) instead"));
    }
    words.extend(part.collation.as_ref().map(|name| format!("COLLATE {}", collation(name))));
    if let Some(class) = &part.operator_class {
        if class.contains('(') {
            Since::OperatorClassParameters.require(server)?;
        }
        words.push(class.clone());
    }
    words.extend(part.descending.then(|| "DESC".to_owned()));
    words.extend(part.nulls.map(|nulls| match nulls {
        Nulls::First => "NULLS FIRST".to_owned(),
        Nulls::Last => "NULLS LAST".to_owned(),
    }));
    Ok(words.join(" "))
}

impl Render {
    pub(super) fn create_index(&mut self, table: &Name, index: &Index) -> Done {
        if let Some(former) = self.kept.remove(&(table.clone(), index.name.clone())) {
            self.set_marks(table, &index.name, Pair::new(&former, &index.options));
            return Ok(());
        }
        let sql = definition(table, index, self.server)?;
        if is_exclusion(index) {
            let rows = format!("rows of {} that exclude each other by {}", table.for_people(), index.name.as_str());
            self.writer.hazardous(sql, Hazard::MayFail(rows));
        } else if index.unique {
            let rows = format!("rows of {} with equal values for {}", table.for_people(), index.name.as_str());
            self.writer.hazardous(sql, Hazard::MayFail(rows));
        } else {
            self.writer.statement(sql);
        }
        self.after_index(table, index);
        Ok(())
    }

    fn after_index(&mut self, table: &Name, index: &Index) {
        self.set_marks(table, &index.name, Pair::new(&Options::default(), &marks::only(&index.options)));
        if let Some(text) = &index.comment {
            let name = match is_exclusion(index) {
                true => format!("CONSTRAINT {} ON {}", quote(&index.name), qualified(table)),
                false => format!("INDEX {}", qualified(&table.sibling(index.name.clone()))),
            };
            self.writer.statement(format!("COMMENT ON {name} IS {}", literal(text)));
        }
    }

    /// One that comes again with other options is changed in its place.
    pub(super) fn drop_index(&mut self, table: &Name, name: &Ident, was: Option<&Index>, rest: &[&Operation]) {
        let was = was.or_else(|| self.known_index(table, name)).cloned();
        if let Some(was) = &was
            && let Some(next) = marks::made_again(table, was, rest)
        {
            self.take_marks(table, name, Pair::new(&was.options, &next));
            return;
        }
        if was.as_ref().is_some_and(is_exclusion) {
            self.writer.clause(table, Clause::drop(name, format!("DROP CONSTRAINT {}", quote(name))), None);
        } else {
            self.writer.statement(format!("DROP INDEX {}", qualified(&table.sibling(name.clone()))));
        }
    }

    /// The indexes of a table that was just created: no rows, no hazards.
    pub(super) fn first_index(&mut self, table: &Name, index: &Index) -> Done {
        let sql = definition(table, index, self.server)?;
        self.writer.statement(sql);
        self.after_index(table, index);
        Ok(())
    }
}
