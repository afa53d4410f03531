//! The rows of a table on their way into its new form: which columns, what fills gaps, what must not be converted in
//! silence. Pure: no I/O.

use crate::schema::{Column, Default, Ident, SortedSet, Table, Type};

use crate::dialect::sqlite::options::WORD;
use crate::dialect::sqlite::render::create;
use crate::dialect::sqlite::types::Affinity;
use crate::dialect::sqlite::{ddl, place, quote};

/// Both forms of a table that is rebuilt.
#[derive(Clone, Copy)]
pub(super) struct Forms<'a> {
    pub(super) from: &'a Table,
    pub(super) to: &'a Table,
    /// Columns that are new although one of that name was there before, folded.
    pub(super) fresh: &'a SortedSet<String>,
}

/// One column of the copy.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    column: Ident,
    /// What is read from the old table.
    source: String,
}

impl Forms<'_> {
    /// `INSERT INTO new (…) SELECT … FROM old`; None = no column stays.
    ///
    /// Columns are named, for generated ones cannot be written. OR ABORT goes before what a constraint says: a
    /// `UNIQUE … ON CONFLICT REPLACE` would lose rows in silence.
    pub(super) fn insert(&self, new: &Ident) -> Option<String> {
        let mut targets = self.rowid();
        targets.extend(self.to.columns.iter().filter_map(|column| self.target(column)));
        if targets.is_empty() {
            return None;
        }
        let columns: Vec<String> = targets.iter().map(|target| quote::ident(&target.column)).collect();
        let sources: Vec<&str> = targets.iter().map(|target| target.source.as_str()).collect();
        let (new, old) = (place::beside(&self.from.name, new), quote::name(&self.from.name));
        let (columns, sources) = (columns.join(", "), sources.join(", "));
        Some(format!("INSERT OR ABORT INTO {new} ({columns})\nSELECT {sources}\nFROM {old}"))
    }

    /// The old form of a column that stays.
    pub(super) fn former(&self, column: &Column) -> Option<&Column> {
        let key = quote::fold(&column.name);
        let found = self.from.columns.iter().find(|former| quote::fold(&former.name) == key);
        found.filter(|_| !self.fresh.contains(&key))
    }

    fn target(&self, column: &Column) -> Option<Target> {
        let former = self.former(column)?;
        if column.generated.is_some() {
            return None;
        }
        let name = quote::ident(&former.name);
        let source = match &column.default {
            Some(Default::Sql(default)) if former.nullable && !column.nullable => {
                format!("coalesce({name}, {})", default.text())
            }
            _ => name,
        };
        Some(Target { column: column.name.clone(), source })
    }

    /// The rowid, where both forms have one that is not a column of theirs which is copied anyway: somebody may keep it,
    /// as the index of a full text search does.
    fn rowid(&self) -> Vec<Target> {
        if [self.from, self.to].into_iter().any(is_without_rowid) {
            return Vec::new();
        }
        let copied = rowid_column(self.to).is_some_and(|key| self.former(key).is_some());
        let taken = |word: &&&str| {
            let is = |column: &Column| column.name.as_str().eq_ignore_ascii_case(word);
            self.from.columns.iter().any(is) || self.to.columns.iter().any(is)
        };
        match ["rowid", "_rowid_", "oid"].iter().find(|word| !taken(word)) {
            Some(word) if !copied => {
                vec![Target { column: Ident::from(*word), source: quote::ident(&Ident::from(*word)) }]
            }
            _ => Vec::new(),
        }
    }

    /// A statement for each column whose values would change on the way: it fails with the first such value, and does
    /// nothing else.
    pub(super) fn proofs(&self) -> Vec<(Ident, String)> {
        let strict = is_strict(self.to);
        let proof = |column: &Column| {
            let former = self.former(column)?;
            let what = conversion(former, column, strict)?;
            let name = quote::ident(&former.name);
            let (table, people) = (quote::name(&self.from.name), self.from.name.for_people());
            let text = format!("{people}.{} holds a value that does not fit {what}: ", column.name.as_str());
            let text = quote::literal(&text);
            // The text is no path, so that the error of json_extract repeats it.
            let sql = format!(
                "SELECT json_extract('{{}}', {text} || quote({name}))\nFROM {table}\nWHERE NOT ({})",
                stays(&name, column, strict)?
            );
            Some((column.name.clone(), sql))
        };
        self.to.columns.iter().filter(|column| column.generated.is_none()).filter_map(proof).collect()
    }
}

