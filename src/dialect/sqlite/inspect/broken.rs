//! Views that will not work: SQLite takes any, and looks at it when it is used.

use crate::db::Connection;
use crate::dialect::sqlite::quote;
use crate::error::{Error, Kind, Result};
use crate::schema::{ObjectKind, Schema, Unmodelled};

/// What programs bring themselves, and may not be there where models are judged.
const OF_PROGRAMS: [&str; 3] = ["no such function: ", "no such collation sequence: ", "no such module: "];

/// The views among `made` that cannot be read, each with what SQLite says about it.
pub(in crate::dialect::sqlite) async fn views(connection: &mut Connection, made: &Schema) -> Result<Vec<Unmodelled>> {
    let mut broken = Vec::new();
    for id in made.objects.keys().filter(|id| id.kind == ObjectKind::View) {
        // Compiles the query and runs nothing of it.
        match connection.first_row(&format!("EXPLAIN SELECT * FROM {}", quote::name(&id.name))).await {
            Err(error) if error.kind() != Kind::Statement => return Err(error),
            Err(error) if !is_of_program(&error) => broken.push(Unmodelled {
                kind: "view with a broken body".to_owned(),
                name: id.name.clone(),
                table: None,
                definition: Some(error.phrase().to_owned()),
            }),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(broken)
}

fn is_of_program(error: &Error) -> bool {
    OF_PROGRAMS.iter().any(|start| error.phrase().starts_with(start))
}
