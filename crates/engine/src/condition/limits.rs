//! How large a condition may be.

use words::Span;

/// Nodes from the root to the deepest leaf, both counted (contract).
pub const MAX_DEPTH: usize = 8;
/// Leaves of one condition (contract).
pub const MAX_LEAVES: usize = 100;
/// Property tests of one event leaf: a person writes two or three.
pub const MAX_FILTERS: usize = 20;
/// Values of one `in`: a list of articles or postcodes, not a table.
pub const MAX_LIST: usize = 1_000;
/// Bytes of one name or text operand; longer ones are not typed by people.
pub const MAX_TEXT_BYTES: usize = 1_024;
/// The largest count inside a window: a person's facts keep one instant for each.
pub const MAX_WINDOWED_COUNT: u64 = 1_000;
/// The longest window: beyond it a condition means "ever", which is said by leaving `within` out.
pub const MAX_WINDOW: Span = Span::from_days(36_500);
/// The largest count without a window: the integers that every JSON reader keeps exact.
pub const MAX_COUNT: u64 = (1 << 53) - 1;
