//! The lock that each statement takes on tables: measured on PostgreSQL 15, as the manual has it ("Explicit Locking").
//! Told by the text, for rendered statements and a person's alike; what it does not say is left out. Pure: no I/O.

use crate::statement::evidence::{Named, Words};
use crate::statement::lock::{Lock, Waiting};
use crate::statement::syntax::POSTGRES;

/// The locks of one statement, the one on its own table first.
pub(super) fn locks(sql: &str) -> Vec<Lock> {
    let mut words = Words::of(sql, &POSTGRES).lowering();
    found(&mut words).unwrap_or_default()
}

const VERBS: [&str; 12] = [
    "ALTER", "CREATE", "DROP", "TRUNCATE", "INSERT", "UPDATE", "DELETE", "COMMENT", "VACUUM", "CLUSTER", "REINDEX",
    "MERGE",
];

fn found(words: &mut Words<'_>) -> Option<Vec<Lock>> {
    match words.one_of(&VERBS)? {
        "ALTER" => alter(words),
        "CREATE" => create(words),
        "DROP" => drop_one(words),
        "TRUNCATE" => {
            words.take("TABLE");
            words.take("ONLY");
            one(words.name(), exclusive)
        }
        "INSERT" | "MERGE" => words.take("INTO").then(|| one(words.name(), rows)).flatten(),
        "DELETE" => words.take("FROM").then(|| rows_of(words)).flatten(),
        "UPDATE" => rows_of(words),
        "COMMENT" => {
            words.take("ON");
            words.take("TABLE").then(|| one(words.name(), shared_update)).flatten()
        }
        "VACUUM" if words.take("FULL") => one(words.name(), exclusive),
        "CLUSTER" => one(words.name(), exclusive),
        "REINDEX" if words.take("TABLE") => match words.take("CONCURRENTLY") {
            true => one(words.name(), shared_update),
            false => one(words.name(), |table| Lock::new(table, "SHARE", Waiting::Writes)),
        },
        _ => None,
    }
}

fn rows_of(words: &mut Words<'_>) -> Option<Vec<Lock>> {
    words.take("ONLY");
    one(words.name(), rows)
}

fn alter(words: &mut Words<'_>) -> Option<Vec<Lock>> {
    if words.take("INDEX") {
        return Some(vec![shared_update(None)]);
    }
    words.take("TABLE").then_some(())?;
    words.take_all(&["IF", "EXISTS"]);
    words.take("ONLY");
    let table = spoken(words.name()?);
    if words.has_comma() {
        // The strongest of several clauses counts, which nearly always is the strongest there is.
        return Some(vec![exclusive(Some(table))]);
    }
    let weak = words.take_all(&["VALIDATE", "CONSTRAINT"])
        || words.take_all(&["ATTACH", "PARTITION"])
        || words.take_all(&["CLUSTER", "ON"])
        || (words.take("SET") && words.is_at("("));
    if weak || (words.take("DETACH") && words.has_any(&["CONCURRENTLY"])) {
        return Some(vec![shared_update(Some(table))]);
    }
    if words.one_of(&["ENABLE", "DISABLE"]).is_some() && words.take("TRIGGER") {
        return Some(vec![share_row(Some(table))]);
    }
    if words.take("ADD") && !words.take("COLUMN") && words.skip_behind("FOREIGN") {
        let parent = words.skip_behind("REFERENCES").then(|| words.name()).flatten();
        return Some(
            [Some(table), parent.map(spoken)].into_iter().flatten().map(|name| share_row(Some(name))).collect(),
        );
    }
    Some(vec![exclusive(Some(table))])
}

fn create(words: &mut Words<'_>) -> Option<Vec<Lock>> {
    words.take_all(&["OR", "REPLACE"]);
    words.take("CONSTRAINT");
    words.take("UNIQUE");
    if words.take("INDEX") {
        let concurrently = words.take("CONCURRENTLY");
        words.skip_behind("ON").then_some(())?;
        words.take("ONLY");
        let table = Some(spoken(words.name()?));
        return Some(vec![if concurrently {
            shared_update(table)
        } else {
            Lock::new(table, "SHARE", Waiting::Writes)
        }]);
    }
    if words.take("TRIGGER") {
        return words.skip_behind("ON").then(|| one(words.name(), share_row)).flatten();
    }
    if words.take("POLICY") || words.take("RULE") {
        return words.skip_behind("ON").then(|| one(words.name(), exclusive)).flatten();
    }
    // The new table is nobody's yet; what it refers to is.
    words.take("TABLE").then_some(())?;
    let mut parents = Vec::new();
    while words.skip_behind("REFERENCES") {
        parents.extend(words.name().map(spoken));
    }
    parents.sort();
    parents.dedup();
    Some(parents.into_iter().map(|parent| share_row(Some(parent))).collect())
}

