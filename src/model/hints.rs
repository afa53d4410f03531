//! Rename hints in SQL models: a comment line `-- migrate: renamed_from=old` before a table or a column.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::SqlModel;
use crate::schema::{Ident, Schema};
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// What was called what before: tables by name, columns by table and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    pub(crate) tables: BTreeMap<String, String>,
    pub(crate) columns: BTreeMap<(String, String), String>,
}

/// Reads the hints of all SQL models. Names are folded as the server folds them.
pub(crate) fn hints(models: &[SqlModel], dialect: &dyn Dialect) -> Result<Hints> {
    let mut hints = Hints::default();
    for model in models.iter().filter(|model| model.text.contains("migrate:")) {
        let tokens = tokens(&model.text, dialect.syntax()).map_err(|error| error.in_file(&model.file))?;
        Reader { text: &model.text, dialect, table: None, pending: None }.read(&tokens, &mut hints);
    }
    Ok(hints)
}

impl Hints {
    /// Puts the hints into the inspected schema.
    pub(crate) fn lay_over(&self, schema: &mut Schema, dialect: &dyn Dialect) {
        for table in schema.tables.values_mut() {
            let key = dialect.fold(&table.name.name);
            table.renamed_from = self.tables.get(&key).map(|old| Ident::from(old.as_str()));
            for column in &mut table.columns {
                let old = self.columns.get(&(key.clone(), dialect.fold(&column.name)));
                column.renamed_from = old.map(|old| Ident::from(old.as_str()));
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    dialect: &'a dyn Dialect,
    /// The table whose CREATE TABLE we are in, folded.
    table: Option<String>,
    /// A hint that waits for what it is about.
    pending: Option<String>,
}

impl Reader<'_> {
    fn read(mut self, tokens: &[Token], hints: &mut Hints) {
        let mut after_table_word = false;
        for token in tokens {
            let word = token.text(self.text);
            if token.kind == TokenKind::Comment {
                self.pending = hint(word).or(self.pending.take());
            } else if token.is_sign(self.text, ";") {
                self.table = None;
            } else if matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent) {
                after_table_word = self.name(token, word, after_table_word, hints);
            }
        }
    }

    /// A word or a name; true = the next one names the table.
    fn name(&mut self, token: &Token, word: &str, after_table_word: bool, hints: &mut Hints) -> bool {
        let is_keyword = |words: &[&str]| words.iter().any(|one| token.is_word(self.text, one));
        if after_table_word {
            if is_keyword(&["IF", "NOT", "EXISTS"]) {
                return true;
            }
            let name = self.fold(word);
            self.hint_for_table(&name, hints);
            self.table = Some(name);
            return false;
        }
        if is_keyword(&["TABLE"]) {
            return true;
        }
        if self.pending.is_some() && !is_keyword(&BEFORE_A_TABLE) {
            self.hint_for_column(word, hints);
        }
        false
    }

    fn fold(&self, word: &str) -> String {
        self.dialect.fold(&Ident::from(unquote(word)))
    }

    fn hint_for_table(&mut self, name: &str, hints: &mut Hints) {
        if let Some(old) = self.pending.take() {
            hints.tables.insert(name.to_owned(), old);
        }
    }

    fn hint_for_column(&mut self, word: &str, hints: &mut Hints) {
        if let (Some(table), Some(old)) = (self.table.clone(), self.pending.take()) {
            hints.columns.insert((table, self.fold(word)), old);
        }
    }
}

/// Words between a hint and the name of its table.
const BEFORE_A_TABLE: [&str; 8] = ["CREATE", "TEMPORARY", "TEMP", "UNLOGGED", "GLOBAL", "LOCAL", "OR", "REPLACE"];

fn hint(comment: &str) -> Option<String> {
    let text = comment.trim_start_matches(['-', '#', '/', '*', ' ']).trim_end_matches(['*', '/', ' ']);
    let old = text.strip_prefix("migrate:")?.trim().strip_prefix("renamed_from=")?.trim();
    (!old.is_empty()).then(|| unquote(old))
}
