//! Texts in a column, smaller where that pays: DEFLATE in Base64 behind a mark. A text without the mark is itself, so
//! that short ones stay readable in the table. No I/O.

/// Before what is packed. No text of ours begins so; one that does is told by its checksum.
const MARK: &str = "deflate:";

/// Shorter texts are kept as they are, in bytes: a packed one of this size saves little, and nobody can read it.
const SHORTEST: usize = 2 << 10;

/// What a packed text may grow to, in bytes: more than any file that is read.
const LARGEST: usize = 64 << 20;

/// Whether long texts are packed at all: a program that embeds the library keeps its few as they are, for what packs is
/// larger than what it would save. Any program reads both.
const PACKS: bool = cfg!(feature = "cli");

/// How hard is tried, from 0 to 10.
const LEVEL: u8 = 6;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text as the column holds it.
pub(super) fn pack(text: &str) -> String {
    if !PACKS || text.len() < SHORTEST {
        return text.to_owned();
    }
    let packed = format!("{MARK}{}", to_base64(&miniz_oxide::deflate::compress_to_vec(text.as_bytes(), LEVEL)));
    if packed.len() < text.len() { packed } else { text.to_owned() }
}

/// The other direction of [`pack`]; `None` for what is packed and damaged.
pub(super) fn unpack(stored: &str) -> Option<String> {
    let Some(packed) = stored.strip_prefix(MARK) else { return Some(stored.to_owned()) };
    let bytes = miniz_oxide::inflate::decompress_to_vec_with_limit(&from_base64(packed)?, LARGEST).ok()?;
    String::from_utf8(bytes).ok()
}

/// Six bits each, three bytes in four digits, the last ones filled up with `=`.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| three.get(place).map_or(0, |byte| u32::from(*byte));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get((bits >> shift & 63) as usize).copied().map_or('=', char::from);
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let digits = four.iter().take_while(|digit| **digit != b'=');
        let values: Vec<u32> = digits.map(|digit| value_of(*digit)).collect::<Option<_>>()?;
        if four.len() != 4 || values.len() < 2 {
            return None;
        }
        let bits = values.iter().zip([18, 12, 6, 0]).fold(0, |bits, (value, shift)| bits | value << shift);
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(values.len() - 1));
    }
    Some(bytes)
}

fn value_of(digit: u8) -> Option<u32> {
    DIGITS.iter().position(|known| *known == digit).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_everybody() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(to_base64(text.as_bytes()), expected);
            assert_eq!(from_base64(expected).unwrap(), text.as_bytes());
        }
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_base64(&to_base64(&all)).unwrap(), all);
        for wrong in ["Z", "Zg", "Zg=", "Zm9v!!!!", "====", "Z==="] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn short_texts_stay_readable_and_long_ones_shrink() {
        let short = "-- revision: a\n-- migrate:up\nSELECT 1;\n";
        assert_eq!(pack(short), short);
        let long: String = (0..200).map(|number| format!("INSERT INTO t VALUES ({number}, 'ä\u{1e}');\n")).collect();
        let packed = pack(&long);
        assert!(packed.starts_with(MARK) && packed.len() * 3 < long.len(), "{}", packed.len());
        assert_eq!(unpack(&packed).unwrap(), long);
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_is() {
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(DIGITS[(state >> 58) as usize])
        });
        let noise: String = noise.take(SHORTEST).collect();
        assert_eq!(pack(&noise), noise);
    }

    #[test]
    fn what_is_damaged_is_nothing_and_not_a_panic() {
        let packed = pack(&"CREATE TABLE t (id int);\n".repeat(200));
        assert_eq!(unpack(packed.get(..packed.len() - 8).unwrap()), None);
        for wrong in ["deflate:", "deflate:Zm9v", "deflate:....", "deflate:äöü="] {
            assert_eq!(unpack(wrong), None, "{wrong}");
        }
        // A text that only looks like one is told by its checksum.
        assert_eq!(unpack("deflate").as_deref(), Some("deflate"));
    }
}
