//! What each database says of objects that are a text: how they are made, replaced and dropped. No I/O.

use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::syntax::Syntax;
use crate::statement::token::Lexer;
use crate::statement::{ServerVersion, Statement};

/// The words of one database.
pub(crate) trait ObjectWords: Send + Sync {
    /// Whether this database has such things, and the tool knows them there.
    fn knows(&self, kind: ObjectKind) -> bool;

    /// A name as SQL.
    fn quoted(&self, name: &Name) -> String;

    /// The statement that sets or takes away a comment, where it is not a part of the definition.
    fn comment(&self, _id: &ObjectId, _comment: Option<&str>) -> Option<String> {
        None
    }

    /// Whether a definition can take the place of the other one while things depend on it.
    fn can_replace(&self, objects: Pair<&Object>) -> bool;

    /// Whether the database refuses to change or drop what an object needs while that is there. Elsewhere it is looked up
    /// when it is used.
    fn holds_on(&self) -> bool;

    /// Whether that is so for the type of a column too.
    fn holds_types(&self) -> bool {
        self.holds_on()
    }

    /// Whether all that an object names lies in its own schema, whatever has the name in another one.
    fn names_own_schema(&self) -> bool {
        false
    }

    /// Whether an object must be taken down while this, which it needs, is dropped or changed.
    fn falls_with(&self, _object: &Object, _need: &Need) -> bool {
        self.holds_on()
    }

    /// What the rendering of these operations of one plan gives another type or makes anew, beside what they name, so that
    /// nothing may stand on it meanwhile. `before` is the schema that they change.
    fn remade(&self, _operations: &[Operation], _before: &Schema) -> Vec<Need> {
        Vec::new()
    }

    /// Whether the database forgets who may use an object that changes so, for it is dropped and made again in one operation.
    fn forgets_rights(&self, _objects: Pair<&Object>, _server: ServerVersion) -> bool {
        false
    }

    /// Whether an object, such as rights on a column, loses something where another one, such as rights on its table, is
    /// changed.
    fn loses_beside(&self, _object: &Object, _other: Pair<Option<&Object>>) -> bool {
        false
    }

    /// Whether two inspected objects mean the same. Where the server keeps a definition as somebody wrote it, more texts
    /// are the same than equal ones.
    fn same(&self, objects: Pair<&Object>) -> bool {
        objects.from.same(objects.to)
    }

    /// The type that a domain is made of, as the server prints it; of another type one that holds its values as they are.
    /// None where there is none, and columns of it cannot follow.
    fn base_type(&self, _ty: &Object) -> Option<String> {
        None
    }

    /// Says in an object what the server itself says there after a table or a column was renamed; `around` is the schema
    /// with the new names. Where that is not certain the object stays as it is: it is then dropped and made again.
    fn follow(&self, _object: &mut Object, _rename: &Operation, _around: &Schema) {}

    /// What DROP says of an object behind its kind.
    fn called(&self, id: &ObjectId) -> String {
        let arguments = id.arguments.as_ref().map(|types| format!("({types})")).unwrap_or_default();
        let table = id.table.as_ref().map(|table| format!(" ON {}", self.quoted(table))).unwrap_or_default();
        format!("{}{arguments}{table}", self.quoted(&id.name))
    }

    /// The statements that make an object.
    fn create(&self, object: &Object) -> Vec<Statement> {
        let mut statements =
            vec![Statement::new(object.definition.text(), format!("create {}", object.id.for_people()))];
        if let Some(comment) = &object.comment {
            statements.extend(self.commented(&object.id, Some(comment)));
        }
        statements
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        let sql = format!("DROP {} {}", id.kind.spoken().to_uppercase(), self.called(id));
        vec![Statement::new(sql, format!("drop {}", id.for_people()))]
    }

    /// The same where it is known what is dropped.
    fn drop_known(&self, object: &Object) -> Vec<Statement> {
        self.drop(&object.id)
    }

    /// The statements that put one definition in the place of another, which [`ObjectWords::can_replace`] has allowed or
    /// a person has written.
    fn alter(&self, to: &Object, was: Option<&Object>) -> Vec<Statement>;

    fn commented(&self, id: &ObjectId, comment: Option<&str>) -> Option<Statement> {
        let sql = self.comment(id, comment)?;
        Some(Statement::new(sql, format!("comment on {}", id.for_people())))
    }

    /// The whole statement for what a model or revision says: of a view it may be the query alone.
    fn whole(&self, id: &ObjectId, text: &str) -> String {
        let text = text.trim().trim_end_matches(';').trim_end();
        if id.kind.is_view() && !begins_with(text, "CREATE") {
            format!("{}{text}", self.head(id))
        } else {
            text.to_owned()
        }
    }

    /// The shortest text of which [`ObjectWords::whole`] makes this definition again.
    fn short(&self, id: &ObjectId, definition: &str) -> String {
        let query = definition.strip_prefix(&self.head(id)).filter(|_| id.kind.is_view());
        query.unwrap_or(definition).to_owned()
    }

    /// What stands before the query of a plain view.
    fn head(&self, id: &ObjectId) -> String {
        format!("CREATE {} {} AS\n", id.kind.spoken().to_uppercase(), self.quoted(&id.name))
    }
}

fn begins_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// `CREATE …` that takes the place of what is there.
pub(crate) fn or_replace(definition: &str, syntax: &'static Syntax) -> String {
    // As far as it is asked for: the rest may be written in another mode.
    let mut words = Lexer::new(definition, 1, syntax).map_while(Result::ok).filter(|token| !token.is_skippable());
    let create = words.find(|token| token.is_word(definition, "CREATE"));
    let says_so = words.next().is_some_and(|token| token.is_word(definition, "OR"));
    let around = create.filter(|_| !says_so).and_then(|create| {
        let (head, rest) = (definition.get(..create.start)?, definition.get(create.end..)?);
        Some(format!("{head}CREATE OR REPLACE{rest}"))
    });
    around.unwrap_or_else(|| definition.to_owned())
}

/// The statements of one operation.
pub(crate) fn statements(words: &dyn ObjectWords, operation: &ObjectOperation) -> Vec<Statement> {
    match operation {
        ObjectOperation::Create(object) => words.create(object),
        ObjectOperation::Drop { was: Some(was), .. } => words.drop_known(was),
        ObjectOperation::Drop { id, was: None } => words.drop(id),
        ObjectOperation::Alter { to, was } => words.alter(to, was.as_deref()),
    }
}
