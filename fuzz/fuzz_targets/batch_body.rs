//! The body of a request: plain or compressed, one call or many.
#![no_main]

use crm::intake::{body_text, read_calls};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = body_text(bytes) else { return };
    assert!(text.len() <= 500 * 1024);
    for is_batch in [true, false] {
        let Ok(calls) = read_calls(&text, is_batch) else { continue };
        assert!(calls.items.len() <= 500);
        assert!(is_batch || calls.items.len() == 1);
        for call in calls.items {
            let _ = crm::kernel::parse_strict(call.get());
        }
    }
});
