//! What `revision` and `merge` share: a new revision file.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use crate::cli::context::here;
use crate::cli::project::Project;
use crate::config::{Config, Language};
use crate::error::{Error, Kind, Result};
use crate::graph::{Node, Origin, RevisionId, Target};
use crate::revision::write::{self, Draft};
use crate::revision::{File, Header, folder, name};

/// Flags of both commands.
#[derive(Args, Debug)]
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
    /// The folder of `versions:` to write to, instead of the first
    #[arg(long, value_name = "FOLDER")]
    pub(crate) version_path: Option<PathBuf>,
    /// The language of the file, instead of `write_as:`
    #[arg(long = "as", value_name = "yaml|sql", value_enum, hide_possible_values = true)]
    pub(crate) language: Option<As>,
}

/// The language of a revision file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum As {
    Yaml,
    Sql,
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
            origin,
        };
        revisions.graph.check_addition(node).map_err(usage)?;
        Ok(Header {
            revision,
            down_revision: parents,
            branch_labels: self.branch_label.clone(),
            depends_on,
            message,
            created: Some(now().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            meta: std::collections::BTreeMap::new(),
            dialect: None,
            baseline: false,
            line: 0,
        })
    }

    /// YAML or SQL.
    pub(crate) fn language(&self, config: &Config) -> Language {
        match self.language {
            Some(As::Yaml) => Language::Yaml,
            Some(As::Sql) => Language::Sql,
            None => config.write_as,
        }
    }

    /// The path of the new file; the ending follows from the language.
    pub(crate) fn path(&self, config: &Config, header: &Header) -> Result<PathBuf> {
        let time = now();
        let digits = |letter: char| time.format(&format!("%{letter}")).to_string();
        let (id, slug) = (header.revision.as_str(), name::slug(&header.message));
        let stem = config.file_template.name(id, &slug, digits);
        let ending = match self.language(config) {
            Language::Yaml => "yaml",
            Language::Sql => "sql",
        };
        Ok(self.folder(config)?.join(format!("{}.{ending}", stem.trim_end_matches('_'))))
    }

    fn folder(&self, config: &Config) -> Result<PathBuf> {
        let Some(wanted) = &self.version_path else {
            return config.versions.first().cloned().ok_or_else(|| Error::new(Kind::Config, "`versions` is empty"));
        };
        let here = here(wanted)?;
        let same = |one: &&PathBuf| plain(one) == plain(&here) || plain(one) == plain(&config.root.join(wanted));
        config.versions.iter().find(same).cloned().ok_or_else(|| {
            let known: Vec<String> = config.versions.iter().map(|folder| folder.display().to_string()).collect();
            Error::new(Kind::Usage, format!("{} is not one of `versions:`", wanted.display()))
                .hint(format!("choose one of {}, or add it to `versions:`", known.join(", ")))
        })
    }
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
    write(&new.path(&project.config, header)?, &text)
}

/// Writes a text that is a revision.
pub(crate) fn write(path: &Path, text: &str) -> Result<File> {
    let file = File::new(path, text)?;
    folder::write_new(path, text)?;
    Ok(file)
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
            .hint("name a revision or a label")),
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

fn now() -> DateTime<Utc> {
    Utc::now()
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
