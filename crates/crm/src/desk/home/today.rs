//! Everything that Home shows, read in one snapshot.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::event::EventRecord;
use words::{ProfileId, SegmentId, Timestamp, WorkspaceId};

use super::figures::{Calendar, Figure};
use crate::commerce::store::sums_split_at;
use crate::desk::roots::Owners;
use crate::kernel::{Shop, Sight};
use crate::profiles::{PersonRow, store::count_first_ordered};
use crate::{segments, stream};

/// Events of the stream on Home.
const EVENTS: usize = 20;
/// Rows read for them: bots and nobody's events are left out.
const ROWS: usize = 80;

pub struct Today {
    pub visitors: Figure,
    pub orders: Figure,
    pub revenue: Figure,
    pub new_customers: Figure,
    pub movements: Vec<Movement>,
    pub news: Vec<News>,
}

/// What a segment gained and lost today.
pub struct Movement {
    pub id: SegmentId,
    pub name: String,
    pub ready_made: Option<String>,
    pub is_built: bool,
    pub members: i64,
    pub entered: i64,
    pub left: i64,
}

/// An event and whose it is.
pub struct News {
    pub event: EventRecord,
    pub person: ProfileId,
    pub number: i64,
    pub row: PersonRow,
}

impl Today {
    /// Whether the shop has never been heard.
    pub fn is_silent(&self) -> bool {
        self.news.is_empty() && self.orders.days.iter().all(|count| *count == 0)
    }
}

pub fn read(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    shop: &Shop,
    now: Timestamp,
    sight: Sight,
) -> Result<Today, DbError> {
    let calendar = Calendar::of(shop, now);
    let sums = sums_split_at(tx, workspace, calendar.first_start(), calendar.yesterday_now())?;
    let visits = stream::log::day_figures_since(tx, workspace, stream::log::VISITORS, calendar.first_day())?;
    Ok(Today {
        visitors: calendar.visitors(&visits),
        orders: calendar.orders(&sums),
        revenue: calendar.revenue(&sums, shop.currency),
        new_customers: calendar.new_customers(|from, until| count_first_ordered(tx, workspace, from, until))?,
        movements: read_movements(tx, workspace, calendar.today)?,
        news: read_news(tx, workspace, sight)?,
    })
}

/// Every segment, those with the most movement first.
fn read_movements(tx: &mut Tx<'_>, workspace: WorkspaceId, today: i64) -> Result<Vec<Movement>, DbError> {
    let counts = segments::store::counts(tx, workspace)?;
    let days = segments::store::days_since(tx, workspace, today)?;
    let mut moved: HashMap<u32, (i64, i64)> = HashMap::new();
    for (no, _, entered, left) in days {
        let sum = moved.entry(no).or_default();
        *sum = (sum.0 + entered, sum.1 + left);
    }
    let definitions = segments::store::definitions(tx, workspace)?;
    let mut movements: Vec<Movement> = definitions
        .into_iter()
        .map(|one| {
            let (entered, left) = moved.get(&one.no).copied().unwrap_or_default();
            Movement {
                members: counts.get(&one.no).copied().unwrap_or(0),
                id: one.id,
                name: one.name,
                ready_made: one.ready_made,
                is_built: one.is_built,
                entered,
                left,
            }
        })
        .collect();
    movements.sort_by_key(|one| std::cmp::Reverse((one.entered + one.left, one.members)));
    Ok(movements)
}

fn read_news(tx: &mut Tx<'_>, workspace: WorkspaceId, sight: Sight) -> Result<Vec<News>, DbError> {
    let mut rows = stream::log::newest(tx, workspace, ROWS)?;
    rows.retain(|row| row.number != 0);
    rows.truncate(EVENTS);
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let owners = Owners::read(tx, workspace, &numbers)?;
    let news = rows.iter().filter_map(|row| {
        let person = owners.of(row.number)?;
        Some(News { event: row.told(sight), person: person.id, number: person.number, row: person.row.clone() })
    });
    Ok(news.collect())
}
