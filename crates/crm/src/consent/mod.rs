//! What people allow: purposes on channels, each choice an event.
//!
//! A choice reaches the log as the event `Consent Updated`, either for one channel and purpose
//! (`{"channel": "email", "purpose": "marketing", "state": "granted"}`) or, from the browser SDK, for all purposes of
//! the site at once (`{"purposes": {"analytics": true, "marketing": false}}`). This slice reads the event; the stream
//! puts the choices into the person's facts, where segments see them.

mod choice;

pub use choice::{CONSENT_UPDATED, Choice, choices, is_of_visit};
