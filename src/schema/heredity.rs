//! Tables that take their columns from others: partitions, and tables that inherit. Whose they are stands among the options of
//! a table, under the word of its database.

use super::{Name, Table};

/// The option that names the table of which another one is a partition.
pub(crate) const PARTITION_OF: &str = "partition_of";
/// The option that says which rows a partition holds.
pub(crate) const PARTITION_BOUND: &str = "partition_bound";
/// The option that names the tables from which another one inherits, with commas between.
pub(crate) const INHERITS: &str = "inherits";

/// The option that names the composite type from which a table takes its columns.
pub(crate) const OF_TYPE: &str = "of_type";

/// The options that say whose heir a table is, and of what.
pub(crate) const DESCENT: [&str; 3] = [PARTITION_OF, PARTITION_BOUND, INHERITS];

impl Table {
    /// The tables from which it has columns, in the order of their columns.
    pub(crate) fn parents(&self) -> Vec<Name> {
        let options = self.options.0.values().flat_map(|section| [PARTITION_OF, INHERITS].map(|key| section.get(key)));
        options.flatten().flat_map(|text| names_of(text)).collect()
    }

    /// Whether it has columns from other tables.
    pub(crate) fn is_heir(&self) -> bool {
        self.has_option(PARTITION_OF) || self.has_option(INHERITS)
    }

    /// The composite type from which it takes its columns, and the word of the database under which that stands.
    pub(crate) fn of_type(&self) -> Option<(&str, Name)> {
        let (database, text) = self.options.0.iter().find_map(|(word, keys)| Some((word, keys.get(OF_TYPE)?)))?;
        Some((database, names_of(text).into_iter().next()?))
    }

    pub(crate) fn is_partition(&self) -> bool {
        self.has_option(PARTITION_OF)
    }

    /// The values of [`DESCENT`].
    pub(crate) fn descent(&self) -> [Option<&str>; 3] {
        DESCENT.map(|key| self.options.0.values().find_map(|section| section.get(key)).map(String::as_str))
    }

    /// Says that a table from which this one has columns is called anew.
    pub(crate) fn rename_parent(&mut self, from: &Name, to: &Name) {
        let keys = self.options.0.iter_mut().flat_map(|(_, section)| section.iter_mut());
        for (_, text) in keys.filter(|(key, _)| [PARTITION_OF, INHERITS].contains(&key.as_str())) {
            let names = names_of(text).into_iter().map(|name| if name == *from { to.clone() } else { name });
            *text = names_text(&names.collect::<Vec<_>>());
        }
    }

    fn has_option(&self, key: &str) -> bool {
        self.options.0.values().any(|section| section.contains_key(key))
    }
}

/// Names as options hold them: `payment`, `app.payment`, with commas between. One with a dot, a comma or a quote in it stands
/// in double quotes.
pub(crate) fn names_text(names: &[Name]) -> String {
    let part = |text: &str| match text.contains(['.', ',', '"']) || text.trim() != text {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let one = |name: &Name| {
        let parts = name.schema.iter().chain([&name.name]).map(|ident| part(ident.as_str()));
        parts.collect::<Vec<_>>().join(".")
    };
    names.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The names in an option.
pub(crate) fn names_of(text: &str) -> Vec<Name> {
    let (mut names, mut parts, mut part) = (Vec::new(), Vec::new(), Part::default());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if part.quoted && letters.peek() == Some(&'"') => part.text.extend(letters.next()),
            '"' => part.switch(),
            '.' if !part.quoted => parts.push(part.take()),
            ',' if !part.quoted => {
                parts.push(part.take());
                names.extend(named(&mut parts));
            }
            _ => part.text.push(letter),
        }
    }
    parts.push(part.take());
    names.extend(named(&mut parts));
    names
}

/// A piece of a name while it is read.
#[derive(Default)]
struct Part {
    text: String,
    /// Between quotes.
    quoted: bool,
    /// It had quotes: spaces in it count.
    exact: bool,
}

impl Part {
    fn switch(&mut self) {
        if !self.exact {
            self.text.clear();
        }
        (self.quoted, self.exact) = (!self.quoted, true);
    }

    fn take(&mut self) -> String {
        let Self { text, exact, .. } = std::mem::take(self);
        if exact { text } else { text.trim().to_owned() }
    }
}

fn named(parts: &mut Vec<String>) -> Option<Name> {
    let name = parts.pop().filter(|name| !name.is_empty())?;
    let schema = parts.pop().map(Into::into);
    parts.clear();
    Some(Name::new(schema, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_and_read() {
        let names = [
            Name::own("payment"),
            Name::new(Some("app".into()), "payment"),
            Name::own("My Table"),
            Name::own("a.b"),
            Name::new(Some("x,y".into()), "say \"so\""),
        ];
        let text = names_text(&names);
        assert_eq!(text, "payment, app.payment, My Table, \"a.b\", \"x,y\".\"say \"\"so\"\"\"");
        assert_eq!(names_of(&text), names);
        assert_eq!(names_of(" app . payment "), [Name::new(Some("app".into()), "payment")]);
        assert_eq!(names_of(""), []);
    }

    #[test]
    fn a_parent_is_called_anew() {
        let mut table = Table::new(Name::own("p1"));
        table.options.set("postgres", INHERITS, "a, app.b");
        table.rename_parent(&Name::own("a"), &Name::own("c.d"));
        assert_eq!(table.options.get("postgres", INHERITS), Some("\"c.d\", app.b"));
        assert_eq!(table.parents(), [Name::own("c.d"), Name::new(Some("app".into()), "b")]);
        assert!(table.is_heir() && !table.is_partition());
    }
}
