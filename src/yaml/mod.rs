//! YAML at the border: reading into [`Node`]s that know their line, a kit for taking them apart, and writing [`Tree`]s.
//! Nothing else imports a YAML crate. No I/O: text in, text out.
//!
//! All scalars are text. What a word means (`yes`, `1.10`, `0012`) is decided by whoever asks for it, and the text is
//! the one that was written. What is written here reads back as the same text in readers of YAML 1.1 and 1.2.

mod fields;
mod nearest;
mod node;
mod read;
mod safe;
mod write;

pub(crate) use fields::Fields;
pub(crate) use nearest::nearest;
pub(crate) use node::{Key, Node, Value};
pub(crate) use read::{document, read_with};
pub(crate) use write::{Tree, write};
