//! What a revision does to rows: data steps, their way back, and data that a drop keeps. Plain values; what they are in
//! SQL is said by [`crate::data`].

use super::Operation;
use super::apply::{Fit, Misfit, apply};
use crate::schema::{Expr, Ident, Name, Schema};

/// An operation on rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DataOperation {
    /// Changes rows.
    Step(Box<DataStep>),
    /// Takes a step back.
    Restore(Restore),
    /// Drops a column or a table and keeps what was in it.
    Keep(Kept),
    /// Makes the column or table again, with what was kept.
    BringBack(Kept),
}

/// One named change of rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DataStep {
    /// For log, progress, errors and reports; once in a revision.
    pub(crate) name: String,
    /// Whose rows it changes, or fills.
    pub(crate) table: Name,
    pub(crate) work: DataWork,
    /// In which order rows are taken: columns of the table that they are read from; empty = any.
    pub(crate) order: Vec<OrderBy>,
    pub(crate) batch: Option<Batch>,
    pub(crate) on_error: OnError,
    pub(crate) expect: Expect,
    pub(crate) back: WayBack,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DataWork {
    Update {
        set: Vec<(Ident, Value)>,
        filter: Option<Expr>,
    },
    /// An update whose filter finds what is still to be filled.
    Backfill {
        set: Vec<(Ident, Value)>,
        filter: Option<Expr>,
    },
    /// The text of one column into others: by an expression for each, or at the first occurrence of a text.
    SplitColumn {
        column: Ident,
        at: Option<String>,
        into: Vec<(Ident, Option<Value>)>,
        filter: Option<Expr>,
    },
    /// Several columns into one, with a text between them; NULL is left out.
    MergeColumns {
        columns: Vec<Ident>,
        into: Ident,
        with: String,
        filter: Option<Expr>,
    },
    /// Rows of another table, which stay there.
    Copy(Transfer),
    /// Rows of another table, which leave it.
    MoveRows(Transfer),
    /// Distinct values into a table of their own, and their keys back into this one.
    Normalise {
        /// Column here → column there.
        columns: Vec<(Ident, Ident)>,
        into: Name,
        /// The column here that holds the key, and the key there.
        key: (Ident, Ident),
        filter: Option<Expr>,
    },
    /// Rows that are written in the file.
    Seed {
        rows: Vec<Vec<(Ident, Value)>>,
        /// Rows whose key is there already are left as they are; else they are an error.
        keep_existing: bool,
    },
    Delete {
        filter: Option<Expr>,
    },
    /// Rows that are written in the file, over those that have their keys.
    Rows(RowChanges),
    /// One row after the other through a program: in with some columns, out with other values in them.
    Through(Through),
}

/// What becomes of the rows that have these keys. The rows of one list name the same columns, those of the key among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RowChanges {
    /// What tells the rows apart: the primary key, or columns that are unique.
    pub(crate) key: Vec<Ident>,
    /// They go first, so that what they held may be given again; these name the key alone.
    pub(crate) delete: Vec<WrittenRow>,
    /// Rows that must be there.
    pub(crate) update: Vec<WrittenRow>,
    pub(crate) insert: Vec<WrittenRow>,
}

/// Columns of one row and what they hold.
pub(crate) type WrittenRow = Vec<(Ident, Value)>;

/// Rows through a program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Through {
    pub(crate) by: By,
    /// What it may change; of a closure, none = any column.
    pub(crate) columns: Vec<Ident>,
    /// What a script sees beside these.
    pub(crate) reads: Vec<Ident>,
    pub(crate) filter: Option<Expr>,
}

/// What changes a row. The same script in another place of its file is the same.
#[derive(Clone, Debug, Eq)]
pub(crate) enum By {
    /// A script in the file; `line` is that of its first line there.
    Script { text: String, line: u32 },
    /// A closure of a program that embeds the library, by the name of the step.
    Closure {
        version: u32,
        /// What the program is called, for people.
        program: Option<String>,
        /// Its way back, not its way there.
        back: bool,
    },
}

/// Rows from one table to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Transfer {
    pub(crate) from: Name,
    /// Column of the table that is filled → its value in terms of the other one.
    pub(crate) columns: Vec<(Ident, Value)>,
    pub(crate) filter: Option<Expr>,
}

impl PartialEq for By {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Script { text, line: _ }, Self::Script { text: of_other, line: _ }) => text == of_other,
            (
                Self::Closure { version, program, back },
                Self::Closure { version: other_version, program: other_program, back: other_back },
            ) => (version, program, back) == (other_version, other_program, other_back),
            (Self::Script { .. }, Self::Closure { .. }) | (Self::Closure { .. }, Self::Script { .. }) => false,
        }
    }
}

/// What a column gets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    /// The text of a scalar as written; the column's type decides how it is rendered.
    Literal(String),
    Sql(Expr),
}

