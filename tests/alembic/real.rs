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
/// the whole program. `prelude` is what of it the revisions need.
fn project(theirs: &Fresh, folders: &[&str], prelude: &str) -> Project {
    let project = Project::empty();
    let packages = packages();
    let folders: String = folders.iter().map(|folder| format!("    {}\n", packages.join(folder).display())).collect();
    let url = sqlalchemy_url(theirs);
    project.write("db/env.py", format!("{prelude}\n{ENVIRONMENT}")).write(
        "alembic.ini",
        format!("[alembic]\nscript_location = db\npath_separator = newline\nversion_locations =\n{folders}sqlalchemy.url = {url}\n"),
    );
    project
}

/// A prelude that makes a package its folder and no more: what lies in it can be imported, its own beginning, which needs
/// the whole program, does not run.
fn folder_alone(package: &str) -> String {
    format!(
        "import importlib.util, sys, types\n\
         folder = types.ModuleType('{package}')\n\
         folder.__path__ = list(importlib.util.find_spec('{package}').submodule_search_locations)\n\
         sys.modules['{package}'] = folder\n"
    )
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

/// The whole history: nothing is left to a person, both tools go up and back, and then each goes on with the other's.
#[track_caller]
fn whole(project: &Project, [ours, theirs]: [&Fresh; 2], revisions: usize) {
    let output = import(project, &[]).ok();
    assert!(!output.stderr.contains("warning"), "{output}");
    let history = migrate(project, ours, &["history", "--format", "json"]).ok();
    let history: serde_json::Value = serde_json::from_str(&history.stdout).expect("a report");
    assert_eq!(history["revisions"].as_array().map(Vec::len), Some(revisions));
    both(project, [ours, theirs], ["upgrade", "heads"]);
    let top = spaced(theirs);
    both(project, [ours, theirs], ["downgrade", "base"]);
    migrate(project, theirs, &["upgrade", "heads"]).ok().says(&format!("{revisions} revisions applied"));
    assert_eq!(spaced(theirs), top, "what Alembic took back goes up here");
    alembic(project, &["downgrade", "base"]);
    assert_eq!(spaced(theirs), spaced(ours), "what went up here is taken back by Alembic");
}

/// OpenStack Congress.
#[test]
fn congress_goes_up_and_back_whole() {
    for product in [Database::Postgres, Database::Mysql] {
        let (theirs, ours) = (product.fresh(), product.fresh());
        let folder = "congress/db/migration/alembic_migrations/versions";
        whole(&project(&theirs, &[folder], &folder_alone("congress")), [&ours, &theirs], 7);
    }
}

/// conda-store: two of its revisions ask which product the database is; on SQLite seven are in batch mode.
#[test]
fn conda_store_goes_up_and_back_whole() {
    for product in [Database::Postgres, Database::Sqlite] {
        let (theirs, ours) = (product.fresh(), product.fresh());
        let folder = "conda_store_server/_internal/alembic/versions";
        whole(&project(&theirs, &[folder], ""), [&ours, &theirs], 14);
    }
}

/// What one revision of UsersHub takes from the program: a table to insert into.
const PROVIDERS: &str = "import sqlalchemy
for name in ['pypnusershub.db', 'pypnusershub.db.models']:
    sys.modules[name] = types.ModuleType(name)
columns = [sqlalchemy.column('name', sqlalchemy.Unicode)]
sys.modules[name].Provider = sqlalchemy.table('t_providers', *columns, schema='utilisateurs')
";

/// UsersHub: two branches, the one of samples, whose label has a hyphen, needs the other; functions, views and rows.
#[test]
fn usershub_goes_up_and_back_whole() {
    const SAMPLES: &str = "utilisateurs-samples@head";
    let (theirs, ours) = (Database::Postgres.fresh(), Database::Postgres.fresh());
    for database in [&theirs, &ours] {
        // Its installation asks for the extension uuid-ossp; this function is what the revisions take from that.
        database.execute("CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';");
    }
    let prelude = folder_alone("pypnusershub") + PROVIDERS;
    let project = project(&theirs, &["pypnusershub/migrations/versions"], &prelude);
    whole(&project, [&ours, &theirs], 12);
    both(&project, [&ours, &theirs], ["upgrade", SAMPLES]);
    let people = |database: &Fresh| database.query("SELECT id_role, nom_role, identifiant FROM utilisateurs.t_roles;");
    assert_eq!((people(&ours), people(&ours).is_empty()), (people(&theirs), false));
    both(&project, [&ours, &theirs], ["downgrade", "utilisateurs-samples@base"]);
    assert_eq!((people(&ours), people(&theirs)), (vec![], vec![]));
}

/// What stands in the place of the mark in an imported file.
#[track_caller]
fn fill(project: &Project, place: &str, up: Option<&str>, down: Option<&str>) {
    let path = format!("new/versions/{place}");
    let (folder, id) = path.rsplit_once('/').expect("a folder");
    let name = project.list(folder).into_iter().find(|name| name.starts_with(id)).expect("a revision");
    let (name, mut ways) = (format!("{folder}/{name}"), [up, down].into_iter().flatten());
    let line = |line: &str| {
        if line.starts_with("-- migrate:manual") { ways.next().expect("a way") } else { line }.to_owned() + "\n"
    };
    let text: String = project.read(&name).lines().map(line).collect();
    assert_eq!(ways.next(), None, "{name}");
    project.write(&name, text);
}

const BLAZAR_ROWS: &str = "
INSERT INTO leases (id, name, start_date, end_date, degraded)
  SELECT letter, letter, now(), now(), false FROM (SELECT 'a' AS letter UNION SELECT 'b' UNION SELECT 'c' UNION SELECT 'd') AS letters;
INSERT INTO events (id, lease_id, event_type, status) VALUES
  ('a1', 'a', 'start_lease', 'UNDONE'), ('a2', 'a', 'end_lease', 'UNDONE'), ('b1', 'b', 'start_lease', 'DONE'),
  ('b2', 'b', 'end_lease', 'UNDONE'), ('c1', 'c', 'start_lease', 'DONE'), ('c2', 'c', 'end_lease', 'DONE');
INSERT INTO computehosts (id, vcpus, cpu_info, hypervisor_type, hypervisor_version, memory_mb, local_gb, trust_id)
  VALUES ('h', 1, '', '', 1, 1, 1, '');
INSERT INTO computehost_extra_capabilities (id, computehost_id, capability_name, capability_value) VALUES
  ('1', 'h', 'gpu', 'yes'), ('2', 'h', 'gpu', 'no'), ('3', 'h', 'ssd', 'maybe');";

const BLAZAR_NAMES: &str = "ALTER TABLE leases DROP INDEX IF EXISTS name, DROP INDEX IF EXISTS uniq_leases0name;";

const BLAZAR_STATES: &str = "UPDATE leases AS l
  LEFT JOIN events AS s ON s.lease_id = l.id AND s.event_type = 'start_lease'
  LEFT JOIN events AS e ON e.lease_id = l.id AND e.event_type = 'end_lease'
  SET l.status = CASE concat(s.status, ' ', e.status)
    WHEN 'UNDONE UNDONE' THEN 'PENDING' WHEN 'DONE UNDONE' THEN 'ACTIVE' WHEN 'DONE DONE' THEN 'TERMINATED' ELSE 'ERROR'
  END;";

const BLAZAR_PROPERTIES: &str = "CREATE TABLE resource_properties (
  id VARCHAR(36) NOT NULL, resource_type VARCHAR(255) NOT NULL, property_name VARCHAR(255) NOT NULL,
  private BOOL NOT NULL DEFAULT false, created_at DATETIME, updated_at DATETIME,
  PRIMARY KEY (id), UNIQUE (resource_type, property_name)
);
INSERT INTO resource_properties (id, resource_type, property_name)
  SELECT uuid(), 'physical:host', name
  FROM (SELECT DISTINCT capability_name AS name FROM computehost_extra_capabilities) AS names;
