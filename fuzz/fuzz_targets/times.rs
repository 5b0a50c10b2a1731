//! Instants, spans and amounts as people and programs write them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use words::{Currency, Money, Span, Timestamp};

fuzz_target!(|text: &str| {
    if let Ok(at) = Timestamp::parse_rfc3339(text) {
        assert_eq!(Timestamp::parse_rfc3339(&at.to_string()).expect("its own form is read"), at);
    }
    if let Ok(span) = text.parse::<Span>() {
        assert_eq!(span.to_string().parse::<Span>().expect("its own form is read"), span);
    }
    for currency in ["EUR", "JPY", "BHD"] {
        let currency: Currency = currency.parse().expect("a currency");
        if let Ok(money) = Money::from_decimal_text(text, currency) {
            let again = Money::from_decimal_text(&money.decimal_text(), currency).expect("its own form is read");
            assert_eq!(again.minor, money.minor);
        }
    }
});
