//! What must hold of a table, as questions whose rows are what does not.

use super::site::Site;
use crate::error::Result;
use crate::ops::{Claim, DataStep};
use crate::schema::Ident;
use crate::statement::{Also, Guard};

/// The questions of `expect: before` or `expect: after`.
pub(super) fn guards(claims: &[Claim], step: &DataStep, site: &Site<'_>, when: &str) -> Result<Vec<Also>> {
    let table = site.table(&step.table)?;
    let name = site.quoted(&table.name);
    let guard = |sql: String, what: String| {
        let finding = format!("{what}, {when} the step");
        let hint = "look at the rows, then mend them or the expectation".to_owned();
        Also::Ask(Guard { sql, finding, hint, only_tells: false })
    };
    let known = |columns: &[Ident]| {
        let all = columns.iter().map(|name| site.column(table, name).map(|column| site.quote(&column.name)));
        all.collect::<Result<Vec<_>>>()
    };
    let found = site.quoted(step.work.from().unwrap_or(&table.name));
    let count = |name: &str, filter: &str, wanted: u32| {
        format!("SELECT n FROM (SELECT COUNT(*) AS n FROM {name}{filter}) AS c WHERE n <> {wanted}")
    };
    let mut all = Vec::new();
    for claim in claims {
        all.push(match claim {
            Claim::Rows(wanted) => guard(
                count(&name, "", *wanted),
                format!("count that is not the {wanted} rows expected of {}", said(step)),
            ),
            Claim::Hits(wanted) => {
                let filter = step.work.filter().map(|filter| site.text(filter)).transpose()?;
                let filter = filter.map(|filter| format!(" WHERE ({filter})")).unwrap_or_default();
                guard(
                    count(&found, &filter, *wanted),
                    format!("count that is not the {wanted} rows expected for `where`"),
                )
            }
            Claim::NoNulls(columns) => {
                let names = known(columns)?;
                let any: Vec<String> = names.iter().map(|name| format!("{name} IS NULL")).collect();
                let key = site.key(table).unwrap_or_default();
                let key =
                    if key.is_empty() { "1".to_owned() } else { site.list(key.iter().map(|column| &column.name)) };
                let sql = format!("SELECT {key} FROM {name} WHERE {}", any.join(" OR "));
                guard(sql, format!("rows of {} with NULL in {}", said(step), spoken(columns)))
            }
            Claim::Unique(columns) => {
                let names = known(columns)?;
                let list = names.join(", ");
                let none: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
                let none = none.join(" AND ");
                let sql = format!("SELECT {list} FROM {name} WHERE {none} GROUP BY {list} HAVING COUNT(*) > 1");
                guard(sql, format!("values of {} that are there more than once in {}", spoken(columns), said(step)))
            }
            Claim::NoRows(expr) => {
                let sql = site.text(expr)?;
                guard(sql, "rows that were not expected".to_owned())
            }
        });
    }
    Ok(all)
}

fn said(step: &DataStep) -> String {
    step.table.for_people()
}

fn spoken(columns: &[Ident]) -> String {
    columns.iter().map(Ident::as_str).collect::<Vec<_>>().join(", ")
}
