//! What the user sees: the only module that prints. Results go to standard output, everything else to standard error.
//!
//! Nothing here decides anything: it is given plain data and says it as text for people, as JSON for programs, or as
//! annotations. What comes from names, files and servers is made safe for a terminal on its way out.

mod attempts;
mod begun;
mod differences;
mod drawing;
mod drift;
mod dry_run;
mod each;
mod error;
mod escape;
mod import;
mod json;
mod kept;
mod log;
mod meeting;
mod notices;
mod printer;
mod quality;
mod rebase;
mod revisions;
mod running;
mod status;
mod stream;
mod text;

pub(crate) use attempts::attempts;
pub(crate) use begun::{Begun, begun};
pub(crate) use differences::{Verdict, drafted, loose_heads, not_at_head, unmodelled, verdict};
pub(crate) use drawing::{Chart, chart, drawing, graph_for_programs, svg};
pub(crate) use dry_run::would_run;
pub(crate) use each::{heading_of, reports_of};
pub(crate) use import::{Imported, imported};
pub(crate) use json::models;
pub(crate) use kept::forgotten;
pub(crate) use log::{announce_panics, start_log};
pub(crate) use meeting::{meeting, merged, met, met_for_merge, warnings_of};
pub(crate) use notices::Notices;
pub(crate) use printer::{Colour, Format, Manner, Printer};
pub(crate) use quality::{Place, quality};
pub(crate) use rebase::{Rebased, Rewritten, accepted, edited, rebased};
pub(crate) use revisions::{Listing, branches, heads, heads_checked, history, nothing_to_write, shown, written};
pub(crate) use running::{Progress, ensured, ran, resolved, stamped, way_back};
pub(crate) use status::status;
pub(crate) use text::Text;
