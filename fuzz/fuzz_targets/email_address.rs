//! Addresses: what is taken has one form, and reading it again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use words::EmailAddress;

fuzz_target!(|text: &str| {
    let Ok(address) = EmailAddress::parse(text) else { return };
    let written = address.to_string();
    assert!(!written.contains(['\r', '\n', '\0']), "{written:?}");
    assert_eq!(EmailAddress::parse(&written).expect("its own form is read").to_string(), written);
});