ALTER TABLE computehost_extra_capabilities ADD COLUMN property_id VARCHAR(255) NOT NULL;
UPDATE computehost_extra_capabilities AS c JOIN resource_properties AS p ON p.property_name = c.capability_name
  SET c.property_id = p.id;
ALTER TABLE computehost_extra_capabilities ADD CONSTRAINT computehost_resource_property_id_fk
  FOREIGN KEY (property_id) REFERENCES resource_properties (id);
ALTER TABLE computehost_extra_capabilities DROP COLUMN capability_name;";

/// OpenStack Blazar, on MariaDB: three revisions read rows or the schema. What a person writes in their place does to rows
/// what they do.
#[test]
fn blazar_goes_up_and_back_with_three_revisions_written_by_hand() {
    let (theirs, ours) = (Database::Mysql.fresh(), Database::Mysql.fresh());
    // Its revisions count on what the program loads.
    let project = project(&theirs, &["blazar/db/migration/alembic_migrations/versions"], "import sqlalchemy.orm");
    let output = import(&project, &[]).ok().says("Writing 19 revisions").says("the upgrade of 3 revisions,");
    output.says("the downgrade of 1 revision,");
    fill(&project, "6bfd1c23aa18", Some(BLAZAR_NAMES), None);
    fill(&project, "75a74e4539cb", Some(BLAZAR_STATES), Some("UPDATE leases SET status = NULL;"));
    fill(&project, "02e2f2186d98", Some(BLAZAR_PROPERTIES), None);
    let both = |words: [&str; 2]| both(&project, [&ours, &theirs], words);
    let rows = |sql: &str| {
        let rows = ours.query(sql);
        assert_eq!(rows, theirs.query(sql), "{sql}");
        rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>().join(", ")
    };
    both(["upgrade", "e66f199a5414"]);
    for database in [&ours, &theirs] {
        database.execute(BLAZAR_ROWS);
    }
    both(["upgrade", "heads"]);
    assert_eq!(rows("SELECT id, status FROM leases ORDER BY id;"), "a PENDING, b ACTIVE, c TERMINATED, d ERROR");
    let properties = "SELECT capability_value, property_name FROM computehost_extra_capabilities AS c \
                      JOIN resource_properties AS p ON p.id = c.property_id ORDER BY c.id;";
    assert_eq!(rows(properties), "yes gpu, no gpu, maybe ssd");
    both(["downgrade", "e66f199a5414"]);
    assert_eq!(rows("SELECT id FROM leases WHERE status IS NULL ORDER BY id;"), "a, b, c, d");
    assert_eq!(rows("SELECT capability_name FROM computehost_extra_capabilities ORDER BY id;"), "gpu, gpu, ssd");
    both(["downgrade", "base"]);
}