/// A column by which rows are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderBy {
    pub(crate) column: Ident,
    pub(crate) descending: bool,
}

/// How a large table is gone through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Rows.
    pub(crate) size: u32,
    /// Milliseconds between two batches.
    pub(crate) pause: u32,
    /// A scalar in SQL; while it gives more than `limit`, the step waits.
    pub(crate) load: Option<Load>,
}

/// What a step waits for between batches, such as the lag of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) sql: Expr,
    pub(crate) limit: u32,
    /// After so many milliseconds of waiting it stops; it can be continued.
    pub(crate) patience: u32,
}

/// What becomes of a row that cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnError {
    /// The step fails.
    Stop,
    /// The row is left as it is and noted, with the reason.
    Skip,
}

/// What must hold before a step, and after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expect {
    pub(crate) before: Vec<Claim>,
    pub(crate) after: Vec<Claim>,
}

/// Something that must hold of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Claim {
    /// It has so many rows.
    Rows(u32),
    /// The filter of the step finds so many rows.
    Hits(u32),
    NoNulls(Vec<Ident>),
    Unique(Vec<Ident>),
    /// A question that gives no row.
    NoRows(Expr),
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WayBack {
    /// What the rows were is kept beside them.
    Images,
    /// By these operations.
    Undo(Vec<Operation>),
    /// Not at all: why.
    Irreversible(String),
}

/// Takes a step of the same revision back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Restore {
    pub(crate) step: String,
    pub(crate) on_conflict: OnConflict,
    /// The step, where it is known: a file names it, a plan looks it up.
    pub(crate) of: Option<Box<DataStep>>,
}

/// What becomes of rows that others have changed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// Nothing is taken back, and they are listed.
    #[default]
    Stop,
    /// They stay as they are now.
    Keep,
    /// They become what they were.
    Restore,
}

/// A drop that keeps what goes away.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    /// The drop of a column or of a table.
    pub(crate) drop: Box<Operation>,
    /// What rows get, that were not there when the column went.
    pub(crate) later: Option<Value>,
}

impl OnConflict {
    /// The words in files and flags.
    pub(crate) const WORDS: [(Self, &str); 3] =
        [(Self::Stop, "stop"), (Self::Keep, "keep"), (Self::Restore, "restore")];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Keep => "keep",
            Self::Restore => "restore",
        }
    }
}

impl OnError {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Skip => "skip",
        }
    }
}

impl DataWork {
    /// The word in files.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Update { .. } => "update",
            Self::Backfill { .. } => "backfill",
            Self::SplitColumn { .. } => "split_column",
            Self::MergeColumns { .. } => "merge_columns",
            Self::Copy(_) => "copy",
            Self::MoveRows(_) => "move_rows",
            Self::Normalise { .. } => "normalise",
            Self::Seed { .. } => "seed",
            Self::Delete { .. } => "delete",
            Self::Rows(_) => "rows",
            Self::Through(Through { by: By::Script { .. }, .. }) => "script",
            Self::Through(Through { by: By::Closure { .. }, .. }) => "closure",
        }
    }

    /// The other table that its rows come from.
    pub(crate) fn from(&self) -> Option<&Name> {
        match self {
            Self::Copy(transfer) | Self::MoveRows(transfer) => Some(&transfer.from),
            Self::Update { .. }
            | Self::Backfill { .. }
            | Self::SplitColumn { .. }
            | Self::MergeColumns { .. }
            | Self::Normalise { .. }
            | Self::Delete { .. }
            | Self::Through(_)
            | Self::Rows(_)
            | Self::Seed { .. } => None,
        }
    }

    /// Whether rows come or go, and do not only change.
    pub(crate) fn comes_or_goes(&self) -> bool {
        match self {
            Self::Copy(_)
            | Self::MoveRows(_)
            | Self::Normalise { .. }
            | Self::Seed { .. }
            | Self::Delete { .. }
            | Self::Rows(_) => true,
            Self::Update { .. }
            | Self::Backfill { .. }
            | Self::SplitColumn { .. }
            | Self::MergeColumns { .. }
            | Self::Through(_) => false,
        }
    }

    /// The other table that gets values of its own.
    fn value_table(&self) -> Option<&Name> {
        if let Self::Normalise { into, .. } = self { Some(into) } else { None }
    }

    /// The condition on the rows that it reads.
    pub(crate) fn filter(&self) -> Option<&Expr> {
        match self {
            Self::Update { filter, .. }
            | Self::Backfill { filter, .. }
            | Self::SplitColumn { filter, .. }
            | Self::MergeColumns { filter, .. }
            | Self::Normalise { filter, .. }
            | Self::Delete { filter } => filter.as_ref(),
            Self::Copy(transfer) | Self::MoveRows(transfer) => transfer.filter.as_ref(),
            Self::Through(through) => through.filter.as_ref(),
            Self::Seed { .. } | Self::Rows(_) => None,
        }
    }
}

