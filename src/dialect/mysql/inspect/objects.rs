//! Rows of the catalog → objects that are a text, with what each needs. Pure: no I/O.
//!
//! The servers have no catalog of dependencies. A view names its tables with their database, so its text tells; it is
//! looked at when it is made. Routines and events are not looked at before they run, and a trigger only for the columns
//! of its own row: they need nothing else to be made.

use std::collections::BTreeMap;

use super::Place;
use super::joins;
use super::mentions::{self, Mentions};
use super::programs::{self, Routine, Trigger};
use super::tables::Faces;
use super::told::default_of;
use super::truth;
use crate::db::Row;
use crate::dialect::Scope;
use crate::dialect::mysql::quote;
use crate::error::Result;
use crate::schema::{Name, Need, Object, ObjectId, ObjectKind, Schema, SortedSet, Table, Tables, Unmodelled};

/// Where an object of which SHOW CREATE tells more is found again.
#[derive(Clone, Copy)]
enum Sort {
    View,
    Event,
    Trigger,
    Routine { is_function: bool },
}

impl Sort {
    fn kind(self) -> ObjectKind {
        match self {
            Self::View => ObjectKind::View,
            Self::Event => ObjectKind::Event,
            Self::Trigger => ObjectKind::Trigger,
            Self::Routine { is_function } => kind_of(is_function),
        }
    }
}

/// Objects of one database, growing row by row.
pub(super) struct Others<'a> {
    place: &'a Place,
    scope: &'a Scope,
    faces: Faces,
    views: Vec<Seen>,
    events: Vec<Seen>,
    triggers: Vec<Trigger>,
    routines: BTreeMap<(bool, String), Routine>,
    sequences: Vec<Object>,
    unmodelled: Vec<Unmodelled>,
}

/// A row of the catalog, with the query of a view or the body of an event as it is.
struct Seen {
    row: Row,
    text: String,
}

impl Seen {
    fn is(&self, name: &str) -> bool {
        self.row.text(0) == Some(name)
    }
}

/// An object whose text the catalog may give in another form.
pub(super) struct Doubt {
    sort: Sort,
    name: String,
    /// Gives one row.
    pub(super) sql: String,
}

impl<'a> Others<'a> {
    pub(super) fn new(place: &'a Place, scope: &'a Scope, faces: Faces) -> Self {
        let (views, events, triggers, routines) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let (sequences, unmodelled) = (Vec::new(), Vec::new());
        Self { place, scope, faces, views, events, triggers, routines, sequences, unmodelled }
    }

    pub(super) fn has_views(&self) -> bool {
        !self.faces.is_empty()
    }

    pub(super) fn has_routines(&self) -> bool {
        !self.routines.is_empty()
    }

    /// View, definition, check option, security, algorithm.
    pub(super) fn view(&mut self, row: &Row) -> Result<()> {
        let name = row.required(0)?;
        if row.text(1).is_none_or(str::is_empty) {
            self.set_aside("view whose text is not shown (grant SHOW VIEW):", name, None);
        } else if self.faces.get(name).is_none_or(BTreeMap::is_empty) {
            let text = programs::view(row, (&self.place.name(name), &[]), row.required(1)?, self.place);
            self.set_aside("broken view (make what it reads, or drop it):", name, Some(text));
        } else {
            self.views.push(Seen { row: row.clone(), text: row.required(1)?.to_owned() });
        }
        Ok(())
    }

    /// As [`programs::sequence`].
    pub(super) fn sequence(&mut self, row: &Row) -> Result<()> {
        let name = self.place.name(row.required(0)?);
        let text = programs::sequence(row, &name)?;
        self.sequences.push(Object::new(ObjectId::new(ObjectKind::Sequence, name), text));
        Ok(())
    }

    /// As [`Trigger::read`].
    pub(super) fn trigger(&mut self, row: &Row) -> Result<()> {
        let trigger = Trigger::read(row, self.place)?;
        if self.is_of_oracle(row.text(6)) {
            self.set_aside("trigger in the language of sql_mode ORACLE:", row.required(0)?, None);
        } else if !self.scope.is_ours(&trigger.table) {
            self.triggers.push(trigger);
        }
        Ok(())
    }

