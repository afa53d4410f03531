//! Views, triggers and the like, as this database says them.

mod grants;
pub(super) mod mode;
pub(super) mod rights;
mod routine;

use super::{capabilities, quote};
use crate::dialect::Unsupported;
use crate::dialect::objects::{self, ObjectWords, or_replace};
use crate::ops::{ObjectOperation, Operation};
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Pair, Schema};
use crate::statement::syntax::MYSQL;
use crate::statement::token::{Token, tokens};
use crate::statement::{ServerVersion, Statement};

/// The words for objects.
pub(super) struct Objects;

impl ObjectWords for Objects {
    fn knows(&self, kind: ObjectKind) -> bool {
        matches!(
            kind,
            ObjectKind::View
                | ObjectKind::Trigger
                | ObjectKind::Function
                | ObjectKind::Procedure
                | ObjectKind::Event
                | ObjectKind::Sequence
                | ObjectKind::Grants
        )
    }

    fn quoted(&self, name: &Name) -> String {
        quote::name(name)
    }

    /// A view may lose no column that others read: they would have to follow at once, and back again before it.
    fn can_replace(&self, objects: Pair<&Object>) -> bool {
        let Pair { from, to } = objects;
        from.id.kind != ObjectKind::View || from.face.iter().all(|column| to.face.contains(column))
    }

    /// A view is looked at when it is made, and a trigger for the columns of its row: on the way back too.
    fn holds_on(&self) -> bool {
        true
    }

    fn holds_types(&self) -> bool {
        false
    }

    /// Who may do what with a thing is kept by its name: it stays when that is made again.
    fn falls_with(&self, object: &Object, need: &Need) -> bool {
        match need {
            Need::Object(_) => !object.id.kind.is_of_a_thing(),
            Need::Table(..) | Need::Enum(_) => true,
        }
    }

    /// MySQL drops a routine that changes, and with it who may call it.
    fn forgets_rights(&self, objects: Pair<&Object>, server: ServerVersion) -> bool {
        is_made_anew(objects.to, Some(objects.from), server)
    }

    /// A right that is taken from somebody on a table, is taken on each of its columns too.
    fn loses_beside(&self, object: &Object, other: Pair<Option<&Object>>) -> bool {
        grants::lose_beside(object, other)
    }

    /// A trigger has a name of its own in the whole database.
    fn called(&self, id: &ObjectId) -> String {
        quote::name(&id.name)
    }

    fn comment(&self, id: &ObjectId, comment: Option<&str>) -> Option<String> {
        let takes = matches!(id.kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Event);
        let (kind, text) = (id.kind.spoken().to_uppercase(), quote::literal(comment.unwrap_or_default()));
        takes.then(|| format!("ALTER {kind} {} COMMENT {text}", quote::name(&id.name)))
    }

    fn create(&self, object: &Object) -> Vec<Statement> {
        let made = Statement::new(mode::sent(object.definition.text()), format!("create {}", object.id.for_people()));
        let comment = object.comment.as_ref().and_then(|comment| self.commented(&object.id, Some(comment)));
        [made].into_iter().chain(comment).collect()
    }

    fn alter(&self, to: &Object, was: Option<&Object>) -> Vec<Statement> {
        let mut statements = Vec::new();
        if was.is_none_or(|was| was.definition != to.definition) {
            statements.push(Statement::new(mode::sent(&in_place(to)), format!("replace {}", to.id.for_people())));
        }
        if was.is_none_or(|was| was.comment != to.comment) {
            statements.extend(self.commented(&to.id, to.comment.as_deref()));
        }
        statements
    }
}

/// The statement that puts a definition in the place of another one. A sequence goes on where it was.
fn in_place(to: &Object) -> String {
    let text = to.definition.text();
    if to.id.kind != ObjectKind::Sequence {
        return or_replace(&without_condition(text), &MYSQL);
    }
    let all = tokens(text, &MYSQL).unwrap_or_default();
    let create = all.iter().find(|token| token.is_word(text, "CREATE"));
    let around = create.and_then(|create| Some((text.get(..create.start)?, text.get(create.end..)?)));
    around.map_or_else(|| text.to_owned(), |(head, behind)| format!("{head}ALTER{behind}{}", usual_of_sequence(behind)))
}

