//! Thirty days of a segment: how many members each evening, who came and who went.

use std::collections::BTreeMap;

use db::{DbError, Tx};
use jiff::tz::TimeZone;
use words::{Timestamp, WorkspaceId};

use crate::kernel::{day_of, day_start};
use crate::segments;

/// Days on a sparkline.
pub(super) const DAYS: i64 = 30;

/// The movements of all segments in the last thirty days.
pub(super) struct Movements {
    days: BTreeMap<(u32, i64), (i64, i64)>,
    today: i64,
}

impl Movements {
    pub fn read(tx: &mut Tx<'_>, workspace: WorkspaceId, now: Timestamp, zone: &TimeZone) -> Result<Self, DbError> {
        let today = day_of(now, zone);
        let rows = segments::store::days_since(tx, workspace, today - DAYS + 1)?;
        let days = rows.into_iter().map(|(no, day, entered, left)| ((no, day), (entered, left))).collect();
        Ok(Self { days, today })
    }

    fn on(&self, no: u32, day: i64) -> (i64, i64) {
        self.days.get(&(no, day)).copied().unwrap_or((0, 0))
    }

    /// Who entered and who left today.
    pub fn today(&self, no: u32) -> (i64, i64) {
        self.on(no, self.today)
    }

    /// Members at the end of each day, the oldest day first: told backwards from those of now.
    pub fn members(&self, no: u32, now: i64) -> Vec<i64> {
        let mut members = now;
        let mut evenings: Vec<i64> = (0..DAYS)
            .map(|back| {
                let evening = members.max(0);
                let (entered, left) = self.on(no, self.today - back);
                members -= entered - left;
                evening
            })
            .collect();
        evenings.reverse();
        evenings
    }

    /// Each day with who entered and who left, the oldest first; the instant is the day's beginning.
    pub fn by_day(&self, no: u32, zone: &TimeZone) -> Vec<(Timestamp, i64, i64)> {
        let days = self.today - DAYS + 1..=self.today;
        days.map(|day| {
            let (entered, left) = self.on(no, day);
            (day_start(day, zone), entered, left)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evenings_are_told_backwards_from_the_members_of_now() {
        let movements = Movements { days: BTreeMap::from([((1, 100), (5, 2)), ((1, 99), (4, 0))]), today: 100 };
        let members = movements.members(1, 10);
        assert_eq!(members.len(), 30);
        assert_eq!(members[27..], [3, 7, 10]);
        assert_eq!((movements.today(1), movements.today(2)), ((5, 2), (0, 0)));
    }
}
