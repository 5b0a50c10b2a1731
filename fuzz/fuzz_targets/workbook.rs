//! Workbooks of Excel: any bytes, and well-packed archives around any sheet.
#![no_main]

mod rows;

use crm::intake::import::{Format, ImportKind};
use flate2::Crc;
use libfuzzer_sys::fuzz_target;

// The library panics on some damaged workbooks, in a thread of its own: the product tells that the sheet is damaged. The
// fuzzer's own hook would end the run there; a panic outside of that thread still does.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let file = if first % 2 == 0 { rest.to_vec() } else { packed(rest) };
    rows::read(file, ImportKind::Orders, Format::Xlsx);
});

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// An archive without compression (APPNOTE 4.3) whose sheet is these bytes.
fn packed(sheet: &[u8]) -> Vec<u8> {
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let (mut file, mut list) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let offset = u32::try_from(file.len()).unwrap_or(u32::MAX);
        let common = common(name, content);
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(&common);
        file.extend_from_slice(name.as_bytes());
        file.extend_from_slice(content);
        list.extend_from_slice(b"PK\x01\x02\x14\x00");
        list.extend_from_slice(&common);
        list.extend_from_slice(&[0; 10]);
        list.extend_from_slice(&offset.to_le_bytes());
        list.extend_from_slice(name.as_bytes());
    }
    let (size, offset) = (list.len() as u32, file.len() as u32);
    file.extend_from_slice(&list);
    file.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00\x05\x00\x05\x00");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(&offset.to_le_bytes());
    file.extend_from_slice(&[0, 0]);
    file
}

/// What the head of a part and its line in the list share.
fn common(name: &str, content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let mut bytes = vec![0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(&crc.sum().to_le_bytes());
    bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(content.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}
