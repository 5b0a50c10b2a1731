//! Phone numbers: what is taken is E.164 and stays what it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use words::{Country, Phone};

fuzz_target!(|text: &str| {
    for country in [Country::FR, "US".parse().expect("a country")] {
        let _ = Phone::prefix(text, country);
        let Ok(phone) = Phone::parse(text, country) else { continue };
        let written = phone.to_string();
        assert!(written.starts_with('+') && written[1..].bytes().all(|byte| byte.is_ascii_digit()), "{written}");
        assert_eq!(Phone::parse(&written, country).expect("its own form is read").to_string(), written);
    }
});