/// What the last revision of Quetz does in Python: those who made an anonymous key stand for it, or it for them.
fn quetz_uploaders(from: &str, to: &str) -> String {
    format!(
        "UPDATE package_versions AS version SET uploader_id = key.{to}\n\
         FROM api_keys AS key JOIN users ON users.id = key.user_id\n\
         WHERE users.username IS NULL AND version.uploader_id = key.{from};"
    )
}

/// Quetz: one line with a merge; its last revision moves rows in Python.
#[test]
fn quetz_is_imported_upgraded_and_taken_back() {
    const LAST: &str = "3ba25f23fb7d";
    const BEFORE_LAST: &str = "d212023a8e0b";
    let (theirs, ours, again) = (Database::Postgres.fresh(), Database::Postgres.fresh(), Database::Postgres.fresh());
    let project = project(&theirs, &["quetz/migrations/versions"], "");
    import(&project, &[]).ok().says("Writing 20 revisions").says("the upgrade of 1 revision,").says(LAST);
    migrate(&project, &ours, &["upgrade"]).exits(2).says("revision 3ba25f23fb7d is left to you");
    for target in ["0653794b6252", BEFORE_LAST] {
        both(&project, [&ours, &theirs], ["upgrade", target]);
    }
    let (up, down) = (quetz_uploaders("user_id", "owner_id"), quetz_uploaders("owner_id", "user_id"));
    fill(&project, LAST, Some(&up), Some(&down));
    both(&project, [&ours, &theirs], ["upgrade", "head"]);
    for target in [BEFORE_LAST, "ea6eba9a9ffc", "0653794b6252"] {
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
    let output = migrate(&project, &again, &["upgrade"]).ok().says("1 revision applied");
    assert_eq!(spaced(&again), spaced(&theirs), "{output}");
}

/// Invenio: eight packages, each a folder, a base and a label, with dependencies between them.
#[test]
fn invenio_is_imported_upgraded_and_taken_back() {
    let names = ["access", "accounts", "db", "files_rest", "oauth2server", "oauthclient", "pidstore", "records"];
    let folders = names.map(|name| format!("invenio_{name}/alembic"));
    let (theirs, ours) = (Database::Postgres.fresh(), Database::Postgres.fresh());
    let project = project(&theirs, &folders.each_ref().map(String::as_str), "");
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

/// The metadata of Invenio: constraints that a revision does not name get their names from it.
const NAMES: &str = "from sqlalchemy import MetaData
target_metadata = MetaData(naming_convention={
    'ix': 'ix_%(column_0_label)s',
    'uq': 'uq_%(table_name)s_%(column_0_name)s',
    'ck': 'ck_%(table_name)s_%(constraint_name)s',
    'fk': 'fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s',
    'pk': 'pk_%(table_name)s',
})
";

const INVENIO_ACCOUNTS_DOWN: &str = "
ALTER TABLE transaction DROP CONSTRAINT fk_transaction_user_id_accounts_user;
DROP INDEX ix_transaction_user_id;
ALTER TABLE transaction DROP COLUMN user_id;
DROP TABLE accounts_userrole, accounts_user_session_activity, accounts_user, accounts_role;";

/// Invenio without its two packages of OAuth, of which Alembic itself refuses a revision: all of the rest, with two
/// revisions that look at the schema written by hand. In new databases one of these has nothing to do.
#[test]
fn six_packages_of_invenio_go_up_and_back() {
    let folders =
        ["access", "accounts", "db", "files_rest", "pidstore", "records"].map(|name| format!("invenio_{name}/alembic"));
    let (theirs, ours) = (Database::Postgres.fresh(), Database::Postgres.fresh());
    let project = project(&theirs, &folders.each_ref().map(String::as_str), NAMES);
    let output = import(&project, &[]).ok().says("Writing 25 revisions").says("the upgrade of 1 revision,");
    output.says("the downgrade of 1 revision,");
    fill(&project, "invenio_db/35c1075e6360", Some(""), None);
    fill(&project, "invenio_accounts/9848d0149abd", None, Some(INVENIO_ACCOUNTS_DOWN));
    both(&project, [&ours, &theirs], ["upgrade", "heads"]);
    both(&project, [&ours, &theirs], ["downgrade", "base"]);
}
