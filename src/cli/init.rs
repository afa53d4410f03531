//! `migrate init`: the files of a new project. What is there already is left as it is.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Answer;
use crate::cli::context::{Context, here};
use crate::cli::global::Global;
use crate::error::{Error, Kind, Result};
use crate::report::{Text, Tone};

#[derive(Args, Debug)]
#[command(after_help = "Example: migrate init shop")]
pub(crate) struct Arguments {
    /// The folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    pub(crate) global: Global,
}

const CONFIG: &str = "\
# Configuration of migrate. Every key is optional; `migrate schema config` describes all of them.
database:
  url: \"${DATABASE_URL:-sqlite://app.db}\"   # or postgres://…, mysql://…, mariadb://…
models: models/         # how the database should be: *.yaml and *.sql
versions: versions/     # how it gets there: one file per revision
# environments:         # migrate --env prod
#   prod:
#     database: { url: \"${PROD_URL}\" }
";

const MODELS: &str = "\
# The tables as they should be. An example:
#
# tables:
#   customers:
#     columns:
#       id:      { type: bigint, identity: always }
#       email:   { type: varchar(320), nullable: false }
#       created: { type: timestamptz, default: { sql: CURRENT_TIMESTAMP } }
#     primary_key: [id]
#     unique: { uq_customers_email: [email] }
tables: {}
";

const VERSIONS: &str = "Revisions lie here; this file keeps the folder in version control.\n";

pub(crate) fn run(arguments: &Arguments, context: &mut Context<'_>) -> Result<Answer> {
    let folder = here(&arguments.folder)?;
    let files = [("migrate.yaml", CONFIG), ("models/schema.yaml", MODELS), ("versions/.keep", VERSIONS)];
    let has_models = folder.join("models").is_dir();
    for (name, text) in files {
        let path = folder.join(name);
        let shown = arguments.folder.join(name);
        let shown = shown.strip_prefix(".").unwrap_or(&shown).display().to_string();
        if path.exists() || (has_models && name.starts_with("models/")) {
            context.printer.status("Keeping", Text::of(&shown));
        } else {
            write(&path, text)?;
            context.printer.status("Writing", Text::of(&shown));
        }
    }
    let next = Text::new()
        .tone(Tone::Hint, "hint:")
        .plain(" describe your tables in models/, then `migrate revision --autogenerate -m \"first\"`");
    context.printer.note(&next.end());
    Ok(Answer::Yes)
}

fn write(path: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::new(Kind::File, "cannot write the file").in_file(path).caused_by(error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    crate::revision::folder::write_new(path, text)
}
