//! Which segments may have another answer.

/// A set of segment numbers, in order. As many as one event usually touches are kept without allocating.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    few: [u32; FEW],
    length: usize,
    /// All of them, once they are more than a few.
    many: Vec<u32>,
}

/// Events are read by a handful of segments.
const FEW: usize = 10;

impl Touched {
    /// Adds a segment.
    pub fn add(&mut self, no: u32) {
        let Err(place) = self.numbers().binary_search(&no) else {
            return;
        };
        if self.many.is_empty() && self.length < FEW {
            self.few.copy_within(place..self.length, place + 1);
            self.few[place] = no;
            self.length += 1;
            return;
        }
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.few);
        }
        self.many.insert(place, no);
    }

    fn numbers(&self) -> &[u32] {
        if self.many.is_empty() { &self.few[..self.length] } else { &self.many }
    }

    /// Adds all segments of another set.
    pub fn extend(&mut self, other: &Self) {
        for no in other.iter() {
            self.add(no);
        }
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.numbers().iter().copied()
    }

    /// Whether the segment is among them.
    pub fn contains(&self, no: u32) -> bool {
        self.numbers().binary_search(&no).is_ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers().is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.numbers().len()
    }
}

impl PartialEq for Touched {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }
}

impl Eq for Touched {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_in_order(numbers in prop::collection::vec(0_u32..30, 0..40)) {
            let mut touched = Touched::default();
            let mut set = BTreeSet::new();
            for no in numbers {
                touched.add(no);
                set.insert(no);
                prop_assert!(touched.iter().eq(set.iter().copied()));
                prop_assert!(touched.contains(no) && !touched.contains(no + 100));
            }
            prop_assert_eq!((touched.len(), touched.is_empty()), (set.len(), set.is_empty()));
        }
    }
}
