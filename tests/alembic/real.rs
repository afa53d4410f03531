//! Projects of other people's programs, from their published packages (`requirements.txt`): imported, upgraded on an empty
//! database and taken back, beside real Alembic, on PostgreSQL for which they are written. Their files are read where the
//! tests install them, and are no part of this repository.

use std::path::PathBuf;
use std::process::Command;

use super::driver::python;
use super::import::{ENVIRONMENT, alembic, import, migrate, spaced, sqlalchemy_url, try_alembic};
use crate::common::{Database, Fresh, Project};

/// The folder of Python's packages.
fn packages() -> PathBuf {
    let find = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = Command::new(python()).args(["-c", find]).output().expect("Python starts");
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

/// A project whose revisions lie in these folders of packages, with an environment of its own: those of the programs need
/// the whole program.
fn project(theirs: &Fresh, folders: &[&str]) -> Project {
    let project = Project::empty();
    let packages = packages();
    let folders: String = folders.iter().map(|folder| format!("    {}\n", packages.join(folder).display())).collect();
    let url = sqlalchemy_url(theirs);
    project.write("db/env.py", ENVIRONMENT).write(
        "alembic.ini",
        format!("[alembic]\nscript_location = db\npath_separator = newline\nversion_locations =\n{folders}sqlalchemy.url = {url}\n"),
    );
    project
}

/// Both tools go to the target; the databases must be the same.
#[track_caller]
fn both(project: &Project, [ours, theirs]: [&Fresh; 2], words: [&str; 2]) {
    let yes = if words[0] == "downgrade" { vec!["--yes"] } else { vec![] };
    migrate(project, ours, &[&words, yes.as_slice()].concat()).ok();
    alembic(project, &words);
    assert_eq!(spaced(ours), spaced(theirs), "{words:?}");
    let rows = |database: &Fresh| database.query("SELECT version_num FROM alembic_version ORDER BY 1;");
    assert_eq!(rows(ours), rows(theirs), "{words:?}");
}

/// What a person adds to the baseline of Quetz, as its first revision has it.
const COLLATION: &str = "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";

/// Quetz: one line with a merge; its last revision moves rows in Python.
#[test]
fn quetz_is_imported_upgraded_and_taken_back() {
    const LAST: &str = "3ba25f23fb7d";
    const BEFORE_LAST: &str = "d212023a8e0b";
    let (theirs, ours, again) = (Database::Postgres.fresh(), Database::Postgres.fresh(), Database::Postgres.fresh());
    let project = project(&theirs, &["quetz/migrations/versions"]);
    import(&project, &[]).ok().says("Writing 20 revisions").says("the upgrade of 1 revision,").says(LAST);
    migrate(&project, &ours, &["upgrade"]).exits(2).says("revision 3ba25f23fb7d is left to you");
    for target in ["0653794b6252", BEFORE_LAST] {
        both(&project, [&ours, &theirs], ["upgrade", target]);
    }
    for target in ["ea6eba9a9ffc", "0653794b6252"] {
        both(&project, [&ours, &theirs], ["downgrade", target]);
    }
    // The way back of 0653794b6252 was never tried on PostgreSQL: it fails here as it does there.
    migrate(&project, &ours, &["downgrade", "53f81aba78ce", "--yes"]).exits(3).says("cannot be cast automatically");
    assert!(!try_alembic(&project, &["downgrade", "53f81aba78ce"]).status.success());
    assert_eq!(spaced(&ours), spaced(&theirs), "after the failure");
    // What the last revision does is in the schema that it leaves.
    alembic(&project, &["upgrade", "head"]);
    std::fs::rename(project.path("new"), project.path("bodies")).expect("a folder moves");
    import(&project, &["--baseline", "head"]).ok();
    migrate(&project, &again, &["upgrade"]).exits(2).says("add what is not modelled").says("collation nocase");
    let head = project.list("new/versions").into_iter().find(|name| name.starts_with(LAST)).expect("the last revision");
    let head = format!("new/versions/{head}");
    let add = |line: &str| if line.starts_with("-- migrate:manual") { COLLATION.to_owned() } else { line.to_owned() };
    project.write(&head, project.read(&head).lines().map(|line| add(line) + "\n").collect::<String>());
    let output = migrate(&project, &again, &["upgrade"]).ok().says("1 revision applied");
    assert_eq!(spaced(&again), spaced(&theirs), "{output}");
}

/// Invenio: eight packages, each a folder, a base and a label, with dependencies between them.
#[test]
fn invenio_is_imported_upgraded_and_taken_back() {
    let names = ["access", "accounts", "db", "files_rest", "oauth2server", "oauthclient", "pidstore", "records"];
    let folders = names.map(|name| format!("invenio_{name}/alembic"));
    let (theirs, ours) = (Database::Postgres.fresh(), Database::Postgres.fresh());
    let project = project(&theirs, &folders.each_ref().map(String::as_str));
    import(&project, &[]).ok().says("Writing 32 revisions").says("the upgrade of 4 revisions,");
    assert_eq!(project.list("new/versions"), names.map(|name| format!("invenio_{name}")));
    migrate(&project, &ours, &["heads"]).ok().prints("(invenio_files_rest) (head)").prints("(effective head)");
    // Of files_rest the rest counts on names that only the program's metadata gives.
    for target in ["invenio_records@head", "invenio_pidstore@head", "f741aa746a7d", "invenio_accounts@head"] {
        both(&project, [&ours, &theirs], ["upgrade", target]);
    }
    for target in ["invenio_files_rest@base", "invenio_pidstore@-1", "invenio_records@base", "invenio_accounts@-3"] {
        both(&project, [&ours, &theirs], ["downgrade", target]);
    }
    migrate(&project, &theirs, &["upgrade", "invenio_records@head"]).ok();
    migrate(&project, &theirs, &["upgrade", "invenio_access@head"]).exits(2).says("is left to you");
    migrate(&project, &theirs, &["current"]).ok().prints("07fb52561c5c");
}