/// The text without `IF NOT EXISTS`, which forbids to replace.
fn without_condition(text: &str) -> String {
    let Ok(all) = tokens(text, &MYSQL) else { return text.to_owned() };
    let words: Vec<_> = all.iter().filter(|token| !token.is_skippable()).collect();
    let is_it =
        |three: &&[&Token]| three.iter().zip(["IF", "NOT", "EXISTS"]).all(|(token, word)| token.is_word(text, word));
    // It stands before the name, or nowhere.
    let header = words.get(..16).unwrap_or(&words);
    let Some([first, _, last]) = header.windows(3).find(is_it) else { return text.to_owned() };
    let (before, behind) = (text.get(..first.start).unwrap_or_default(), text.get(last.end..).unwrap_or_default());
    format!("{before}{}", behind.trim_start())
}

/// What a sequence is where its text does not say it: ALTER would leave that as it was.
fn usual_of_sequence(text: &str) -> String {
    let Ok(all) = tokens(text, &MYSQL) else { return String::new() };
    let words: Vec<&str> = all.iter().filter(|token| !token.is_skippable()).map(|token| token.text(text)).collect();
    let says = |some: &[&str]| words.iter().any(|word| some.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let number = |word: &str| {
        let at = words.iter().position(|one| one.eq_ignore_ascii_case(word))?;
        let rest = words.get(at + 1..)?.iter().take_while(|one| !one.starts_with(|first: char| first.is_ascii_digit()));
        let sign = if rest.clone().any(|one| *one == "-") { "-" } else { "" };
        words.get(at + 1 + rest.count()).map(|digits| format!("{sign}{digits}"))
    };
    let falls = number("INCREMENT").is_some_and(|step| step.starts_with('-'));
    let (end, usual) = if falls { ("MAXVALUE", "-1") } else { ("MINVALUE", "1") };
    let start = number(end).unwrap_or_else(|| usual.to_owned());
    let usual = [
        (["START", "START"], format!("START WITH {start}")),
        (["MINVALUE", "NOMINVALUE"], "NOMINVALUE".to_owned()),
        (["MAXVALUE", "NOMAXVALUE"], "NOMAXVALUE".to_owned()),
        (["INCREMENT", "INCREMENT"], "INCREMENT BY 1".to_owned()),
        (["CACHE", "NOCACHE"], "CACHE 1000".to_owned()),
        (["CYCLE", "NOCYCLE"], "NOCYCLE".to_owned()),
    ];
    usual.iter().filter(|(said, _)| !says(said)).map(|(_, text)| format!(" {text}")).collect()
}

/// What MySQL cannot replace: altered in its traits, else dropped and made anew.
fn made_again(to: &Object, was: Option<&Object>, ground: Ground<'_>) -> Vec<Statement> {
    let is_routine = matches!(to.id.kind, ObjectKind::Function | ObjectKind::Procedure);
    let altered = was
        .filter(|_| is_routine)
        .and_then(|was| Some((was, routine::alter(&to.id, was.definition.text(), to.definition.text())?)));
    let Some((was, sql)) = altered else {
        let given_back = if is_routine { grants::given_back(&to.id, ground.shape, ground.server) } else { Vec::new() };
        return [routine::dropped(&to.id, !given_back.is_empty()), Objects.create(to), given_back].concat();
    };
    let mut all = vec![Statement::new(sql, format!("change {}", to.id.for_people()))];
    if was.comment != to.comment {
        all.extend(Objects.commented(&to.id, to.comment.as_deref()));
    }
    all
}

/// Whether an operation drops a routine and makes it again: the server forgets who may call it.
pub(super) fn forgets_rights(operation: &Operation, server: ServerVersion) -> bool {
    if let Operation::Object(ObjectOperation::Alter { to, was }) = operation {
        is_made_anew(to, was.as_deref(), server)
    } else {
        false
    }
}

fn is_made_anew(to: &Object, was: Option<&Object>, server: ServerVersion) -> bool {
    let is_routine = matches!(to.id.kind, ObjectKind::Function | ObjectKind::Procedure);
    let is_altered = |was: &Object| {
        was.definition == to.definition || routine::alter(&to.id, was.definition.text(), to.definition.text()).is_some()
    };
    is_routine && !capabilities::is_mariadb(server) && !was.is_some_and(is_altered)
}

/// Where statements are to run.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) server: ServerVersion,
    /// What is there, as far as it is known.
    pub(super) shape: &'a Schema,
}

