//! Partitions and tables that inherit: how they are made, join their parents and leave them.

use super::column::default_text;
use super::{Done, Render};
use crate::dialect::Unsupported;
use crate::dialect::postgres::capabilities::{Since, WORD};
use crate::dialect::postgres::quote::{literal, qualified, quote};
use crate::ops::TableChange;
use crate::ops::heredity::ancestors;
use crate::schema::{Column, DESCENT, INHERITS, IdentityMode, Name, PARTITION_BOUND, PARTITION_OF, Table, names_of};
use crate::statement::{Hazard, ServerVersion};

use super::batch::{Clause, Pass};
use super::index::is_exclusion;

/// Whether a change of a table says whose heir it is, but not whose it was.
pub(super) fn needs_shape(to: &TableChange, was: &TableChange) -> bool {
    let said = |key: &str| to.options.get(WORD, key).is_some();
    let only_bound = said(PARTITION_BOUND) && !said(PARTITION_OF);
    only_bound || DESCENT.iter().filter(|key| said(key)).any(|key| was.options.get(WORD, key).is_none())
}

/// A column of a partition: what it has otherwise than the column of its table.
pub(super) fn column(table: &Name, column: &Column) -> Result<String, Unsupported> {
    let mut words = vec![quote(&column.name)];
    if let Some(identity) = &column.identity {
        let place = format!("{}.{}", table.for_people(), column.name.as_str());
        let is_serial = identity.mode == IdentityMode::Serial;
        let what = format!(
            "{} of its own for {place}, a column of a partition",
            if is_serial { "a sequence" } else { "an identity" }
        );
        return Err(Unsupported::new(what, "let the column of the partitioned table have it"));
    }
    if column.generated.is_none() {
        words.push(format!("DEFAULT {}", column.default.as_ref().map_or("NULL", default_text)));
    }
    words.extend((!column.nullable).then(|| "NOT NULL".to_owned()));
    Ok(words.join(" "))
}

/// How the values of an heir's column are compressed, where the heir says it: CREATE TABLE takes the word of the parents.
pub(super) fn compression(table: &Name, column: &Column, server: ServerVersion) -> Result<Option<String>, Unsupported> {
    let Some(method) = column.options.get(WORD, "compression") else { return Ok(None) };
    Since::ColumnCompression.require(server)?;
    let (table, name) = (qualified(table), quote(&column.name));
    Ok(Some(format!("ALTER TABLE {table} ALTER COLUMN {name} SET COMPRESSION {}", quote(&method.into()))))
}

/// The column without what [`compression`] says.
pub(super) fn without_compression(column: &Column) -> Column {
    let mut bare = column.clone();
    bare.options.remove(WORD, "compression");
    bare
}

/// What stands behind the name in CREATE TABLE: the body, and whose heir it is.
pub(super) fn descent(table: &Table, body: &str) -> String {
    let [parent, bound, parents] = table.descent();
    if let Some(parent) = parent {
        let body = if body.is_empty() { String::new() } else { format!(" ({body})") };
        return format!(" PARTITION OF {}{body} {}", list(parent), rows(bound));
    }
    if let Some((_, ty)) = table.of_type() {
        let body = if body.is_empty() { String::new() } else { format!(" ({body})") };
        return format!(" OF {}{body}", qualified(&ty));
    }
    let inherits = parents.map(|parents| format!(" INHERITS ({})", list(parents))).unwrap_or_default();
    format!(" ({body}){inherits}")
}

pub(super) fn list(names: &str) -> String {
    names_of(names).iter().map(qualified).collect::<Vec<_>>().join(", ")
}

/// `FOR VALUES FROM (1) TO (2)`, `DEFAULT`.
fn rows(bound: Option<&str>) -> String {
    let bound = bound.unwrap_or("DEFAULT").trim();
    let is_whole = bound.eq_ignore_ascii_case("DEFAULT") || bound.to_uppercase().starts_with("FOR VALUES");
    if is_whole { bound.to_owned() } else { format!("FOR VALUES {bound}") }
}

/// The server cannot part a table anew.
pub(super) fn cannot_part_anew(table: &Name, was: &TableChange, to: Option<&str>) -> Unsupported {
    let table = table.for_people();
    let was = was.options.get(WORD, "partition_by").flatten();
    let what = match (was, to) {
        (_, Some(to)) => format!("partitioning the table {table}, which is there, by {to}"),
        (_, None) => format!("making a plain table of {table}, which has partitions"),
    };
    let instead = format!(
        "make the table under another name as it is to be, with its partitions, and move the rows: \
         `INSERT INTO {table}_new SELECT * FROM {table}`; then drop the one and rename the other"
    );
    Unsupported::new(what, instead)
}

