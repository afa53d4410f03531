//! A project of twelve revisions, on every database: changes of the shape of every kind, rebuilds, pieces outside of a
//! transaction, and in each revision exactly one statement that counts how often it ran.

use crate::common::{Fresh, Output, Project};

/// What the third to the twelfth do beside counting: up, and down.
const CHANGES: [(&str, &str); 10] = [
    (
        "- add_column: { table: n, column: { name: w, type: int, nullable: false, default: 7 } }\n\
         - rename_column: { table: n, name: w, to: x }\n",
        "- rename_column: { table: n, name: x, to: w }\n- drop_column: { table: n, name: w }\n",
    ),
    (
        "- rename_table: { name: m, to: k }\n- create_index: { table: k, name: k_i, columns: [id] }\n",
        "- drop_index: { table: k, name: k_i }\n- rename_table: { name: k, to: m }\n",
    ),
    (
        "- create_table: { name: p, columns: { id: { type: int, nullable: false }, t: varchar(20) }, primary_key: [id] }\n\
         - create_table: { name: c, columns: { id: { type: int, nullable: false }, p: int }, primary_key: [id], \
           foreign_keys: { fk_c_p: { columns: [p], references: { table: p, columns: [id] } } } }\n\
         - sql: \"INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (1, 1), (2, NULL)\"\n",
        "- drop_table: { name: c }\n- drop_table: { name: p }\n",
    ),
    ("- alter_column: { table: n, name: x, type: bigint }\n", "- alter_column: { table: n, name: x, type: int }\n"),
    (
        "- create_check_constraint: { table: p, name: ck_p, condition: \"id > 0\" }\n",
        "- drop_constraint: { table: p, name: ck_p, kind: check }\n",
    ),
    (
        "- create_unique_constraint: { table: p, name: uq_p, columns: [t] }\n",
        "- drop_constraint: { table: p, name: uq_p, kind: unique }\n",
    ),
    (
        "- add_column: { table: c, column: { name: note, type: varchar(30) } }\n\
         - sql: UPDATE c SET note = 'to fill' WHERE note IS NULL\n\
         - alter_column: { table: c, name: note, type: varchar(40) }\n\
         - create_index: { table: c, name: ix_c_note, columns: [note] }\n",
        "- drop_index: { table: c, name: ix_c_note }\n- drop_column: { table: c, name: note }\n",
    ),
    (
        "- drop_constraint: { table: p, name: uq_p, kind: unique }\n- rename_column: { table: p, name: t, to: title }\n",
        "- rename_column: { table: p, name: title, to: t }\n\
         - create_unique_constraint: { table: p, name: uq_p, columns: [t] }\n",
    ),
    (
        "- create_table: { name: q, columns: { id: int } }\n- sql: INSERT INTO q VALUES (1)\n",
        "- drop_table: { name: q }\n",
    ),
    (
        "- drop_column: { table: n, name: x }\n",
        "- add_column: { table: n, column: { name: x, type: bigint, nullable: false, default: 7 } }\n",
    ),
];

/// Up it triples, down it adds one: neither may happen twice, and none may be missing.
const UP: &str = "- sql:\n    postgres: UPDATE n SET v = v * 3 WHERE pg_sleep(0.01) IS NOT NULL\n    \
    mysql: UPDATE n SET v = v * 3 WHERE SLEEP(0.01) = 0\n    sqlite: UPDATE n SET v = v * 3\n";
const DOWN: &str = "- sql: UPDATE n SET v = v + 1\n";

/// The tables at the head; of these the first alone after the way back.
const TABLES: [&str; 5] = ["n", "k", "p", "c", "q"];

/// A command, and what must be true when it has come to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) command: &'static [&'static str],
    /// The counter.
    pub(super) value: &'static str,
    tables: usize,
    /// What `status --check` exits with.
    status: i32,
}

/// To the head: 3 to the power of twelve.
pub(super) const UPGRADE: Way = Way { command: &["upgrade", "head"], value: "531441", tables: 5, status: 0 };
/// From there back to the first revision: eleven more.
pub(super) const DOWNGRADE: Way =
    Way { command: &["downgrade", "r01", "--yes"], value: "531452", tables: 1, status: 1 };

/// A project on this database with the revisions `r01` … `r12`.
pub(super) fn project(database: &Fresh) -> Project {
    let project = Project::on(database);
    project.write(
        "versions/r01.sql",
        "-- revision: r01\n\n-- migrate:up\nCREATE TABLE n (id integer PRIMARY KEY, v integer);\n\
         INSERT INTO n VALUES (1, 1);\nUPDATE n SET v = v * 3;\nCREATE INDEX n_v ON n (v);\n\
         -- migrate:down\nDROP TABLE n;\n",
    );
    project.write(
        "versions/r02.sql",
        "-- revision: r02\n-- down_revision: r01\n\n-- migrate:up transaction:none\n\
         UPDATE n SET v = v * 3;\nCREATE TABLE m (id integer PRIMARY KEY);\nINSERT INTO m VALUES (1);\n\
         -- migrate:down transaction:none\nUPDATE n SET v = v + 1;\nDROP TABLE m;\n",
    );
    for (number, (up, down)) in (3..).zip(CHANGES) {
        let parent = number - 1;
        let text =
            format!("revision: r{number:02}\ndown_revision: r{parent:02}\nupgrade:\n{up}{UP}downgrade:\n{DOWN}{down}");
        project.write(&format!("versions/r{number:02}.yaml"), text);
    }
    project
}

impl Way {
    /// The dump and all rows, in the words of the database's own programs.
    pub(super) fn state(self, database: &Fresh) -> String {
        let rows = TABLES[..self.tables].iter().map(|table| {
            let rows = database.query(&format!("SELECT * FROM {table} ORDER BY 1;"));
            format!("{table}: {rows:?}\n")
        });
        database.dump() + rows.collect::<String>().as_str()
    }

    /// What an undisturbed run makes, from where `before` have brought an empty database.
    pub(super) fn undisturbed(self, database: &Fresh, before: &[Self]) -> String {
        let project = project(database);
        for way in before {
            project.run(way.command).ok();
        }
        project.run(self.command).ok();
        assert_eq!(database.value("SELECT v FROM n"), self.value);
        self.state(database)
    }

    /// After a fault: the same command, plainly, ends well, and the database is what an undisturbed run makes of it.
    #[track_caller]
    pub(super) fn ends_as(self, wanted: &str, project: &Project, database: &Fresh, fault: &str) -> Output {
        let again = project.run(self.command);
        assert_eq!(again.code, 0, "after {fault}:\n{again}");
        assert_eq!(database.value("SELECT v FROM n"), self.value, "after {fault}");
        assert_eq!(self.state(database), wanted, "after {fault}");
        assert_eq!(project.run(&["status", "--check"]).code, self.status, "after {fault}");
        again
    }
}
