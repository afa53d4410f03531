//! Values for tests: the same number gives the same value. Every field that is encoded is varied, for the same lists make
//! both.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Ident, Name, SortedMap, SortedSet, Table, Tables};

/// A value that tests can make up.
pub(crate) trait Sample: Sized {
    fn sample(random: &mut Random) -> Self;
}

/// Numbers that look random and never change (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Less than `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    /// One of some makers, called.
    pub(crate) fn one_of<T>(&mut self, makers: &[fn(&mut Self) -> T]) -> T {
        makers[self.below(makers.len())](self)
    }
}

impl Sample for bool {
    fn sample(random: &mut Random) -> Self {
        random.below(2) == 1
    }
}

impl Sample for u32 {
    fn sample(random: &mut Random) -> Self {
        [0, 1, 127, 128, 300, Self::MAX][random.below(6)]
    }
}

impl Sample for usize {
    fn sample(random: &mut Random) -> Self {
        [0, 1, 127, 128, 300, Self::MAX][random.below(6)]
    }
}

impl Sample for String {
    fn sample(random: &mut Random) -> Self {
        let known = ["", "id", "Größe", "a b", "it's \"x\"", "line\nline", "名前", "x > 0", "\u{0}"];
        match random.below(12) {
            0 => "long ".repeat(random.below(40)),
            1 => format!("n{}", random.below(1000)),
            _ => known[random.below(known.len())].to_owned(),
        }
    }
}

impl Sample for Ident {
    fn sample(random: &mut Random) -> Self {
        Self::from(String::sample(random))
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(random: &mut Random) -> Self {
        bool::sample(random).then(|| T::sample(random))
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(random: &mut Random) -> Self {
        Self::new(T::sample(random))
    }
}

impl<T: Sample, U: Sample> Sample for (T, U) {
    fn sample(random: &mut Random) -> Self {
        (T::sample(random), U::sample(random))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(4)).map(|_| T::sample(random)).collect()
    }
}

impl<K: Sample + Ord, V: Sample> Sample for BTreeMap<K, V> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(3)).map(|_| <(K, V)>::sample(random)).collect()
    }
}

impl<K: Sample + Ord, V: Sample> Sample for SortedMap<K, V> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(3)).map(|_| <(K, V)>::sample(random)).collect()
    }
}

impl Sample for Tables {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(3)).map(|_| <(Name, Table)>::sample(random)).collect()
    }
}

impl<T: Sample + Ord> Sample for BTreeSet<T> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(3)).map(|_| T::sample(random)).collect()
    }
}

impl<T: Sample + Ord> Sample for SortedSet<T> {
    fn sample(random: &mut Random) -> Self {
        (0..random.below(3)).map(|_| T::sample(random)).collect()
    }
}
