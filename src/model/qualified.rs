//! Whether models name schemas, which a scratch place that serves unqualified names only cannot hold: `CREATE TABLE
//! public.a` would go to the user's own schema; or make what is of the whole database, and may be there already.

use std::collections::BTreeSet;

use crate::dialect::{Capability, Dialect};
use crate::error::Result;
use crate::model::{Models, SqlModel};
use crate::schema::{Ident, ObjectKind};
use crate::statement::token::{TokenKind, tokens};

/// Words behind which the name of an object stands.
const BEFORE_NAMES: [&str; 19] = [
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
    "OPERATOR",
    "FAMILY",
    "CLASS",
    "DICTIONARY",
    "CONFIGURATION",
    "CONVERSION",
    "COLLATION",
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

/// The extensions that models make: in YAML by their names, in SQL behind `CREATE EXTENSION [IF NOT EXISTS]`.
///
/// # Errors
/// A SQL model that cannot be read.
pub(crate) fn named_extensions(models: &Models, dialect: &dyn Dialect) -> Result<BTreeSet<Ident>> {
    let declared = models.declared.objects.keys().filter(|id| id.kind == ObjectKind::Extension);
    let mut named: BTreeSet<Ident> = declared.map(|id| id.name.name.clone()).collect();
    for model in models.sql.iter().filter(|model| model.text.to_lowercase().contains("extension")) {
        named.extend(extensions_in(model, dialect).map_err(|error| error.in_file(&model.file))?);
    }
    Ok(named)
}

/// The extensions that one SQL text makes.
pub(crate) fn extensions_in(model: &SqlModel, dialect: &dyn Dialect) -> Result<BTreeSet<Ident>> {
    let text = model.text.as_str();
    let mut tokens = tokens(text, dialect.syntax())?;
    tokens.retain(|token| !token.is_skippable());
    let behind = tokens.windows(2).enumerate().filter(
        |(_, two)| matches!(two, [create, word] if create.is_word(text, "CREATE") && word.is_word(text, "EXTENSION")),
    );
    let name = |(at, _): (usize, _)| {
        let rest = tokens.iter().skip(at + 2);
        let mut rest = rest.skip_while(|token| ["IF", "NOT", "EXISTS"].iter().any(|word| token.is_word(text, word)));
        let token = rest.next()?;
        let name = token.name(text)?;
        Some(Ident::from(if token.kind == TokenKind::Word { name.to_lowercase() } else { name }))
    };
    Ok(behind.filter_map(name).collect())
}

/// A look before tokens are made.
fn may_be_of_database(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["publication", "server", "event", "wrapper", "mapping", "cast", "handler", "privileges", "schema"]
        .iter()
        .any(|word| lower.contains(word))
}

fn text_names_schemas(text: &str, dialect: &dyn Dialect) -> Result<bool> {
    let mut tokens = tokens(text, dialect.syntax())?;
    tokens.retain(|token| !token.is_skippable());
    let is_name = |kind: TokenKind| matches!(kind, TokenKind::Word | TokenKind::QuotedIdent);
    let is_of_database = tokens.windows(3).any(|three| match three {
        [create, kind, next] if create.is_word(text, "CREATE") => {
            let is = |word: &str| kind.is_word(text, word);
            let event = is("EVENT") && next.is_word(text, "TRIGGER");
            let foreign = is("SERVER")
                || is("FOREIGN") && next.is_word(text, "DATA")
                || is("USER") && next.is_word(text, "MAPPING");
            event || foreign || is("SCHEMA") || is("PUBLICATION") || is("CAST") || is("LANGUAGE") || is("TRUSTED")
        }
        [alter, default, privileges] if alter.is_word(text, "ALTER") && default.is_word(text, "DEFAULT") => {
            privileges.is_word(text, "PRIVILEGES")
        }
        _ => false,
    });
    // What a scratch schema may do to another one is not for it to say.
    let grants_on_schema = tokens.windows(4).any(|four| match four {
        [on, schema, _, to] => {
            // Or says: COMMENT ON SCHEMA app IS '…'.
            let gives = ["TO", "FROM", "IS"].iter().any(|word| to.is_word(text, word));
            let is_on = on.is_word(text, "ON") || on.is_word(text, "IN");
            is_on && schema.is_word(text, "SCHEMA") && gives
        }
        _ => false,
    });
    let is_of_database = is_of_database || grants_on_schema;
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
                let is_named = is_name(name.kind) || name.kind == TokenKind::Operator;
                introduces && is_name(schema.kind) && dot.is_sign(text, ".") && is_named
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
            "CREATE OPERATOR app.## (FUNCTION = f, RIGHTARG = integer)",
            "CREATE SCHEMA IF NOT EXISTS app",
            "CREATE CAST (integer AS uuid) WITH INOUT",
            "CREATE USER MAPPING FOR PUBLIC SERVER s",
            "CREATE TRUSTED LANGUAGE l HANDLER h",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
            "GRANT USAGE ON SCHEMA public TO bob",
            "COMMENT ON SCHEMA public IS 'ours'",
            "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM bob",
        ] {
            assert!(says(text), "{text}");
        }
        for text in [
            "CREATE TABLE a (b int DEFAULT 1.5)",
            "CREATE VIEW v AS SELECT a.b FROM a JOIN c ON a.b = c.b",
            "CREATE VIEW v AS SELECT CAST(a.b AS text) FROM a; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "-- CREATE TABLE public.a (b int)\nCREATE TABLE a (b text DEFAULT 'TABLE x.y z')",
        ] {
            assert!(!says(text), "{text}");
        }
    }
}
