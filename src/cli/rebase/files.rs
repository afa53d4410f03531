//! The files of what moves, with their new headers and names.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use crate::cli::project::Project;
use crate::config::Config;
use crate::error::Result;
use crate::graph::Move;
use crate::report::Rewritten;
use crate::revision::rewrite::{Change, rewrite};
use crate::revision::swap::Swap;
use crate::revision::{File, name};
use crate::schema::Pair;
use crate::text_file::read_text;

/// Every file of the move that becomes another one.
pub(super) fn rewritten(project: &Project, plan: &Move) -> Result<Vec<Rewritten>> {
    let now = Utc::now();
    let mut all = Vec::new();
    for (place, id) in plan.moved.iter().enumerate() {
        let file = project.revisions()?.file(id)?;
        // A second between them: they stay in their order.
        let time = now + TimeDelta::seconds(i64::try_from(place).unwrap_or(0));
        let created = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let parents = plan.parents.iter().find(|(moved, _)| moved == id).map(|(_, parents)| parents.as_slice());
        let change = Change { parents, created: Some(&created), ..Change::default() };
        let before = read_text(&file.path)?;
        let after = rewrite(&file.path, &before, change)?;
        let taken = |path: &PathBuf| path.exists() || all.iter().any(|other: &Rewritten| other.path.to == *path);
        let path = Some(path(&project.config, file, time)).filter(|path| !taken(path)).unwrap_or(file.path.clone());
        if before == after && path == file.path {
            continue;
        }
        all.push(Rewritten {
            revision: id.clone(),
            down_revision: parents.unwrap_or(&file.header.down_revision).to_vec(),
            shown: Pair::new(project.shown(&file.path), project.shown(&path)),
            path: Pair::new(file.path.clone(), path),
            text: Pair::new(before, after),
        });
    }
    Ok(all)
}

/// A file that is named by the template gets the new time into its name; another one keeps its name.
fn path(config: &Config, file: &File, time: DateTime<Utc>) -> PathBuf {
    let created = file.header.created.as_deref().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let stem = |time: DateTime<Utc>| {
        let digits = |letter: char| time.format(&format!("%{letter}")).to_string();
        let name = config.file_template.name(file.header.revision.as_str(), &name::slug(&file.header.message), digits);
        name.trim_end_matches('_').to_owned()
    };
    let old = file.path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    if created.is_none() || old != created.map(|created| stem(created.with_timezone(&Utc))) {
        return file.path.clone();
    }
    let ending = file.path.extension().map(Path::new).map(Path::display).map(|text| text.to_string());
    file.path.with_file_name(format!("{}.{}", stem(time), ending.unwrap_or_default()))
}

/// The change of the files.
pub(super) fn forth(files: &[Rewritten]) -> Vec<Swap> {
    let one =
        |file: &Rewritten| Swap { old: file.path.from.clone(), new: file.path.to.clone(), text: file.text.to.clone() };
    files.iter().map(one).collect()
}

/// The change that takes it back.
pub(super) fn back(files: &[Rewritten]) -> Vec<Swap> {
    let one = |file: &Rewritten| Swap {
        old: file.path.to.clone(),
        new: file.path.from.clone(),
        text: file.text.from.clone(),
    };
    files.iter().map(one).collect()
}