pub(crate) fn is_strict(table: &Table) -> bool {
    table.options.get(WORD, "strict") == Some("true")
}

pub(super) fn is_without_rowid(table: &Table) -> bool {
    table.options.get(WORD, "without_rowid") == Some("true")
}

/// The column that is the rowid by another name.
pub(super) fn rowid_column(table: &Table) -> Option<&Column> {
    let key = table.primary_key.as_ref()?;
    let [name] = key.columns.as_slice() else { return None };
    let column = table.columns.iter().find(|column| quote::fold(&column.name) == quote::fold(name))?;
    let integer = matches!(&column.ty, Type::Native(native) if native.eq_ignore_ascii_case("integer"));
    let text = table.definition.clone().unwrap_or_else(|| create::table(table));
    // `INTEGER PRIMARY KEY DESC` on the column is none; the same on the table is one.
    let descending = ddl::parse(&text).is_ok_and(|text| {
        text.primary_key().is_some_and(|(on, _, key)| on.is_some() && key.parts.iter().any(|part| part.descending))
    });
    (integer && !descending && !is_without_rowid(table)).then_some(column)
}

/// The name of the type whose affinity converts values of a column that had another one; None = nothing is converted.
pub(crate) fn conversion(from: &Column, to: &Column, strict: bool) -> Option<String> {
    let (Type::Native(old), Type::Native(new)) = (&from.ty, &to.ty) else { return None };
    let affinities = [old, new].map(|native| Affinity::of(native, strict));
    match affinities {
        [old, new] if old == new => None,
        [_, Affinity::Blob] | [Affinity::Integer, Affinity::Numeric] => None,
        _ if to.generated.is_some() => None,
        _ => Some(if new.is_empty() { "the column".to_owned() } else { new.clone() }),
    }
}

/// The condition under which a value comes through as what it was: a number that is the same number, a text that is the
/// same text but for zeros at the end of a fraction.
fn stays(name: &str, to: &Column, strict: bool) -> Option<String> {
    let Type::Native(native) = &to.ty else { return None };
    let affinity = Affinity::of(native, strict);
    let word = affinity.cast()?;
    let cast = format!("CAST({name} AS {word})");
    let number = match affinity {
        Affinity::Text => format!("CAST({cast} AS NUMERIC) = {name}"),
        Affinity::Integer | Affinity::Real => format!("{cast} = {name}"),
        Affinity::Numeric | Affinity::Blob => "1".to_owned(),
    };
    let text = match affinity {
        Affinity::Text => "1".to_owned(),
        Affinity::Integer | Affinity::Real | Affinity::Numeric | Affinity::Blob => {
            format!("{} = {}", plain(name), plain(&format!("CAST({cast} AS TEXT)")))
        }
    };
    let text = if takes_words(native, affinity) { format!("{name} <> {cast} OR {text}") } else { text };
    Some(format!("CASE typeof({name}) WHEN 'null' THEN 1 WHEN 'text' THEN {text} WHEN 'blob' THEN 0 ELSE {number} END"))
}

/// Whether a type of numeric affinity is one for texts that are no numbers too, as dates are: they stay texts.
fn takes_words(native: &str, affinity: Affinity) -> bool {
    let capitals = native.to_ascii_uppercase();
    affinity == Affinity::Numeric && !["DEC", "NUM", "BOOL", "MONEY"].iter().any(|word| capitals.contains(word))
}

/// A number's text without zeros at the end of its fraction.
fn plain(text: &str) -> String {
    format!("CASE WHEN instr({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END")
}
