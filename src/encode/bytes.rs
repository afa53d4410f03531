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

/// Takes values off the front of some bytes. Never panics, whatever they are: behind the first fault there are only zeros,
/// which make a value of any type, and whoever began with the bytes throws away what was made of them.
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    shared: Vec<&'a str>,
    is_wrong: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, shared: Vec::new(), is_wrong: false }
    }

    /// Whether everything was read, and nothing of it was wrong.
    pub(super) fn is_at_end(&self) -> bool {
        self.left.is_empty() && !self.is_wrong
    }

    /// Whether a fault was found.
    pub(crate) fn is_wrong(&self) -> bool {
        self.is_wrong
    }

    /// Notes that the bytes are not what they should be.
    pub(crate) fn fail(&mut self) {
        (self.left, self.is_wrong) = (&[], true);
    }

    /// The value, or a zero and a fault.
    pub(crate) fn or_fail<T: Default>(&mut self, found: Option<T>) -> T {
        found.unwrap_or_else(|| {
            self.fail();
            T::default()
        })
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.left.split_first() {
            Some((first, rest)) => {
                self.left = rest;
                *first
            }
            None => self.or_fail(None),
        }
    }

    pub(crate) fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return number;
            }
        }
        self.or_fail(None)
    }

    /// A number that fits.
    pub(crate) fn small<T: TryFrom<u64> + Default>(&mut self) -> T {
        let number = self.number().try_into().ok();
        self.or_fail(number)
    }

    /// A count of things that follow; each takes a byte at least, so there are not more of them than bytes.
    pub(crate) fn count(&mut self) -> usize {
        let count = self.small();
        let left = self.left.len();
        self.or_fail((count <= left).then_some(count))
    }

    pub(crate) fn text(&mut self) -> &'a str {
        let text = match self.number() {
            long @ (0 | 1) => {
                let length = self.count();
                self.new_text(length, long == 1)
            }
            place => usize::try_from(place - 2).ok().and_then(|place| self.shared.get(place).copied()),
        };
        self.or_fail(text)
    }

    fn new_text(&mut self, length: usize, is_long: bool) -> Option<&'a str> {
        let (bytes, rest) = self.left.split_at_checked(length)?;
        let text = std::str::from_utf8(bytes).ok()?;
        self.left = rest;
        if !is_long {
            self.shared.push(text);
        }
        (is_long || length <= LONGEST_SHARED).then_some(text)
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
