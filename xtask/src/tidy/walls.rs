//! Who may know whom: the paths a file names, checked against the walls of its room and the order of the slices.

use super::source::{Named, Source, starts_with_path};
use super::{Finding, House};
use crate::rules::{ASSEMBLY, CONDUCTOR, ECRM_NOUNS, FURNITURE, GRANTS, INNER_ROOMS, KNOWN_TO_ALL, ORDER, Room, WALLS};

pub fn check(house: &House) -> Vec<Finding> {
    house.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings: Vec<Finding> = source.names().iter().filter_map(|named| check_path(source, named)).collect();
    findings.extend(unknown_slice(source));
    if source.room == Room::Db {
        findings.extend(nouns(source));
    }
    findings
}

fn check_path(source: &Source, named: &Named) -> Option<Finding> {
    let is_granted =
        |path: &str| GRANTS.iter().any(|grant| grant.file == source.path && starts_with_path(path, grant.path));
    if is_granted(&named.path) {
        return None;
    }
    let (what, remedy) = broken_wall(source.room, &named.path).or_else(|| broken_order(source, &named.path))?;
    Some(Finding::new(&source.path, named.line, what, remedy))
}

fn broken_wall(room: Room, path: &str) -> Option<(String, String)> {
    let wall = WALLS.iter().find(|wall| wall.room == room)?;
    let never = wall.never.iter().find(|never| starts_with_path(path, never))?;
    Some((format!("`{path}` stands behind a wall: {room:?} never knows `{never}`"), wall.instead.to_owned()))
}

fn broken_order(source: &Source, path: &str) -> Option<(String, String)> {
    let own = source.slice.as_deref()?;
    let mut parts = path.strip_prefix("crm::")?.split("::");
    let other = parts.next()?;
    if other == own || source.room == Room::Workshop {
        return None;
    }
    if ASSEMBLY.contains(&other) {
        let remedy = format!("`{other}` puts the slices together: it calls you, you do not call it");
        return Some((format!("`{own}` knows `{path}`"), remedy));
    }
    if !is_room_of_crm(other) {
        return None;
    }
    if let Some((_, known)) = FURNITURE.iter().find(|(name, _)| *name == own) {
        let remedy = format!("`{own}` stands below every slice: hand in what it needs");
        return (!known.contains(&other)).then(|| (format!("`{own}` knows `{path}`"), remedy));
    }
    if KNOWN_TO_ALL.contains(&other) {
        let is_store_drawing = source.room == Room::Store && other == "ui";
        let remedy = "a store is SQL and rows: move this to a page".to_owned();
        return is_store_drawing.then(|| (format!("a store knows `{path}`"), remedy));
    }
    if source.room == Room::Store {
        let remedy = "let a verb call the other slice's door and hand the result in".to_owned();
        return Some((format!("a store knows `{path}`: it knows db, the kernel and its own model only"), remedy));
    }
    if !is_before(other, own) {
        let remedy = format!("`{own}` calls slices to its left only: {}", ORDER.join(" → "));
        return Some((format!("`{own}` knows `{path}`, which is not to its left"), remedy));
    }
    let inner = parts.next().filter(|next| INNER_ROOMS.contains(next))?;
    if own == CONDUCTOR && inner == "store" {
        return None;
    }
    let remedy = format!("call a verb of the door `crm::{other}`");
    Some((format!("`{path}` walks past the door into `{inner}` of `{other}`"), remedy))
}

fn is_room_of_crm(name: &str) -> bool {
    ORDER.contains(&name) || FURNITURE.iter().any(|(furniture, _)| *furniture == name)
}

fn is_before(other: &str, own: &str) -> bool {
    let place = |name: &str| ORDER.iter().position(|slice| *slice == name);
    matches!((place(other), place(own)), (Some(left), Some(right)) if left < right)
}

fn unknown_slice(source: &Source) -> Option<Finding> {
    let slice = source.slice.as_deref()?;
    let is_door = source.path.ends_with(&format!("/{slice}/mod.rs"));
    if !is_door || is_room_of_crm(slice) {
        return None;
    }
    let remedy = "give it its place in ORDER of xtask/src/rules.rs and in ARCHITECTURE.md";
    Some(Finding::new(&source.path, 1, format!("the slice `{slice}` has no place in the order"), remedy))
}

fn nouns(source: &Source) -> Vec<Finding> {
    let words = source.tokens.iter().filter_map(|token| Some((token.word()?, token.line)));
    words
        .filter_map(|(word, line)| {
            let noun = parts_of(word).into_iter().find(|part| ECRM_NOUNS.contains(&part.as_str()))?;
            let remedy = "db knows rows and values; name it for what it is to a database, or move it to its slice";
            Some(Finding::new(&source.path, line, format!("`{word}` brings the eCRM noun `{noun}` into db"), remedy))
        })
        .collect()
}

