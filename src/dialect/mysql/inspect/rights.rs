//! Who may do what with the database and with what is in it.
//!
//! `information_schema` shows a login its own rights alone, without a word about the others. So the server's own tables of
//! rights are read, which it refuses to a login that may not.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use crate::db::{Connection, Row};
use crate::dialect::Scope;
use crate::dialect::mysql::capabilities::is_mariadb;
use crate::dialect::mysql::objects::rights::read::bare;
use crate::dialect::mysql::objects::rights::{DATABASE, Grantee, Ledger, OPTION, Rights, Target};
use crate::dialect::mysql::quote;
use crate::dialect::mysql::scratch::rights::{kept, unseen};
use crate::error::Result;
use crate::schema::{Ident, Name, Need, Object, ObjectId, ObjectKind, Schema, Unmodelled};
use crate::statement::ServerVersion;

/// Puts them into the schema, which has everything else: four queries in one message.
pub(super) async fn read(connection: &mut Connection, scope: &Scope, place: &Place, schema: &mut Schema) -> Result<()> {
    let mut ledger = if place.is_scratch() { kept(connection).await? } else { live(connection, place).await? };
    if let Some(maker) = maker(connection).await? {
        without_makers(&mut ledger, &maker);
    }
    let known = known(ledger, schema, place);
    let orphans: BTreeSet<String> = known.lost.into_iter().filter(|name| !scope.is_ours(&place.name(name))).collect();
    // What is not there in a scratch place was dropped by a revision.
    for name in orphans.into_iter().filter(|_| !place.is_scratch()) {
        let kind = "grants on what is not there, or not modelled:".to_owned();
        schema.unmodelled.push(Unmodelled { kind, name: place.name(&name), table: None, definition: None });
    }
    for (id, (ledger, needs)) in known.found {
        if scope.is_ours(&id.name) {
            continue;
        }
        let mut object = Object::new(id, ledger.statements(place.server).join(";\n"));
        // Rights on a column are taken by what is taken on its table.
        let is_column = object.id.arguments.as_deref().is_some_and(|what| what.starts_with("column "));
        let whole = ObjectId { arguments: None, ..object.id.clone() };
        object.mentions.extend(is_column.then_some(Need::Object(whole)));
        object.needs.extend(needs);
        schema.insert_object(object);
    }
    Ok(())
}

/// The login, where the server gives it the rights on each routine that it makes.
async fn maker(connection: &mut Connection) -> Result<Option<Grantee>> {
    let sql = "SELECT CURRENT_USER() FROM (SELECT 1) `one` WHERE @@GLOBAL.automatic_sp_privileges = 1";
    let row = connection.first_row(sql).await?;
    let login = row.as_ref().and_then(|row| row.text(0)).and_then(|login| login.rsplit_once('@'));
    Ok(login.map(|(user, host)| Grantee { user: user.to_owned(), host: Some(host.to_owned()) }))
}

/// Leaves out what the server gives by itself. A scratch place has none of it, whoever names it.
fn without_makers(ledger: &mut Ledger, maker: &Grantee) {
    for ((target, grantee), rights) in &mut ledger.0 {
        if matches!(target, Target::Function(_) | Target::Procedure(_)) && grantee == maker {
            rights.retain(|right| right != "EXECUTE" && right != "ALTER ROUTINE");
        }
    }
    ledger.0.retain(|_, rights| !rights.is_empty());
}

/// As the server's tables say.
async fn live(connection: &mut Connection, place: &Place) -> Result<Ledger> {
    let rows = match connection.rows(&questions(place)).await {
        Ok(rows) => rows,
        Err(error) => return Err(unseen(connection, error).await),
    };
    let mut ledger = Ledger::default();
    rows.iter().try_for_each(|row| take(row, place, &mut ledger))?;
    ledger.0.retain(|_, rights| !rights.is_empty());
    Ok(ledger)
}