    /// As [`Routine::read`].
    pub(super) fn routine(&mut self, row: &Row) -> Result<()> {
        let name = row.required(0)?;
        match Routine::read(row, self.place)? {
            Some(_) if self.is_of_oracle(row.text(8)) => {
                let kind = row.required(1)?.to_lowercase();
                self.set_aside(&format!("{kind} in the language of sql_mode ORACLE:"), name, None);
            }
            Some(routine) => {
                self.routines.insert((routine.is_function, name.to_owned()), routine);
            }
            None => {
                let kind = row.required(1)?.to_lowercase();
                let hidden = row.text(2) == Some("SQL") && !kind.starts_with("package");
                let why = if hidden {
                    " whose text is not shown (grant SELECT ON mysql.proc, or SHOW_ROUTINE on MySQL):"
                } else {
                    ""
                };
                self.set_aside(&format!("{kind}{why}"), name, None);
            }
        }
        Ok(())
    }

    /// As [`Routine::parameter`].
    pub(super) fn parameter(&mut self, row: &Row) -> Result<()> {
        let is_function = row.text(1) == Some("FUNCTION");
        match self.routines.get_mut(&(is_function, row.required(0)?.to_owned())) {
            Some(routine) => routine.parameter(row, self.place),
            None => Ok(()),
        }
    }

    /// As [`programs::event`], which the text is made of later.
    pub(super) fn event(&mut self, row: &Row) -> Result<()> {
        let Some(text) = row.text(1).filter(|text| !text.is_empty()) else {
            self.set_aside("event whose text is not shown (grant EVENT):", row.required(0)?, None);
            return Ok(());
        };
        if self.is_of_oracle(row.text(10)) {
            self.set_aside("event in the language of sql_mode ORACLE:", row.required(0)?, None);
            return Ok(());
        }
        self.events.push(Seen { row: row.clone(), text: text.to_owned() });
        Ok(())
    }

    /// What the catalog may give in another form than it has: see [`truth`].
    pub(super) fn doubts(&self) -> Vec<Doubt> {
        let database = quote::ident(&self.place.database.as_str().into());
        let doubt = |sort: Sort, name: &str| Doubt {
            sort,
            name: name.to_owned(),
            sql: format!(
                "SHOW CREATE {} {database}.{}",
                sort.kind().spoken().to_uppercase(),
                quote::ident(&name.into())
            ),
        };
        let views = self.views.iter().filter(|view| truth::is_doubtful(&view.text));
        let views = views.filter_map(|view| Some(doubt(Sort::View, view.row.text(0)?)));
        let events = self.events.iter().filter(|event| truth::is_doubtful_body(&event.text));
        let events = events.filter_map(|event| Some(doubt(Sort::Event, event.row.text(0)?)));
        let triggers = self.triggers.iter().filter(|trigger| truth::is_doubtful_body(&trigger.body));
        let triggers = triggers.map(|trigger| doubt(Sort::Trigger, trigger.name.name.as_str()));
        let routines = self.routines.iter().filter(|(_, routine)| routine.is_doubtful());
        let routines =
            routines.map(|((is_function, name), _)| doubt(Sort::Routine { is_function: *is_function }, name));
        views.chain(events).chain(triggers).chain(routines).collect()
    }

    /// Takes what SHOW CREATE says; what it does not show is set aside, for its text must not be written back.
    pub(super) fn tell(&mut self, doubt: &Doubt, row: Option<&Row>) {
        let name = doubt.name.as_str();
        let told = match doubt.sort {
            Sort::View => {
                let shown = row.and_then(|row| row.text(1));
                tell(&mut self.views, name, |text| truth::with_strings_of(text, shown?))
            }
            Sort::Event => {
                let shown = row.and_then(|row| row.text(3));
                tell(&mut self.events, name, |_| truth::body_of_event(shown?).map(str::to_owned))
            }
            Sort::Trigger => {
                let body = row.and_then(|row| truth::body_of_trigger(row.text(2)?));
                let at = self.triggers.iter().position(|trigger| trigger.name.name.as_str() == name);
                match (body, at.and_then(|at| self.triggers.get_mut(at))) {
                    (Some(body), Some(trigger)) => body.clone_into(&mut trigger.body),
                    _ => drop(at.map(|at| self.triggers.remove(at))),
                }
                body.is_some()
            }
            Sort::Routine { is_function } => {
                let key = (is_function, name.to_owned());
                let shown = row.and_then(|row| row.text(2));
                let told = self.routines.get_mut(&key).zip(shown).and_then(|(routine, shown)| routine.tell(shown));
                if told.is_none() {
                    self.routines.remove(&key);
                }
                told.is_some()
            }
        };
        if !told {
            let kind = format!("{} whose text SHOW CREATE does not show:", doubt.sort.kind().spoken());
            self.set_aside(&kind, name, None);
        }
    }

