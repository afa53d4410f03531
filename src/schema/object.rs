//! What a database has beside tables: views, routines, triggers, types with a definition, and more. Each is a text that
//! only its server can judge, with the facts beside that a plan needs.

use super::{Expr, Ident, Name, SortedSet};

/// The kinds of objects. The order is that of the files that `inspect` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectKind {
    Extension,
    Language,
    ForeignDataWrapper,
    Collation,
    Conversion,
    /// A composite or range type; enums have a noun of their own.
    Type,
    Domain,
    /// One that no column owns.
    Sequence,
    Function,
    Procedure,
    Aggregate,
    Operator,
    /// Its `arguments` is the access method, as of operator classes.
    OperatorFamily,
    OperatorClass,
    /// Called by its types: `text AS color`.
    Cast,
    TextSearchDictionary,
    TextSearchConfiguration,
    ForeignServer,
    /// Called by the role; its `table` is the server.
    UserMapping,
    ForeignTable,
    VirtualTable,
    View,
    MaterializedView,
    Rule,
    Trigger,
    Policy,
    Statistics,
    Event,
    EventTrigger,
    Publication,
    /// What a role gives to others of all that it will make: called by the role, `arguments` is the kind of thing, `table`
    /// the schema.
    DefaultPrivileges,
    /// What is said of something that has no noun of its own, a schema; called as [`ObjectKind::Grants`].
    Comment,
    /// Whose something is, where that is not the role that the program works as; called as [`ObjectKind::Grants`].
    Owner,
    /// What others may do with something: called by its name, `arguments` is what it is, as [`ObjectId::thing`] has it.
    Grants,
    /// A number in the head of a database file that is its application's own.
    Pragma,
}

impl ObjectKind {
    pub(crate) const ALL: [Self; 35] = [
        Self::Extension,
        Self::Language,
        Self::ForeignDataWrapper,
        Self::Collation,
        Self::Conversion,
        Self::Type,
        Self::Domain,
        Self::Sequence,
        Self::Function,
        Self::Procedure,
        Self::Aggregate,
        Self::Operator,
        Self::OperatorFamily,
        Self::OperatorClass,
        Self::Cast,
        Self::TextSearchDictionary,
        Self::TextSearchConfiguration,
        Self::ForeignServer,
        Self::UserMapping,
        Self::ForeignTable,
        Self::VirtualTable,
        Self::View,
        Self::MaterializedView,
        Self::Rule,
        Self::Trigger,
        Self::Policy,
        Self::Statistics,
        Self::Event,
        Self::EventTrigger,
        Self::Publication,
        Self::DefaultPrivileges,
        Self::Comment,
        Self::Owner,
        Self::Grants,
        Self::Pragma,
    ];

    /// Whether it is a query with a name.
    pub(crate) fn is_view(self) -> bool {
        matches!(self, Self::View | Self::MaterializedView)
    }

    /// Whether a change of such a thing follows from a comparison of its two texts, which must be in the same words then.
    pub(crate) fn is_compared_to_change(self) -> bool {
        matches!(
            self,
            Self::Domain
                | Self::Type
                | Self::Extension
                | Self::MaterializedView
                | Self::TextSearchDictionary
                | Self::TextSearchConfiguration
                | Self::OperatorFamily
                | Self::ForeignDataWrapper
                | Self::ForeignServer
                | Self::UserMapping
                | Self::ForeignTable
                | Self::DefaultPrivileges
        )
    }

    /// Whether such a thing belongs to the whole database and to no schema, and can be there only once.
    pub(crate) fn is_of_database(self) -> bool {
        matches!(
            self,
            Self::Language
                | Self::ForeignDataWrapper
                | Self::Cast
                | Self::ForeignServer
                | Self::UserMapping
                | Self::EventTrigger
                | Self::Publication
                | Self::DefaultPrivileges
        )
    }

    /// Whether such a thing is compared only where a model has it: programs change it as they run.
    pub(crate) fn is_of_programs(self) -> bool {
        self == Self::Pragma
    }

    /// Whether it is no thing by itself but says something of one: it goes when that goes, and stays when that changes.
    pub(crate) fn is_of_a_thing(self) -> bool {
        matches!(self, Self::Comment | Self::Owner | Self::Grants)
    }

