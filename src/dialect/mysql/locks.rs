//! The lock that each statement takes: measured on MariaDB 10.11, and MySQL's manual. Every change of a table takes its
//! metadata lock alone for a moment; what matters is what others may do in between. Pure: no I/O.

use crate::statement::Statement;
use crate::statement::course::{Algorithm, Plan, Sharing};
use crate::statement::evidence::{Named, Words};
use crate::statement::lock::{Lock, Waiting};
use crate::statement::syntax::MYSQL;

const METADATA: &str = "exclusive metadata lock";

/// The locks of one statement.
pub(super) fn locks(statement: &Statement) -> Vec<Lock> {
    if let Some(course) = &statement.course {
        let (mode, waiting) = of_plan(course.plan);
        return vec![Lock::new(Some(course.table.for_people()), mode, waiting)];
    }
    found(&mut Words::of(&statement.sql, &MYSQL)).into_iter().collect()
}

fn of_plan(plan: Plan) -> (&'static str, Waiting) {
    match plan {
        Plan::Way { algorithm: Some(Algorithm::Instant), .. } => ("metadata lock for a moment", Waiting::Changes),
        Plan::Way { sharing: Some(Sharing::ReadAndWrite), .. } => ("LOCK=NONE", Waiting::Changes),
        Plan::Way { .. } => ("LOCK=SHARED", Waiting::Writes),
        Plan::Unknown { .. } => ("at most LOCK=SHARED", Waiting::Writes),
    }
}

fn found(words: &mut Words<'_>) -> Option<Lock> {
    let verb =
        words.one_of(&["ALTER", "DROP", "RENAME", "TRUNCATE", "INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE"])?;
    match verb {
        "ALTER" => {
            words.one_of(&["ONLINE", "IGNORE"]);
            words.take("TABLE").then_some(())?;
            words.take_all(&["IF", "EXISTS"]);
            let table = spoken(words.name()?);
            if words.take("RENAME") && words.take("TO") {
                return Some(Lock::new(Some(table), METADATA, Waiting::Everything));
            }
            Some(Lock::new(Some(table), "at most LOCK=SHARED", Waiting::Writes))
        }
        "DROP" | "RENAME" | "TRUNCATE" => {
            words.take("TABLE");
            words.take_all(&["IF", "EXISTS"]);
            if words.take("INDEX") {
                return words.skip_behind("ON").then(|| online(words)).flatten();
            }
            let table = spoken(words.name()?);
            Some(Lock::new(Some(table), METADATA, Waiting::Everything))
        }
        "CREATE" => {
            words.one_of(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
            (words.take("INDEX") && words.skip_behind("ON")).then(|| online(words)).flatten()
        }
        "INSERT" | "REPLACE" => words.take("INTO").then(|| rows(words)).flatten(),
        "DELETE" => words.take("FROM").then(|| rows(words)).flatten(),
        "UPDATE" => rows(words),
        _ => None,
    }
}

fn online(words: &mut Words<'_>) -> Option<Lock> {
    Some(Lock::new(Some(spoken(words.name()?)), "LOCK=NONE", Waiting::Changes))
}

fn rows(words: &mut Words<'_>) -> Option<Lock> {
    Some(Lock::new(Some(spoken(words.name()?)), "row locks", Waiting::Changes))
}

fn spoken((schema, name): Named) -> String {
    schema.map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"))
}

#[cfg(test)]
mod tests {
    use super::locks;
    use crate::statement::Statement;

    #[test]
    fn each_statement_and_its_lock() {
        for (sql, expected) in [
            ("ALTER TABLE `a` ADD COLUMN b int", "at most LOCK=SHARED on a"),
            ("ALTER TABLE `a` RENAME TO `b`", "exclusive metadata lock on a"),
            ("DROP TABLE IF EXISTS `x`.`a`", "exclusive metadata lock on x.a"),
            ("TRUNCATE TABLE a", "exclusive metadata lock on a"),
            ("CREATE UNIQUE INDEX i ON a (b)", "LOCK=NONE on a"),
            ("DROP INDEX i ON a", "LOCK=NONE on a"),
            ("UPDATE a SET b = 1", "row locks on a"),
            ("CREATE TABLE a (b int)", ""),
            ("SELECT 1", ""),
        ] {
            let found = locks(&Statement::new(sql, ""));
            let said = found
                .first()
                .map_or_else(String::new, |lock| format!("{} on {}", lock.mode, lock.table.as_deref().unwrap_or("?")));
            assert_eq!(said, expected, "{sql}");
        }
    }
}