/// Sort, user, host, name, column, rights with commas.
fn questions(place: &Place) -> String {
    let (database, mark) = (quote::literal(&place.database), quote::literal("\\"));
    let columns: Vec<String> =
        columns_of_rights(place.server).map(|(column, right)| format!("IF({column} = 'Y', '{right}', NULL)")).collect();
    [
        format!(
            "SELECT 'database', User, Host, Db, NULL, CONCAT_WS(',', {}) FROM mysql.db \
             WHERE Db = {database} OR REPLACE(Db, {mark}, '') = {database}",
            columns.join(", ")
        ),
        format!("SELECT 'table', User, Host, Table_name, NULL, Table_priv FROM mysql.tables_priv WHERE Db = {database}"),
        format!(
            "SELECT 'column', User, Host, Table_name, Column_name, Column_priv FROM mysql.columns_priv WHERE Db = {database}"
        ),
        format!(
            "SELECT Routine_type, User, Host, Routine_name, NULL, Proc_priv FROM mysql.procs_priv WHERE Db = {database} \
             AND Routine_type IN ('FUNCTION', 'PROCEDURE')"
        ),
    ]
    .join("; ")
}

/// The columns of `mysql.db`, and the rights that they stand for.
pub(in crate::dialect::mysql) fn columns_of_rights(
    server: ServerVersion,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    const OF_MARIADB: [(&str, &str); 1] = [("Delete_history_priv", "DELETE HISTORY")];
    const SINCE_11_3: [(&str, &str); 1] = [("Show_create_routine_priv", "SHOW CREATE ROUTINE")];
    const OF_BOTH: [(&str, &str); 19] = [
        ("Select_priv", "SELECT"),
        ("Insert_priv", "INSERT"),
        ("Update_priv", "UPDATE"),
        ("Delete_priv", "DELETE"),
        ("Create_priv", "CREATE"),
        ("Drop_priv", "DROP"),
        ("Grant_priv", OPTION),
        ("References_priv", "REFERENCES"),
        ("Index_priv", "INDEX"),
        ("Alter_priv", "ALTER"),
        ("Create_tmp_table_priv", "CREATE TEMPORARY TABLES"),
        ("Lock_tables_priv", "LOCK TABLES"),
        ("Create_view_priv", "CREATE VIEW"),
        ("Show_view_priv", "SHOW VIEW"),
        ("Create_routine_priv", "CREATE ROUTINE"),
        ("Alter_routine_priv", "ALTER ROUTINE"),
        ("Execute_priv", "EXECUTE"),
        ("Event_priv", "EVENT"),
        ("Trigger_priv", "TRIGGER"),
    ];
    let mariadb = is_mariadb(server);
    let more = OF_MARIADB.into_iter().filter(move |_| mariadb);
    let late = SINCE_11_3.into_iter().filter(move |_| mariadb && server.at_least(11, 3));
    OF_BOTH.into_iter().chain(more).chain(late)
}

fn take(row: &Row, place: &Place, ledger: &mut Ledger) -> Result<()> {
    let name = row.required(3)?.to_owned();
    let target = match (row.required(0)?, row.text(4)) {
        ("database", _) if name == place.database => Target::Database(None),
        ("database", _) if bare(&name) == place.database => Target::Database(Some(name)),
        ("database", _) => return Ok(()),
        ("FUNCTION", _) => Target::Function(name),
        ("PROCEDURE", _) => Target::Procedure(name),
        (_, Some(column)) => Target::Column(name, column.to_owned()),
        (_, None) => Target::Table(name),
    };
    let host = row.text(2).unwrap_or_default();
    let is_role = host.is_empty() && place.mariadb();
    let grantee =
        Grantee { user: row.text(1).unwrap_or_default().to_owned(), host: (!is_role).then(|| host.to_owned()) };
    let rights: Rights =
        row.text(5).unwrap_or_default().split(',').filter(|word| !word.is_empty()).map(right).collect();
    ledger.give(target, grantee, &rights);
    Ok(())
}

/// The right behind a word of the server's tables: `Show view`.
fn right(word: &str) -> String {
    match word {
        "Grant" => OPTION.to_owned(),
        "Delete versioning rows" => "DELETE HISTORY".to_owned(),
        other => other.to_uppercase(),
    }
}

/// Rights, and what they are on.
#[derive(Default)]
struct Known {
    found: BTreeMap<ObjectId, (Ledger, Vec<Need>)>,
    /// Names of what is not in the schema.
    lost: Vec<String>,
}