impl RowChanges {
    /// Its lists, in the order in which they run, with their words in files.
    pub(crate) fn lists(&self) -> [(&'static str, &[WrittenRow]); 3] {
        [("delete", &self.delete), ("update", &self.update), ("insert", &self.insert)]
    }

    /// `insert 2, update 1`, for people.
    fn count(&self) -> String {
        let lists = self.lists().into_iter().rev().filter(|(_, rows)| !rows.is_empty());
        lists.map(|(word, rows)| format!("{word} {}", rows.len())).collect::<Vec<_>>().join(", ")
    }
}

impl DataOperation {
    /// The table it works on.
    pub(crate) fn table(&self) -> Option<&Name> {
        match self {
            Self::Step(step) => Some(&step.table),
            Self::Restore(restore) => restore.of.as_ref().map(|step| &step.table),
            Self::Keep(kept) | Self::BringBack(kept) => kept.drop.table(),
        }
    }

    /// The step, or the drop that keeps, whose image it makes or puts back.
    pub(crate) fn kept_as(&self) -> String {
        match self {
            Self::Step(step) => step.name.clone(),
            Self::Restore(restore) => restore.step.clone(),
            Self::Keep(kept) | Self::BringBack(kept) => kept.drop.describe(),
        }
    }

    /// Whether it puts back what an image holds, and takes the image away.
    pub(crate) fn is_way_back(&self) -> bool {
        match self {
            Self::Restore(_) | Self::BringBack(_) => true,
            Self::Step(_) | Self::Keep(_) => false,
        }
    }

    /// The step that it does or takes back.
    pub(crate) fn step(&self) -> Option<&DataStep> {
        match self {
            Self::Step(step) => Some(step),
            Self::Restore(restore) => restore.of.as_deref(),
            Self::Keep(_) | Self::BringBack(_) => None,
        }
    }

    /// The tables that it names: the one that it works on, and another one that rows come from or values go into.
    pub(crate) fn tables(&self) -> Vec<&Name> {
        let others =
            self.step().into_iter().flat_map(|step| step.work.from().into_iter().chain(step.work.value_table()));
        self.table().into_iter().chain(others).collect()
    }

    /// The word in files.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Step(step) => step.work.word(),
            Self::Restore(_) => "restore",
            Self::Keep(kept) => kept.drop.word(),
            Self::BringBack(kept) if matches!(*kept.drop, Operation::DropTable { .. }) => "create_table",
            Self::BringBack(_) => "add_column",
        }
    }

    /// What it does, for the list of operations.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Step(step) => {
                if let DataWork::Rows(changes) = &step.work {
                    return format!("{}: {}", step.name, changes.count());
                }
                format!("{}: {} on {}", step.name, step.work.word(), step.table.for_people())
            }
            Self::Restore(restore) => format!("take back: {}", restore.step),
            Self::Keep(kept) => format!("{}, and keep its data", kept.drop.describe()),
            Self::BringBack(kept) => match kept.made() {
                Some(made) => format!("{}, with the data that was kept", made.describe()),
                None => "bring back what was kept".to_owned(),
            },
        }
    }

    /// Rows are no part of a schema, but what carried them may come or go.
    pub(super) fn apply(&self, schema: &mut Schema) -> Fit {
        match self {
            Self::Step(_) | Self::Restore(_) => Ok(()),
            Self::Keep(kept) => apply(&kept.drop, schema),
            Self::BringBack(kept) => match kept.made() {
                Some(made) => apply(&made, schema),
                None => Err(Misfit("nobody knows what it was".to_owned())),
            },
        }
    }

    /// Why it cannot be taken back, where it says so.
    pub(crate) fn irreversible(&self) -> Option<String> {
        match self {
            Self::Step(step) => match &step.back {
                WayBack::Irreversible(why) => Some(format!("{}: {why}", step.name)),
                WayBack::Images | WayBack::Undo(_) => None,
            },
            Self::Restore(_) | Self::Keep(_) | Self::BringBack(_) => None,
        }
    }

    /// The way back; none where a step has none, or where nobody knows what was dropped.
    pub(crate) fn reverse(self) -> Option<Self> {
        match self {
            Self::Step(step) if matches!(step.back, WayBack::Irreversible(_)) => None,
            Self::Step(step) => {
                let (name, on_conflict) = (step.name.clone(), OnConflict::Stop);
                Some(Self::Restore(Restore { step: name, on_conflict, of: Some(step) }))
            }
            Self::Restore(restore) => restore.of.map(Self::Step),
            Self::Keep(kept) => kept.made().is_some().then_some(Self::BringBack(kept)),
            Self::BringBack(kept) => Some(Self::Keep(kept)),
        }
    }
}

impl Kept {
    /// The operation that makes what is dropped.
    pub(crate) fn made(&self) -> Option<Operation> {
        self.drop.as_ref().clone().reverse()
    }
}
