//! An account of its own on a server, with a password and with no rights until it is given some.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Database, Fresh};

/// What every password of these tests contains, so that outputs can be searched for it.
pub(crate) const SECRET: &str = "hunter2";

/// An account on the server of a database.
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    /// The URL of the database with the user, without the password.
    pub(crate) url: String,
}

impl Login {
    /// Makes the account.
    pub(crate) fn on(database: &Fresh) -> Self {
        static COUNTER: AtomicUsize = AtomicUsize::new(0);
        let user = format!("u{}_{}", COUNTER.fetch_add(1, Ordering::Relaxed), database.name());
        let password = format!("{SECRET} @/%:'");
        let quoted = password.replace('\'', "''");
        match database.database() {
            Database::Postgres => {
                let group = "DO $$ BEGIN CREATE ROLE with_password; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;";
                database.execute(group);
                database.execute(&format!("CREATE ROLE {user} LOGIN PASSWORD '{quoted}' IN ROLE with_password;"));
            }
            Database::Mysql => database.execute(&format!("CREATE USER {user}@'127.0.0.1' IDENTIFIED BY '{quoted}';")),
            Database::Sqlite => panic!("SQLite has no accounts"),
        }
        let url = database.url();
        let (scheme, rest) = url.split_once("://").expect("a URL");
        let (_, host) = rest.split_once('@').expect("a user");
        Self { url: format!("{scheme}://{user}@{host}"), user, password }
    }

    /// How the account is named in GRANT.
    pub(crate) fn grantee(&self, database: Database) -> String {
        match database {
            Database::Mysql => format!("{}@'127.0.0.1'", self.user),
            Database::Postgres | Database::Sqlite => self.user.clone(),
        }
    }

    /// Lets the account do everything in its database.
    pub(crate) fn with_all_rights(self, database: &Fresh) -> Self {
        let (name, grantee) = (database.name(), self.grantee(database.database()));
        match database.database() {
            Database::Mysql => database.execute(&format!(
                "GRANT ALL ON {name}.* TO {grantee}; GRANT ALL ON `migrate\\_scratch\\_%`.* TO {grantee};"
            )),
            Database::Postgres | Database::Sqlite => {
                database.execute(&format!(
                    "GRANT ALL ON DATABASE {name} TO {grantee}; GRANT ALL ON SCHEMA public TO {grantee};"
                ));
            }
        }
        self
    }

    /// Another password from now on.
    pub(crate) fn change_password(&mut self, database: &Fresh, password: &str) {
        let grantee = self.grantee(database.database());
        database.execute(&match database.database() {
            Database::Mysql => format!("ALTER USER {grantee} IDENTIFIED BY '{password}';"),
            Database::Postgres | Database::Sqlite => format!("ALTER ROLE {grantee} PASSWORD '{password}';"),
        });
        password.clone_into(&mut self.password);
    }
}
