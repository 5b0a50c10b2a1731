//! Which segments may have another answer.

/// A set of segment numbers, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched(Vec<u32>);

impl Touched {
    /// Adds a segment.
    pub fn add(&mut self, no: u32) {
        if let Err(place) = self.0.binary_search(&no) {
            self.0.insert(place, no);
        }
    }

    /// Adds all segments of another set.
    pub fn extend(&mut self, other: &Self) {
        for no in &other.0 {
            self.add(*no);
        }
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// Whether the segment is among them.
    pub fn contains(&self, no: u32) -> bool {
        self.0.binary_search(&no).is_ok()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
