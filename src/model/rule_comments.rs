//! Data rules in SQL models: a comment line within a CREATE TABLE, or before it:
//! `-- migrate: rule email_filled: { column: email, not_blank: true }`. What stands behind the word is YAML, as a model in
//! YAML has it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::dialect::Dialect;
use crate::error::{Error, Kind, Result};
use crate::model::rules::{Rule, rule};
use crate::model::{Models, SqlModel};
use crate::schema::{Ident, Name};
use crate::statement::token::{Token, TokenKind, tokens, unquote};
use crate::yaml::read_with;

/// What introduces a rule in a comment.
const MARK: &str = "migrate: rule ";

const ONE_LINE: &str = "write a rule in one line: -- migrate: rule NAME: { column: NAME, not_blank: true }";

/// The rules of all models, those of SQL models read here.
pub(crate) fn rules(models: &Models, dialect: &dyn Dialect) -> Result<BTreeMap<Name, Vec<Rule>>> {
    let mut all = models.rules.clone();
    for model in models.sql.iter().filter(|model| model.text.contains(MARK)) {
        let tokens = tokens(&model.text, dialect.syntax()).map_err(|error| error.in_file(&model.file))?;
        let reader = Reader { model, table: None, waiting: Vec::new(), all: &mut all };
        reader.read(&tokens)?;
    }
    Ok(all)
}

struct Reader<'a> {
    model: &'a SqlModel,
    /// The table whose CREATE TABLE we are in.
    table: Option<Name>,
    /// Rules that wait for their table.
    waiting: Vec<Rule>,
    all: &'a mut BTreeMap<Name, Vec<Rule>>,
}

impl Reader<'_> {
    fn read(mut self, tokens: &[Token]) -> Result<()> {
        let text = &self.model.text;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            if token.kind == TokenKind::Comment {
                if let Some(rule) = self.rule(token)? {
                    self.put(rule)?;
                }
            } else if token.is_sign(text, ";") {
                self.table = None;
            } else if token.is_word(text, "TABLE") && self.table.is_none() {
                let rest = tokens.get(at..).unwrap_or_default();
                self.table = name_behind(text, rest);
                for rule in std::mem::take(&mut self.waiting) {
                    self.put(rule)?;
                }
            }
        }
        match self.waiting.first() {
            None => Ok(()),
            Some(rule) => Err(Error::new(Kind::File, format!("the rule {} stands at no table", rule.name))
                .in_file(&rule.spot.file)
                .at_line(rule.spot.line, 0)
                .with_hint("write it within a CREATE TABLE, or in the line before it")),
        }
    }

    fn put(&mut self, rule: Rule) -> Result<()> {
        let Some(table) = &self.table else {
            self.waiting.push(rule);
            return Ok(());
        };
        let rules = self.all.entry(table.clone()).or_default();
        if rules.iter().any(|other| other.name == rule.name) {
            return Err(Error::new(Kind::File, format!("{} has two rules {}", table.for_people(), rule.name))
                .in_file(&rule.spot.file)
                .at_line(rule.spot.line, 0)
                .with_hint("rename one of them"));
        }
        rules.push(rule);
        Ok(())
    }

    fn rule(&self, token: &Token) -> Result<Option<Rule>> {
        let comment = token.text(&self.model.text);
        let Some((_, said)) =
            comment.split_once(MARK).filter(|(before, _)| before.trim_matches(['-', '/', '*', '#', ' ']).is_empty())
        else {
            return Ok(None);
        };
        let said = said.trim_end_matches(['*', '/', ' ']);
        // Blank lines before it: so the errors have the line of the model.
        let padded = format!("{}{said}", "\n".repeat(token.line.saturating_sub(1)));
        read_one(&padded, &self.model.file).map(Some)
    }
}

/// A document with one rule under its name.
fn read_one(text: &str, path: &Path) -> Result<Rule> {
    read_with(text, path, |node| {
        let wrong = node.expected("NAME: { … }").with_hint(ONE_LINE);
        let mut entries = node.entries().map_err(|error| error.with_hint(ONE_LINE))?.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, node)), None) => rule(&key, node, path),
            _ => Err(wrong),
        }
    })
}

/// The name behind CREATE TABLE, which may have words before it.
fn name_behind(text: &str, tokens: &[Token]) -> Option<Name> {
    let mut parts = tokens.iter().filter(|token| !token.is_skippable());
    let mut next = parts.next()?;
    while ["IF", "NOT", "EXISTS"].iter().any(|word| next.is_word(text, word)) {
        next = parts.next()?;
    }
    let ident = |token: &Token| Ident::from(unquote(token.text(text)));
    let first = ident(next);
    match (parts.next(), parts.next()) {
        (Some(dot), Some(second)) if dot.is_sign(text, ".") => Some(Name::new(Some(first), ident(second))),
        _ => Some(Name::own(first)),
    }
}
