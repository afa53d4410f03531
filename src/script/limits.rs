//! What a script may do, and how much of it.

use std::time::Duration;

use rhai::{Engine, EvalAltResult, ImmutableString, Position};
use sha2::{Digest, Sha256};

/// How long it may work on one row.
pub(super) const LONGEST_ROW: Duration = Duration::from_secs(2);
/// Steps of the language on one row.
const MOST_OPERATIONS: u64 = 1_000_000;
/// Bytes in a text, elements in an array and in a map, each with all that is within.
const LONGEST_TEXT: usize = 256 << 10;
const LONGEST_ARRAY: usize = 10_000;
const LARGEST_MAP: usize = 1_000;
/// Calls within calls; with the variables of each this bounds the memory.
const DEEPEST_CALL: usize = 16;
const MOST_VARIABLES: usize = 64;
const MOST_FUNCTIONS: usize = 100;
const DEEPEST_EXPRESSION: usize = 64;

/// A language without input and output.
pub(super) fn engine() -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_operations(MOST_OPERATIONS)
        .set_max_string_size(LONGEST_TEXT)
        .set_max_array_size(LONGEST_ARRAY)
        .set_max_map_size(LARGEST_MAP)
        .set_max_call_levels(DEEPEST_CALL)
        .set_max_variables(MOST_VARIABLES)
        .set_max_functions(MOST_FUNCTIONS)
        .set_max_expr_depths(DEEPEST_EXPRESSION, DEEPEST_EXPRESSION)
        .set_fail_on_invalid_map_property(true)
        .set_strict_variables(true)
        .disable_symbol("eval")
        .disable_symbol("print")
        .disable_symbol("debug");
    engine.on_print(|_| {}).on_debug(|_, _, _| {});
    // It would hold up the thread, and the transaction with it.
    engine.register_fn("sleep", |_: i64| -> Result<(), Box<EvalAltResult>> { Err(refused("sleep")) });
    engine.register_fn("sleep", |_: f64| -> Result<(), Box<EvalAltResult>> { Err(refused("sleep")) });
    engine.register_fn("sha256", |text: ImmutableString| -> String {
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    });
    engine
}

fn refused(name: &str) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(format!("`{name}` is not for scripts of data steps").into(), Position::NONE))
}

pub(super) fn too_much_work() -> String {
    format!("the script does more than {MOST_OPERATIONS} steps on one row; it was stopped")
}

pub(super) fn too_long() -> String {
    format!("the script works longer than {} seconds on one row; it was stopped", LONGEST_ROW.as_secs())
}