/// Finds what rights are on, and calls it as it is called there.
fn known(ledger: Ledger, schema: &Schema, place: &Place) -> Known {
    let mut known = Known::default();
    for ((target, grantee), rights) in ledger.0 {
        let (name, found) = match &target {
            Target::Database(_) => (DATABASE, Some((target.clone(), Vec::new()))),
            Target::Table(name) => {
                (name.as_str(), relation(name, schema, place).map(|(name, need)| (Target::Table(name), vec![need])))
            }
            Target::Column(name, column) => (name.as_str(), of_column(name, column, schema, place)),
            Target::Function(name) => {
                let found = routine(ObjectKind::Function, name, schema, place);
                (name.as_str(), found.map(|(name, need)| (Target::Function(name), vec![need])))
            }
            Target::Procedure(name) => {
                let found = routine(ObjectKind::Procedure, name, schema, place);
                (name.as_str(), found.map(|(name, need)| (Target::Procedure(name), vec![need])))
            }
        };
        match found {
            Some((target, needs)) => {
                let entry = known.found.entry(target.id()).or_default();
                entry.0.give(target, grantee, &rights);
                entry.1 = needs;
            }
            None => known.lost.push(name.to_owned()),
        }
    }
    known
}

/// A table, view or sequence: its own name, and what it is.
fn relation(name: &str, schema: &Schema, place: &Place) -> Option<(String, Need)> {
    let called = place.name(name);
    if schema.tables.contains_key(&called) {
        return Some((name.to_owned(), Need::Table(called, None)));
    }
    let id = [ObjectKind::View, ObjectKind::Sequence].into_iter().map(|kind| ObjectId::new(kind, called.clone()));
    let found = id.into_iter().find(|id| schema.objects.contains_key(id));
    found.map(|id| (name.to_owned(), Need::Object(id)))
}

fn of_column(name: &str, column: &str, schema: &Schema, place: &Place) -> Option<(Target, Vec<Need>)> {
    let (name, need) = relation(name, schema, place)?;
    let Need::Table(table, _) = &need else { return Some((Target::Column(name, column.to_owned()), vec![need])) };
    let columns = &schema.tables.get(table)?.columns;
    let same = |other: &Ident| other.as_str().to_lowercase() == column.to_lowercase();
    let found = columns.iter().map(|column| &column.name).find(|name| same(name))?;
    let needs = vec![need.clone(), Need::Table(table.clone(), Some(found.clone()))];
    Some((Target::Column(name, found.as_str().to_owned()), needs))
}

fn routine(kind: ObjectKind, name: &str, schema: &Schema, place: &Place) -> Option<(String, Need)> {
    let same = |other: &Name| other.schema == place.schema && other.name.as_str().to_lowercase() == name.to_lowercase();
    let id = schema.objects.keys().find(|id| id.kind == kind && same(&id.name))?;
    Some((id.name.name.as_str().to_owned(), Need::Object(id.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    #[test]
    fn what_the_server_gives_to_the_maker_of_a_routine_is_left_out() {
        const SERVER: ServerVersion = ServerVersion::new(Product::MariaDb, 10, 11, 0);
        let said = [
            "GRANT ALL ON PROCEDURE p TO app@localhost",
            "GRANT EXECUTE ON FUNCTION f TO app@localhost WITH GRANT OPTION",
            "GRANT EXECUTE ON PROCEDURE p TO other@localhost",
            "GRANT EXECUTE ON * TO app@localhost",
        ];
        let mut ledger = Ledger::of(&said, None, SERVER).unwrap();
        without_makers(&mut ledger, &Grantee { user: "app".to_owned(), host: Some("localhost".to_owned()) });
        let expected = [
            "GRANT EXECUTE ON * TO `app`@`localhost`",
            "GRANT USAGE ON FUNCTION `f` TO `app`@`localhost` WITH GRANT OPTION",
            "GRANT EXECUTE ON PROCEDURE `p` TO `other`@`localhost`",
        ];
        assert_eq!(ledger.statements(SERVER), expected);
    }
}
