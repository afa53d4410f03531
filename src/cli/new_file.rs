//! What `revision` and `merge` share: a new revision file.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::context::here;
use crate::cli::moment::{Moment, now};
use crate::cli::project::Project;
use crate::config::{Config, Language};
use crate::error::{Error, Kind, Result};
use crate::graph::{Node, Origin, RevisionId, Target};
use crate::revision::frame::frame;
use crate::revision::write::{self, Draft};
use crate::revision::{File, Header, folder, name};
use crate::text_file::{is_yaml, read_text, tidy_text};

/// The longest name of a file without its ending, in bytes: file systems take 255.
const LONGEST_STEM: usize = 240;

/// Flags of both commands.
#[derive(Args, Debug, Default)]
pub(crate) struct NewFile {
    /// What the revision does, in a few words
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Another name for the new revision and its branch, repeatable
    #[arg(long, value_name = "LABEL")]
    pub(crate) branch_label: Vec<String>,
    /// Stand on a revision that is no head
    #[arg(long)]
    pub(crate) splice: bool,
    /// The new id, instead of twelve random digits
    #[arg(long, value_name = "ID")]
    pub(crate) rev_id: Option<String>,
    /// A revision that must be applied before, repeatable
    #[arg(long, value_name = "REVISION")]
    pub(crate) depends_on: Vec<String>,
    /// The folder of `versions:` to write to, instead of that of the parent
    #[arg(long, value_name = "FOLDER")]
    pub(crate) version_path: Option<PathBuf>,
    /// The language of the file, instead of `write_as:`
    #[arg(long = "as", value_name = "yaml|sql", value_enum, hide_possible_values = true)]
    pub(crate) language: Option<As>,
}

/// The language of a revision file, and of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum As {
    Yaml,
    Sql,
}

impl As {
    /// The word for it.
    pub(crate) fn of(language: Language) -> Self {
        match language {
            Language::Yaml => Self::Yaml,
            Language::Sql => Self::Sql,
        }
    }

    /// As the configuration says it.
    pub(crate) fn language(self) -> Language {
        match self {
            Self::Yaml => Language::Yaml,
            Self::Sql => Language::Sql,
        }
    }
}

impl NewFile {
    /// The header of a new revision on these parents, checked against the graph: nothing is written that would break it.
    pub(crate) fn header(&self, project: &Project, parents: Vec<RevisionId>, message: String) -> Result<Header> {
        let revisions = project.revisions()?;
        let usage = |error: Error| error.into_kind(Kind::Usage);
        let revision = match &self.rev_id {
            Some(text) => RevisionId::new(text).map_err(usage)?,
            None => RevisionId::new(&random_id())?,
        };
        let depends_on = self.depends_on.iter().map(|word| dependency(project, word)).collect::<Result<Vec<_>>>()?;
        let origin = Origin { file: PathBuf::from("the new revision"), line: 0 };
        let node = Node {
            id: revision.clone(),
            down_revisions: parents.clone(),
            depends_on: depends_on.clone(),
            branch_labels: self.branch_label.clone(),
            baseline: false,
            kept: false,
            origin,
        };
        revisions.graph.check_addition(node).map_err(usage)?;
        Ok(Header {
            down_revision: parents,
            branch_labels: self.branch_label.clone(),
            depends_on,
            ..first_header(project, revision, message)?
        })
    }

    /// YAML or SQL.
    pub(crate) fn language(&self, config: &Config) -> Language {
        self.language.map_or(config.write_as, As::language)
    }

    /// The path of the new file; the ending follows from the language.
    pub(crate) fn path(&self, project: &Project, header: &Header) -> Result<PathBuf> {
        let config = &project.config;
        let stem = stem(config, header, &Moment::now(config.timezone()?));
        if stem.len() > LONGEST_STEM {
            let phrase = format!("the name of the new file would have {} bytes", stem.len());
            return Err(Error::new(Kind::Usage, phrase).with_hint("give a shorter message, or a smaller `slug_length`"));
        }
        let ending = match self.language(config) {
            Language::Yaml => "yaml",
            Language::Sql => "sql",
        };
        Ok(self.folder(project, header)?.join(format!("{stem}.{ending}")))
    }

