//! SQL as text: tokens, and single statements cut out of a longer text. No I/O.

pub(crate) mod body;
pub(crate) mod classify;
pub(crate) mod split;
pub(crate) mod syntax;
pub(crate) mod token;
