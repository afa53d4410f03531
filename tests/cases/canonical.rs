//! The server's own words about a schema, in a form in which equal schemas are equal texts.
//!
//! What differs without meaning is taken out: the order in which keys were made; what is usual and was said (DEFAULT NULL, NO
//! ACTION, a reference to the key, the usual kind of index); on PostgreSQL and SQLite, where a new
//! column can only come last, the order of columns, but only if a column was added or dropped on the way. Of SQLite, whose
//! dump is the text that somebody once wrote, the pragmas count, and from the text what no pragma tells.

use super::common::{Database, Fresh};
use super::tokens;

/// A schema in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dump {
    lines: Vec<String>,
    /// The same without the order of columns.
    unordered: Vec<String>,
}

impl Dump {
    /// Of a database as it is now.
    pub(crate) fn of(fresh: &Fresh) -> Self {
        match fresh.database() {
            Database::Sqlite => sqlite(fresh),
            Database::Postgres => postgres(&fresh.dump()),
            Database::Mysql => mysql(&fresh.dump()),
        }
    }

    /// What is different, as a diff for people. `moved`: a column came or went on the way.
    pub(crate) fn compare(&self, expected: &Self, moved: bool) -> Result<(), String> {
        if self.lines == expected.lines || (moved && self.unordered == expected.unordered) {
            return Ok(());
        }
        let (found, wanted) = (self.lines.join("\n"), expected.lines.join("\n"));
        Err(format!("\n--- expected\n+++ found\n{}", difference(&wanted, &found)))
    }
}

/// The lines that differ between two texts, with their neighbours.
pub(crate) fn difference(from: &str, to: &str) -> String {
    let texts = similar::TextDiff::from_lines(from, to);
    texts.unified_diff().context_radius(3).missing_newline_hint(false).to_string()
}

/// `pg_dump` sorts objects by name, columns as they stand.
fn postgres(dump: &str) -> Dump {
    let lines = without_inherited_names(dump.lines().map(without_array_casts).collect());
    let mut unordered: Vec<String> = Vec::new();
    let mut columns: Option<Vec<String>> = None;
    for line in &lines {
        match &mut columns {
            Some(inside) if line.starts_with(')') => {
                inside.sort();
                unordered.append(inside);
                unordered.push(line.clone());
                columns = None;
            }
            Some(inside) => inside.push(line.trim_end_matches(',').to_owned()),
            None => {
                unordered.push(line.clone());
                if line.starts_with("CREATE ") && line.contains(" TABLE ") || line.starts_with("CREATE TABLE ") {
                    columns = Some(Vec::new());
                }
            }
        }
    }
    Dump { lines, unordered }
}

/// A partition of PostgreSQL 18 has each NOT NULL of its table under the table's name for it where it was made as a partition,
/// under its own where it was attached: no model says which (docs/coverage.md).
fn without_inherited_names(mut lines: Vec<String>) -> Vec<String> {
    let attached =
        |line: &String| Some(line.split_once(" ATTACH PARTITION ")?.1.split(" FOR VALUES ").next()?.to_owned());
    let partitions: Vec<String> = lines
        .iter()
        .filter_map(attached)
        .map(|name| format!("CREATE TABLE {} (", name.trim_end_matches(';').trim_end_matches(" DEFAULT")))
        .collect();
    let mut is_inside = false;
    for line in &mut lines {
        is_inside = partitions.contains(line) || (is_inside && line.starts_with(' '));
        if let Some((before, name)) = line.split_once(" CONSTRAINT ").filter(|_| is_inside)
            && let Some((_, behind)) = name.split_once("_not_null NOT NULL")
        {
            *line = format!("{before} NOT NULL{behind}");
        }
    }
    lines
}

/// The server prints `a IN ('x')` on a varchar as a cast of the array, reads that, and prints casts of its items.
fn without_array_casts(line: &str) -> String {
    if !line.contains(" ANY (") && !line.contains(" ALL (") {
        return line.to_owned();
    }
    let casts = ["::character varying", "::text[]", "::text", "(", ")"];
    casts.iter().fold(line.to_owned(), |line, cast| line.replace(cast, ""))
}

