//! Numbers, texts and containers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Decode, Encode, Reader, Writer};
use crate::schema::{Ident, Name, SortedMap, SortedSet, Table, Tables};

/// Room that is made before the first item is there: a count is only believed item by item.
const FIRST_ROOM: usize = 64;

impl Encode for bool {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.byte(u8::from(*self));
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader<'_>) -> Self {
        let byte = reader.byte();
        if byte > 1 {
            reader.fail();
        }
        byte == 1
    }
}

impl Encode for u32 {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.number(u64::from(*self));
    }
}

impl Decode for u32 {
    fn decode(reader: &mut Reader<'_>) -> Self {
        reader.small()
    }
}

impl Encode for usize {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.number(*self as u64);
    }
}

impl Decode for usize {
    fn decode(reader: &mut Reader<'_>) -> Self {
        reader.small()
    }
}

impl Encode for String {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.text(self);
    }
}

impl Decode for String {
    fn decode(reader: &mut Reader<'_>) -> Self {
        reader.text().to_owned()
    }
}

impl Encode for Ident {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.text(self.as_str());
    }
}

impl Decode for Ident {
    fn decode(reader: &mut Reader<'_>) -> Self {
        Self::from(reader.text())
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.byte(u8::from(self.is_some()));
        self.iter().for_each(|value| value.encode(writer));
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader<'_>) -> Self {
        bool::decode(reader).then(|| T::decode(reader))
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        (**self).encode(writer);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(reader: &mut Reader<'_>) -> Self {
        Self::new(T::decode(reader))
    }
}

impl<T: Encode, U: Encode> Encode for (T, U) {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        self.0.encode(writer);
        self.1.encode(writer);
    }
}

impl<T: Decode, U: Decode> Decode for (T, U) {
    fn decode(reader: &mut Reader<'_>) -> Self {
        (T::decode(reader), U::decode(reader))
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.number(self.len() as u64);
        self.iter().for_each(|item| item.encode(writer));
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(reader: &mut Reader<'_>) -> Self {
        let count = reader.count();
        let mut items = Self::with_capacity(count.min(FIRST_ROOM));
        while items.len() < count && !reader.is_wrong() {
            items.push(T::decode(reader));
        }
        items.shrink_to_fit();
        items
    }
}

impl Encode for Tables {
    fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
        writer.number(self.len() as u64);
        for (name, table) in self {
            name.encode(writer);
            table.encode(writer);
        }
    }
}

impl Decode for Tables {
    fn decode(reader: &mut Reader<'_>) -> Self {
        let mut tables = Self::default();
        for _ in 0..reader.count() {
            if tables.insert(Name::decode(reader), Table::decode(reader)).is_some() {
                reader.fail();
            }
        }
        tables
    }
}

/// Both sorted maps: the size, then each key with its value; a key that comes twice is wrong.
macro_rules! encode_map {
    ($map:ident) => {
        impl<K: Encode, V: Encode> Encode for $map<K, V> {
            fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
                writer.number(self.len() as u64);
                for (key, value) in self {
                    key.encode(writer);
                    value.encode(writer);
                }
            }
        }

        impl<K: Decode + Ord, V: Decode> Decode for $map<K, V> {
            fn decode(reader: &mut Reader<'_>) -> Self {
                let mut entries = Self::new();
                for _ in 0..reader.count() {
                    if entries.insert(K::decode(reader), V::decode(reader)).is_some() {
                        reader.fail();
                    }
                }
                entries
            }
        }
    };
}

encode_map!(BTreeMap);
encode_map!(SortedMap);

/// Both sorted sets: the size, then each item; an item that comes twice is wrong.
macro_rules! encode_set {
    ($set:ident) => {
        impl<T: Encode> Encode for $set<T> {
            fn encode<'a>(&'a self, writer: &mut Writer<'a>) {
                writer.number(self.len() as u64);
                self.iter().for_each(|item| item.encode(writer));
            }
        }

        impl<T: Decode + Ord> Decode for $set<T> {
            fn decode(reader: &mut Reader<'_>) -> Self {
                let mut items = Self::new();
                for _ in 0..reader.count() {
                    if !items.insert(T::decode(reader)) {
                        reader.fail();
                    }
                }
                items
            }
        }
    };
}

encode_set!(BTreeSet);
encode_set!(SortedSet);
