//! How a project begins on each database: what `init` writes into its first files. Data, whatever this build can talk to.

/// The beginning of a project on one database.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// The word on the command line, which is the scheme of its URLs too.
    pub(crate) name: &'static str,
    /// The URL of an application's database on the machine of a developer.
    pub(crate) url: &'static str,
    /// Comment lines for `migrate.yaml`: keys that matter on this database.
    pub(crate) config: &'static str,
    /// A YAML model that shows what is peculiar here; it is valid as it stands.
    pub(crate) yaml: &'static str,
    /// The same in SQL.
    pub(crate) sql: &'static str,
}

/// The start of each database; the first one is for who does not say.
pub(crate) const STARTS: [Start; 4] = [
    Start {
        name: "sqlite",
        url: "sqlite://app.db",
        config: "\
# ignore: [\"tmp_*\"]     # names that are left out
",
        yaml: "\
tables:
  customers:
    columns:
      id:      { type: bigint, identity: always }     # the rowid
      email:   { type: varchar(320), nullable: false }
      created: { type: timestamptz, default: { sql: CURRENT_TIMESTAMP } }
    primary_key: [id]
    unique: { uq_customers_email: [email] }
",
        sql: "\
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    created TEXT DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT uq_customers_email UNIQUE (email)
);
",
    },
    Start {
        name: "postgres",
        url: "postgres://localhost/app",
        config: "\
# schemas: [public]     # what is compared; without it the connection's own schema
# scratch: same-server  # or a URL: where models are judged; to be said for a server that is not on this machine
# scratch_setup: scratch.sql   # runs there first: extensions and functions that the models need
",
        yaml: "\
tables:
  customers:
    comment: People who buy
    columns:
      id:      { type: bigint, identity: always }
      email:   { type: varchar(320), nullable: false }
      details: { type: json }                         # jsonb; a native type is written as it is
      created: { type: timestamptz, nullable: false, default: { sql: CURRENT_TIMESTAMP } }
    primary_key: [id]
    unique: { uq_customers_email: [email] }
    indexes:
      ix_customers_details: { columns: [details], method: gin }
",
        sql: "\
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email varchar(320) NOT NULL CONSTRAINT uq_customers_email UNIQUE,
    details jsonb,
    created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX ix_customers_details ON customers USING gin (details);
",
    },
    Start { name: "mariadb", url: "mariadb://root@localhost/app", config: OF_MYSQL, yaml: MYSQL_YAML, sql: MYSQL_SQL },
    Start { name: "mysql", url: "mysql://root@localhost/app", config: OF_MYSQL, yaml: MYSQL_YAML, sql: MYSQL_SQL },
];

const OF_MYSQL: &str = "\
# scratch: same-server  # or a URL: where models are judged; to be said for a server that is not on this machine
# run: { lock_timeout: 5s }    # DDL commits by itself here: a failed revision is continued by the next `migrate upgrade`
";

const MYSQL_YAML: &str = "\
tables:
  customers:
    comment: People who buy
    columns:
      id:      { type: bigint, identity: always }     # AUTO_INCREMENT
      email:   { type: varchar(320), nullable: false }
      details: { type: json }
      created: { type: timestamp, nullable: false, default: { sql: CURRENT_TIMESTAMP(6) } }   # datetime(6)
    primary_key: [id]
    unique: { uq_customers_email: [email] }
    mysql: { engine: InnoDB, charset: utf8mb4 }
";

const MYSQL_SQL: &str = "\
CREATE TABLE customers (
    id bigint AUTO_INCREMENT PRIMARY KEY,
    email varchar(320) NOT NULL,
    details json,
    created datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    CONSTRAINT uq_customers_email UNIQUE (email)
) ENGINE = InnoDB;
";

/// The start of this name.
pub(crate) fn start(name: &str) -> Option<&'static Start> {
    STARTS.iter().find(|start| start.name == name)
}

/// The one that is taken where nothing says which.
pub(crate) fn usual_start() -> &'static Start {
    let [first, ..] = &STARTS;
    first
}
