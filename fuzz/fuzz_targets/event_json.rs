//! One call of the tracking API: read strictly, checked field by field.
#![no_main]

use crm::intake::{Surroundings, parse_call};
use crm::kernel::parse_strict;
use crm::workspaces::ClientAddress;
use libfuzzer_sys::fuzz_target;
use words::{Country, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_763_817_600_000);

fuzz_target!(|text: &str| {
    let Ok(value) = parse_strict(text) else { return };
    let kinds = ["user_id", "email", "phone", "loyalty_card", "anonymous_id"].map(str::to_owned);
    let around = Surroundings {
        received_at: NOW,
        sent_at: None,
        country: Country::FR,
        kinds: &kinds,
        peer: ClientAddress(None),
        has_browser: true,
        fresh_id: &|| "fresh".to_owned(),
    };
    let Ok(incoming) = parse_call(value, None, &around) else { return };
    assert!(!incoming.message_id.is_empty() && !incoming.message_id.contains('\0'));
    assert!(incoming.at.as_millis() <= NOW.as_millis() + 300_000, "not further ahead than a clock may be wrong");
    assert!(!incoming.claims.is_empty() || !incoming.blocked.is_empty());
    assert!(!incoming.properties.to_string().contains('\0'));
});
