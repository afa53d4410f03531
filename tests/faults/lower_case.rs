//! A server that keeps the names of tables in lower case (`lower_case_table_names = 1`, as on Windows and macOS): models and
//! commands may write them as they like.

use super::private::Private;
use crate::common::{Database, Project};

const MODEL: &str = "tables:
  People: { columns: { Id: { type: bigint, nullable: false }, Name: varchar(20) }, primary_key: [Id] }
  Orders:
    columns: { Id: { type: bigint, nullable: false }, Person: { type: bigint, nullable: false } }
    primary_key: [Id]
    foreign_keys: { Orders_Person: { columns: [Person], references: People } }
    indexes: { By_Person: [Person, Id] }
views:
  Named: select O.Id, P.Name from Orders O join People P on P.Id = O.Person
functions: { Count_All: CREATE FUNCTION Count_All() RETURNS BIGINT READS SQL DATA RETURN (SELECT COUNT(*) FROM Orders) }
triggers:
  Fills: { table: Orders, definition: CREATE TRIGGER Fills BEFORE INSERT ON Orders FOR EACH ROW SET NEW.Id = NEW.Id + 1 }
";

#[test]
fn names_of_tables_may_be_written_in_any_case() {
    let mut server = Private::made(Database::Mysql, &["--lower-case-table-names=1".to_owned()]);
    server.restart();
    let database = Database::Mysql.fresh_on(&server.url());
    let project = Project::on(&database);
    project.write("versions/.keep", "").write("models/m.yaml", MODEL);
    project.run(&["revision", "--autogenerate", "-m", "first", "--rev-id", "aaaa"]).ok();
    project.run(&["upgrade"]).ok();
    assert_eq!(
        database.query("SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name NOT LIKE 'migrate%' ORDER BY 1;"),
        [["named"], ["orders"], ["people"]]
    );
    project.run(&["check"]).ok();
    database.execute("INSERT INTO People VALUES (1, 'Ada'); INSERT INTO orders VALUES (1, 1);");
    // Another case is no other name, neither of a table nor of what refers to it, nor of the database.
    let shouted = MODEL.replace("People", "PEOPLE").replace("Orders:", "oRDERS:").replace("By_Person", "BY_person");
    project.write("models/m.yaml", &shouted);
    project.run(&["check"]).ok();
    let capitals = database.url().replace(database.name(), &database.name().to_uppercase());
    project.run(&["check", "--url", &capitals]).ok();
    let written = project.list("versions");
    project.run(&["revision", "--autogenerate", "-m", "none"]).ok();
    assert_eq!(project.list("versions"), written, "a revision for nothing");
    // What it prints is in sync too, and builds an equal one.
    project.write("models/m.yaml", project.run(&["inspect"]).ok().stdout);
    project.run(&["check"]).ok();
    let other = Database::Mysql.fresh_on(&server.url());
    project.run(&["create-all", "--url", &other.url()]).ok();
    project.run(&["check", "--url", &other.url()]).ok();
    assert_eq!(other.dump(), database.dump());
    // A rename, in other letters than the server's, and back.
    let before = database.dump();
    project.write(
        "models/m.yaml",
        MODEL.replace("People", "Persons").replace("Name:", "Title:").replace("P.Name", "P.Title"),
    );
    let rename = ["--rename", "PEOPLE=Persons", "--rename", "People.Name=Title"];
    project.run(&[&["revision", "--autogenerate", "-m", "second", "--rev-id", "bbbb"], &rename[..]].concat()).ok();
    project.run(&["upgrade", "--yes"]).ok();
    project.run(&["check"]).ok();
    assert_eq!(database.query("SELECT id, title FROM persons;"), [["1", "Ada"]]);
    assert_eq!(database.query("SELECT * FROM named;"), [["2", "Ada"]]);
    project.run(&["downgrade", "-1", "--yes"]).ok();
    assert_eq!(database.dump(), before);
}