impl Render {
    pub(super) fn change_descent(&mut self, name: &Name, to: &TableChange, was: &TableChange) -> Done {
        let said = |key: &str| to.options.get(WORD, key);
        if said(PARTITION_OF).is_some() || said(PARTITION_BOUND).is_some() {
            self.change_partition(name, to, was)?;
        }
        let Some(parents) = said(INHERITS) else { return Ok(()) };
        let wanted = names_of(parents.unwrap_or_default());
        let former = self.former(name, was, INHERITS).map(|text| names_of(&text)).unwrap_or_default();
        for parent in former.iter().filter(|parent| !wanted.contains(parent)) {
            self.writer.clause(
                name,
                Clause::new(Pass::Rest, &parent.name, format!("NO INHERIT {}", qualified(parent))),
                None,
            );
        }
        for parent in wanted.iter().filter(|parent| !former.contains(parent)) {
            self.writer.clause(
                name,
                Clause::new(Pass::Rest, &parent.name, format!("INHERIT {}", qualified(parent))),
                None,
            );
        }
        Ok(())
    }

    /// What an option was before: as the operation says, or as the table has it.
    fn former(&self, name: &Name, was: &TableChange, key: &str) -> Option<String> {
        match was.options.get(WORD, key) {
            Some(was) => was.map(str::to_owned),
            None => self.known_table(name)?.options.get(WORD, key).map(str::to_owned),
        }
    }

    fn change_partition(&mut self, name: &Name, to: &TableChange, was: &TableChange) -> Done {
        let former = self.former(name, was, PARTITION_OF);
        let wanted = match to.options.get(WORD, PARTITION_OF) {
            Some(wanted) => wanted.map(str::to_owned),
            None => former.clone(),
        };
        if former.is_none() && wanted.is_none() {
            let what = format!("changing the bounds of {}, which is no partition", name.for_people());
            return Err(Unsupported::new(what, "say `partition_of` too"));
        }
        if let Some(parent) = &former {
            self.writer.statement(format!("ALTER TABLE {} DETACH PARTITION {}", list(parent), qualified(name)));
            let above = names_of(parent).into_iter().next();
            self.drop_inherited_exclusions(name, above.as_ref());
            if let Some(above) = above.filter(|_| wanted.is_none()) {
                self.name_what_was_inherited(name, &above);
            }
        }
        if let Some(parent) = wanted {
            let bound = match to.options.get(WORD, PARTITION_BOUND) {
                Some(bound) => bound.map(str::to_owned),
                None => self.former(name, was, PARTITION_BOUND),
            };
            let sql = format!(
                "ALTER TABLE {} ATTACH PARTITION {} {}",
                list(&parent),
                qualified(name),
                rows(bound.as_deref())
            );
            let people = name.for_people();
            let outside = format!(
                "rows of {people} that its bounds leave out, or rows of the default partition that they take in"
            );
            self.writer.hazardous(sql, Hazard::MayFail(outside));
        }
        Ok(())
    }

    /// A partition that leaves would keep a copy of each exclusion constraint of its table, and get a second one where it comes
    /// back: the server joins other constraints only. Where nothing is known of the partition, a copy is what reads like one of
    /// its table.
    fn drop_inherited_exclusions(&mut self, name: &Name, above: Option<&Name>) {
        let exclusions = |table: &Name| -> Vec<String> {
            let indexes = self.known_table(table).map(|table| table.indexes.as_slice()).unwrap_or_default();
            indexes.iter().filter(|index| is_exclusion(index)).map(|index| index.name.as_str().to_owned()).collect()
        };
        let is_known = self.known_table(name).is_some();
        let copies = match above {
            None => return,
            Some(_) if is_known && !ancestors(&self.shape, name).iter().any(|above| !exclusions(above).is_empty()) => {
                return;
            }
            Some(_) if is_known => {
                let own: Vec<String> = exclusions(name).iter().map(|own| format!(", {}", literal(own))).collect();
                format!("conname NOT IN (''{})", own.concat())
            }
            Some(_) if !Since::PartitionedExclusion.is_in(self.server) => return,
            Some(above) => format!(
                "pg_catalog.pg_get_constraintdef(oid) IN (SELECT pg_catalog.pg_get_constraintdef(oid)\n        \
                 FROM pg_catalog.pg_constraint WHERE conrelid = {}::pg_catalog.regclass AND contype = 'x')",
                literal(&qualified(above))
            ),
        };
        let body = format!(
            "DECLARE dropping text;\nBEGIN\n    FOR dropping IN\n        \
             SELECT pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::pg_catalog.regclass, conname)\n        \
             FROM pg_catalog.pg_constraint WHERE conrelid = {}::pg_catalog.regclass AND contype = 'x' AND {copies}\n    \
             LOOP\n        EXECUTE dropping;\n    END LOOP;\nEND",
            literal(&qualified(name)),
        );
        self.writer.statement(format!("DO {}", literal(&body)));
    }
}
