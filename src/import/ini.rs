//! `alembic.ini` as Python's configparser reads it: sections, values over several lines, `%(name)s`. Pure.

use std::collections::BTreeMap;

use crate::error::{Error, Kind, Result};

/// How often a value may refer to another one.
const DEEPEST: usize = 10;

/// Sections of keys; keys are in lower case.
#[derive(Debug, Default)]
pub(super) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
    /// What `%(here)s` is.
    here: String,
}

impl Ini {
    /// Reads a text; `here` is the folder that it lies in.
    pub(super) fn read(text: &str, here: &str) -> Self {
        let mut ini = Self { sections: BTreeMap::new(), here: here.to_owned() };
        let (mut section, mut last_key) = (String::new(), None::<String>);
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let entries = ini.sections.entry(section.clone()).or_default();
            match (line.starts_with([' ', '\t']), &last_key) {
                (true, Some(key)) => {
                    let value = entries.entry(key.clone()).or_default();
                    value.push('\n');
                    value.push_str(trimmed);
                    continue;
                }
                _ => last_key = None,
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
                let key = key.trim().to_lowercase();
                entries.insert(key.clone(), value.trim().to_owned());
                last_key = Some(key);
            }
        }
        ini
    }

    /// Whether the section is there.
    pub(super) fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// A value with what it refers to; an empty one is none.
    ///
    /// # Errors
    /// [`Kind::Config`] for a name that is not there, or a circle.
    pub(super) fn get(&self, section: &str, key: &str) -> Result<Option<String>> {
        let Some(raw) = self.raw(section, key) else { return Ok(None) };
        let value = self.filled(section, raw, 0).ok_or_else(|| {
            Error::new(Kind::Config, format!("`{key}` refers to what is not there, or to itself"))
                .with_hint("write the value out")
        })?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    fn raw(&self, section: &str, key: &str) -> Option<&str> {
        let of = |section: &str| self.sections.get(section)?.get(key).map(String::as_str);
        of(section).or_else(|| of("DEFAULT"))
    }

    fn filled(&self, section: &str, text: &str, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('%') {
            filled.push_str(before);
            if let Some(behind) = behind.strip_prefix('%') {
                filled.push('%');
                rest = behind;
                continue;
            }
            let (name, behind) = behind.strip_prefix('(')?.split_once(")s")?;
            match name.to_lowercase().as_str() {
                "here" => filled.push_str(&self.here),
                name => filled.push_str(&self.filled(section, self.raw(section, name)?, depth + 1)?),
            }
            rest = behind;
        }
        filled.push_str(rest);
        Some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::Ini;

    #[test]
    fn sections_values_and_references() {
        let text = "# a comment\n[DEFAULT]\nroot = /srv\n[alembic]\nscript_location = %(here)s/scripts\n; more\n\
                    Version_Locations: %(root)s/a\n    /b\n\turl%%\nempty =\n[other]\nscript_location = x\n";
        let ini = Ini::read(text, "/project");
        let get = |key| ini.get("alembic", key).unwrap();
        assert_eq!(get("script_location").as_deref(), Some("/project/scripts"));
        assert_eq!(get("version_locations").as_deref(), Some("/srv/a\n/b\nurl%"));
        assert_eq!((get("empty"), get("absent")), (None, None));
        assert!(ini.has("other") && !ini.has("nobody"));
        for text in ["a = %(a)s", "a = %(b)s", "a = 5%"] {
            assert!(Ini::read(&format!("[s]\n{text}\n"), "").get("s", "a").is_err(), "{text}");
        }
    }
}
