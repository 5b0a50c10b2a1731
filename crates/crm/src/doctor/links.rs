//! Links and their ends: identifiers, merges, states.

use std::collections::HashMap;
use std::ops::Range;

use db::{DbError, Tx};
use words::WorkspaceId;

use super::Report;
use crate::profiles::store;

/// The links of the profiles of these numbers.
pub(super) fn check(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: Range<i64>,
    report: &mut Report,
) -> Result<(), DbError> {
    let (from, until) = (numbers.start, numbers.end);
    for (kind, number) in store::orphaned_identifiers(tx, workspace, from, until)? {
        report.find(
            "identifiers",
            format!("an identifier of type {kind} points to profile {number}, which is not there"),
        );
    }
    for number in store::roots_without_state(tx, workspace, from, until)? {
        report.find("states", format!("person {number} has no state"));
    }
    for number in store::states_without_root(tx, workspace, from, until)? {
        report.find("states", format!("profile {number} has a state and is no person of its own"));
    }
    Ok(())
}

pub(super) fn check_merges(tx: &mut Tx<'_>, workspace: WorkspaceId, report: &mut Report) -> Result<(), DbError> {
    let merged: HashMap<i64, i64> = store::merged_profiles(tx, workspace)?.into_iter().collect();
    let mut numbers: Vec<i64> = merged.values().copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let found = store::profiles_by_number(tx, workspace, &numbers)?;
    for missing in numbers.iter().filter(|number| !found.iter().any(|profile| profile.number == **number)) {
        report.find("merges", format!("profiles are merged into profile {missing}, which is not there"));
    }
    for start in merged.keys() {
        let mut current = *start;
        // A chain longer than there are merges goes round in a circle.
        let ends = (0..=merged.len()).any(|_| match merged.get(&current) {
            Some(into) => {
                current = *into;
                false
            }
            None => true,
        });
        if !ends {
            report.find("merges", format!("profile {start} is merged into itself through others"));
        }
    }
    Ok(())
}
