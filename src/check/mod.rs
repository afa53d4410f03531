//! The verdict of continuous integration: the version rows against the heads, the models against the live database.
//!
//! [`compare()`] gathers and compares, [`Proposal`] makes a revision of what was found, [`explain()`] says it in SQL.

#[cfg(feature = "cli")]
pub(crate) mod baseline;
#[cfg(test)]
mod chains;
pub(crate) mod compare;
#[cfg(test)]
mod coverage;
pub(crate) mod dangling;
pub(crate) mod desk;
pub(crate) mod draft;
mod drift;
pub(crate) mod explain;
pub(crate) mod meeting;
#[cfg(test)]
mod proof;
mod rejudge;
#[cfg(feature = "orm")]
mod rows;
mod settled;
pub(crate) mod sight;

pub(crate) use compare::{Comparison, Filter, compare};
pub(crate) use draft::Proposal;
pub(crate) use drift::{Cell, Drift, DriftedRow, RowDrift};
pub(crate) use explain::{Explained, explain, explain_all, sql_of_all};
pub(crate) use meeting::{Different, Meeting, Met, Verdict};
