//! Puts the revisions into the program.

fn main() {
    #[cfg(feature = "migrations")]
    migrate::build::embed("versions").emit();
}
