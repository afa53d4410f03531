//! Names in configuration values: dots part them, double quotes keep a dot, as servers read names. Never folded.

/// `[schema.]name` of the version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    /// None = the connection's own schema.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl TableName {
    /// Reads `name`, `schema.name`, `"a.b".name`. None = it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text)?.into_iter().map(|part| part.iter().map(|sign| sign.letter).collect());
        let (first, second, third): (Option<String>, Option<String>, Option<String>) =
            (parts.next(), parts.next(), parts.next());
        match (first, second, third) {
            (Some(name), None, None) => Some(Self { schema: None, name }),
            (schema, Some(name), None) => Some(Self { schema, name }),
            _ => None,
        }
    }
}

/// The parts of a dotted path, as flags write it: `orders.note`, `"a.b".c`. None = an empty part, or a quote that is not
/// closed.
pub(crate) fn dotted(text: &str) -> Option<Vec<String>> {
    let parts = split(text)?;
    Some(parts.into_iter().map(|part| part.into_iter().map(|sign| sign.letter).collect()).collect())
}

/// A pattern of `ignore:`: `tmp_*`, `app.tmp_?`, `"a.b"`. `*` is any number of letters and `?` is one; in quotes they
/// mean themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    schema: Option<Vec<Sign>>,
    name: Vec<Sign>,
}

impl Pattern {
    /// Reads `[schema.]name`. None = it is neither.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text)?.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), None, None) => Some(Self { schema: None, name }),
            (schema, Some(name), None) => Some(Self { schema, name }),
            _ => None,
        }
    }

    /// Whether an object is meant. `schema` is the server's word for its schema, that of the connection's own one too;
    /// None where the server has no schemas. A pattern without a schema means objects of each.
    pub(crate) fn matches(&self, schema: Option<&str>, name: &str) -> bool {
        let in_schema = self.schema.as_ref().is_none_or(|signs| schema.is_some_and(|schema| is_match(signs, schema)));
        in_schema && is_match(&self.name, name)
    }
}

/// A letter, and whether it stood in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sign {
    letter: char,
    quoted: bool,
}

/// The parts between the dots; none of them is empty. None = an empty part, or a quote that is not closed.
fn split(text: &str) -> Option<Vec<Vec<Sign>>> {
    let mut parts = vec![Vec::new()];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                parts.last_mut()?.push(Sign { letter, quoted });
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(Vec::new()),
            _ => parts.last_mut()?.push(Sign { letter, quoted }),
        }
    }
    (!quoted && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

/// Matches greedily with one place to come back to: the last `*`. Linear in `text` for each star.
fn is_match(signs: &[Sign], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let (mut sign_at, mut letter_at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = letters.get(letter_at) {
        match signs.get(sign_at) {
            Some(Sign { letter: '*', quoted: false }) => {
                star = Some((sign_at, letter_at));
                sign_at += 1;
            }
            Some(sign) if sign.letter == *letter || (sign.letter == '?' && !sign.quoted) => {
                sign_at += 1;
                letter_at += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (sign_at, letter_at) = (star_at + 1, taken + 1);
            }
        }
    }
    signs.iter().skip(sign_at).all(|sign| sign.letter == '*' && !sign.quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names() {
        let parsed = |text| TableName::parse(text).map(|table| (table.schema, table.name));
        let own = |name: &str| Some((None, name.to_owned()));
        let both = |schema: &str, name: &str| Some((Some(schema.to_owned()), name.to_owned()));
        assert_eq!(parsed("migrate_version"), own("migrate_version"));
        assert_eq!(parsed("app.versions"), both("app", "versions"));
        assert_eq!(parsed("\"a.b\".\"c \"\"d\"\"\""), both("a.b", "c \"d\""));
        assert_eq!(parsed("Größe"), own("Größe"));
        for wrong in ["", ".", "a.", ".a", "a.b.c", "\"a", "a..b", "\"\"", "a.\"\""] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, schema, name, expected) in [
            ("tmp_*", None, "tmp_", true),
            ("tmp_*", Some("app"), "tmp_x", true),
            ("tmp_*", None, "atmp_x", false),
            ("*_tmp", None, "a_tmp_tmp", true),
            ("*a*b*", None, "xxaxxbxx", true),
            ("*a*b*", None, "xxbxxa", false),
            ("a?c", None, "aüc", true),
            ("a?c", None, "ac", false),
            ("*", None, "", true),
            ("app.*", Some("app"), "x", true),
            ("app.*", Some("other"), "x", false),
            ("app.*", None, "x", false),
            ("a*.x", Some("app"), "x", true),
            ("\"a.b\"", None, "a.b", true),
            ("\"tmp_*\"", None, "tmp_x", false),
            ("\"tmp_*\"", None, "tmp_*", true),
            ("Tmp", None, "tmp", false),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(schema, name), expected, "{pattern} {schema:?} {name}");
        }
        assert_eq!(Pattern::parse("a.b.c"), None);
        assert_eq!(Pattern::parse(""), None);
    }
}
