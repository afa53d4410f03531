//! Checksums of revision files.

use sha2::{Digest, Sha256};

/// SHA-256 in 64 hexadecimal digits. The text has no BOM and ends its lines with LF, so a checkout on Windows gives the
/// same.
pub(crate) fn of(tidy_text: &str) -> String {
    Sha256::digest(tidy_text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
