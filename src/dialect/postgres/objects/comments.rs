//! What is said of schemas. Pure.

use crate::dialect::postgres::quote::{as_printed, literal, literal_or_null, quote};
use crate::schema::{Ident, ObjectId};

/// What the server itself says of a schema that every database has.
const USUAL: (&str, &str) = ("public", "standard public schema");

/// The words in a definition; None where the server says them by itself.
pub(in crate::dialect::postgres) fn said(schema: &Ident, text: &str) -> Option<String> {
    let said = || format!("COMMENT ON SCHEMA {} IS {}", as_printed(schema), literal(text));
    ((schema.as_str(), text) != USUAL).then(said)
}

/// The statement that puts back what the server says by itself.
pub(super) fn reset(id: &ObjectId) -> String {
    let schema = &id.name.name;
    let usual = (schema.as_str() == USUAL.0).then_some(USUAL.1);
    format!("COMMENT ON SCHEMA {} IS {}", quote(schema), literal_or_null(usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Name, ObjectKind};

    #[test]
    fn what_the_server_says_is_not_said() {
        let (public, app) = (Ident::from("public"), Ident::from("App"));
        assert_eq!(said(&public, "standard public schema"), None);
        assert_eq!(said(&public, "it's").unwrap(), "COMMENT ON SCHEMA public IS 'it''s'");
        assert_eq!(
            said(&app, "standard public schema").unwrap().split_once(" IS").unwrap().0,
            "COMMENT ON SCHEMA \"App\""
        );
    }

    #[test]
    fn a_schema_is_as_it_was_made() {
        let reset = |name: &str| reset(&ObjectId::new(ObjectKind::Comment, Name::own(name)));
        assert_eq!(reset("public"), "COMMENT ON SCHEMA \"public\" IS 'standard public schema'");
        assert_eq!(reset("app"), "COMMENT ON SCHEMA \"app\" IS NULL");
    }
}
