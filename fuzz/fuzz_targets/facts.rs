//! The stored facts of a person: damaged bytes are refused, and read facts are written so that they are read the same.
#![no_main]

use engine::facts::Facts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(facts) = Facts::decode(bytes) else { return };
    let written = facts.encode();
    let again = Facts::decode(&written).expect("what is written can be read");
    assert_eq!(again.encode(), written);
    let _ = Facts::merged([&facts, &again]);
});
