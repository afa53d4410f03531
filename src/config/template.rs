//! How new revision files are named: `file_template`.

/// A file name without its ending, with `<id>`, `<slug>` and the parts of the time: `%Y %m %d %H %M %S`, `%%` for `%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileTemplate(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Id,
    Slug,
    Time(char),
}

impl FileTemplate {
    /// What is used when nothing is said: `2026_11_21_1530-ae1027a6acf3_add_orders`.
    pub(super) const USUAL: &'static str = "%Y_%m_%d_%H%M-<id>_<slug>";

    /// # Errors
    /// A phrase: an unknown `<word>` or `%x`, a path, a leading dot, or neither `<id>` nor `<slug>`.
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

    /// The name, without an ending. `time` gives the digits of one of `Y m d H M S`.
    pub(crate) fn name(&self, id: &str, slug: &str, time: impl Fn(char) -> String) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Id => id.to_owned(),
                Part::Slug => slug.to_owned(),
                Part::Time(letter) => time(*letter),
            })
            .collect()
    }
}

fn place(rest: &str) -> Result<(Part, &str), String> {
    let found = [("<id>", Part::Id), ("<slug>", Part::Slug)];
    let known = found.into_iter().find_map(|(word, part)| Some((part, rest.strip_prefix(word)?)));
    known.ok_or_else(|| "after `<` only `<id>` and `<slug>` are known".to_owned())
}

fn clock(rest: &str) -> Result<(Part, &str), String> {
    let after = rest.strip_prefix('%').unwrap_or(rest);
    let letter = after.chars().next();
    let part = match letter {
        Some('%') => Part::Text("%".to_owned()),
        Some(letter @ ('Y' | 'm' | 'd' | 'H' | 'M' | 'S')) => Part::Time(letter),
        _ => return Err("after `%` only `Y`, `m`, `d`, `H`, `M`, `S` and `%` are known".to_owned()),
    };
    Ok((part, after.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(template: &str) -> Result<String, String> {
        let time = |letter| match letter {
            'Y' => "2026".to_owned(),
            other => format!("0{other}"),
        };
        FileTemplate::parse(template).map(|template| template.name("ae10", "add_orders", time))
    }

    #[test]
    fn names() {
        assert_eq!(named(FileTemplate::USUAL).unwrap(), "2026_0m_0d_0H0M-ae10_add_orders");
        assert_eq!(named("<id>").unwrap(), "ae10");
        assert_eq!(named("ü%%<slug>%S").unwrap(), "ü%add_orders0S");
    }

    #[test]
    fn what_is_refused() {
        for (template, word) in [
            ("", "<id>"),
            ("%Y", "<id>"),
            ("<rev>_<slug>", "only `<id>`"),
            ("<id", "only `<id>`"),
            ("<id>_%j", "after `%`"),
            ("<id>%", "after `%`"),
            ("<id>%ü", "after `%`"),
            ("a/<id>", "no folder"),
            (".<id>", "no folder"),
            ("<id>\n", "no folder"),
        ] {
            assert!(named(template).unwrap_err().contains(word), "{template}");
        }
    }
}
