//! Bodies of routines, judged by the server when everything is there that they may name.
//!
//! While things are made, bodies in SQL are not looked at: they may name what comes later. So a typing error would show only
//! when the routine is called. The validator of each language says it here; for PL/pgSQL, whose own looks at the grammar
//! alone, the extension plpgsql_check says more where it is installed.

use super::building::not_of_extension;
use crate::db::Connection;
use crate::dialect::postgres::quote::literal;
use crate::dialect::server::Scope;
use crate::error::Result;
use crate::schema::{Ident, Name, ObjectId, ObjectKind, Schema, Unmodelled};

/// Where the answers stand between the two questions: a block gives back nothing.
const SETTING: &str = "migrate.broken_bodies";

/// The routines of the own schema, and of those in the scope, that will not run, and why.
pub(in crate::dialect::postgres) async fn broken(
    connection: &mut Connection,
    scope: &Scope,
    made: &Schema,
) -> Result<Vec<Unmodelled>> {
    let is_routine = |id: &ObjectId| matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure);
    if !made.objects.keys().any(is_routine) {
        return Ok(Vec::new());
    }
    let own = connection.first_row("SELECT current_schema()").await?;
    let own = own.and_then(|row| row.text(0).map(Ident::from));
    let mut schemas: Vec<String> = scope.schemas.iter().map(|name| literal(name.as_str())).collect();
    schemas.extend(own.as_ref().map(|own| literal(own.as_str())));
    let checker = checker(connection).await?;
    let block = block(&schemas.join(", "), checker.as_ref());
    connection.execute(&format!("DO {}", literal(&block))).await?;
    let said = connection.first_row(&format!("SELECT pg_catalog.current_setting('{SETTING}', true)")).await?;
    let said = said.and_then(|row| row.text(0).map(str::to_owned)).unwrap_or_default();
    Ok(said.lines().filter_map(|line| finding(line, own.as_ref())).collect())
}

/// The schema of plpgsql_check.
async fn checker(connection: &mut Connection) -> Result<Option<Ident>> {
    let sql = "SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace \
               WHERE e.extname = 'plpgsql_check'";
    Ok(connection.first_row(sql).await?.and_then(|row| row.text(0).map(Ident::from)))
}

/// A line for each finding: schema, kind, name with arguments, what was said; tabs between them.
///
/// All of them are looked at together, and one by one only if one of these fails: each by itself is a transaction within the
/// transaction, at whose end the server looks through everything that it knows of the tables. plpgsql_check raises nothing,
/// and must be asked one by one.
fn block(schemas: &str, checker: Option<&Ident>) -> String {
    let more = checker.map(|schema| more(&crate::dialect::postgres::quote::quote(schema)));
    let outside = not_of_extension("pg_proc", "p.oid");
    let routines = format!(
        "pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
         JOIN pg_catalog.pg_proc v ON v.oid = l.lanvalidator JOIN pg_catalog.pg_namespace vn ON vn.oid = v.pronamespace \
         WHERE n.nspname IN ({schemas}) AND p.prokind IN ('f', 'p') AND l.lanname NOT IN ('c', 'internal') AND {outside}"
    );
    let validator = "pg_catalog.quote_ident(vn.nspname) || '.' || pg_catalog.quote_ident(v.proname)";
    let all_at_once = format!(
        "BEGIN FOR r IN SELECT {validator} AS validator, pg_catalog.array_agg(p.oid) AS oids FROM {routines} GROUP BY 1 LOOP \
         EXECUTE pg_catalog.format('SELECT %s(u) FROM pg_catalog.unnest($1) u', r.validator) USING r.oids; END LOOP; \
         single := false; EXCEPTION WHEN OTHERS THEN NULL; END; "
    );
    let (all_at_once, more) = match more {
        Some(more) => (String::new(), more),
        None => (all_at_once, String::new()),
    };
    format!(
        "DECLARE r record; m text; said text := ''; single boolean := true; BEGIN \
         PERFORM pg_catalog.set_config('check_function_bodies', 'on', true); {all_at_once}\
         IF single THEN FOR r IN SELECT p.oid, n.nspname, p.proname, \
         CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind, \
         p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS called, p.prorettype, l.lanname, \
         {validator} AS validator FROM {routines} ORDER BY n.nspname, called LOOP \
         BEGIN m := NULL; EXECUTE pg_catalog.format('SELECT %s(%s)', r.validator, r.oid); {more} \
         EXCEPTION WHEN OTHERS THEN m := SQLERRM; END; \
         IF m IS NOT NULL THEN said := said || pg_catalog.concat_ws(E'\\t', r.nspname, r.kind, r.called, \
         pg_catalog.translate(m, E'\\n\\t', '  ')) || E'\\n'; END IF; \
         END LOOP; END IF; PERFORM pg_catalog.set_config('{SETTING}', said, false); END"
    )
}

/// What plpgsql_check says first, of a trigger's function for the first table that fires it.
fn more(schema: &str) -> String {
    format!(
        "IF r.lanname = 'plpgsql' AND (r.prorettype NOT IN (2279, 3838) \
         OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = r.oid)) THEN \
         SELECT c.message INTO m FROM {schema}.plpgsql_check_function_tb(r.oid, coalesce((SELECT t.tgrelid \
         FROM pg_catalog.pg_trigger t WHERE t.tgfoid = r.oid ORDER BY t.oid LIMIT 1), 0::oid)) c \
         WHERE c.level = 'error' LIMIT 1; END IF;"
    )
}

fn finding(line: &str, own: Option<&Ident>) -> Option<Unmodelled> {
    let mut parts = line.splitn(4, '\t');
    let (schema, kind, called, said) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let schema = Some(Ident::from(schema)).filter(|schema| Some(schema) != own);
    let kind = format!("{kind} with a broken body");
    Some(Unmodelled { kind, name: Name::new(schema, called), table: None, definition: Some(said.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_finding() {
        let found = finding("app\tfunction\tf(integer)\trelation \"x\" does not exist", Some(&Ident::from("public")));
        let found = found.unwrap();
        assert_eq!(
            (found.kind.as_str(), found.name.for_people().as_str()),
            ("function with a broken body", "app.f(integer)")
        );
        assert_eq!(found.definition.as_deref(), Some("relation \"x\" does not exist"));
        assert_eq!(finding("", None), None);
    }
}
