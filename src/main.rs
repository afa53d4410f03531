//! The program. All of it is the library's module `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    migrate::cli::main()
}
