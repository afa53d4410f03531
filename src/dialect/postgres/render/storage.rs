//! Options in SQL: storage parameters, tablespaces, collations.

use crate::dialect::postgres::capabilities::WORD;
use crate::dialect::postgres::options::is_parameter;
use crate::dialect::postgres::quote::{literal, quote};
use crate::schema::{Ident, Options, SortedMap};

/// The keys of this database.
pub(super) fn section(options: &Options) -> impl Iterator<Item = (&str, &str)> {
    options.0.get(WORD).into_iter().flat_map(SortedMap::iter).map(|(key, value)| (key.as_str(), value.as_str()))
}

/// ` WITH (fillfactor = 70)`, or nothing.
pub(super) fn with_parameters(options: &Options) -> String {
    let parameters: Vec<String> =
        section(options).filter(|(key, _)| is_parameter(key)).map(|(key, value)| parameter(key, value)).collect();
    if parameters.is_empty() { String::new() } else { format!(" WITH ({})", parameters.join(", ")) }
}

/// `fillfactor = 70`; `toast.` stays outside of the quotes.
pub(super) fn parameter(key: &str, value: &str) -> String {
    format!("{} = {}", parameter_name(key), parameter_value(value))
}

pub(super) fn parameter_name(key: &str) -> String {
    match key.split_once('.') {
        Some((space, name)) => format!("{}.{}", quote(&Ident::from(space)), quote(&Ident::from(name))),
        None => quote(&Ident::from(key)),
    }
}

/// A number or a word as it is, anything else as a string.
fn parameter_value(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) && !value.contains("--") {
        value.to_owned()
    } else {
        literal(value)
    }
}

/// ` TABLESPACE "x"` with the given words before the name, or nothing.
pub(super) fn tablespace(options: &Options, words: &str) -> String {
    options.get(WORD, "tablespace").map_or_else(String::new, |name| format!(" {words} {}", quote(&Ident::from(name))))
}

/// A collation as options name it: bare, or both names in quotes.
pub(in crate::dialect::postgres) fn collation(name: &str) -> String {
    if name.starts_with('"') { name.to_owned() } else { quote(&Ident::from(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_cannot_break_out() {
        let mut options = Options::default();
        options.set(WORD, "fillfactor", "70");
        options.set(WORD, "toast.autovacuum_enabled", "false");
        options.set(WORD, "tablespace", "fast");
        options.set("mysql", "engine", "InnoDB");
        assert_eq!(with_parameters(&options), r#" WITH ("fillfactor" = 70, "toast"."autovacuum_enabled" = false)"#);
        assert_eq!(tablespace(&options, "TABLESPACE"), r#" TABLESPACE "fast""#);
        assert_eq!(parameter("fillfactor", "70); DROP TABLE x; --"), r#""fillfactor" = '70); DROP TABLE x; --'"#);
        assert_eq!(collation("en_US.utf8"), "\"en_US.utf8\"");
        assert_eq!(collation("\"app\".\"de\""), "\"app\".\"de\"");
    }
}
