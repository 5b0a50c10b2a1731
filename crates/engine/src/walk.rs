//! From a tally to an answer: walks along the instants at which its value changes until the answer is another one.

use std::collections::BTreeMap;

use words::Timestamp;

use crate::compile::Threshold;
use crate::evaluate::Verdict;
use crate::facts::Tally;
use crate::periods::is_before_end;

/// A leaf's answer from its tally.
pub(crate) fn tally_verdict(threshold: Threshold, tally: Option<&Tally>, now: Timestamp) -> Verdict {
    match tally {
        None => Verdict::lasting(threshold.accepts(0)),
        Some(Tally::Total(total)) => Verdict::lasting(threshold.accepts(total.get())),
        Some(Tally::Recent(recent)) => {
            let end = |index: usize| recent.instants[index].plus(recent.window.within());
            recent_verdict(threshold, &recent.instants, end, now)
        }
        Some(Tally::Sums(sums)) => {
            let within = sums.enough.within();
            let spans = sums.amounts.iter().map(|(at, amount)| (*at, at.plus(within), *amount));
            spans_verdict(threshold, 0, spans, now)
        }
        Some(Tally::Spans(spans)) => {
            let spans_then = spans.spans.iter().map(|((start, end), amount)| (*start, *end, *amount));
            spans_verdict(threshold, spans.settled, spans_then, now)
        }
    }
}

/// Walks from change to change, in order of time, until the answer is another one.
fn recent_verdict(
    threshold: Threshold,
    instants: &[Timestamp],
    end: impl Fn(usize) -> Timestamp,
    now: Timestamp,
) -> Verdict {
    let accepts = |from: usize, to: usize| threshold.accepts((to - from) as i128);
    let mut from = 0;
    let mut to = 0;
    let mut walk_to = |at: Timestamp| {
        while to < instants.len() && instants[to] <= at {
            to += 1;
        }
        while from < to && !is_before_end(at, end(from)) {
            from += 1;
        }
        (from, to)
    };
    let (mut from, mut to) = walk_to(now);
    let is_member = accepts(from, to);
    loop {
        let enters = instants.get(to).copied();
        let leaves = (from < to).then(|| end(from)).filter(|end| *end < Timestamp::MAX);
        let Some(next) = enters.into_iter().chain(leaves).min() else {
            return Verdict::lasting(is_member);
        };
        (from, to) = walk_to(next);
        if accepts(from, to) != is_member {
            return Verdict { is_member, flips_at: Some(next) };
        }
    }
}

/// The same for amounts that each count from a start to an end.
pub(crate) fn spans_verdict(
    threshold: Threshold,
    settled: i128,
    spans: impl Iterator<Item = (Timestamp, Timestamp, i128)>,
    now: Timestamp,
) -> Verdict {
    let mut value = settled;
    let mut changes: BTreeMap<Timestamp, i128> = BTreeMap::new();
    for (start, end, amount) in spans {
        if !is_before_end(now, end) {
            continue;
        }
        if start <= now {
            value = value.saturating_add(amount);
        } else {
            *changes.entry(start).or_default() += amount;
        }
        if end < Timestamp::MAX {
            *changes.entry(end).or_default() -= amount;
        }
    }
    let is_member = threshold.accepts(value);
    for (at, change) in changes {
        value = value.saturating_add(change);
        if threshold.accepts(value) != is_member {
            return Verdict { is_member, flips_at: Some(at) };
        }
    }
    Verdict::lasting(is_member)
}