/// The statements of one operation. MySQL replaces nothing but views in place.
pub(super) fn statements(operation: &ObjectOperation, ground: Ground<'_>) -> Result<Vec<Statement>, Unsupported> {
    if operation.id().kind == ObjectKind::Grants {
        return grants::statements(operation, ground.server);
    }
    if let ObjectOperation::Alter { to, was } = operation
        && to.id.kind != ObjectKind::View
        && !capabilities::is_mariadb(ground.server)
        && was.as_ref().is_none_or(|was| was.definition != to.definition)
    {
        return Ok(made_again(to, was.as_deref(), ground));
    }
    Ok(objects::statements(&Objects, operation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Product;

    fn object(kind: ObjectKind, text: &str) -> Object {
        Object::new(ObjectId::new(kind, Name::own("x")), text)
    }

    fn altered(kind: ObjectKind, text: &str, product: Product) -> Vec<String> {
        let was = Some(Box::new(object(kind, "CREATE …")));
        let operation = ObjectOperation::Alter { to: Box::new(object(kind, text)), was };
        let ground = Ground { server: ServerVersion::new(product, 10, 11, 0), shape: &Schema::default() };
        statements(&operation, ground).unwrap().into_iter().map(|made| made.sql).collect()
    }

    #[test]
    fn what_is_altered_stays_in_its_place() {
        let maria = |kind, text| altered(kind, text, Product::MariaDb);
        assert_eq!(
            maria(ObjectKind::View, "CREATE VIEW `x` AS\nselect 1"),
            ["CREATE OR REPLACE VIEW `x` AS\nselect 1"]
        );
        assert_eq!(
            maria(ObjectKind::View, "/* a */ create definer = me view if not exists x as select 1"),
            ["/* a */ CREATE OR REPLACE definer = me view x as select 1"]
        );
        assert_eq!(
            maria(ObjectKind::Sequence, "CREATE SEQUENCE `x` INCREMENT BY -2 MAXVALUE = 50 CACHE 5"),
            ["ALTER SEQUENCE `x` INCREMENT BY -2 MAXVALUE = 50 CACHE 5 START WITH 50 NOMINVALUE NOCYCLE"]
        );
        assert_eq!(
            maria(ObjectKind::Procedure, "SET STATEMENT sql_mode = '' FOR\nCREATE PROCEDURE `x`()\nselect 1"),
            ["SET STATEMENT sql_mode = '' FOR\nCREATE OR REPLACE PROCEDURE `x`()\nselect 1"]
        );
    }

    #[test]
    fn mysql_drops_and_makes_again() {
        let made = altered(ObjectKind::Trigger, "CREATE TRIGGER `x` …", Product::MySql);
        assert_eq!(made, ["DROP TRIGGER `x`", "CREATE TRIGGER `x` …"]);
        assert_eq!(altered(ObjectKind::View, "CREATE VIEW `x` …", Product::MySql), ["CREATE OR REPLACE VIEW `x` …"]);
    }

    #[test]
    fn a_view_that_loses_a_column_is_made_again() {
        let view = |face: &[&str]| Object {
            face: face.iter().map(|&column| column.to_owned()).collect(),
            ..object(ObjectKind::View, "")
        };
        assert!(Objects.can_replace(Pair::new(&view(&["a"]), &view(&["b", "a"]))));
        assert!(!Objects.can_replace(Pair::new(&view(&["a", "b"]), &view(&["a"]))));
    }

    #[test]
    fn comments_are_set_where_there_are_any() {
        let id = |kind| ObjectId::new(kind, Name::own("x"));
        assert_eq!(Objects.comment(&id(ObjectKind::Event), Some("it's")).unwrap(), "ALTER EVENT `x` COMMENT 'it''s'");
        assert_eq!(Objects.comment(&id(ObjectKind::View), Some("a")), None);
    }
}
