//! Whether models name schemas, which a scratch place that serves unqualified names only cannot hold: `CREATE TABLE
//! public.a` would go to the user's own schema; or make what is of the whole database, and may be there already.

use crate::dialect::{Capability, Dialect};
use crate::error::Result;
use crate::model::Models;
use crate::statement::token::{TokenKind, tokens};

/// Words behind which the name of an object stands.
const BEFORE_NAMES: [&str; 12] = [
    "TABLE",
    "EXISTS",
    "REFERENCES",
    "TYPE",
    "VIEW",
    "SEQUENCE",
    "DOMAIN",
    "INTO",
    "FUNCTION",
    "PROCEDURE",
    "AGGREGATE",
    "STATISTICS",
];

/// Whether a SQL model names a schema, or on some databases another database.
///
/// # Errors
/// A SQL model that cannot be read.
pub(crate) fn sql_names_schemas(models: &Models, dialect: &dyn Dialect) -> Result<bool> {
    for model in models.sql.iter().filter(|model| model.text.contains('.') || may_be_of_database(&model.text)) {
        if text_names_schemas(&model.text, dialect).map_err(|error| error.in_file(&model.file))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A look before tokens are made.
fn may_be_of_database(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["publication", "server", "event"].iter().any(|word| lower.contains(word))
}

fn text_names_schemas(text: &str, dialect: &dyn Dialect) -> Result<bool> {
    let mut tokens = tokens(text, dialect.syntax())?;
    tokens.retain(|token| !token.is_skippable());
    let is_name = |kind: TokenKind| matches!(kind, TokenKind::Word | TokenKind::QuotedIdent);
    let is_of_database = tokens.windows(3).any(|three| match three {
        [create, kind, next] if create.is_word(text, "CREATE") => {
            let event = kind.is_word(text, "EVENT") && next.is_word(text, "TRIGGER");
            event || kind.is_word(text, "PUBLICATION") || kind.is_word(text, "SERVER")
        }
        _ => false,
    });
    let of_servers = dialect.has(Capability::TransactionalDdl, dialect.oldest()) && is_of_database;
    // The usual schema of PostgreSQL, wherever it stands: in a policy's ON, behind INHERITS, in a body that the server reads.
    let says_public = tokens.windows(2).any(|two| match two {
        [schema, dot] => {
            is_name(schema.kind)
                && dot.is_sign(text, ".")
                && schema.name(text).is_some_and(|name| name.eq_ignore_ascii_case("public"))
        }
        _ => false,
    });
    let in_schemas = dialect.has(Capability::TransactionalDdl, dialect.oldest())
        && !dialect.has(Capability::ScratchInMemory, dialect.oldest());
    Ok(of_servers
        || (in_schemas && says_public)
        || tokens.windows(5).any(|five| match five {
            [before, schema, dot, name, behind] => {
                // `ON a.b` is an index on a table if columns follow; of a join it is a column.
                let of_index =
                    before.is_word(text, "ON") && (behind.is_sign(text, "(") || behind.is_word(text, "USING"));
                let introduces = of_index || BEFORE_NAMES.iter().any(|word| before.is_word(text, word));
                introduces && is_name(schema.kind) && dot.is_sign(text, ".") && is_name(name.kind)
            }
            _ => false,
        }))
}

#[cfg(test)]
mod tests {
    use super::text_names_schemas;
    use crate::dialect::Dialect;

    #[cfg(feature = "postgres")]
    #[test]
    fn names_of_tables_count_and_columns_do_not() {
        let dialect: &dyn Dialect = &crate::dialect::postgres::Postgres;
        let says = |text: &str| text_names_schemas(text, dialect).unwrap();
        for text in [
            "CREATE TABLE public.a (b int)",
            "create table if not exists \"public\" . \"a\" (b int)",
            "CREATE TABLE a (b int REFERENCES app.c)",
            "CREATE INDEX i ON app.a (b)",
            "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE POLICY p ON public.a USING (true)",
            "CREATE TABLE b () INHERITS (\"public\".a)",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "CREATE TABLE a (b int DEFAULT 1.5)",
            "CREATE VIEW v AS SELECT a.b FROM a JOIN c ON a.b = c.b",
            "-- CREATE TABLE public.a (b int)\nCREATE TABLE a (b text DEFAULT 'TABLE x.y z')",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
