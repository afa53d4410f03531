//! Columns that turn from a list of words (ENUM, SET) into numbers, or into one. The servers would take the position of a
//! word for its number: of `enum('10','20')` as int they make 1 and 2, and of the text '1' as `enum('x','y')` an x. So words go by
//! way of text, where '10' is 10 and what is no number is refused; and what becomes a word has to be one. Pure: no I/O.

use super::{Pen, parts};
use crate::dialect::Unsupported;
use crate::dialect::mysql::quote;
use crate::dialect::mysql::types::{Sort, WORD};
use crate::schema::{Column, Table, Type};

/// Wide enough for the text of any number, the widest of which are decimals.
const NUMBER: usize = 80;

/// What holds while a column changes: goes with it.
const HELPER: &str = "migrate_words";

/// The clauses before the change of a column, those beside it, and those behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Detour {
    pub(super) before: Vec<String>,
    pub(super) beside: Option<String>,
    pub(super) behind: Vec<String>,
}

/// How a column gets there without its values becoming others.
pub(super) fn detour(pen: &Pen, table: &Table, former: &Column, column: &Column) -> Result<Detour, Unsupported> {
    let (Type::Native(from), Type::Native(to)) = (&former.ty, &column.ty) else { return Ok(Detour::default()) };
    if former.generated.is_some() || column.generated.is_some() {
        return Ok(Detour::default());
    }
    let (from, to) = (Sort::of(from), Sort::of(to));
    let mut detour = Detour::default();
    let width = match (&from, &to) {
        (Sort::Enum(words), to) if is_number(to) => words.iter().map(|word| word.chars().count()).max(),
        (Sort::Set(words), to) if is_number(to) => Some(words.iter().map(|word| word.chars().count() + 1).sum()),
        (from, Sort::Enum(_) | Sort::Set(_)) if is_number(from) => Some(NUMBER),
        _ => None,
    };
    if let Some(width) = width {
        let text = Column { ty: Type::Native(format!("varchar({})", width.max(1))), ..bare(former) };
        detour.before.push(format!("MODIFY COLUMN {}", parts::column(&text, Some(table), pen.server)?));
    }
    if let Some(condition) = condition(column, &from, &to) {
        let word = if pen.mariadb() { "CONSTRAINT" } else { "CHECK" };
        detour.before.push(format!("ADD CONSTRAINT `{HELPER}` CHECK ({condition})"));
        detour.beside = Some(format!("DROP {word} `{HELPER}`"));
    }
    Ok(detour)
}

/// Numbers as which the server would read a position. The bits of a text are others than those of its number.
fn is_number(sort: &Sort) -> bool {
    matches!(sort, Sort::Integer { .. } | Sort::Decimal { .. } | Sort::Float(_) | Sort::Year)
}

/// The column without what does not fit another type.
fn bare(column: &Column) -> Column {
    let mut column = Column { default: None, identity: None, ..column.clone() };
    for key in ["check", "on_update", "compressed"] {
        column.options.remove(WORD, key);
    }
    column
}

/// What is true of texts that say what the new type holds: words that are numbers, or texts that are words.
fn condition(column: &Column, from: &Sort, to: &Sort) -> Option<String> {
    let name = quote::ident(&column.name);
    let all = |words: &[String]| words.iter().map(|word| quote::literal(word)).collect::<Vec<_>>().join(", ");
    let is_text = matches!(from, Sort::Text { .. } | Sort::LongText(_)) || is_number(from);
    let is_list = matches!(from, Sort::Enum(_) | Sort::Set(_));
    match (to, is_text, is_list) {
        (Sort::Enum(words), true, _) => Some(format!("{name} IN ({})", all(words))),
        // Several words have a comma between them, and are no position.
        (Sort::Set(words), true, _) => Some(format!("{name} REGEXP '[^-+ 0-9]' OR {name} IN ('', {})", all(words))),
        (Sort::Integer { .. } | Sort::Year, _, true) => Some(format!("{name} REGEXP '^[-+]?[0-9]+$'")),
        (Sort::Decimal { .. } | Sort::Float(_), _, true) => {
            Some(format!("{name} REGEXP '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?$'"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Name;
    use crate::statement::{Product, ServerVersion};

    fn detour_of(from: &str, to: &str) -> (Vec<String>, Option<String>) {
        let pen = Pen::new(crate::schema::Schema::default(), ServerVersion::new(Product::MariaDb, 10, 11, 19));
        let column = |native: &str| Column::new("a", Type::Native(native.into()));
        let detour = detour(&pen, &Table::new(Name::own("t")), &column(from), &column(to)).unwrap();
        (detour.before, detour.beside)
    }

    #[test]
    fn words_and_numbers_meet_as_text() {
        let drop = Some("DROP CONSTRAINT `migrate_words`".to_owned());
        let check = |condition: &str| format!("ADD CONSTRAINT `migrate_words` CHECK ({condition})");
        let text = |width: u32| format!("MODIFY COLUMN `a` varchar({width})");
        let digits = "`a` REGEXP '^[-+]?[0-9]+$'";
        assert_eq!(detour_of("enum('10','200')", "int"), (vec![text(3), check(digits)], drop.clone()));
        assert_eq!(detour_of("set('1','2')", "int"), (vec![text(4), check(digits)], drop.clone()));
        assert_eq!(detour_of("int", "enum('1','b')"), (vec![text(80), check("`a` IN ('1', 'b')")], drop.clone()));
        assert_eq!(detour_of("varchar(9)", "enum('b')"), (vec![check("`a` IN ('b')")], drop));
    }

    #[test]
    fn other_changes_go_straight() {
        for (from, to) in
            [("enum('a')", "enum('a','b')"), ("enum('a')", "varchar(9)"), ("enum('a')", "set('a')"), ("int", "bigint")]
        {
            assert_eq!(detour_of(from, to), (Vec::new(), None), "{from} -> {to}");
        }
    }
}
