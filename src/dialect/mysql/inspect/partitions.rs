//! Rows of `information_schema.partitions` → what stands behind PARTITION BY. Pure: no I/O.

use super::closer::Closer;
use crate::db::Row;
use crate::dialect::mysql::quote;
use crate::error::Result;

/// The partitions of a table, growing row by row; each row is one, or one of its parts.
#[derive(Default)]
pub(super) struct Partitions {
    method: String,
    expression: String,
    parts_method: Option<String>,
    parts_expression: String,
    found: Vec<Partition>,
}

struct Partition {
    place: i64,
    name: String,
    /// Up to where, or of which values.
    description: Option<String>,
    comment: Option<String>,
    parts: Vec<(i64, String)>,
}

impl Partitions {
    /// Table, place, place of the part, name, name of the part, method, method of the parts, expression, expression of
    /// the parts, description, comment.
    pub(super) fn row(&mut self, row: &Row) -> Result<()> {
        let place = row.int(1)?.unwrap_or_default();
        row.required(5)?.clone_into(&mut self.method);
        row.text(7).unwrap_or_default().clone_into(&mut self.expression);
        self.parts_method = row.text(6).map(str::to_owned);
        row.text(8).unwrap_or_default().clone_into(&mut self.parts_expression);
        let part = row.text(4).zip(row.int(2)?).map(|(name, place)| (place, name.to_owned()));
        if let Some(known) = self.found.iter_mut().find(|known| known.place == place) {
            known.parts.extend(part);
            return Ok(());
        }
        self.found.push(Partition {
            place,
            name: row.required(3)?.to_owned(),
            description: row.text(9).map(str::to_owned),
            comment: row.text(10).filter(|comment| !comment.is_empty()).map(str::to_owned),
            parts: part.into_iter().collect(),
        });
        Ok(())
    }

    /// Whether the server puts former versions of rows apart, of which the catalog does not tell by what.
    pub(super) fn is_by_system_time(&self) -> bool {
        self.method == "SYSTEM_TIME"
    }

    /// Whether one of them may hold all other values: the catalog of MariaDB says of it that it holds 0, as of one that does.
    pub(super) fn may_have_default(&self) -> bool {
        self.method == "LIST" && self.found.iter().any(|one| one.description.as_deref() == Some("0"))
    }

    /// The text; `closer` is what SHOW CREATE TABLE says.
    pub(super) fn text(mut self, closer: &Closer) -> String {
        let is_default = |one: &&mut Partition| closer.default_partition.as_ref() == Some(&one.name);
        for one in self.found.iter_mut().filter(is_default) {
            one.description = Some("DEFAULT".to_owned());
        }
        self.found.sort_by_key(|one| one.place);
        self.found.iter_mut().for_each(|one| one.parts.sort());
        if self.is_by_system_time() {
            return self.text_by_system_time(closer.by_system_time.as_deref().unwrap_or_default());
        }
        let usual_parts = self.found.iter().all(Partition::has_usual_parts);
        let mut text = format!("{} ({})", self.method, self.expression);
        if let Some(method) = &self.parts_method {
            text = format!("{text}\nSUBPARTITION BY {method} ({})", self.parts_expression);
            if usual_parts {
                let count = self.found.first().map_or(0, |one| one.parts.len());
                text = format!("{text}\nSUBPARTITIONS {count}");
            }
        }
        let counted = self.method.ends_with("HASH") || self.method.ends_with("KEY");
        let is_usual =
            |(at, one): (usize, &Partition)| one.name == format!("p{at}") && one.comment.is_none() && usual_parts;
        if counted && self.found.iter().enumerate().all(is_usual) {
            return format!("{text}\nPARTITIONS {}", self.found.len());
        }
        let all: Vec<String> = self.found.iter().map(|one| one.text(&self.method, usual_parts)).collect();
        format!("{text}\n({})", all.join(",\n "))
    }

    /// Of a table whose former versions are put apart. Where the server adds partitions by itself, how many there are
    /// says nothing.
    fn text_by_system_time(&self, by: &str) -> String {
        let text = format!("SYSTEM_TIME {by}").trim_end().to_owned();
        let last = self.found.len().saturating_sub(1);
        let usual = |(at, one): (usize, &Partition)| {
            let name = if at == last { "pn".to_owned() } else { format!("p{at}") };
            one.name == name && one.comment.is_none()
        };
        if self.found.iter().enumerate().all(usual) {
            let grows = by.split(' ').any(|word| word == "AUTO");
            return if grows { text } else { format!("{text}\nPARTITIONS {}", self.found.len()) };
        }
        let all: Vec<String> = self.found.iter().map(|one| one.text(&self.method, true)).collect();
        format!("{text}\n({})", all.join(",\n "))
    }
}

impl Partition {
    fn has_usual_parts(&self) -> bool {
        self.parts.iter().enumerate().all(|(at, (_, name))| *name == format!("{}sp{at}", self.name))
    }

    fn text(&self, method: &str, usual_parts: bool) -> String {
        let values = values(method, self.description.as_deref().unwrap_or_default());
        let comment = self.comment.as_ref().map(|text| format!(" COMMENT {}", quote::literal(text)));
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|(_, name)| format!("SUBPARTITION {}", quote::ident(&name.as_str().into())))
            .collect();
        let parts = if usual_parts { String::new() } else { format!(" ({})", parts.join(", ")) };
        let name = quote::ident(&self.name.as_str().into());
        format!("PARTITION {name}{values}{}{parts}", comment.unwrap_or_default())
    }
}

/// What a partition holds, in SQL.
fn values(method: &str, description: &str) -> String {
    match method {
        "SYSTEM_TIME" if description == "CURRENT" => " CURRENT".to_owned(),
        "SYSTEM_TIME" => " HISTORY".to_owned(),
        "RANGE" if description == "MAXVALUE" => " VALUES LESS THAN MAXVALUE".to_owned(),
        method if method.starts_with("RANGE") => format!(" VALUES LESS THAN ({description})"),
        method if method.starts_with("LIST") && (description.contains("MAXVALUE") || description == "DEFAULT") => {
            " DEFAULT".to_owned()
        }
        method if method.starts_with("LIST") => format!(" VALUES IN ({description})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_by_method() {
        assert_eq!(values("RANGE", "MAXVALUE"), " VALUES LESS THAN MAXVALUE");
        assert_eq!(values("RANGE COLUMNS", "'2020-01-01',MAXVALUE"), " VALUES LESS THAN ('2020-01-01',MAXVALUE)");
        assert_eq!(values("LIST", "1,NULL"), " VALUES IN (1,NULL)");
        assert_eq!(values("LIST COLUMNS", "(MAXVALUE,MAXVALUE)"), " DEFAULT");
        assert_eq!(values("HASH", ""), "");
    }
}
