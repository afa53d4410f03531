//! The writer, the reader, and the sums over bytes.

use std::collections::BTreeMap;

/// Texts up to this length are written once and then pointed at. The limit bounds what damaged bytes can make a reader
/// allocate: 64 bytes for each byte it was given.
const LONGEST_SHARED: usize = 64;

/// Collects bytes.
pub(crate) struct Writer<'a> {
    bytes: Vec<u8>,
    /// Texts that were written, with their places.
    shared: BTreeMap<&'a str, u64>,
}

impl<'a> Writer<'a> {
    /// Begins behind so many zero bytes, which are for the caller to fill.
    pub(super) fn after(head: usize) -> Self {
        Self { bytes: vec![0; head], shared: BTreeMap::new() }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the low ones first; the high bit says that more follow.
    pub(crate) fn number(&mut self, mut number: u64) {
        while let Some(more) = (number >> 7 != 0).then_some(number >> 7) {
            self.bytes.push((number & 0x7f) as u8 | 0x80);
            number = more;
        }
        self.bytes.push((number & 0x7f) as u8);
    }

    /// 0, length and bytes of a text that is new here; 1 likewise of a long one; from 2 the place of one that was.
    pub(crate) fn text(&mut self, text: &'a str) {
        let is_long = text.len() > LONGEST_SHARED;
        if let (false, Some(place)) = (is_long, self.shared.get(text)) {
            return self.number(place + 2);
        }
        self.byte(u8::from(is_long));
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
        if !is_long {
            self.shared.insert(text, self.shared.len() as u64);
        }
    }
}

/// Takes values off the front of some bytes. Never panics, whatever they are.
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    shared: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, shared: Vec::new() }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.left.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A count of things that follow; each takes a byte at least, so there are not more of them than bytes.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.left.len()).then_some(count)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        match self.number()? {
            long @ (0 | 1) => {
                let length = self.count()?;
                let (bytes, rest) = self.left.split_at_checked(length)?;
                let text = std::str::from_utf8(bytes).ok()?;
                self.left = rest;
                if long == 0 {
                    if length > LONGEST_SHARED {
                        return None;
                    }
                    self.shared.push(text);
                }
                Some(text)
            }
            place => self.shared.get(usize::try_from(place - 2).ok()?).copied(),
        }
    }
}

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A sum that tells torn and flipped bytes, eight at a time. Each step can be undone, so one changed word always shows.
pub(super) fn sum(bytes: &[u8]) -> u64 {
    let add = |sum: u64, word: u64| (sum ^ word).wrapping_mul(PRIME).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let whole = words.iter().fold(bytes.len() as u64, |sum, word| add(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(whole, |sum, byte| add(sum, u64::from(*byte)))
}

/// A sum of a text without regard to white space, which compilers print as they like.
pub(super) const fn hash_words(mut sum: u64, text: &str) -> u64 {
    let mut left = text.as_bytes();
    while let Some((byte, rest)) = left.split_first() {
        if !byte.is_ascii_whitespace() {
            sum = (sum ^ *byte as u64).wrapping_mul(PRIME).rotate_left(29);
        }
        left = rest;
    }
    sum
}
