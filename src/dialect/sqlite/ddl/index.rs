//! Reading CREATE INDEX.

use super::clause;
use super::expression::without_parentheses;
use super::parts::Named;
use super::reader::{Reader, Span, Unreadable, is_name, name_of};
use crate::schema::Ident;
use crate::statement::token::Token;

/// A whole CREATE INDEX.
#[derive(Clone, Debug)]
pub(crate) struct IndexText<'t> {
    /// What was read.
    pub(crate) text: &'t str,
    pub(crate) unique: bool,
    pub(crate) name: Named,
    pub(crate) table: Named,
    pub(crate) keys: Vec<KeyText>,
    pub(crate) predicate: Option<Span>,
}

/// One key of an index.
#[derive(Clone, Debug)]
pub(crate) struct KeyText {
    /// The name, if it is a single one; it is a column only if the table has one of that name.
    pub(crate) column: Option<Ident>,
    /// Without collation, order and outer parentheses.
    pub(crate) expr: Span,
    pub(crate) collation: Option<Ident>,
    pub(crate) descending: bool,
}

/// Reads the text of a CREATE INDEX.
///
/// # Errors
/// A text that is none, or one of a grammar that is not known here.
pub(crate) fn parse(text: &str) -> Result<IndexText<'_>, Unreadable> {
    let mut reader = Reader::new(text)?;
    let reader = &mut reader;
    reader.expect("CREATE")?;
    let unique = reader.take("UNIQUE");
    reader.expect("INDEX")?;
    reader.take("IF NOT EXISTS");
    let mut name = clause::name(reader)?;
    if reader.take_sign(".") {
        name = clause::name(reader)?;
    }
    reader.expect("ON")?;
    let table = clause::name(reader)?;
    let keys = reader.group()?;
    let keys = keys_in(&reader.within(keys))?;
    let predicate = predicate(reader)?;
    Ok(IndexText { text, unique, name, table, keys, predicate })
}

/// What stands behind WHERE, which ends the statement.
fn predicate(reader: &mut Reader<'_>) -> Result<Option<Span>, Unreadable> {
    let filtered = reader.take("WHERE");
    let start = reader.start();
    let mut end = start;
    while filtered && !reader.is_sign(";") && reader.next().is_some() {
        end = reader.end();
    }
    reader.take_sign(";");
    if reader.peek().is_some() {
        Err(reader.unreadable("the end"))
    } else {
        Ok(filtered.then(|| Span::new(start, end)))
    }
}

/// The keys between the commas that stand in no parentheses.
fn keys_in(reader: &Reader<'_>) -> Result<Vec<KeyText>, Unreadable> {
    let mut depth = 0_usize;
    let mut between = |token: &Token| {
        depth += usize::from(token.is_sign(reader.text, "("));
        depth = depth.saturating_sub(usize::from(token.is_sign(reader.text, ")")));
        depth == 0 && token.is_sign(reader.text, ",")
    };
    reader.tokens().split(|token| between(token)).map(|tokens| key(tokens, reader)).collect()
}

fn key(tokens: &[Token], reader: &Reader<'_>) -> Result<KeyText, Unreadable> {
    let text = reader.text;
    let (mut tokens, mut descending, mut collation) = (tokens, false, None);
    if let [rest @ .., last] = tokens
        && !rest.is_empty()
        && (last.is_word(text, "ASC") || last.is_word(text, "DESC"))
    {
        descending = last.is_word(text, "DESC");
        tokens = rest;
    }
    loop {
        let bare = without_parentheses(tokens, text);
        let Some((rest, name)) = collated(bare, text) else {
            tokens = bare;
            break;
        };
        collation.get_or_insert(name);
        tokens = rest;
    }
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
        return Err(reader.unreadable("a key of an index"));
    };
    let column = (tokens.len() == 1 && is_name(*first)).then(|| name_of(*first, text));
    Ok(KeyText { column, expr: Span::new(first.start, last.end), collation, descending })
}

/// An expression and the collation behind it: `a COLLATE x`.
fn collated<'r>(tokens: &'r [Token], text: &str) -> Option<(&'r [Token], Ident)> {
    let [rest @ .., collate, name] = tokens else { return None };
    (!rest.is_empty() && collate.is_word(text, "COLLATE")).then(|| (rest, name_of(*name, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each key as column, expression, collation and order.
    fn keys(keys: &str) -> Vec<String> {
        let text = format!("CREATE INDEX i ON t ({keys})");
        let index = parse(&text).unwrap();
        let word = |name: &Option<Ident>| name.as_ref().map_or("-", Ident::as_str).to_owned();
        let line = |key: &KeyText| {
            format!("{}|{}|{}|{}", word(&key.column), key.expr.of(&text), word(&key.collation), key.descending)
        };
        index.keys.iter().map(line).collect()
    }

    #[test]
    fn keys_are_columns_or_expressions() {
        assert_eq!(keys("a, \"b c\" DESC, desc"), ["a|a|-|false", "b c|\"b c\"|-|true", "desc|desc|-|false"]);
        assert_eq!(keys("((a COLLATE nocase)) ASC"), ["a|a|nocase|false"]);
        assert_eq!(keys("f(a, b) COLLATE x desc, (a || ',')"), ["-|f(a, b)|x|true", "-|a || ','|-|false"]);
        assert_eq!(keys("(a) + (b)"), ["-|(a) + (b)|-|false"]);
    }

    #[test]
    fn the_rest_of_an_index_is_read() {
        let text = "CREATE UNIQUE INDEX IF NOT EXISTS main.\"i 1\" ON [t] (a) WHERE a > 0 ;";
        let index = parse(text).unwrap();
        assert!(index.unique);
        assert_eq!((index.name.ident.as_str(), index.table.ident.as_str()), ("i 1", "t"));
        assert_eq!(index.predicate.unwrap().of(text), "a > 0");
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for text in
            ["CREATE TABLE t (a)", "CREATE INDEX i ON t ()", "CREATE INDEX i ON t (a,)", "CREATE INDEX i ON t (a) x"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
