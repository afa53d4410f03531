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
    let mut sql = format!("CREATE {unique}INDEX {} ON {} {method}({parts})", quote(&index.name), qualified(table));
    if !index.include.is_empty() {
        sql += &format!(" INCLUDE ({})", list(&index.include));
    }
    if index.nulls_not_distinct {
        Since::NullsNotDistinct.require(server)?;
        sql += " NULLS NOT DISTINCT";
    }
    sql += &with_parameters(&index.options);
    sql += &tablespace(&index.options, "TABLESPACE");
    if let Some(predicate) = &index.predicate {
        sql += &format!(" WHERE {}", bare(predicate.text()));
    }
    Ok(sql)
}

fn part(part: &IndexPart, server: ServerVersion) -> Result<String, Unsupported> {
    let mut sql = match &part.target {
        IndexTarget::Column(name) => quote(name),
        IndexTarget::Expression(expr) => format!("({})", bare(expr.text())),
    };
    if part.prefix.is_some() {
        return Err(Unsupported::new("an index on the beginning of a column", "index left(column, n) instead"));
    }
    if let Some(name) = &part.collation {
        sql += &format!(" COLLATE {}", collation(name));
    }
    if let Some(class) = &part.operator_class {
        if class.contains('(') {
            Since::OperatorClassParameters.require(server)?;
        }
        sql += &format!(" {class}");
    }
    if part.descending {
        sql += " DESC";
    }
    match part.nulls {
        Some(Nulls::First) => sql += " NULLS FIRST",
        Some(Nulls::Last) => sql += " NULLS LAST",
        None => {}
    }
    Ok(sql)
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