fn drop_one(words: &mut Words<'_>) -> Option<Vec<Lock>> {
    if words.take("INDEX") {
        // The table of the index, which is not named.
        return Some(vec![if words.take("CONCURRENTLY") { shared_update(None) } else { exclusive(None) }]);
    }
    if words.one_of(&["TRIGGER", "POLICY", "RULE"]).is_some() {
        return words.skip_behind("ON").then(|| one(words.name(), exclusive)).flatten();
    }
    words.take("TABLE").then_some(())?;
    words.take_all(&["IF", "EXISTS"]);
    let mut locks = vec![exclusive(Some(spoken(words.name()?)))];
    while words.is_at(",") {
        words.step();
        locks.push(exclusive(Some(spoken(words.name()?))));
    }
    Some(locks)
}

fn one(name: Option<Named>, lock: impl Fn(Option<String>) -> Lock) -> Option<Vec<Lock>> {
    name.map(|name| vec![lock(Some(spoken(name)))])
}

fn spoken((schema, name): Named) -> String {
    schema.map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"))
}

fn exclusive(table: Option<String>) -> Lock {
    Lock::new(table, "ACCESS EXCLUSIVE", Waiting::Everything)
}

fn share_row(table: Option<String>) -> Lock {
    Lock::new(table, "SHARE ROW EXCLUSIVE", Waiting::Writes)
}

fn shared_update(table: Option<String>) -> Lock {
    Lock::new(table, "SHARE UPDATE EXCLUSIVE", Waiting::Changes)
}

fn rows(table: Option<String>) -> Lock {
    Lock::new(table, "ROW EXCLUSIVE", Waiting::Changes)
}

#[cfg(test)]
mod tests {
    use super::locks;

    #[test]
    fn each_statement_and_its_locks() {
        for (sql, expected) in [
            ("ALTER TABLE orders ADD COLUMN x int", "ACCESS EXCLUSIVE on orders"),
            ("alter table if exists only App.\"My Orders\" drop column x", "ACCESS EXCLUSIVE on app.My Orders"),
            (
                "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES p (id)",
                "SHARE ROW EXCLUSIVE on a, SHARE ROW EXCLUSIVE on p",
            ),
            ("ALTER TABLE a ADD CONSTRAINT f CHECK (b > 0)", "ACCESS EXCLUSIVE on a"),
            ("ALTER TABLE a VALIDATE CONSTRAINT f", "SHARE UPDATE EXCLUSIVE on a"),
            ("ALTER TABLE a SET (fillfactor = 70)", "SHARE UPDATE EXCLUSIVE on a"),
            ("ALTER TABLE a SET SCHEMA x", "ACCESS EXCLUSIVE on a"),
            ("ALTER TABLE a DISABLE TRIGGER t", "SHARE ROW EXCLUSIVE on a"),
            ("ALTER INDEX i RENAME TO j", "SHARE UPDATE EXCLUSIVE on ?"),
            ("CREATE UNIQUE INDEX i ON a (b)", "SHARE on a"),
            ("CREATE INDEX CONCURRENTLY i ON a (b)", "SHARE UPDATE EXCLUSIVE on a"),
            ("DROP INDEX i", "ACCESS EXCLUSIVE on ?"),
            ("DROP TABLE a, b", "ACCESS EXCLUSIVE on a, ACCESS EXCLUSIVE on b"),
            ("CREATE TABLE a (b int)", ""),
            ("CREATE TABLE a (b int REFERENCES p, c int REFERENCES p)", "SHARE ROW EXCLUSIVE on p"),
            ("INSERT INTO a VALUES (1)", "ROW EXCLUSIVE on a"),
            ("UPDATE a SET b = 1", "ROW EXCLUSIVE on a"),
            ("COMMENT ON TABLE a IS 'x'", "SHARE UPDATE EXCLUSIVE on a"),
            ("CREATE TRIGGER t AFTER UPDATE ON a EXECUTE FUNCTION f()", "SHARE ROW EXCLUSIVE on a"),
            ("TRUNCATE a", "ACCESS EXCLUSIVE on a"),
            ("SELECT 1", ""),
            ("DO $$ BEGIN END $$", ""),
            ("ALTER TYPE e ADD VALUE 'x'", ""),
        ] {
            let said: Vec<String> = locks(sql)
                .into_iter()
                .map(|lock| format!("{} on {}", lock.mode, lock.table.unwrap_or_else(|| "?".to_owned())))
                .collect();
            assert_eq!(said.join(", "), expected, "{sql}");
        }
    }
}