    /// The folder that is named, else that of the first parent; a new base does not say where it belongs.
    fn folder(&self, project: &Project, header: &Header) -> Result<PathBuf> {
        let config = &project.config;
        let known = || {
            let known: Vec<String> = config.versions.iter().map(|folder| project.shown(folder)).collect();
            known.join(", ")
        };
        let Some(wanted) = &self.version_path else {
            return match (config.versions.as_slice(), header.down_revision.first()) {
                ([only], _) => Ok(only.clone()),
                (_, Some(parent)) => {
                    let parent = &project.revisions()?.file(parent)?.path;
                    Ok(parent.parent().unwrap_or(parent).to_path_buf())
                }
                (_, None) => Err(Error::new(
                    Kind::Usage,
                    "there are several folders of revisions, and no parent that says which",
                )
                .with_hint(format!("give --version-path with one of {}", known()))),
            };
        };
        let here = here(wanted)?;
        let same = |one: &&PathBuf| plain(one) == plain(&here) || plain(one) == plain(&config.root.join(wanted));
        config.versions.iter().find(same).cloned().ok_or_else(|| {
            Error::new(Kind::Usage, format!("{} is not one of `versions:`", wanted.display()))
                .with_hint(format!("choose one of {}, or add it to `versions:`", known()))
        })
    }
}

/// The name of a revision's file by the template, without an ending.
pub(crate) fn stem(config: &Config, header: &Header, time: &Moment) -> String {
    let (id, slug) = (header.revision.as_str(), name::slug(&header.message, config.slug_length));
    let stem = config.file_template.name(id, &slug, |unit| time.part(unit));
    stem.trim_end_matches('_').to_owned()
}

/// The header of a revision that stands on nothing.
///
/// # Errors
/// [`Kind::Usage`] for a message that no line of a file can hold.
pub(crate) fn first_header(project: &Project, revision: RevisionId, message: String) -> Result<Header> {
    if let Some(letter) = message.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')) {
        let phrase = format!("the message holds the control character `{}`", letter.escape_debug());
        return Err(Error::new(Kind::Usage, phrase).with_hint("write the message in letters"));
    }
    Ok(Header {
        revision,
        down_revision: Vec::new(),
        branch_labels: Vec::new(),
        depends_on: Vec::new(),
        message,
        created: Some(Moment::now(project.config.timezone()?).stamp()),
        meta: crate::schema::SortedMap::new(),
        dialect: None,
        baseline: false,
        line: 0,
    })
}

/// Writes an empty revision of this header. A merge does nothing in either direction; of another one the way back is
/// left open, since an empty one would be a deliberate nothing.
/// `notes` stand at the top as comments.
pub(crate) fn write_empty(project: &Project, new: &NewFile, header: &Header, notes: &[String]) -> Result<File> {
    let nothing = header.down_revision.len() > 1;
    let text = match new.language(&project.config) {
        Language::Yaml => {
            let downgrade = nothing.then(|| Ok(Vec::new()));
            write::yaml(header, &Draft { downgrade, notes: notes.to_vec(), ..Draft::default() })
        }
        Language::Sql => write::sql_noted(header, notes, "", nothing.then_some("")),
    };
    write(project, &new.path(project, header)?, &text)
}

/// Writes a text that is a revision, in the template for its language.
pub(crate) fn write(project: &Project, path: &Path, text: &str) -> Result<File> {
    let text = framed(&project.config, path, text)?;
    let file = File::new(path, &text)?;
    folder::write_new(path, &text)?;
    Ok(file)
}

/// The text in the template for its language, if there is one.
pub(crate) fn framed(config: &Config, path: &Path, text: &str) -> Result<String> {
    let language = is_yaml(path);
    for template in &config.revision_templates {
        match is_yaml(template) {
            None => {
                return Err(Error::new(Kind::Config, "a template of revisions is a .yaml or a .sql file")
                    .in_file(template)
                    .with_hint("rename the file"));
            }
            ending if ending == language => {
                let around = tidy_text(&read_text(template).map_err(|error| error.into_kind(Kind::Config))?);
                return frame((template, &around), path, text);
            }
            Some(_) => {}
        }
    }
    Ok(text.to_owned())
}

/// A label stays one, everything else becomes a full id.
fn dependency(project: &Project, word: &str) -> Result<String> {
    let graph = &project.revisions()?.graph;
    let is_label = graph.in_order().any(|node| node.branch_labels.iter().any(|label| label == word));
    if is_label {
        return Ok(word.to_owned());
    }
    match graph.resolve_one(&Target::parse(word)?, None)? {
        Some(id) => Ok(id.as_str().to_owned()),
        None => Err(Error::new(Kind::Usage, format!("`{word}` is no revision that can be depended on"))
            .with_hint("name a revision or a label")),
    }
}

/// A path as it is on disk, or as it was written where it is not there.
fn plain(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}

/// Twelve hexadecimal digits. The standard library seeds its hashers from the system's randomness.
pub(crate) fn random_id() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_i64(now().timestamp_micros());
    hasher.write_u32(std::process::id());
    format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::random_id;

    #[test]
    fn ids_are_twelve_digits_and_differ() {
        let (one, other) = (random_id(), random_id());
        assert!(one.len() == 12 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }
}
