//! Composite types: columns hold on to them, so they are changed in place. Pure.

use super::parts::words;

/// Name and type of each attribute, with its collation.
type Attributes<'t> = Vec<(&'t str, &'t str)>;

/// The statements that make one of the other; None where the order of what is left differs, or a text cannot be read.
pub(super) fn alter(former: &str, wanted: &str) -> Option<Vec<String>> {
    let ((name, from), (wanted_name, to)) = (parts(former)?, parts(wanted)?);
    let has = |all: &Attributes<'_>, name: &str| all.iter().any(|(other, _)| *other == name);
    let stays: Vec<&str> = from.iter().map(|(name, _)| *name).filter(|name| has(&to, name)).collect();
    let first: Vec<&str> = to.iter().take(stays.len()).map(|(name, _)| *name).collect();
    if name != wanted_name || stays != first {
        return None;
    }
    let gone = from.iter().filter(|(name, _)| !has(&to, name)).map(|(name, _)| format!("DROP ATTRIBUTE {name}"));
    let mut clauses: Vec<String> = gone.collect();
    for (name, ty) in &to {
        match from.iter().find(|(other, _)| other == name) {
            Some((_, other)) if other == ty => {}
            Some(_) => clauses.push(format!("ALTER ATTRIBUTE {name} TYPE {ty}")),
            None => clauses.push(format!("ADD ATTRIBUTE {name} {ty}")),
        }
    }
    Some(vec![format!("ALTER TYPE {name} {}", clauses.join(", "))])
}

/// Whether an attribute of both has another type.
pub(super) fn retypes(former: &str, wanted: &str) -> bool {
    let (Some((_, from)), Some((_, to))) = (parts(former), parts(wanted)) else { return false };
    from.iter().any(|(name, ty)| to.iter().any(|(other, wanted)| other == name && wanted != ty))
}

/// The name, and the attributes.
fn parts(sql: &str) -> Option<(&str, Attributes<'_>)> {
    let all = words(sql);
    let as_at = all.iter().position(|token| token.is_word(sql, "AS"))?;
    let name = sql.get(all.get(2)?.start..all.get(as_at)?.start)?.trim();
    let mut rest = all.iter().skip(as_at + 1);
    if !rest.next()?.is_sign(sql, "(") {
        return None;
    }
    let (mut depth, mut start, mut attributes) = (0_i32, None, Vec::new());
    for token in rest {
        let is_end = depth == 0 && (token.is_sign(sql, ",") || token.is_sign(sql, ")"));
        match token.text(sql) {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if is_end {
            let (from, behind): (usize, usize) = start.take()?;
            attributes.push((sql.get(from..behind)?, sql.get(behind..token.start)?.trim()));
        } else if start.is_none() {
            start = Some((token.start, token.end));
        }
    }
    Some((name, attributes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_changed_one_by_one() {
        let from = "CREATE TYPE \"t\" AS (\n    \"a\" numeric(1,2),\n    \"b\" text,\n    \"c\" date\n)";
        let to = "CREATE TYPE \"t\" AS (\n    \"a\" numeric(3,2),\n    \"c\" date,\n    \"d\" text COLLATE \"C\"\n)";
        assert_eq!(
            alter(from, to).unwrap(),
            [
                "ALTER TYPE \"t\" DROP ATTRIBUTE \"b\", ALTER ATTRIBUTE \"a\" TYPE numeric(3,2), ADD ATTRIBUTE \"d\" text COLLATE \"C\""
            ]
        );
        assert!(retypes(from, to));
        assert!(!retypes(from, "CREATE TYPE \"t\" AS (\"b\" text, \"e\" numeric(1,2))"));
        assert_eq!(alter(from, "CREATE TYPE \"t\" AS RANGE (SUBTYPE = text)"), None);
        assert_eq!(alter(from, "CREATE TYPE \"t\" AS (\"b\" text, \"a\" numeric(1,2))"), None);
    }
}
