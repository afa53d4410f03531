//! Rename hints in SQL models: a comment line `-- migrate: renamed_from=old` before a table or a column.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::SqlModel;
use crate::schema::{Ident, Schema};
use crate::statement::token::{Token, TokenKind, tokens, unquote};

/// A table as a model names it, folded: with its schema where that is said.
type Place = (Option<String>, String);

/// What was called what before: tables by name, columns by table and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    tables: BTreeMap<Place, String>,
    columns: BTreeMap<(Place, String), String>,
}

/// Reads the hints of all SQL models. Names are folded as the server folds them. `own`: the connection's schema, which a
/// model may leave out.
pub(crate) fn hints(models: &[SqlModel], dialect: &dyn Dialect, own: &Ident) -> Result<Hints> {
    let mut hints = Hints::default();
    for model in models.iter().filter(|model| model.text.contains("migrate:")) {
        let tokens = tokens(&model.text, dialect.syntax()).map_err(|error| error.in_file(&model.file))?;
        let tokens: Vec<Token> = tokens.into_iter().filter(|token| token.kind != TokenKind::Space).collect();
        Reader { text: &model.text, dialect, own, table: None, pending: None }.read(&tokens, &mut hints);
    }
    Ok(hints)
}

impl Hints {
    /// Puts the hints into the inspected schema.
    pub(crate) fn lay_over(&self, schema: &mut Schema, dialect: &dyn Dialect) {
        for table in schema.tables.values_mut() {
            let key = (table.name.schema.as_ref().map(|name| dialect.fold(name)), dialect.fold(&table.name.name));
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
    own: &'a Ident,
    /// The table whose CREATE TABLE we are in.
    table: Option<Place>,
    /// A hint that waits for what it is about.
    pending: Option<String>,
}

impl Reader<'_> {
    fn read(mut self, tokens: &[Token], hints: &mut Hints) {
        let mut rest = tokens;
        while let Some((token, behind)) = rest.split_first() {
            rest = behind;
            if token.kind == TokenKind::Comment {
                self.pending = hint(token.text(self.text)).or(self.pending.take());
            } else if token.is_sign(self.text, ";") {
                self.table = None;
            } else if token.is_word(self.text, "TABLE") {
                rest = self.table(behind, hints);
            } else if token.name(self.text).is_some() && !self.is_one_of(token, &BEFORE_A_TABLE) {
                self.hint_for_column(token, hints);
            }
        }
    }

    fn is_one_of(&self, token: &Token, words: &[&str]) -> bool {
        words.iter().any(|word| token.is_word(self.text, word))
    }

    /// Reads the name of a table, with its schema or without; gives what stands behind it.
    fn table<'t>(&mut self, tokens: &'t [Token], hints: &mut Hints) -> &'t [Token] {
        let words = tokens.iter().take_while(|token| self.is_one_of(token, &["IF", "NOT", "EXISTS"])).count();
        let mut rest = tokens.get(words..).unwrap_or_default();
        let mut place = None;
        while let Some((name, behind)) = rest.split_first().filter(|(token, _)| token.name(self.text).is_some()) {
            place = Some((place.map(|(_, schema)| schema), self.fold(name)));
            rest = behind;
            match behind.split_first() {
                Some((dot, behind)) if dot.is_sign(self.text, ".") => rest = behind,
                Some(_) | None => break,
            }
        }
        let own = self.dialect.fold(self.own);
        let Some((schema, table)) = place else { return rest };
        let place = (schema.filter(|schema| *schema != own), table);
        if let Some(old) = self.pending.take() {
            hints.tables.insert(place.clone(), old);
        }
        self.table = Some(place);
        rest
    }

    /// What is not quoted is in small letters, or compared without regard to them.
    fn fold(&self, token: &Token) -> String {
        let word = token.text(self.text);
        let name = if token.kind == TokenKind::Word { word.to_ascii_lowercase() } else { unquote(word) };
        self.dialect.fold(&Ident::from(name))
    }

    fn hint_for_column(&mut self, token: &Token, hints: &mut Hints) {
        if let (Some(old), Some(table)) = (self.pending.take(), self.table.clone()) {
            hints.columns.insert((table, self.fold(token)), old);
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

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;
    use crate::dialect::postgres::Postgres;

    fn read(text: &str) -> Hints {
        let model = SqlModel { file: "s.sql".into(), text: text.to_owned() };
        hints(&[model], &Postgres, &Ident::from("public")).unwrap_or_default()
    }

    fn column(schema: Option<&str>, table: &str, column: &str) -> (Place, String) {
        ((schema.map(str::to_owned), table.to_owned()), column.to_owned())
    }

    #[test]
    fn a_hint_is_of_the_table_of_its_schema() {
        let said = read(
            "CREATE TABLE Public.T (a int,\n-- migrate: renamed_from=b\nC int);\nCREATE TABLE core.t (c text,\n\
             -- migrate: renamed_from=old\n\"New\" text);\n-- migrate: renamed_from=former\nCREATE TABLE IF NOT EXISTS \"core\" . x (id int);",
        );
        let columns = [(column(None, "t", "c"), "b".to_owned()), (column(Some("core"), "t", "New"), "old".to_owned())];
        assert_eq!(said.columns, columns.into());
        let table = (Some("core".to_owned()), "x".to_owned());
        assert_eq!(said.tables, [(table, "former".to_owned())].into());
    }
}