    /// The word for people, which is the one in SQL too: `materialized view`.
    pub(crate) fn spoken(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Language => "language",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::Collation => "collation",
            Self::Conversion => "conversion",
            Self::Type => "type",
            Self::Domain => "domain",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::OperatorFamily => "operator family",
            Self::OperatorClass => "operator class",
            Self::Cast => "cast",
            Self::TextSearchDictionary => "text search dictionary",
            Self::TextSearchConfiguration => "text search configuration",
            Self::ForeignServer => "server",
            Self::UserMapping => "user mapping",
            Self::ForeignTable => "foreign table",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::Event => "event",
            Self::EventTrigger => "event trigger",
            Self::Publication => "publication",
            Self::DefaultPrivileges => "default privileges",
            Self::Comment => "comment",
            Self::Owner => "owner",
            Self::Grants => "grants",
            Self::Pragma => "pragma",
        }
    }

    /// The key in models, for all of a kind: `materialized_views`.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Extension => "extensions",
            Self::Language => "languages",
            Self::ForeignDataWrapper => "foreign_data_wrappers",
            Self::Collation => "collations",
            Self::Conversion => "conversions",
            Self::Type => "types",
            Self::Domain => "domains",
            Self::Sequence => "sequences",
            Self::Function => "functions",
            Self::Procedure => "procedures",
            Self::Aggregate => "aggregates",
            Self::Operator => "operators",
            Self::OperatorFamily => "operator_families",
            Self::OperatorClass => "operator_classes",
            Self::Cast => "casts",
            Self::TextSearchDictionary => "text_search_dictionaries",
            Self::TextSearchConfiguration => "text_search_configurations",
            Self::ForeignServer => "servers",
            Self::UserMapping => "user_mappings",
            Self::ForeignTable => "foreign_tables",
            Self::VirtualTable => "virtual_tables",
            Self::View => "views",
            Self::MaterializedView => "materialized_views",
            Self::Rule => "rewrite_rules",
            Self::Trigger => "triggers",
            Self::Policy => "policies",
            Self::Statistics => "statistics",
            Self::Event => "events",
            Self::EventTrigger => "event_triggers",
            Self::Publication => "publications",
            Self::DefaultPrivileges => "default_privileges",
            Self::Comment => "comments",
            Self::Owner => "owners",
            Self::Grants => "grants",
            Self::Pragma => "pragmas",
        }
    }

    /// The verbs in files: create, drop, alter.
    pub(crate) fn verbs(self) -> [&'static str; 3] {
        match self {
            Self::Extension => ["create_extension", "drop_extension", "alter_extension"],
            Self::Language => ["create_language", "drop_language", "alter_language"],
            Self::ForeignDataWrapper => {
                ["create_foreign_data_wrapper", "drop_foreign_data_wrapper", "alter_foreign_data_wrapper"]
            }
            Self::Collation => ["create_collation", "drop_collation", "alter_collation"],
            Self::Conversion => ["create_conversion", "drop_conversion", "alter_conversion"],
            Self::Type => ["create_type", "drop_type", "alter_type"],
            Self::Domain => ["create_domain", "drop_domain", "alter_domain"],
            Self::Sequence => ["create_sequence", "drop_sequence", "alter_sequence"],
            Self::Function => ["create_function", "drop_function", "alter_function"],
            Self::Procedure => ["create_procedure", "drop_procedure", "alter_procedure"],
            Self::Aggregate => ["create_aggregate", "drop_aggregate", "alter_aggregate"],
            Self::Operator => ["create_operator", "drop_operator", "alter_operator"],
            Self::OperatorFamily => ["create_operator_family", "drop_operator_family", "alter_operator_family"],
            Self::OperatorClass => ["create_operator_class", "drop_operator_class", "alter_operator_class"],
            Self::Cast => ["create_cast", "drop_cast", "alter_cast"],
            Self::TextSearchDictionary => {
                ["create_text_search_dictionary", "drop_text_search_dictionary", "alter_text_search_dictionary"]
            }
            Self::TextSearchConfiguration => [
                "create_text_search_configuration",
                "drop_text_search_configuration",
                "alter_text_search_configuration",
            ],
            Self::ForeignServer => ["create_server", "drop_server", "alter_server"],
            Self::UserMapping => ["create_user_mapping", "drop_user_mapping", "alter_user_mapping"],
            Self::ForeignTable => ["create_foreign_table", "drop_foreign_table", "alter_foreign_table"],
            Self::VirtualTable => ["create_virtual_table", "drop_virtual_table", "alter_virtual_table"],
            Self::View => ["create_view", "drop_view", "alter_view"],
            Self::MaterializedView => ["create_materialized_view", "drop_materialized_view", "alter_materialized_view"],
            Self::Rule => ["create_rule", "drop_rule", "alter_rule"],
            Self::Trigger => ["create_trigger", "drop_trigger", "alter_trigger"],
            Self::Policy => ["create_policy", "drop_policy", "alter_policy"],
            Self::Statistics => ["create_statistics", "drop_statistics", "alter_statistics"],
            Self::Event => ["create_event", "drop_event", "alter_event"],
            Self::EventTrigger => ["create_event_trigger", "drop_event_trigger", "alter_event_trigger"],
            Self::Publication => ["create_publication", "drop_publication", "alter_publication"],
            Self::DefaultPrivileges => {
                ["create_default_privileges", "drop_default_privileges", "alter_default_privileges"]
            }
            Self::Comment => ["create_comment", "drop_comment", "alter_comment"],
            Self::Owner => ["create_owner", "drop_owner", "alter_owner"],
            Self::Grants => ["create_grants", "drop_grants", "alter_grants"],
            Self::Pragma => ["create_pragma", "drop_pragma", "alter_pragma"],
        }
    }
}

