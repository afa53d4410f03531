//! Nouns and verbs as bytes, for what this very program reads again: caches, and revisions that a build script put into
//! a program. Private and versioned, never a file format for people. Pure: bytes in, bytes out.
//!
//! A sealed value begins with 20 bytes: `mgr` and a byte for what it is, the [`Form`]'s fingerprint, a sum of the rest.
//! The fingerprint is made from the version of this crate and the very lists of fields that the code is made from, so
//! that another layout is refused without anybody having to think of a number.

mod bytes;
mod collections;
mod fields;
#[cfg(test)]
mod sample;
mod shapes;

pub(crate) use bytes::{Reader, Writer};
pub(crate) use fields::encoded;
#[cfg(test)]
pub(crate) use sample::{Random, Sample};
pub(crate) use shapes::FIELDS;

use crate::schema::Schema;

/// A value that can be written. Every value takes at least one byte, so that a reader can refuse absurd counts.
pub(crate) trait Encode {
    /// Appends this value. Short texts are written once: the writer borrows them.
    fn encode<'a>(&'a self, writer: &mut Writer<'a>);
}

/// A value that can be read.
pub(crate) trait Decode: Sized {
    /// Takes this value off the front. There always is one: [`Reader`] says what becomes of it where the bytes are wrong.
    /// So none of the many types that stand on this has to give up in the middle of its fields, which is half of the code.
    fn decode(reader: &mut Reader<'_>) -> Self;
}

/// What a sealed value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    mark: u8,
    fingerprint: u64,
}

/// To be raised when the bytes of a field change without its name changing.
const LAYOUT: u64 = 1;

impl Form {
    /// `mark` tells the kinds of values apart, `fields` (from [`encoded`]) is the layout beside that of nouns and verbs.
    pub(crate) const fn new(mark: u8, fields: &str) -> Self {
        let version = bytes::hash_words(LAYOUT, env!("CARGO_PKG_VERSION"));
        Self { mark, fingerprint: bytes::hash_words(bytes::hash_words(version, FIELDS), fields) }
    }

    fn head(self, body: &[u8]) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let mark = [b'm', b'g', b'r', self.mark];
        let parts = mark.into_iter().chain(self.fingerprint.to_le_bytes()).chain(bytes::sum(body).to_le_bytes());
        head.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
        head
    }
}

const HEAD: usize = 20;
const SCHEMA: Form = Form::new(b'S', "");

/// The bytes of a value, sealed.
pub(crate) fn seal<T: Encode>(form: Form, value: &T) -> Vec<u8> {
    let mut writer = Writer::after(HEAD);
    value.encode(&mut writer);
    let mut sealed = writer.into_bytes();
    let head = form.head(sealed.get(HEAD..).unwrap_or_default());
    sealed.iter_mut().zip(head).for_each(|(place, byte)| *place = byte);
    sealed
}

/// The value behind sealed bytes. `None` = of another kind or version, damaged, cut off, or with something behind it.
pub(crate) fn open<T: Decode>(form: Form, sealed: &[u8]) -> Option<T> {
    let (head, body) = sealed.split_at_checked(HEAD)?;
    if *head != form.head(body) {
        return None;
    }
    let mut reader = Reader::new(body);
    let value = T::decode(&mut reader);
    reader.is_at_end().then_some(value)
}

/// A schema as bytes.
pub(crate) fn schema(schema: &Schema) -> Vec<u8> {
    seal(SCHEMA, schema)
}

