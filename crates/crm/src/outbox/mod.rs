//! Mail on its way out.
//!
//! A *letter* is put into the outbox in the transaction of what it tells of: both are there afterwards, or neither. What it
//! says and to whom is sealed, since it may hold a link that lets somebody in, and is deleted as soon as its fate is
//! decided; that it went, and when, is kept for a month. One process at a time hands letters to the relay that the settings
//! name; what it does not know it says (*uncertain*). Without a relay nothing is put in here.

mod examine;
mod message;
mod model;
mod post;
mod seal_again;
mod send;
mod store;

pub use examine::{count_in_trouble, doubt_all, unsound_letters, waiting};
pub use message::Message;
pub use model::{Kind, LetterLine, State, Waiting};
pub use post::{Post, last_letters, letters, take_back, until_tried};
pub use seal_again::seal_again;
pub use send::{TOLD_FOR, run, send_due};
