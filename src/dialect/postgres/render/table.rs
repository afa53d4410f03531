//! Tables as a whole.

use super::batch::{Clause, Pass};
use super::storage::{parameter, parameter_name, tablespace, with_parameters};
use super::{Done, Render, column, constraint, heirs};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::compare::USUAL_METHOD;
use crate::dialect::postgres::quote::{literal, literal_or_null, qualified, quote};
use crate::ops::{Constraint, TableChange};
use crate::schema::{Column, DESCENT, Ident, Name, OF_TYPE, Table};
use crate::statement::Hazard;

/// The key of how a table is stored.
const ACCESS_METHOD: &str = "access_method";

fn is_parted(table: &Table) -> bool {
    table.options.get(WORD, "partition_by").is_some()
}

impl Render {
    pub(super) fn create_table(&mut self, table: &Table) -> Done {
        let constraints = constraint::constraints(table);
        let is_later = |(place, one): &(usize, &Constraint)| {
            is_unproven(one) || constraints.iter().take(*place).any(|before| constraint::is_one_key(before, one))
        };
        let (later, now): (Vec<_>, Vec<_>) = constraints.iter().enumerate().partition(is_later);
        let mut lines = Vec::new();
        for one in &table.columns {
            lines.extend(self.column_line(table, one)?);
        }
        for (_, one) in now {
            lines.push(constraint::definition(one, self.server)?);
        }
        if is_parted(table) && table.options.get(WORD, ACCESS_METHOD).is_some() {
            Since::PartitionedAccessMethod.require(self.server)?;
        }
        self.writer.statement(create(table, &lines));
        for (_, one) in later {
            let sql = constraint::definition(one, self.server)?;
            self.writer.statement(format!("ALTER TABLE {} ADD {sql}", qualified(&table.name)));
        }
        for one in &table.columns {
            let says_less = table.is_heir() || table.of_type().is_some();
            let compression = if says_less { heirs::compression(&table.name, one, self.server)? } else { None };
            compression.into_iter().for_each(|sql| self.writer.statement(sql));
            column::followers(&table.name, one).into_iter().for_each(|sql| self.writer.statement(sql));
        }
        for index in &table.indexes {
            self.first_index(&table.name, index)?;
        }
        self.after_table(table, &constraints);
        Ok(())
    }

    /// A column as it stands in CREATE TABLE, if there is anything to say; the sequence that it needs is made before.
    fn column_line(&mut self, table: &Table, one: &Column) -> Result<Option<String>, Unsupported> {
        if table.is_partition() {
            return heirs::column(&table.name, one).map(Some);
        }
        if let Some(sequence) = column::sequence_before(&table.name, one) {
            self.writer.statement(sequence);
        }
        if table.of_type().is_some() {
            return column::of_type(&table.name, one, self.server);
        }
        let said = if table.is_heir() { &heirs::without_compression(one) } else { one };
        column::definition(&table.name, said, self.server).map(Some)
    }

    /// What CREATE TABLE cannot say: comments, the order for CLUSTER, the replica identity.
    fn after_table(&mut self, table: &Table, constraints: &[Constraint]) {
        let name = qualified(&table.name);
        for one in constraints {
            for sql in constraint::followers(&table.name, one, &constraint::name_of(table, one)) {
                self.writer.statement(sql);
            }
        }
        if let Some(identity) = table.options.get(WORD, "replica_identity") {
            self.writer.statement(format!("ALTER TABLE {name} {}", replica_identity(Some(identity))));
        }
        for key in ["row_level_security", "force_row_level_security"] {
            if table.options.get(WORD, key) == Some("true") {
                self.writer.statement(format!("ALTER TABLE {name} {}", row_security(key, true)));
            }
        }
        if let Some(text) = &table.comment {
            self.writer.statement(format!("COMMENT ON TABLE {name} IS {}", literal(text)));
        }
    }

    /// Another way to store a table. One with partitions has no rows: it says it for those that come.
    fn access_method_change(&self, name: &Name, method: Option<&str>) -> Result<(String, Option<Hazard>), Unsupported> {
        Since::SetAccessMethod.require(self.server)?;
        let is_parted = self.known_table(name).is_some_and(is_parted);
        if is_parted {
            Since::PartitionedAccessMethod.require(self.server)?;
        }
        let method = match method {
            Some(method) => quote(&Ident::from(method)),
            None if Since::PartitionedAccessMethod.is_in(self.server) => "DEFAULT".to_owned(),
            None => quote(&Ident::from(USUAL_METHOD)),
        };
        let rewrites = (!is_parted).then(|| Hazard::Rewrites(name.for_people()));
        Ok((format!("SET ACCESS METHOD {method}"), rewrites))
    }

    pub(super) fn alter_table(&mut self, name: &Name, to: &TableChange, was: &TableChange) -> Done {
        self.change_descent(name, to, was)?;
        for (key, value) in to.options.0.get(WORD).into_iter().flatten() {
            if DESCENT.contains(&key.as_str()) {
                continue;
            }
            if key == "partition_by" {
                return Err(heirs::cannot_part_anew(name, was, value.as_deref()));
            }
            if key == OF_TYPE && value.is_none() {
                // What follows is looked at before any clause of the same statement takes effect.
                self.writer.statement(format!("ALTER TABLE {} NOT OF", qualified(name)));
                continue;
            }
            let (sql, hazard) = match (key.as_str(), value.as_deref()) {
                (OF_TYPE, Some(ty)) => (format!("OF {}", heirs::list(ty)), None),
                (ACCESS_METHOD, method) => self.access_method_change(name, method)?,
                (key, value) => option_change(name, key, value),
            };
            self.writer.clause(name, Clause::new(Pass::Rest, &Ident::from(key.as_str()), sql), hazard);
        }
        if let Some(comment) = &to.comment {
            let text = literal_or_null(comment.as_deref());
            self.writer.later(format!("COMMENT ON TABLE {} IS {text}", qualified(name)));
        }
        Ok(())
    }
}

