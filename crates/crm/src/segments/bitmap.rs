//! 4,096 people a row: the members of a segment as bits.

use std::collections::BTreeMap;

/// People in one chunk; 512 bytes, so that a row with its keys stays well inside a database page.
pub const CHUNK: i64 = 4096;

/// The chunk and the bit of a person.
pub fn place(number: i64) -> (i64, usize) {
    (number.div_euclid(CHUNK), number.rem_euclid(CHUNK) as usize)
}

/// A chunk in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    pub fn empty() -> Self {
        Self(vec![0; (CHUNK / 8) as usize])
    }

    /// Takes stored bytes; a shorter row is padded with nobody.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        bytes.resize((CHUNK / 8) as usize, 0);
        Self(bytes)
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn has(&self, bit: usize) -> bool {
        self.0[bit / 8] & (1 << (bit % 8)) != 0
    }

    pub fn set(&mut self, bit: usize, is_in: bool) {
        let mask = 1 << (bit % 8);
        if is_in {
            self.0[bit / 8] |= mask;
        } else {
            self.0[bit / 8] &= !mask;
        }
    }

    pub fn count(&self) -> i64 {
        self.0.iter().map(|byte| i64::from(byte.count_ones())).sum()
    }

    /// The numbers of the members of chunk `chunk`, in order.
    pub fn numbers(&self, chunk: i64) -> impl Iterator<Item = i64> + '_ {
        (0..CHUNK as usize).filter(|bit| self.has(*bit)).map(move |bit| chunk * CHUNK + bit as i64)
    }
}

/// All members of a segment: a megabyte for eight million people.
pub struct Members(BTreeMap<i64, Bits>);

impl Members {
    pub fn new(chunks: BTreeMap<i64, Bits>) -> Self {
        Self(chunks)
    }

    pub fn has(&self, number: i64) -> bool {
        let (chunk, bit) = place(number);
        self.0.get(&chunk).is_some_and(|bits| bits.has(bit))
    }

    /// The members with smaller numbers, the greatest first.
    pub fn before(&self, number: i64) -> impl Iterator<Item = i64> + '_ {
        let chunks = self.0.range(..=place(number).0).rev();
        let numbers = chunks.flat_map(|(chunk, bits)| bits.numbers(*chunk).collect::<Vec<_>>().into_iter().rev());
        numbers.filter(move |member| *member < number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_set_is_read_back_and_counted_until_it_is_cleared() {
        let mut bits = Bits::empty();
        for number in [0, 1, 4095] {
            bits.set(place(number).1, true);
        }
        assert_eq!(bits.numbers(0).collect::<Vec<_>>(), [0, 1, 4095]);
        bits.set(1, false);
        assert_eq!((bits.count(), bits.has(1)), (2, false));
        assert_eq!(place(4096), (1, 0));
        assert_eq!(Bits::from_bytes(bits.clone().into_bytes()), bits);
    }

    #[test]
    fn members_are_told_downwards_over_the_chunks() {
        let chunks = [3, 4095, 4096, 9000].into_iter().fold(BTreeMap::new(), |mut chunks, number| {
            let (chunk, bit) = place(number);
            chunks.entry(chunk).or_insert_with(Bits::empty).set(bit, true);
            chunks
        });
        let members = Members::new(chunks);
        assert_eq!(members.before(i64::MAX).collect::<Vec<_>>(), [9000, 4096, 4095, 3]);
        assert_eq!(members.before(4096).collect::<Vec<_>>(), [4095, 3]);
        assert!(members.has(4096) && !members.has(4097) && !members.has(90_000));
    }
}
