use serde_json::{Value, json};
use testkit::crm::{commerce, profiles, stream::log, workspaces};
use words::Timestamp;

use crate::running::{Data, repository, shared};

fn import(data: &Data, kind: &str, file: &std::path::Path, map: &str) -> Value {
    let map = repository().join(map).display().to_string();
    let file = file.display().to_string();
    serde_json::from_str(&data.run_well(&["import", kind, &file, "--map", &map, "--json"])).unwrap()
}

fn summary(read: u64, accepted: u64, repeated: u64, rejected: u64) -> Value {
    json!({ "read": read, "accepted": accepted, "repeated": repeated, "rejected": rejected })
}

/// How many people the first shop knows.
fn people(data: &Data) -> i64 {
    let db = data.open();
    let people: Result<i64, db::DbError> = db.read_blocking(|tx| {
        let shop = workspaces::the_first(tx)?.unwrap().id;
        profiles::store::count_people(tx, shop)
    });
    db.close_blocking();
    people.unwrap()
}

/// A copy beside which the reject file may be written.
fn copy_of(data: &Data, file: &std::path::Path, lines: usize) -> std::path::PathBuf {
    let text = std::fs::read_to_string(file).unwrap();
    let cut: Vec<&str> = text.lines().take(lines).collect();
    let copy = data.folder().join(file.file_name().unwrap());
    std::fs::write(&copy, cut.join("\n")).unwrap();
    copy
}

#[test]
fn the_cdnow_purchases_come_out_to_the_cent_and_a_repeat_changes_nothing() {
    let Some(file) = shared("cdnow/CDNOW_master.txt") else { return };
    let data = Data::sqlite();
    data.set_up();
    let file = copy_of(&data, &file, usize::MAX);
    let map = "examples/cdnow/cdnow.toml";
    assert_eq!(import(&data, "orders", &file, map), summary(69_659, 69_659, 0, 0));
    assert_eq!(import(&data, "orders", &file, map), summary(69_659, 0, 69_659, 0));
    let db = data.open();
    let checked: Result<(), db::DbError> = db.read_blocking(|tx| {
        let shop = workspaces::the_first(tx)?.unwrap().id;
        assert_eq!(profiles::store::count_people(tx, shop)?, 23_570);
        let totals = commerce::store::totals(tx, shop, "USD", Timestamp::MIN, Timestamp::MAX)?;
        assert_eq!(totals, (69_659, 250_031_563));
        let placed = commerce::store::placed_between(tx, shop, Timestamp::MIN, Timestamp::MAX)?;
        assert_eq!(placed.iter().filter(|order| order.net_minor == 0).count(), 80);
        let mut by_person = std::collections::BTreeMap::<i64, u32>::new();
        placed.iter().for_each(|order| *by_person.entry(order.number).or_default() += 1);
        assert_eq!(by_person.values().filter(|orders| **orders >= 2).count(), 11_662);
        assert_eq!(by_person.values().max(), Some(&217));
        assert_eq!(placed.first().unwrap().ordered_at.to_string(), "1997-01-01T00:00:00.000Z");
        Ok(())
    });
    checked.unwrap();
    db.close_blocking();
    data.run_well(&["doctor", "--sample", "200"]);
}

#[test]
fn the_clicks_come_out_event_by_event_on_both_databases() {
    let Some(file) = shared("clickstream/ecom.csv") else { return };
    for data in Data::on_both() {
        data.set_up();
        let file = copy_of(&data, &file, usize::MAX);
        let map = "examples/clickstream/clickstream.toml";
        assert_eq!(import(&data, "events", &file, map), summary(31_106, 31_106, 0, 0));
        let db = data.open();
        let checked: Result<(), db::DbError> = db.read_blocking(|tx| {
            let shop = workspaces::the_first(tx)?.unwrap().id;
            assert_eq!(profiles::store::count_people(tx, shop)?, 600);
            let expected = [
                ("product_view", 6_851),
                ("catalog", 6_521),
                ("search", 4_011),
                ("add_to_cart", 1_346),
                ("cart", 1_204),
                ("purchase", 470),
            ];
            for (name, count) in expected {
                assert_eq!(log::count_named(tx, shop, name, Timestamp::MIN, Timestamp::MAX)?, count, "{name}");
            }
            Ok(())
        });
        checked.unwrap();
        db.close_blocking();
    }
}

#[test]
fn a_cut_of_the_purchases_is_the_same_on_postgres() {
    let Some(file) = shared("cdnow/CDNOW_master.txt") else { return };
    let mut totals = Vec::new();
    for data in Data::on_both() {
        data.set_up();
        let file = copy_of(&data, &file, 3_001);
        assert_eq!(import(&data, "orders", &file, "examples/cdnow/cdnow.toml"), summary(3_000, 3_000, 0, 0));
        let db = data.open();
        let read: Result<(i64, (i64, i64)), db::DbError> = db.read_blocking(|tx| {
            let shop = workspaces::the_first(tx)?.unwrap().id;
            let orders = commerce::store::totals(tx, shop, "USD", Timestamp::MIN, Timestamp::MAX)?;
            Ok((profiles::store::count_people(tx, shop)?, orders))
        });
        totals.push(read.unwrap());
        db.close_blocking();
    }
    assert!(totals.iter().all(|one| one == &totals[0]), "{totals:?}");
}

