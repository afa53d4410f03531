//! `migrate graph`: the history as a picture. Needs the database only for `-i` and for ranges that count from it.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::cli::selection::Selection;
use crate::error::{Error, Kind, Result};
use crate::report::{Chart, Text, chart, drawing, graph_for_programs, svg};
use crate::text_file;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate graph\n  migrate graph --as mermaid -r ae10:\n  migrate graph -i --svg docs/history.svg\n  migrate graph --as dot | dot -Tpng > history.png"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: Selection,
    /// The language
    #[arg(long = "as", value_name = "text|mermaid|dot|svg", value_enum, hide_possible_values = true)]
    language: Option<As>,
    /// Write the picture into this file; one that is there is replaced if it is an SVG
    #[arg(long, value_name = "FILE", conflicts_with = "language")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    Text,
    Mermaid,
    Dot,
    Svg,
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    arguments.selection.tell(context, |printer, listing| {
        if let Some(path) = &arguments.svg {
            replace(&here(path)?, &svg(listing)?)?;
            printer.status("Writing", Text::of(&path.display().to_string()));
        }
        match (arguments.language, &arguments.svg) {
            (None, path) if printer.is_json() => graph_for_programs(printer, listing, path.as_deref()),
            (None, Some(_)) => Ok(()),
            (None | Some(As::Text), _) => drawing(printer, listing),
            (Some(As::Mermaid), _) => chart(printer, listing, Chart::Mermaid),
            (Some(As::Dot), _) => chart(printer, listing, Chart::Dot),
            (Some(As::Svg), _) => chart(printer, listing, Chart::Svg),
        }
    })
}

/// Writes a picture beside its place first, then moves it there, so that no half of it is ever seen. Takes the place of
/// an SVG, which can be drawn again, and of nothing else: no other file, no folder, no device.
fn replace(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| text_file::unwritten("cannot write the file", path, &error);
    let refused = |what: &str| {
        let error = Error::new(Kind::File, what).in_file(path);
        Err(error.with_hint("choose another name, or print the picture with --as svg"))
    };
    // Behind links, so that they stay.
    let place = match std::fs::canonicalize(path) {
        Ok(place) if !place.is_file() => return refused("something that is no file has this name"),
        Ok(place) => {
            let there = std::fs::read(&place).map_err(failed)?;
            if !there.is_empty() && !is_svg(&there) {
                return refused("the file is there and is no SVG");
            }
            place
        }
        // A link to nothing; so does one to a pipe look, such as /dev/stdout.
        Err(_) if path.is_symlink() => return refused("something that is no file has this name"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    let name = place.file_name().and_then(|name| name.to_str()).unwrap_or("picture.svg");
    let beside = place.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &place));
    if written.is_err() {
        drop(std::fs::remove_file(&beside));
    }
    written.map_err(failed)
}

/// Whether a document of this kind begins within what usually stands before it.
fn is_svg(bytes: &[u8]) -> bool {
    bytes.get(..bytes.len().min(1000)).is_some_and(|head| head.windows(4).any(|four| four == b"<svg"))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn a_picture_takes_the_place_of_pictures_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        replace(&path, "<svg one/>").unwrap();
        replace(&path, "<svg two/>").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "<svg two/>");
        let other = folder.path().join("a.yaml");
        std::fs::write(&other, "revision: a").unwrap();
        let error = replace(&other, "<svg/>").unwrap_err();
        assert_eq!(error.phrase(), "the file is there and is no SVG");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "revision: a");
        assert!(replace(folder.path(), "<svg/>").unwrap_err().phrase().contains("no file"));
        assert!(replace(&folder.path().join("no/a.svg"), "<svg/>").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.svg"), folder.path().join("link.svg"));
        replace(&path, "<svg one/>").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, "<svg two/>").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "<svg two/>");
        let device = folder.path().join("null.svg");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        assert!(replace(&device, "<svg/>").unwrap_err().phrase().contains("no file"));
        assert!(!std::path::Path::new("/dev/null").is_file());
        let dangling = folder.path().join("dangling.svg");
        std::os::unix::fs::symlink(folder.path().join("nothing"), &dangling).unwrap();
        assert!(replace(&dangling, "<svg/>").unwrap_err().phrase().contains("no file"));
        assert!(dangling.is_symlink());
    }
}
