//! One row of an answer, every cell as the server's text.

use crate::error::{Error, Kind, Result};

/// A row as text: one buffer and a range for each cell, because catalogs have many rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    text: String,
    cells: Vec<Cell>,
}

/// Where a cell's text lies in the buffer; `NULL` has a start behind its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    start: u32,
    end: u32,
}

const NULL: Cell = Cell { start: u32::MAX, end: 0 };

impl Row {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The text of a cell, from 0; None for NULL, and behind the last one.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        let cell = self.cells.get(index)?;
        self.text.get(usize::try_from(cell.start).ok()?..usize::try_from(cell.end).ok()?)
    }

    /// The text of a cell that cannot be NULL.
    pub(crate) fn required(&self, index: usize) -> Result<&str> {
        self.text(index).ok_or_else(|| unexpected(index, "NULL", "a value"))
    }

    /// A cell as a whole number.
    pub(crate) fn int(&self, index: usize) -> Result<Option<i64>> {
        let number = |text: &str| text.parse().map_err(|_| unexpected(index, text, "a whole number"));
        self.text(index).map(number).transpose()
    }

    /// A cell that is `t`, `f`, `true`, `false`, `1` or `0` (or MariaDB's `YES` and `NO`), and not NULL.
    pub(crate) fn bool(&self, index: usize) -> Result<bool> {
        match self.required(index)? {
            "t" | "true" | "1" | "YES" => Ok(true),
            "f" | "false" | "0" | "NO" => Ok(false),
            other => Err(unexpected(index, other, "yes or no")),
        }
    }

    /// Empties the row and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// Appends a cell. An error if the row grows beyond 4 GiB.
    pub(super) fn push(&mut self, text: Option<&str>) -> Result<()> {
        let Some(text) = text else {
            self.cells.push(NULL);
            return Ok(());
        };
        let too_long = |_| Error::new(Kind::Unsupported, "a row of more than 4 GiB");
        let start = u32::try_from(self.text.len()).map_err(too_long)?;
        self.text.push_str(text);
        let end = u32::try_from(self.text.len()).map_err(too_long)?;
        self.cells.push(Cell { start, end });
        Ok(())
    }
}

fn unexpected(index: usize, found: &str, wanted: &str) -> Error {
    let found: String = found.chars().take(40).collect();
    Error::new(Kind::Unsupported, format!("the server answered {found} in column {}, not {wanted}", index + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[Option<&str>]) -> Row {
        let mut row = Row::default();
        cells.iter().for_each(|cell| row.push(*cell).unwrap());
        row
    }

    #[test]
    fn null_and_empty_differ() {
        let row = row(&[None, Some(""), Some("käse"), Some("-7")]);
        assert_eq!((row.text(0), row.text(1), row.text(2), row.text(9)), (None, Some(""), Some("käse"), None));
        assert_eq!(row.int(3).unwrap(), Some(-7));
        assert_eq!(row.int(0).unwrap(), None);
        assert_eq!(row.len(), 4);
        assert!(row.required(0).is_err() && row.int(2).is_err());
    }

    #[test]
    fn truth_has_few_words() {
        let row = row(&[Some("t"), Some("0"), Some("YES"), Some("maybe"), None]);
        assert_eq!((row.bool(0).unwrap(), row.bool(1).unwrap(), row.bool(2).unwrap()), (true, false, true));
        assert!(row.bool(3).is_err() && row.bool(4).is_err());
    }

    #[test]
    fn a_cleared_row_starts_anew() {
        let mut row = row(&[Some("a"), Some("b")]);
        row.clear();
        row.push(Some("c")).unwrap();
        assert_eq!((row.len(), row.text(0)), (1, Some("c")));
    }
}
