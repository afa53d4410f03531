//! Native expressions: when two are one.

use super::Context;
use crate::schema::{Expr, Pair};

/// Whether two native expressions mean the same by their text. Both sides are the server's own words, so a difference
/// that is left is one.
pub(super) fn same_expr(exprs: Pair<&Expr>, context: Context<'_>) -> bool {
    let texts = exprs.map(Expr::text);
    texts.from == texts.to || context.dialect.same_expression(texts)
}
