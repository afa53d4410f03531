//! Revisions as bytes, for programs that carry them: what [`crate::encode`] makes of a header and a body, so that they
//! are read again without a reader of YAML.

use crate::encode::{Decode, Encode, Form, Reader, Writer, encoded, open};
use crate::graph::RevisionId;
use crate::revision::{Body, Downgrade, Entry, Header, TimeLimits};

encoded! {
    const FIELDS;

    struct Header { revision, down_revision, branch_labels, depends_on, message, created, meta, dialect, baseline, line }
    struct Entry { operation, line }
    enum Downgrade { 0 = Given(entries), 1 = Derived, 2 = Irreversible(why) }
    struct TimeLimits { lock_timeout, statement_timeout }
    struct Body {
        upgrade, manual, downgrade, upgrade_outside, downgrade_outside, upgrade_limits, downgrade_limits,
    }
}

const REVISION: Form = Form::new(b'R', FIELDS);

impl Encode for RevisionId {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.text(self.as_str());
    }
}

impl Decode for RevisionId {
    fn decode(reader: &mut Reader<'_>) -> Self {
        Self::new(reader.text()).unwrap_or_else(|_| {
            reader.fail();
            Self::any()
        })
    }
}

#[cfg(test)]
impl crate::encode::Sample for RevisionId {
    fn sample(random: &mut crate::encode::Random) -> Self {
        Self::new(&format!("{:x}", random.below(1 << 30))).unwrap()
    }
}

/// A revision as bytes.
#[cfg(any(test, feature = "build"))]
pub(super) fn to_bytes(revision: &(Header, Body)) -> Vec<u8> {
    crate::encode::seal(REVISION, revision)
}

/// The other direction of `to_bytes`, which build scripts have. `None` = made by another version of this crate, or damaged.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Header, Body)> {
    open(REVISION, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{Random, Sample};

    #[test]
    fn every_revision_comes_back() {
        for seed in 0..200 {
            let made = <(Header, Body)>::sample(&mut Random::new(seed));
            let bytes = to_bytes(&made);
            assert_eq!(from_bytes(&bytes), Some(made), "seed {seed}");
            assert_eq!(from_bytes(&bytes[..bytes.len() - 1]), None);
        }
    }
}