    /// A session in another mode cannot even read such a text.
    fn is_of_oracle(&self, mode: Option<&str>) -> bool {
        let speaks = |mode: &str| mode.split(',').any(|word| word == "ORACLE");
        self.place.mariadb() && mode.is_some_and(speaks) && !speaks(&self.place.mode)
    }

    /// `definition`: what it was, where it no longer works.
    fn set_aside(&mut self, kind: &str, name: &str, definition: Option<String>) {
        let name = self.place.name(name);
        if !self.scope.is_ours(&name) {
            self.unmodelled.push(Unmodelled { kind: kind.to_owned(), name, table: None, definition });
        }
    }

    /// Puts all of it into the schema, which has the tables, with what each needs.
    pub(super) fn finish(self, schema: &mut Schema) {
        let Self { place, scope, faces, views, events, triggers, routines, sequences: mut objects, unmodelled } = self;
        objects.extend(events.iter().filter_map(|Seen { row, text }| {
            let id = ObjectId::new(ObjectKind::Event, place.name(row.text(0)?));
            Some(Object::new(id, programs::event(row, text, place).ok()?))
        }));
        objects.extend(routines.into_values().map(|routine| {
            let id = ObjectId::new(kind_of(routine.is_function), routine.name.clone());
            Object::new(id, routine.text(place))
        }));
        objects.extend(of_tables(triggers, &schema.tables, place));
        let known = Known::new(&objects, &views, &schema.tables, place);
        let views: Vec<Object> = views.iter().filter_map(|seen| view(seen, &faces, &known)).collect();
        for (table, needs) in known.sequences_of_tables() {
            schema.tables.get_mut(&table).into_iter().for_each(|table| table.needs.clone_from(&needs));
        }
        schema.unmodelled.extend(unmodelled);
        let all = objects.into_iter().chain(views).filter(|object| !scope.is_ours(&object.id.name));
        all.for_each(|object| schema.insert_object(object));
    }
}

fn kind_of(is_function: bool) -> ObjectKind {
    if is_function { ObjectKind::Function } else { ObjectKind::Procedure }
}

/// Puts the text of one of them right; takes it away and answers false where that is not known.
fn tell(all: &mut Vec<Seen>, name: &str, told: impl FnOnce(&str) -> Option<String>) -> bool {
    let Some(at) = all.iter().position(|one| one.is(name)) else { return false };
    let told = all.get(at).and_then(|one| told(&one.text));
    let is_told = told.is_some();
    match (told, all.get_mut(at)) {
        (Some(text), Some(one)) => one.text = text,
        _ => drop(all.remove(at)),
    }
    is_told
}

/// What may be mentioned, by the name that the server prints.
struct Known<'a> {
    place: &'a Place,
    tables: &'a Tables,
    relations: BTreeMap<String, ObjectId>,
    /// In lower case: their names know no other.
    functions: BTreeMap<String, ObjectId>,
}

impl<'a> Known<'a> {
    fn new(objects: &[Object], views: &[Seen], tables: &'a Tables, place: &'a Place) -> Self {
        let of = |kind: ObjectKind| objects.iter().map(|object| &object.id).filter(move |id| id.kind == kind);
        let name = |id: &ObjectId| id.name.name.as_str().to_owned();
        let views = views.iter().filter_map(|seen| seen.row.text(0)).map(|name| {
            let id = ObjectId::new(ObjectKind::View, place.name(name));
            (name.to_owned(), id)
        });
        let relations = of(ObjectKind::Sequence).map(|id| (name(id), id.clone())).chain(views).collect();
        let functions = of(ObjectKind::Function).map(|id| (name(id).to_lowercase(), id.clone())).collect();
        Self { place, tables, relations, functions }
    }

