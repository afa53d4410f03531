//! `migrate init`: the files of a new project. What is there already is left as it is.

mod adopt;
mod files;
mod text;

use std::path::{Component, Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::cli::init::files::NewFiles;
use crate::cli::init::text::{SEVERAL, Said, Wish};
use crate::cli::new_file::As;
use crate::db::Url;
use crate::dialect::{STARTS, Start, start, usual_start};
use crate::error::{Error, Kind, Result};
use crate::report::{Begun, begun};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  migrate init\n  migrate init shop --template postgres\n  migrate init --from-database --url sqlite://app.db"
)]
pub(crate) struct Arguments {
    /// The folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// What the files are made for; without it the database of the URL
    #[arg(short, long, value_name = "NAME", value_parser = PossibleValuesParser::new(templates()), conflicts_with = "from_database")]
    template: Option<String>,
    /// Take over a database that is there: write its models and a first revision that makes all of it, and stamp it
    #[arg(long)]
    from_database: bool,
    /// With --from-database: do not write to the database; it is to be stamped later
    #[arg(long, requires = "from_database")]
    no_stamp: bool,
    /// The language of models and revisions
    #[arg(long = "as", value_name = "yaml|sql", value_enum, hide_possible_values = true)]
    language: Option<As>,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// The template for several databases.
const MULTIDB: &str = "multidb";

const CONFIG: &str = "migrate.yaml";
const KEEP: &str = "Revisions lie here; this file keeps the folder in version control.\n";

fn templates() -> Vec<&'static str> {
    STARTS.iter().map(|start| start.name).chain([MULTIDB]).collect()
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    // As components, without the dot of `init .`.
    let folder: PathBuf = here(&arguments.folder)?.components().collect();
    if arguments.from_database {
        return adopt::run(arguments, &folder, context);
    }
    let language = arguments.language.unwrap_or(As::Yaml);
    let mut files = NewFiles::default();
    if arguments.template.as_deref() == Some(MULTIDB) {
        files.add(folder.join(CONFIG), text::config_of_several(language));
        SEVERAL.iter().for_each(|name| add_folders(&mut files, &folder.join(name), usual_start(), language));
    } else {
        let (start, url) = beginning(arguments, &folder, context)?;
        let wish = Wish { start, url, adopted: false, schemas: &context.global.flags().schemas, language };
        files.add(folder.join(CONFIG), text::config(&wish));
        add_folders(&mut files, &folder, start, language);
    }
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let mut kept = files.leave_out(|path| is_there(path) || lies_in_models(path));
    kept.retain(|path| is_there(path));
    files.write()?;
    begun(context.printer, &Begun { written: files.paths(), kept: &kept, ..Begun::default() });
    let (folder, chosen) =
        if arguments.template.as_deref() == Some(MULTIDB) { ("main/models/", " --db main") } else { ("models/", "") };
    let next = format!("describe your tables in {folder}, then `migrate revision --autogenerate -m \"first\"{chosen}`");
    context.printer.hint(&next);
    Ok(Answer::Yes)
}

fn add_folders(files: &mut NewFiles, folder: &Path, start: &Start, language: As) {
    let (name, text) = text::model(start, language);
    files.add(folder.join("models").join(name), text);
    files.add(folder.join("versions").join(".keep"), KEEP);
}

/// A folder of models that is there needs no example.
fn lies_in_models(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("models") && folder.is_dir())
}

/// The template, and what `migrate.yaml` says about the URL: that of `--url`, else an example for the database of the
/// environment.
fn beginning(arguments: &Arguments, folder: &Path, context: &Context<'_>) -> Result<(&'static Start, Said)> {
    let named = arguments.template.as_deref().and_then(start);
    let base = crate::config::working_folder()?;
    if let Some(text) = context.global.flags().url {
        let url = Url::parse(&text, &base)?;
        let of_url = start(url.scheme()).unwrap_or_else(usual_start);
        if let Some(other) = named.filter(|named| named.name != of_url.name) {
            let phrase = format!("the template {} is not for the URL's {}", other.name, of_url.name);
            return Err(Error::new(Kind::Usage, phrase).with_hint("leave --template out"));
        }
        return Ok((of_url, said(&url, &text, &base, folder)));
    }
    let of_environment = || {
        let text = ["MIGRATE_URL", "DATABASE_URL"].iter().find_map(|name| context.environment.filled(name))?;
        start(Url::parse(text, &base).ok()?.scheme())
    };
    Ok((named.or_else(of_environment).unwrap_or_else(usual_start), Said::Example))
}

/// What may be written of a URL. One with a password, and one of another machine, which nobody should meet by running a
/// command without a thought, are left to the environment.
fn said(url: &Url, text: &str, base: &Path, folder: &Path) -> Said {
    if url.has_password() || !url.is_local() {
        return Said::Variable(url.safe());
    }
    match relative_file(url, base, folder) {
        Some(path) => Said::Url(format!("{}://{path}{}", url.scheme(), parameters(text))),
        None => Said::Url(text.to_owned()),
    }
}

/// The file of the URL as from the project's folder, where it was written as from another folder: by as many steps up
/// as there are down, else from the root.
fn relative_file(url: &Url, base: &Path, folder: &Path) -> Option<String> {
    let file = url.file()?;
    let below_base = file.strip_prefix(base).ok().filter(|_| folder != base)?;
    let down: Option<PathBuf> = folder.strip_prefix(base).ok().map(|rest| rest.components().collect());
    let is_plain = |steps: &PathBuf| steps.components().all(|step| matches!(step, Component::Normal(_)));
    let path = match down.filter(is_plain) {
        None => file.to_path_buf(),
        Some(down) => match below_base.strip_prefix(&down) {
            Ok(inside) => inside.to_path_buf(),
            Err(_) => down.components().map(|_| "..").collect::<PathBuf>().join(below_base),
        },
    };
    Some(encoded(&path))
}

/// The parameters of a URL, with their question mark.
fn parameters(url: &str) -> &str {
    url.find('?').and_then(|at| url.get(at..)).unwrap_or_default()
}

/// A path as it stands in a URL.
fn encoded(path: &Path) -> String {
    path.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_url() {
        let base = Path::new("/work");
        let text = |url: &str, folder: &str| match said(&Url::parse(url, base).unwrap(), url, base, &base.join(folder))
        {
            Said::Url(url) => url,
            Said::Variable(shown) => format!("only shown: {shown}"),
            Said::Example => panic!("an example"),
        };
        for (url, folder, expected) in [
            ("sqlite://a.db", ".", "sqlite://a.db"),
            ("sqlite://a.db?mode=rw", "", "sqlite://a.db?mode=rw"),
            ("sqlite://a.db", "shop", "sqlite://../a.db"),
            ("sqlite://a%3F%25.db?mode=rw", "shop", "sqlite://../a%3F%25.db?mode=rw"),
            ("sqlite://shop/a.db", "shop", "sqlite://a.db"),
            ("sqlite://data/a.db", "x/y", "sqlite://../../data/a.db"),
            ("sqlite:///data/a.db", "shop", "sqlite:///data/a.db"),
            ("sqlite://a.db", "../other", "sqlite:///work/a.db"),
            ("sqlite://a.db", "/other", "sqlite:///work/a.db"),
            ("postgres://u@localhost/d", "shop", "postgres://u@localhost/d"),
            ("postgres://u:p@localhost/d", "shop", "only shown: postgres://localhost/d"),
            ("mariadb://u@db.example.org/d", "shop", "only shown: mariadb://db.example.org/d"),
        ] {
            assert_eq!(text(url, folder), expected, "{url} {folder}");
        }
    }
}
