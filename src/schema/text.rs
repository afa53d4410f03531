//! Names, expressions and options: the pieces of text that nouns are made of.

use super::SortedMap;

/// An identifier exactly as the server stores it: not quoted, not folded. It has no `Display`: the only way into SQL is
/// the dialect's `quote`. Whether two of them are the same name is the dialect's business too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ident(Box<str>);

/// The longest name that all databases take, in bytes: PostgreSQL's.
const LONGEST: usize = 63;

impl Ident {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The bare text, for messages, files and comparison.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A name for what stands in for this one for a while: this name behind a prefix, cut to what all databases take.
    pub(crate) fn behind(&self, prefix: &str) -> Self {
        let mut end = self.0.len().min(LONGEST - prefix.len());
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        Self::from(format!("{prefix}{}", self.0.get(..end).unwrap_or_default()))
    }
}

impl From<&str> for Ident {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Ident {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// A name in a schema; no schema = the connection's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub(crate) schema: Option<Ident>,
    pub(crate) name: Ident,
}

impl Name {
    pub(crate) fn new(schema: Option<Ident>, name: impl Into<Ident>) -> Self {
        Self { schema, name: name.into() }
    }

    /// A name in the connection's own schema.
    pub(crate) fn own(name: impl Into<Ident>) -> Self {
        Self::new(None, name)
    }

    /// The same schema with another name in it.
    pub(crate) fn sibling(&self, name: Ident) -> Self {
        Self { schema: self.schema.clone(), name }
    }

    /// For messages: `app.orders` or `orders`. Never SQL.
    #[inline(never)]
    pub(crate) fn for_people(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", schema.as_str(), self.name.as_str()),
            None => self.name.as_str().to_owned(),
        }
    }
}

/// An expression in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    /// The text for whatever database is at hand.
    Same(String),
    /// One text per database, by the words `postgres`, `mysql`, `mariadb`, `sqlite`.
    Each(SortedMap<String, String>),
}

impl Expr {
    /// The text for the first of `words` that is there: `["mariadb", "mysql"]`. None = not given for this database.
    pub(crate) fn text_for(&self, words: &[&str]) -> Option<&str> {
        match self {
            Self::Same(text) => Some(text),
            Self::Each(texts) => words.iter().find_map(|word| texts.get(*word)).map(String::as_str),
        }
    }

    /// The text of a native expression; of a declared one that differs by database, the first.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Same(text) => text,
            Self::Each(texts) => texts.values().next().map_or("", String::as_str),
        }
    }
}

/// Settings of one database for one object, such as `engine: InnoDB`; by database word (`postgres`, `mysql`, `mariadb`,
/// `sqlite`), then by key. Values are the text that the server prints. The keys of each database are documented in its
/// dialect's `types`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options(pub(crate) SortedMap<String, SortedMap<String, String>>);

impl Options {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.values().all(SortedMap::is_empty)
    }

    pub(crate) fn get(&self, database: &str, key: &str) -> Option<&str> {
        self.0.get(database)?.get(key).map(String::as_str)
    }

    pub(crate) fn set(&mut self, database: &str, key: &str, value: impl Into<String>) {
        let value = value.into();
        self.0.change(database.to_owned(), |section| drop(section.insert(key.to_owned(), value)));
    }

    pub(crate) fn remove(&mut self, database: &str, key: &str) {
        if let Some(section) = self.0.get_mut(database) {
            section.remove(key);
            if section.is_empty() {
                self.0.remove(database);
            }
        }
    }

    /// Only what counts for one database, under the first of `words`; later words are laid under earlier ones.
    pub(crate) fn only(&self, words: &[&str], section: &str) -> Self {
        let mut merged = SortedMap::new();
        for word in words.iter().rev() {
            merged.extend(self.0.get(*word).cloned().unwrap_or_default());
        }
        if merged.is_empty() { Self::default() } else { Self(SortedMap::from([(section.to_owned(), merged)])) }
    }
}
