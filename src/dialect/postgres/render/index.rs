//! Indexes.

use super::storage::{collation, tablespace, with_parameters};
use super::{Done, Render};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::bare;
use crate::dialect::postgres::quote::{list, literal, qualified, quote};
use crate::schema::{Index, IndexPart, IndexTarget, Name, Nulls};
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
    let predicate = index.predicate.as_ref();
    let predicate = predicate.map_or_else(String::new, |predicate| format!(" WHERE {}", bare(predicate.text())));
    Ok(format!(
        "CREATE {unique}INDEX {} ON {} {method}({parts}){include}{nulls}{}{}{predicate}",
        quote(&index.name),
        qualified(table),
        with_parameters(&index.options),
        tablespace(&index.options, "TABLESPACE"),
    ))
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
        let sql = definition(table, index, self.server)?;
        if index.unique {
            let rows = format!("rows of {} with equal values for {}", table.for_people(), index.name.as_str());
            self.writer.hazardous(sql, Hazard::MayFail(rows));
        } else {
            self.writer.statement(sql);
        }
        self.after_index(table, index);
        Ok(())
    }

    fn after_index(&mut self, table: &Name, index: &Index) {
        if index.options.get(WORD, "clustered") == Some("true") {
            self.writer.statement(format!("ALTER TABLE {} CLUSTER ON {}", qualified(table), quote(&index.name)));
        }
        if let Some(text) = &index.comment {
            let name = qualified(&table.sibling(index.name.clone()));
            self.writer.statement(format!("COMMENT ON INDEX {name} IS {}", literal(text)));
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
