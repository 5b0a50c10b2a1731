//! Orders against the calls of the log, folded anew; their lines, and the sums that are kept of them.

use std::collections::{BTreeMap, BTreeSet};

use db::{DbError, Tx};
use engine::orders::OrderHistory;
use words::{Currency, Timestamp};

use super::counters::compare;
use super::{Doctor, Place, Report};
use crate::commerce::store;
use crate::stream;

/// Orders of so many people are more than anybody has.
const MAX_ORDERS: usize = 1_000_000;
/// Orders of one reading of the walk through all of them.
const ORDERS_A_STEP: usize = 2_000;
/// Kept sums of one reading.
const SUMS_A_STEP: usize = 1_000;

/// The orders of these profiles; calls of other people may have spoken of them too.
pub(super) fn check(tx: &mut Tx<'_>, place: Place<'_>, numbers: &[i64], report: &mut Report) -> Result<(), DbError> {
    let orders = store::orders_of(tx, place.workspace, numbers, MAX_ORDERS)?;
    report.orders += orders.len() as u64;
    let order_ids: Vec<String> = orders.iter().map(|order| order.order_id.clone()).collect();
    let mut speakers: Vec<(String, i64)> = orders.into_iter().map(|order| (order.order_id, order.number)).collect();
    speakers.extend(store::speakers_of(tx, place.workspace, &order_ids)?);
    let calls_by_order = stream::calls_of(tx, place.workspace, speakers, Timestamp::MAX)?;
    let order_ids: Vec<&str> = calls_by_order.keys().map(String::as_str).collect();
    let stored = store::orders_by_id(tx, place.workspace, &order_ids)?;
    for (order_id, calls) in calls_by_order {
        let (mut history, mut owner) = (OrderHistory::default(), None);
        for (caller, event) in calls {
            // What is refused now was refused when it arrived.
            owner = history.fold_call_of(owner, caller, &event).ok().or(owner);
        }
        if stored.get(&order_id).is_none_or(|stored| stored.history != history || Some(stored.number) != owner) {
            report.find("orders", format!("order {order_id} is not what the log's events make of it"));
        }
    }
    Ok(())
}

/// Walks through all orders: each belongs to a profile, each line to an order, and the kept sums are theirs.
pub(super) async fn walk(doctor: &Doctor<'_>, report: Report) -> Result<Report, DbError> {
    let (mut report, workspace) = (report, doctor.workspace);
    let mut after = Some(String::new());
    while let Some(from) = after {
        let start = from.clone();
        let read = move |tx: &mut Tx<'_>| store::last_order_of_step(tx, workspace, &start, ORDERS_A_STEP);
        after = doctor.app.db.read(read).await?;
        let until = after.clone();
        report =
            doctor.read(report, move |tx, place, report| links(tx, place, &from, until.as_deref(), report)).await?;
    }
    let mut quarter = Some(i64::MIN);
    while let Some(from) = quarter {
        let read = move |tx: &mut Tx<'_>| store::last_quarter_of_step(tx, workspace, from, SUMS_A_STEP);
        quarter = doctor.app.db.read(read).await?;
        let until = quarter.unwrap_or(i64::MAX);
        report = doctor.read(report, move |tx, place, report| sums(tx, place, from, until, report)).await?;
    }
    Ok(report)
}

fn links(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    after: &str,
    until: Option<&str>,
    report: &mut Report,
) -> Result<(), DbError> {
    for order_id in store::lines_without_order(tx, place.workspace, after, until)? {
        report.find("orders", format!("lines of order {order_id} are there, and the order is not"));
    }
    let owners = store::owners_between(tx, place.workspace, after, until)?;
    let numbers: Vec<i64> = owners.iter().map(|(_, number)| *number).collect();
    let profiles = crate::profiles::store::profiles_by_number(tx, place.workspace, &numbers)?;
    let there: BTreeSet<i64> = profiles.into_iter().map(|profile| profile.number).collect();
    for (order_id, number) in owners.into_iter().filter(|(_, number)| !there.contains(number)) {
        report.find("orders", format!("order {order_id} belongs to profile {number}, which is not there"));
    }
    Ok(())
}

/// The sums of the quarters of an hour behind `from`, up to `until`.
fn sums(tx: &mut Tx<'_>, place: Place<'_>, from: i64, until: i64, report: &mut Report) -> Result<(), DbError> {
    let mut kept: BTreeMap<(i64, Currency), (i64, i64)> = BTreeMap::new();
    for sum in store::sums_between(tx, place.workspace, from, until)? {
        kept.insert((store::quarter_of(sum.at), sum.currency), (sum.orders, sum.net_minor));
    }
    let (start, end) =
        (store::start_of_quarter(from.saturating_add(1)), store::start_of_quarter(until.saturating_add(1)));
    let mut counted: BTreeMap<(i64, Currency), (i64, i64)> = BTreeMap::new();
    for order in store::placed_between(tx, place.workspace, start, end)? {
        let sum = counted.entry((store::quarter_of(order.ordered_at), order.currency)).or_default();
        *sum = (sum.0 + 1, sum.1 + order.net_minor);
    }
    // The orders of people who were erased are gone; what they came to stays counted.
    for erased in store::erased_between(tx, place.workspace, from, until)? {
        let sum = counted.entry((store::quarter_of(erased.at), erased.currency)).or_default();
        *sum = (sum.0 + erased.orders, sum.1 + erased.net_minor);
    }
    compare(&kept, &counted, |(quarter, currency), kept, counted| {
        let at = store::start_of_quarter(*quarter);
        let told =
            format!("orders of {at} in {currency} are kept as {kept:?} (number, amount) and come to {counted:?}");
        report.find("sums", told);
    });
    Ok(())
}