/// The other direction of [`schema`].
pub(crate) fn decode_schema(sealed: &[u8]) -> Option<Schema> {
    open(SCHEMA, sealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Operation;
    use crate::schema::{Column, Default, Name, Neutral, Table, Type};

    const SAMPLES: u64 = 600;
    const OPERATIONS: Form = Form::new(b'O', "");

    fn operations(operations: &Vec<Operation>) -> Vec<u8> {
        seal(OPERATIONS, operations)
    }

    fn decode_operations(sealed: &[u8]) -> Option<Vec<Operation>> {
        open(OPERATIONS, sealed)
    }

    #[test]
    fn every_schema_comes_back() {
        for seed in 0..SAMPLES {
            let made = Schema::sample(&mut Random::new(seed));
            assert_eq!(decode_schema(&schema(&made)), Some(made), "seed {seed}");
        }
    }

    #[test]
    fn every_operation_comes_back() {
        let of_objects: Vec<&str> =
            crate::schema::ObjectKind::ALL.into_iter().flat_map(crate::schema::ObjectKind::verbs).collect();
        let mut verbs = std::collections::BTreeSet::new();
        for seed in 0..SAMPLES {
            let mut random = Random::new(seed);
            let made: Vec<Operation> = (0..10).map(|_| Operation::sample(&mut random)).collect();
            verbs.extend(made.iter().map(Operation::word));
            assert_eq!(decode_operations(&operations(&made)), Some(made), "seed {seed}");
        }
        let (objects, others): (Vec<_>, Vec<_>) = verbs.into_iter().partition(|verb| of_objects.contains(verb));
        assert_eq!(others.len(), 38, "{others:?}");
        assert!(objects.len() > 30, "{objects:?}");
    }

    #[test]
    fn other_forms_and_parts_are_refused() {
        let sealed = schema(&Schema::sample(&mut Random::new(7)));
        assert_eq!(decode_operations(&sealed), None);
        assert_eq!(open::<Schema>(Form::new(b'S', "other fields"), &sealed), None);
        for end in 0..sealed.len() {
            assert_eq!(decode_schema(&sealed[..end]), None, "{end} bytes");
        }
        assert_eq!(decode_schema(&[sealed.as_slice(), &[0]].concat()), None);
        assert_eq!(decode_schema(&[]), None);
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let sealed = schema(&Schema::sample(&mut Random::new(3)));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode_schema(&damaged), None, "bit {bit}");
        }
    }

    /// Damage that the sum does not see, since it is made right again: the reader itself must stand it.
    #[test]
    fn damage_behind_a_right_sum_ends_in_none_or_a_value() {
        let mut refused = 0;
        for seed in 0..40 * SAMPLES {
            let mut random = Random::new(seed);
            let form = [SCHEMA, OPERATIONS][random.below(2)];
            let sealed = match form {
                SCHEMA => schema(&Schema::sample(&mut random)),
                _ => operations(&Vec::sample(&mut random)),
            };
            let mut body = sealed[HEAD..].to_vec();
            for _ in 0..=random.below(4) {
                let place = random.below(body.len());
                match random.below(4) {
                    0 => body[place] = 0xff,
                    1 => body.truncate(place + 1),
                    2 => body.insert(place, random.below(256) as u8),
                    _ => body[place] = random.below(256) as u8,
                }
            }
            let damaged = [form.head(&body).as_slice(), &body].concat();
            let read_again = match form {
                SCHEMA => decode_schema(&damaged).map(|value| decode_schema(&schema(&value)) == Some(value)),
                _ => decode_operations(&damaged).map(|value| decode_operations(&operations(&value)) == Some(value)),
            };
            refused += usize::from(read_again.is_none());
            assert_ne!(read_again, Some(false), "seed {seed}");
        }
        assert!(refused > 1000, "{refused}");
    }

    #[test]
    fn absurd_counts_make_no_room() {
        let count = [0xff, 0xff, 0xff, 0xff, 0x0f];
        for body in [count.to_vec(), [&count[..], &[0; 1000]].concat(), vec![0xff; 1000]] {
            assert_eq!(open::<Vec<String>>(SCHEMA, &[SCHEMA.head(&body).as_slice(), &body].concat()), None);
        }
        let long_shared = [&[1, 0, 65][..], &[b'x'; 65]].concat();
        assert_eq!(open::<Vec<String>>(SCHEMA, &[SCHEMA.head(&long_shared).as_slice(), &long_shared].concat()), None);
    }

    #[test]
    fn what_is_said_twice_is_written_once() {
        let mut table = Table::new(Name::own("orders"));
        for number in 0..100 {
            let mut column = Column::new(format!("c{number}"), Type::Native("character varying(320)".to_owned()));
            column.default = Some(Default::Literal("unknown".to_owned()));
            table.columns.push(column);
        }
        table.columns.push(Column::new("last", Type::Neutral(Neutral::Decimal(Some((10, 2))))));
        let mut whole = Schema::default();
        whole.insert(table);
        let sealed = schema(&whole);
        assert!(sealed.len() < 100 * 20, "{}", sealed.len());
        assert_eq!(decode_schema(&sealed), Some(whole));
    }
}
