//! The file `HEADS` of `heads_file: true`: two branches change the same line of it, so that git reports what would
//! otherwise show up as two heads later.

use std::path::Path;

use crate::cli::project::Project;
use crate::error::{Error, Kind, Result};
use crate::graph::RevisionId;
use crate::revision::Revisions;
use crate::revision::folder::{HEADS, HeadsFile, read_heads, write_heads};

/// Writes the file anew after revisions were written, if the project keeps one.
pub(crate) fn renew(project: &Project) -> Result<()> {
    if project.config.heads_file { write(project) } else { Ok(()) }
}

/// Writes the file from the revisions as they are on disk now.
pub(crate) fn write(project: &Project) -> Result<()> {
    let revisions = Revisions::read(&project.config.versions)?;
    let heads: Vec<&str> = revisions.graph.heads().into_iter().map(RevisionId::as_str).collect();
    write_heads(folder(project)?, &heads)
}

/// What is wrong with the file, in words; nothing where the project keeps none.
pub(crate) fn fault(project: &Project) -> Result<Option<String>> {
    if !project.config.heads_file {
        return Ok(None);
    }
    let folder = folder(project)?;
    let path = project.shown(&folder.join(HEADS));
    let heads: Vec<&str> = project.revisions()?.graph.heads().into_iter().map(RevisionId::as_str).collect();
    Ok(match read_heads(folder)? {
        HeadsFile::Ids(ids) if ids == heads => None,
        HeadsFile::Ids(ids) => {
            let said = if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") };
            Some(format!("{path} says {said}, the revisions say {}", heads.join(", ")))
        }
        HeadsFile::Conflict => Some(format!("{path} holds the marks of a merge conflict")),
        HeadsFile::Missing if heads.is_empty() => None,
        HeadsFile::Missing => Some(format!("{path} is missing")),
    })
}

fn folder(project: &Project) -> Result<&Path> {
    let first = project.config.versions.first();
    first.map(AsRef::as_ref).ok_or_else(|| Error::new(Kind::Config, "`versions` is empty"))
}