/// SHOW CREATE TABLE gives columns as they stand, which is compared, and keys as they were made, which is not.
fn mysql(dump: &str) -> Dump {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for line in dump.lines() {
        let inside = line.trim_start();
        let is_key = line.starts_with("  ") && !inside.starts_with('`');
        if is_key {
            let usual = [
                " USING BTREE",
                " ON DELETE NO ACTION",
                " ON UPDATE NO ACTION",
                " ON DELETE RESTRICT",
                " ON UPDATE RESTRICT",
            ];
            let said = usual.iter().fold(line.trim_end_matches(',').to_owned(), |text, usual| text.replace(usual, ""));
            // What the keys of a compressed table are left with, and nobody asked for.
            keys.push(said.split(" KEY_BLOCK_SIZE=").next().unwrap_or_default().to_owned());
            continue;
        }
        keys.sort();
        lines.append(&mut keys);
        // The server forgets the character set of literals in what it tells about views, but not in its dump.
        let line = if line.contains("VIEW") { &line.replace("_utf8mb3'", "'").replace("_utf8mb4'", "'") } else { line };
        lines.push(if line.starts_with("  ") { line.trim_end_matches(',').to_owned() } else { line.to_owned() });
    }
    Dump { unordered: lines.clone(), lines }
}

/// Everything that pragmas tell, a line each.
const PRAGMAS: &str = "
WITH t AS (SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
           AND name NOT LIKE 'migrate\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'),
k AS (SELECT t.name AS tab, l.name, l.\"unique\" AS uni, l.origin, l.partial,
      (SELECT group_concat(coalesce(x.name, '(expression)') || CASE x.desc WHEN 1 THEN ' DESC' ELSE '' END || ' ' || x.coll)
       FROM pragma_index_xinfo(l.name) x WHERE x.key) AS parts
      FROM t, pragma_index_list(t.name) l),
f AS (SELECT t.name AS tab, l.id, group_concat(l.\"from\") AS cols, l.\"table\" AS target, group_concat(coalesce(l.\"to\", (SELECT name FROM pragma_table_xinfo(l.\"table\") WHERE pk = l.seq + 1))) AS refs,
      l.on_update, l.on_delete FROM t, pragma_foreign_key_list(t.name) l GROUP BY t.name, l.id)
SELECT name, 0, 0, 'table ' || name || CASE wr WHEN 1 THEN ' WITHOUT ROWID' ELSE '' END || CASE strict WHEN 1 THEN ' STRICT' ELSE '' END FROM t
UNION ALL
SELECT t.name, 1, x.cid, 'column ' || t.name || '.' || x.name || ' ' || upper(x.type) || CASE x.\"notnull\" WHEN 1 THEN ' NOT NULL' ELSE '' END
  || CASE WHEN upper(x.dflt_value) = 'NULL' THEN '' ELSE coalesce(' DEFAULT ' || x.dflt_value, '') END || CASE x.pk WHEN 0 THEN '' ELSE ' key ' || x.pk END
  || CASE x.hidden WHEN 0 THEN '' ELSE ' hidden ' || x.hidden END FROM t, pragma_table_xinfo(t.name) x
UNION ALL
SELECT tab, 2, 0, 'index ' || tab || ' ' || origin || CASE origin WHEN 'c' THEN ' ' || name ELSE '' END
  || CASE uni WHEN 1 THEN ' UNIQUE' ELSE '' END || CASE partial WHEN 1 THEN ' partial' ELSE '' END || ' (' || parts || ')' FROM k
UNION ALL
SELECT tab, 3, 0, 'references ' || tab || '(' || cols || ') ' || target || '(' || refs || ') update ' || on_update || ' delete ' || on_delete FROM f
ORDER BY 1, 2, 3, 4;";

const TEXTS: &str = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL
  AND tbl_name NOT LIKE 'migrate\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name;";

/// The main file, and each attached one as if it were alone.
fn sqlite(fresh: &Fresh) -> Dump {
    let mut lines = lines_of(|sql| fresh.query(sql));
    for schema in fresh.attached() {
        let others = lines_of(|sql| fresh.query_in(schema, sql));
        lines.extend(others.into_iter().map(|line| format!("{schema}: {line}")));
    }
    let mut unordered = lines.clone();
    unordered.sort();
    Dump { lines, unordered }
}

fn lines_of(query: impl Fn(&str) -> Vec<Vec<String>>) -> Vec<String> {
    let mut lines: Vec<String> = query(PRAGMAS).into_iter().filter_map(|mut row| row.pop()).collect();
    for row in query(TEXTS) {
        let [kind, name, sql] = row.as_slice() else { panic!("three columns: {row:?}") };
        if kind == "table" {
            lines.extend(tokens::table_facts(sql).into_iter().map(|fact| format!("text of {name}: {fact}")));
        } else {
            lines.push(format!("{kind} {name}: {}", tokens::canonical(sql)));
        }
    }
    lines
}