/// CREATE TABLE takes every row for proven, as there are none; these say that it is not so.
fn is_unproven(constraint: &Constraint) -> bool {
    match constraint {
        Constraint::Check(check) => check.not_valid && !check.not_enforced,
        Constraint::ForeignKey(key) => key.not_valid && !key.not_enforced,
        Constraint::PrimaryKey(_) | Constraint::Unique(_) => false,
    }
}

fn create(table: &Table, lines: &[String]) -> String {
    let unlogged = if table.options.get(WORD, "unlogged") == Some("true") { "UNLOGGED " } else { "" };
    let body = if lines.is_empty() { String::new() } else { format!("\n    {}\n", lines.join(",\n    ")) };
    let descent = heirs::descent(table, &body);
    let parted = table.options.get(WORD, "partition_by").map(|by| format!(" PARTITION BY {by}")).unwrap_or_default();
    let method = table.options.get(WORD, ACCESS_METHOD);
    let method = method.map(|method| format!(" USING {}", quote(&Ident::from(method)))).unwrap_or_default();
    let parameters = with_parameters(&table.options);
    let space = tablespace(&table.options, "TABLESPACE");
    format!("CREATE {unlogged}TABLE {}{descent}{parted}{method}{parameters}{space}", qualified(&table.name))
}

fn replica_identity(value: Option<&str>) -> &'static str {
    match value {
        Some("full") => "REPLICA IDENTITY FULL",
        Some("nothing") => "REPLICA IDENTITY NOTHING",
        _ => "REPLICA IDENTITY DEFAULT",
    }
}

fn row_security(key: &str, is_on: bool) -> &'static str {
    match (key.starts_with("force"), is_on) {
        (false, true) => "ENABLE ROW LEVEL SECURITY",
        (false, false) => "DISABLE ROW LEVEL SECURITY",
        (true, true) => "FORCE ROW LEVEL SECURITY",
        (true, false) => "NO FORCE ROW LEVEL SECURITY",
    }
}

fn option_change(table: &Name, key: &str, value: Option<&str>) -> (String, Option<Hazard>) {
    let rewrites = Some(Hazard::Rewrites(table.for_people()));
    match (key, value) {
        ("unlogged", Some("true")) => ("SET UNLOGGED".to_owned(), rewrites),
        ("unlogged", _) => ("SET LOGGED".to_owned(), rewrites),
        ("tablespace", space) => {
            (format!("SET TABLESPACE {}", quote(&Ident::from(space.unwrap_or("pg_default")))), rewrites)
        }
        ("replica_identity", value) => (replica_identity(value).to_owned(), None),
        (key, value) if key.ends_with("row_level_security") => {
            (row_security(key, value == Some("true")).to_owned(), None)
        }
        (key, Some(value)) => (format!("SET ({})", parameter(key, value)), None),
        (key, None) => (format!("RESET ({})", parameter_name(key)), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::dialect::postgres::Postgres;
    use crate::ops::{Operation, OptionsChange};
    use crate::schema::{Schema, SortedMap};
    use crate::statement::{Product, ServerVersion};

    #[test]
    fn an_access_method_changes_where_the_server_can() {
        let rendered = |major, method: Option<&str>, by: Option<&str>| {
            let keys = SortedMap::from([(ACCESS_METHOD.to_owned(), method.map(str::to_owned))]);
            let to = TableChange { comment: None, options: OptionsChange(SortedMap::from([(WORD.to_owned(), keys)])) };
            let mut table = Table::new(Name::own("t"));
            by.into_iter().for_each(|by| table.options.set(WORD, "partition_by", by));
            let mut shape = Schema::default();
            shape.insert(table);
            let change = Operation::AlterTable { name: Name::own("t"), to, was: TableChange::default() };
            let made = Postgres.render(&[change], &shape, ServerVersion::new(Product::Postgres, major, 0, 0))?;
            Ok::<_, Unsupported>(made.into_iter().map(|one| (one.sql, one.hazards.len())).collect::<Vec<_>>())
        };
        let one = |sql: &str, hazards| Ok(vec![(format!("ALTER TABLE \"t\" SET ACCESS METHOD {sql}"), hazards)]);
        assert_eq!(rendered(15, Some("Own"), None), one("\"Own\"", 1));
        assert_eq!(rendered(16, None, None), one("\"heap\"", 1));
        assert_eq!(rendered(17, None, None), one("DEFAULT", 1));
        assert_eq!(rendered(17, Some("own"), Some("RANGE (a)")), one("\"own\"", 0));
        let refused = rendered(14, Some("own"), None).unwrap_err();
        assert!(
            refused.what.contains("another access method for a table that is there on PostgreSQL 14"),
            "{refused:?}"
        );
        assert!(refused.instead.contains("INSERT INTO"), "{refused:?}");
        assert!(rendered(16, Some("own"), Some("RANGE (a)")).unwrap_err().what.contains("table with partitions"));
    }
}
