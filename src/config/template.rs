//! How new revision files are named: `file_template`.

/// A file name without its ending. Its places are `<id>`, `<slug>` and the parts of the time: `%Y %m %d %H %M %S`,
/// `<year>` to `<second>` and `<epoch>`; Alembic's spelling of all of them, `%(year)d` and `%(month).2d`, is read too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileTemplate(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Id,
    Slug,
    /// With at least so many digits.
    Time(Unit, usize),
}

/// A part of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// Seconds since the beginning of 1970, UTC.
    Epoch,
}

/// The words of the places: here and in Alembic, and their letter behind `%`.
const UNITS: [(&str, char, Unit, usize); 7] = [
    ("year", 'Y', Unit::Year, 4),
    ("month", 'm', Unit::Month, 2),
    ("day", 'd', Unit::Day, 2),
    ("hour", 'H', Unit::Hour, 2),
    ("minute", 'M', Unit::Minute, 2),
    ("second", 'S', Unit::Second, 2),
    ("epoch", 's', Unit::Epoch, 1),
];

impl FileTemplate {
    /// What is used when nothing is said: `2026_11_21_1530-ae1027a6acf3_add_orders`.
    pub(super) const USUAL: &'static str = "%Y_%m_%d_%H%M-<id>_<slug>";

    /// # Errors
    /// A phrase: an unknown place, a path, a leading dot, or neither the id nor the slug.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let (part, after) = match letter {
                '<' => place(rest)?,
                '%' => clock(rest)?,
                _ => {
                    let end = rest.find(['<', '%']).unwrap_or(rest.len());
                    let (plain, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    (Part::Text(plain.to_owned()), after)
                }
            };
            parts.push(part);
            rest = after;
        }
        if text.starts_with('.') || text.contains(['/', '\\']) || text.chars().any(char::is_control) {
            return Err("it is a file's name: no folder, no leading dot, no control characters".to_owned());
        }
        if !parts.iter().any(|part| matches!(part, Part::Id | Part::Slug)) {
            return Err("it needs `<id>` or `<slug>`, or all files would have one name".to_owned());
        }
        Ok(Self(parts))
    }

    /// The name, without an ending. `time` gives the parts of the moment.
    pub(crate) fn name(&self, id: &str, slug: &str, time: impl Fn(Unit) -> i64) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Id => id.to_owned(),
                Part::Slug => slug.to_owned(),
                Part::Time(unit, digits) => format!("{:0digits$}", time(*unit)),
            })
            .collect()
    }
}

/// The place of a word, the numbers with their usual digits.
fn of_word(word: &str) -> Option<Part> {
    match word {
        "id" | "rev" => Some(Part::Id),
        "slug" => Some(Part::Slug),
        _ => UNITS.iter().find(|unit| unit.0 == word).map(|unit| Part::Time(unit.2, unit.3)),
    }
}

/// `<word>` and what stands behind it.
fn place(rest: &str) -> Result<(Part, &str), String> {
    let inner = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let known = inner.and_then(|(word, after)| Some((of_word(word)?, after)));
    known.ok_or_else(|| {
        let units: Vec<&str> = UNITS.iter().map(|unit| unit.0).collect();
        format!("after `<` only `<id>`, `<slug>` and <{}> are known", units.join("> <"))
    })
}

/// `%Y`, `%%` or Alembic's `%(year)d`, and what stands behind it.
fn clock(rest: &str) -> Result<(Part, &str), String> {
    let after = rest.strip_prefix('%').unwrap_or(rest);
    if after.starts_with("%(") {
        return Err("a percent sign is not doubled here: write `%(rev)s`".to_owned());
    }
    if let Some(after) = after.strip_prefix('%') {
        return Ok((Part::Text("%".to_owned()), after));
    }
    if let Some(after) = after.strip_prefix('(') {
        return alembics(after).ok_or_else(|| {
            "after `%(` a place of Alembic is expected, such as `%(rev)s`, `%(slug)s`, `%(year)d` or `%(month).2d`"
                .to_owned()
        });
    }
    let letter = after.chars().next();
    let unit = UNITS.iter().find(|unit| Some(unit.1) == letter && unit.2 != Unit::Epoch);
    match unit {
        Some((_, _, unit, digits)) => Ok((Part::Time(*unit, *digits), after.get(1..).unwrap_or_default())),
        None => Err("after `%` only `Y`, `m`, `d`, `H`, `M`, `S` and `%` are known".to_owned()),
    }
}

/// `year)d`, `month).2d`, `day)02d`, `rev)s`.
fn alembics(text: &str) -> Option<(Part, &str)> {
    let (word, form) = text.split_once(')')?;
    let end = form.find(['d', 's'])?;
    let (digits, after) = (form.get(..end)?, form.get(end + 1..)?);
    let width = match digits.trim_start_matches(['.', '0']) {
        "" => 1,
        number => number.parse().ok().filter(|width| *width <= 20)?,
    };
    match (of_word(word)?, form.get(end..=end)?) {
        (Part::Time(unit, _), _) => Some((Part::Time(unit, width), after)),
        (text, "s") if digits.is_empty() => Some((text, after)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(template: &str) -> Result<String, String> {
        let time = |unit| match unit {
            Unit::Year => 2026,
            Unit::Epoch => 1_700_000_000,
            Unit::Month => 3,
            Unit::Day => 4,
            Unit::Hour => 5,
            Unit::Minute => 6,
            Unit::Second => 17,
        };
        FileTemplate::parse(template).map(|template| template.name("ae10", "add_orders", time))
    }

    #[test]
    fn names() {
        for (template, expected) in [
            (FileTemplate::USUAL, "2026_03_04_0506-ae10_add_orders"),
            ("<id>", "ae10"),
            ("ü%%<slug>%S", "ü%add_orders17"),
            ("<year><month><day>T<hour><minute><second>-<rev>", "20260304T050617-ae10"),
            ("<epoch>_<slug>", "1700000000_add_orders"),
            ("%(rev)s_%(slug)s", "ae10_add_orders"),
            ("%(year)d_%(month).2d_%(day)02d_%(hour).2d%(minute)d-%(rev)s", "2026_03_04_056-ae10"),
            ("%(epoch)s-%(slug)s", "1700000000-add_orders"),
        ] {
            assert_eq!(named(template).unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (template, word) in [
            ("", "<id>"),
            ("%Y", "<id>"),
            ("<author>_<slug>", "only `<id>`"),
            ("<id", "only `<id>`"),
            ("<id>_%j", "after `%`"),
            ("<id>_%s", "after `%`"),
            ("<id>%", "after `%`"),
            ("<id>%ü", "after `%`"),
            ("%%(rev)s", "not doubled"),
            ("%(rev)d", "of Alembic"),
            ("%(rev", "of Alembic"),
            ("%(week)d_<id>", "of Alembic"),
            ("%(year).99d_<id>", "of Alembic"),
            ("%(year)_<i>", "of Alembic"),
            ("a/<id>", "no folder"),
            ("a\\<id>", "no folder"),
            (".<id>", "no folder"),
            ("<id>\n", "no folder"),
        ] {
            assert!(named(template).unwrap_err().contains(word), "{template}");
        }
    }
}
