//! The language of segments: what is taken is printed so that it is read the same.
#![no_main]

use engine::condition::Condition;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(value) = crm::kernel::parse_strict(text) else { return };
    let Ok(condition) = Condition::parse(&value) else { return };
    let printed = condition.print();
    let again = Condition::parse(&printed).expect("what is printed can be read");
    assert_eq!(again.print(), printed);
});
