//! The vocabulary that every other crate shares: ids, instants, spans, money, addresses, and the one way to compare text.
//!
//! Nothing here reads a clock, a random source, a file or the network. A value of one of these types is valid by
//! construction: text is parsed at the border and never checked again inside.

mod country;
mod email_address;
mod id;
mod money;
mod phone;
mod serde_text;
mod span;
mod text;
mod timestamp;

pub use country::{Country, CountryError};
pub use email_address::{EmailAddress, EmailAddressError};
pub use id::{
    ApiKeyId, ConflictId, ErasureId, Id, IdError, MergeId, ProfileId, SegmentId, SourceId, UserId, WorkspaceId,
};
pub use money::{Currency, CurrencyError, Money, MoneyError};
pub use phone::{Phone, PhoneError};
pub use span::{Span, SpanError};
pub use text::{clean_text, fold, search_key};
pub use timestamp::{Timestamp, TimestampError};