/// `profileSegment`, `ProfileSegment` and `profile_segment` are `profile` and `segment`.
fn parts_of(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in word.chars() {
        if letter == '_' || letter.is_uppercase() {
            parts.push(String::new());
        }
        if letter != '_' {
            parts.last_mut().into_iter().for_each(|part| part.extend(letter.to_lowercase()));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        places(&check(&House::of(&[(path, text)])))
    }

    #[test]
    fn pure_rooms_know_no_machine_and_no_database() {
        for import in ["use tokio::task;", "use std::fs;", "use std::{fmt, env::var};", "fn f() { db::x::y() }"] {
            assert_eq!(found("crates/engine/src/window.rs", import), ["crates/engine/src/window.rs:1"], "{import}");
        }
        assert!(
            found("crates/engine/src/window.rs", "use std::fmt; use words::Timestamp; use serde::Serialize;")
                .is_empty()
        );
    }

    #[test]
    fn db_knows_no_noun_of_the_product() {
        assert_eq!(found("crates/db/src/lib.rs", "\nfn load_profiles() {}"), ["crates/db/src/lib.rs:2"]);
        assert_eq!(found("crates/db/src/lib.rs", "struct SegmentRow;"), ["crates/db/src/lib.rs:1"]);
        assert!(found("crates/db/src/lib.rs", "// a profile\nfn load_rows(workspace: WorkspaceId) {}").is_empty());
    }

    #[test]
    fn slices_call_doors_to_their_left_only() {
        let path = "crates/crm/src/segments/count.rs";
        assert!(
            found(path, "use crate::profiles::Person; use crate::kernel::Page; use super::model::Rule;").is_empty()
        );
        assert_eq!(found(path, "use crate::commerce::Order;"), ["crates/crm/src/segments/count.rs:1"]);
        assert_eq!(found(path, "use crate::profiles::store::people;"), ["crates/crm/src/segments/count.rs:1"]);
        assert_eq!(found(path, "use super::super::intake::Source;"), ["crates/crm/src/segments/count.rs:1"]);
    }

    #[test]
    fn the_conductor_alone_enters_stores_and_nothing_else() {
        let path = "crates/crm/src/stream/run.rs";
        assert!(found(path, "use crate::profiles; fn f() { profiles::store::put(tx) }").is_empty());
        assert_eq!(found(path, "use crate::profiles; fn f() { profiles::pages::row() }").len(), 1);
        assert_eq!(found("crates/crm/src/intake/run.rs", "use crate::profiles::store;").len(), 1);
    }

    #[test]
    fn a_store_knows_no_other_slice_and_no_http() {
        let path = "crates/crm/src/segments/store.rs";
        assert!(
            found(path, "use super::model::Rule; use crate::kernel::Page; use db::Tx; use words::SegmentId;")
                .is_empty()
        );
        assert_eq!(found(path, "use crate::profiles::Person;").len(), 1);
        assert_eq!(found(path, "use axum::Json;").len(), 1);
    }

    #[test]
    fn verbs_know_no_http_but_screens_do() {
        assert_eq!(found("crates/crm/src/profiles/merge.rs", "use axum::Json;").len(), 1);
        assert!(found("crates/crm/src/profiles/api.rs", "use axum::Json;").is_empty());
    }

    #[test]
    fn a_screen_opens_no_other_screens() {
        assert_eq!(found("crates/crm/src/segments/pages.rs", "use crate::profiles::pages::row;").len(), 1);
        assert!(found("crates/crm/src/segments/pages.rs", "use crate::ui::table;").is_empty());
    }

    #[test]
    fn furniture_knows_no_slice_and_the_assembly_knows_all() {
        assert_eq!(found("crates/crm/src/kernel/actor.rs", "use crate::profiles::Person;").len(), 1);
        assert_eq!(found("crates/crm/src/ui/table.rs", "use crate::segments::Rule;").len(), 1);
        assert_eq!(found("crates/crm/src/demo/people.rs", "use crate::kernel::Language;").len(), 1);
        assert!(found("crates/crm/src/ui/table.rs", "use crate::kernel::Language;").is_empty());
        for path in ["crates/crm/src/web.rs", "crates/crm/src/web/guard.rs", "crates/crm/src/desk/home.rs"] {
            assert!(found(path, "use crate::{profiles::pages, reports::api}; use axum::Json;").is_empty(), "{path}");
        }
        assert_eq!(found("crates/crm/src/profiles/pages.rs", "use crate::web::frame;").len(), 1);
    }

    #[test]
    fn a_new_slice_asks_for_its_place_in_the_order() {
        assert_eq!(found("crates/crm/src/weather/mod.rs", ""), ["crates/crm/src/weather/mod.rs:1"]);
    }

    #[test]
    fn tests_may_know_everything() {
        let text = "#[cfg(test)] mod tests { use crate::reports::api; use axum::Json; }";
        assert!(found("crates/crm/src/profiles/merge.rs", text).is_empty());
    }
}