#[test]
fn bad_rows_are_refused_by_line_and_reason_and_good_ones_applied_once() {
    let data = Data::sqlite();
    data.set_up();
    let file = data.folder().join("people.csv");
    let rows = "email;prenom;age\nana@example.com;Ana;41\nnobody;Luc\n;Zoé;3\nluc@example.com;\"L;uc\";7\n";
    std::fs::write(&file, rows).unwrap();
    let path = file.display().to_string();
    let told = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    let dry = data.run_well(&["import", "contacts", &path, "--dry-run", "--json"]);
    assert_eq!(told(dry), summary(4, 2, 0, 2));
    assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(4, 2, 0, 2));
    assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(4, 0, 2, 2));
    let rejects = std::fs::read_to_string(data.folder().join("people.csv.rejected.csv")).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert_eq!(lines[1], "3,\"the row has 2 cells where the header has 3\",\"nobody,Luc\"");
    assert!(lines[2].starts_with("4,\"a call needs userId"), "{}", lines[2]);
}

#[test]
fn of_ten_thousand_rows_the_good_ones_are_applied_once_and_each_bad_one_is_listed_with_its_reason() {
    for data in Data::on_both() {
        data.set_up();
        let file = data.folder().join("people.csv");
        let row = |number: usize| match number % 40 {
            0 => format!("\n,Ana {number},12"),
            20 => format!("\nana{number}@example.com,Ana {number},12,and more"),
            _ => format!("\nana{number}@example.com,Ana {number},12"),
        };
        let rows: String = (0..10_000).map(row).collect();
        std::fs::write(&file, format!("email,name,points{rows}")).unwrap();
        let path = file.display().to_string();
        let told = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
        assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(10_000, 9_500, 0, 500));
        assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(10_000, 0, 9_500, 500));
        let rejects = std::fs::read_to_string(data.folder().join("people.csv.rejected.csv")).unwrap();
        let lines: Vec<&str> = rejects.lines().skip(1).collect();
        assert_eq!(lines.len(), 500);
        for (place, line) in lines.into_iter().enumerate() {
            let reason =
                if place % 2 == 0 { "\"a call needs userId" } else { "\"the row has 4 cells where the header has 3\"" };
            // The header is line 1.
            assert!(line.starts_with(&format!("{},{reason}", place * 20 + 2)), "{line}");
        }
        assert_eq!(people(&data), 9_500);
    }
}

#[test]
fn one_person_in_other_letters_and_another_form_of_his_number_is_one_profile() {
    for data in Data::on_both() {
        data.set_up();
        let file = data.folder().join("people.csv");
        let rows =
            "email;phone\nAna@Example.com;06 12 34 56 78\n ana@example.COM ;\n;+33 6 12 34 56 78\n;0033612345678\n";
        std::fs::write(&file, rows).unwrap();
        let told = data.run_well(&["import", "contacts", &file.display().to_string(), "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), summary(4, 4, 0, 0));
        assert_eq!(people(&data), 1);
    }
}

#[test]
fn a_file_of_calls_needs_no_mapping() {
    let data = Data::sqlite();
    data.set_up();
    let file = data.folder().join("calls.jsonl");
    let calls = "{\"userId\":\"u\",\"event\":\"View\",\"timestamp\":\"2024-01-02T03:04:05Z\"}\n\
                 {\"type\":\"identify\",\"userId\":\"u\",\"traits\":{\"email\":\"a@example.com\"}}\n{\"userId\":\"u\"}\n";
    std::fs::write(&file, calls).unwrap();
    let told = data.run_well(&["import", "events", &file.display().to_string(), "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), summary(3, 2, 0, 1));
}

#[test]
fn a_workbook_of_excel_is_imported_on_both_databases_with_its_bad_rows_told() {
    for data in Data::on_both() {
        data.set_up();
        let file = data.folder().join("people.xlsx");
        let mut book = rust_xlsxwriter::Workbook::new();
        let look = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
        let sheet = book.add_worksheet();
        sheet.write_row(0, 0, ["Courriel", "Prénom", "points", "né le"]).unwrap();
        sheet.write_row(1, 0, ["zoe@example.com", "Zoé"]).unwrap();
        sheet.write_number(1, 2, 12.5).unwrap();
        let born = rust_xlsxwriter::ExcelDateTime::from_ymd(1975, 10, 4).unwrap();
        sheet.write_datetime_with_format(1, 3, &born, &look).unwrap();
        sheet.write_row(2, 0, ["", "Luc"]).unwrap();
        sheet.write_row(4, 0, ["ana@example.com", "Ana"]).unwrap();
        book.save(&file).unwrap();
        let path = file.display().to_string();
        let told = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
        assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(3, 2, 0, 1));
        assert_eq!(told(data.run_well(&["import", "contacts", &path, "--json"])), summary(3, 0, 2, 1));
        let rejects = std::fs::read_to_string(data.folder().join("people.xlsx.rejected.csv")).unwrap();
        assert!(rejects.lines().nth(1).unwrap().starts_with("3,\"a call needs userId"), "{rejects}");
        let db = data.open();
        let traits: Result<Vec<Option<Value>>, db::DbError> = db.read_blocking(|tx| {
            let shop = workspaces::the_first(tx)?.unwrap().id;
            let owned = profiles::store::owners_of(tx, shop, "email", &["zoe@example.com".to_owned()])?;
            let state = profiles::store::states_of(tx, shop, &[owned[0].1])?.remove(0);
            Ok(["Prénom", "points", "né le"].map(|name| state.facts.trait_value(name)).to_vec())
        });
        assert_eq!(traits.unwrap(), [Some(json!("Zoé")), Some(json!(12.5)), Some(json!("1975-10-04"))]);
        db.close_blocking();
        let old = data.folder().join("people.xls").display().to_string();
        let refused = data.run(&["import", "contacts", &old]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("of workbooks only .xlsx is read"));
    }
}
