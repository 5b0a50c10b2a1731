//! How a source is doing: its last days and when it was last heard.

use db::{DbError, Tx};
use maud::Markup;
use words::{Timestamp, WorkspaceId};

use crate::intake::{Source, SourceDay, store};
use crate::kernel::{Shop, day_of};
use crate::ui::{PageContext, Tone, dot};

/// Days of a sparkline.
pub const DAYS: usize = 7;

#[derive(Clone, Debug, Default)]
pub struct SourceHealth {
    /// Events accepted on each day, oldest first; the last one is today.
    pub days: Vec<i64>,
    pub rejected: i64,
    pub repeated: i64,
    pub bots: i64,
    pub last_at: Option<Timestamp>,
}

/// Silence after which a source that spoke is worth a look.
const QUIET_AFTER_MS: i64 = 24 * 60 * 60 * 1000;

/// Each source with its health.
pub fn read_all(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    shop: &Shop,
    now: Timestamp,
) -> Result<Vec<(Source, SourceHealth)>, DbError> {
    let today = day_of(now, &shop.time_zone);
    let days = store::days_since(tx, workspace, today - (DAYS as i64 - 1))?;
    let sources = store::sources(tx, workspace)?;
    Ok(sources
        .into_iter()
        .map(|source| {
            let own = days.iter().filter(|(no, _)| *no == source.no).map(|(_, day)| day);
            let health = health_of(own, today);
            (source, health)
        })
        .collect())
}

fn health_of<'d>(days: impl Iterator<Item = &'d SourceDay>, today: i64) -> SourceHealth {
    let mut health = SourceHealth { days: vec![0; DAYS], ..SourceHealth::default() };
    for day in days {
        let place = usize::try_from(day.day - (today - (DAYS as i64 - 1))).unwrap_or(0).min(DAYS - 1);
        health.days[place] += day.accepted;
        health.rejected += day.rejected;
        health.repeated += day.repeated;
        health.bots += day.bots;
        health.last_at = health.last_at.max(Some(Timestamp::from_millis(day.last_at)));
    }
    health
}

impl SourceHealth {
    pub fn today(&self) -> i64 {
        self.days.last().copied().unwrap_or(0)
    }

    pub fn is_silent(&self) -> bool {
        self.days.iter().all(|count| *count == 0)
    }

    pub fn values(&self) -> Vec<f64> {
        self.days.iter().map(|count| *count as f64).collect()
    }
}

/// A light: heard, quiet, never heard, or switched off.
pub fn light(context: &PageContext, source: &Source, health: &SourceHealth) -> Markup {
    let (tone, key) = match health.last_at {
        _ if source.disabled_at.is_some() => (Tone::Neutral, "source-light-off"),
        None => (Tone::Neutral, "source-light-never"),
        Some(at) if context.now.as_millis() - at.as_millis() > QUIET_AFTER_MS => (Tone::Warning, "source-light-quiet"),
        Some(_) => (Tone::Good, "source-light-heard"),
    };
    dot(tone, &context.t(key))
}