/// What an object is called: enough to drop it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectId {
    pub(crate) kind: ObjectKind,
    pub(crate) name: Name,
    /// The types that tell routines of one name apart, as the server prints them: `integer, text`. None where a name is
    /// enough; empty for a routine without arguments where the database has overloading.
    pub(crate) arguments: Option<String>,
    /// The table or view it stands on, where its name is unique only there, or DROP must say it: triggers, rules, policies.
    pub(crate) table: Option<Name>,
}

impl ObjectId {
    pub(crate) fn new(kind: ObjectKind, name: Name) -> Self {
        Self { kind, name, arguments: None, table: None }
    }

    /// With kind and name, for messages: `function total(integer)`, `trigger audit on orders`.
    pub(crate) fn for_people(&self) -> String {
        if self.kind.is_of_a_thing() {
            let of = if self.kind == ObjectKind::Owner { "of" } else { "on" };
            return format!("{} {of} {}", self.kind.spoken(), self.thing());
        }
        let (kind, name) = (self.kind.spoken(), self.name.for_people());
        let arguments = self.arguments.as_ref().map(|types| format!("({types})")).unwrap_or_default();
        let table = self.table.as_ref().map(|table| format!(" on {}", table.for_people())).unwrap_or_default();
        format!("{kind} {name}{arguments}{table}")
    }
}

impl ObjectId {
    /// What an owner or grants are of, for people. Without `arguments` it is whatever stands among the tables; else these say what
    /// it is, a routine with its types: `function(integer)`, `type`, `schema`, `column total`.
    fn thing(&self) -> String {
        let name = self.name.for_people();
        let Some(what) = &self.arguments else { return name };
        match (what.split_once('('), what.split_once(' ')) {
            (_, Some(("column", column))) => format!("column {column} of {name}"),
            (Some((kind, types)), _) => format!("{kind} {name}({types}"),
            (None, _) => format!("{what} {name}"),
        }
    }
}

/// Something that an object, or a table, cannot be without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// A table, or one column of it.
    Table(Name, Option<Ident>),
    Enum(Name),
    Object(ObjectId),
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    /// The statement that makes it, without a semicolon at its end. Of a view in a model also its query alone.
    pub(crate) definition: Expr,
    pub(crate) comment: Option<String>,
    /// What it looks like from outside: the columns of a view with their types, what a function gives back. A definition
    /// may be replaced in place only while this allows it. On SQLite the text that is compared where the written one differs.
    /// Empty in models.
    pub(crate) face: Vec<String>,
    /// What must be there before it, as the server says or its text. Never compared, empty in models.
    pub(crate) needs: SortedSet<Need>,
    /// What its text names while the server lets it go, such as the tables in the body of a routine: says what is made
    /// first, and nothing else. Never compared, empty in models.
    pub(crate) mentions: SortedSet<Need>,
}

impl Object {
    pub(crate) fn new(id: ObjectId, definition: impl Into<String>) -> Self {
        let (needs, mentions) = (SortedSet::new(), SortedSet::new());
        Self { id, definition: Expr::Same(definition.into()), comment: None, face: Vec::new(), needs, mentions }
    }

    /// Whether two objects are the same, whatever stands around them.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.id == other.id && self.definition == other.definition && self.comment == other.comment
    }
}
