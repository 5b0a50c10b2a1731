//! Rows of a file of JSON Lines.
#![no_main]

mod rows;

use crm::intake::import::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = rows::kind_of(bytes) else { return };
    rows::read(bytes.to_vec(), kind, Format::Jsonl);
});