    /// Whether the database has something of this name that a query may name.
    fn has(&self, name: &str) -> bool {
        self.relations.contains_key(name)
            || self.functions.contains_key(&name.to_lowercase())
            || self.tables.contains_key(&self.place.name(name))
    }

    /// What a query cannot be without. A column counts as soon as its name is in the text: rather one too many.
    fn needs(&self, found: &Mentions) -> SortedSet<Need> {
        let mut needs = SortedSet::new();
        let here = found.named.iter().filter(|(database, _)| *database == self.place.database);
        for (_, name) in here {
            let object = self.relations.get(name).or_else(|| self.functions.get(&name.to_lowercase()));
            needs.extend(object.cloned().map(Need::Object));
            if let Some(table) = self.tables.get(&self.place.name(name)) {
                let used = table.columns.iter().filter(|column| found.quoted.contains(column.name.as_str()));
                needs.extend(used.map(|column| Need::Table(table.name.clone(), Some(column.name.clone()))));
                needs.insert(Need::Table(table.name.clone(), None));
            }
        }
        let called = found.called.iter().filter_map(|name| self.functions.get(name));
        needs.extend(called.cloned().map(Need::Object));
        needs
    }

    /// The sequences that the defaults of tables ask for numbers.
    fn sequences_of_tables(&self) -> Vec<(Name, SortedSet<ObjectId>)> {
        let of = |table: &Table| {
            let texts =
                table.columns.iter().filter_map(|column| default_of(column)).filter(|text| text.contains("val("));
            let mentioned = texts.flat_map(|text| mentions::read(text, "", &|_| false).quoted);
            (table.name.clone(), mentioned.filter_map(|name| self.relations.get(&name).cloned()).collect())
        };
        let mut tables = Vec::new();
        if self.relations.values().any(|id| id.kind == ObjectKind::Sequence) {
            tables.extend(self.tables.values().map(of).filter(|(_, needs): &(_, SortedSet<_>)| !needs.is_empty()));
        }
        tables
    }
}

fn view(Seen { row, text: definition }: &Seen, faces: &Faces, known: &Known<'_>) -> Option<Object> {
    let name = row.text(0)?;
    let found = mentions::read(definition, &known.place.own, &|name| known.has(name));
    let id = ObjectId::new(ObjectKind::View, known.place.name(name));
    let face: Vec<String> = faces.get(name).into_iter().flat_map(BTreeMap::values).cloned().collect();
    // The catalog of MySQL leaves out the list of columns that a view may say before its query.
    let says_list = !known.place.mariadb() && mentions::aliases(&found.text).as_ref() != Some(&face);
    let columns = if says_list { face.as_slice() } else { &[] };
    let text = programs::view(row, (&id.name, columns), &joins::bare(&found.text), known.place);
    Some(Object { face, needs: known.needs(&found), ..Object::new(id, text) })
}

/// The triggers of a database, each before the one that comes after it.
fn of_tables(mut triggers: Vec<Trigger>, tables: &Tables, place: &Place) -> Vec<Object> {
    triggers
        .sort_by(|one, other| (&one.table, &one.moment, one.order).cmp(&(&other.table, &other.moment, other.order)));
    let mut objects = Vec::new();
    for (at, trigger) in triggers.iter().enumerate() {
        let next = triggers.get(at + 1).filter(|next| next.table == trigger.table && next.moment == trigger.moment);
        let text = trigger.text(next.map(|next| &next.name.name), place);
        let mut object = Object::new(trigger_id(trigger), text);
        object.needs.extend(next.map(|next| Need::Object(trigger_id(next))));
        object.needs.insert(Need::Table(trigger.table.clone(), None));
        let used = mentions::row_columns(&trigger.body);
        let columns = tables.get(&trigger.table).into_iter().flat_map(|table| &table.columns);
        let used = columns.filter(|column| used.contains(&column.name.as_str().to_lowercase()));
        object.needs.extend(used.map(|column| Need::Table(trigger.table.clone(), Some(column.name.clone()))));
        objects.push(object);
    }
    objects
}

fn trigger_id(trigger: &Trigger) -> ObjectId {
    ObjectId { table: Some(trigger.table.clone()), ..ObjectId::new(ObjectKind::Trigger, trigger.name.clone()) }
}
