//! Rows of a text file of columns, whatever its delimiter.
#![no_main]

mod rows;

use crm::intake::import::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = rows::kind_of(bytes) else { return };
    for format in [Format::Csv, Format::Whitespace] {
        rows::read(bytes.to_vec(), kind, format);
    }
});
