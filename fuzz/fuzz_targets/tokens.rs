//! What lists and links hand out and take back: cursors and ids.
#![no_main]

use crm::kernel::{decode_cursor, encode_cursor};
use libfuzzer_sys::fuzz_target;
use words::{ConflictId, ProfileId, SegmentId, Timestamp};

fuzz_target!(|text: &str| {
    if let Ok(place) = decode_cursor::<(Timestamp, i64)>(text) {
        assert_eq!(decode_cursor::<(Timestamp, i64)>(&encode_cursor(&place)).expect("its own form is read"), place);
    }
    let _ = decode_cursor::<i64>(text);
    let _ = decode_cursor::<(String, i64)>(text);
    if let Ok(id) = text.parse::<ProfileId>() {
        assert_eq!(id.to_string().parse::<ProfileId>().expect("its own form is read"), id);
        assert!(text.parse::<SegmentId>().is_err() && text.parse::<ConflictId>().is_err());
    }
});
