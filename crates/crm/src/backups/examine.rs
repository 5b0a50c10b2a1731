//! Whether somebody should make a backup.

use db::CopyStatus;
use words::{Span, Timestamp};

use super::model::Backup;

/// What is promised of a continuous copy.
pub const COPY_IS_LATE: Span = Span::from_millis(60_000);

/// Whether a copy does what is promised of it.
pub fn is_copy_well(copy: &CopyStatus) -> bool {
    copy.problem.is_none() && copy.behind <= COPY_IS_LATE
}

/// Whether the last backup is older than it may be, and no copy makes up for it. Who never made one is not reminded: he may
/// back up in another way, as the tools of PostgreSQL do.
pub fn is_overdue(last: Option<&Backup>, copy: Option<&CopyStatus>, max_age: Span, now: Timestamp) -> bool {
    let is_old = last.is_some_and(|backup| backup.age(now) > max_age);
    is_old && !copy.is_some_and(is_copy_well)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(2_000_000_000_000);

    fn copy(behind: Span, problem: Option<&str>) -> CopyStatus {
        CopyStatus { holds_until: Some(NOW.minus(behind)), behind, problem: problem.map(str::to_owned) }
    }

    #[test]
    fn an_old_backup_is_overdue_unless_a_copy_is_well() {
        let made = |days: i64| Backup { made_at: NOW.minus(Span::from_days(days)), size_bytes: 1 };
        let well = copy(Span::from_secs(5), None);
        let late = copy(Span::from_secs(61), None);
        let failing = copy(Span::from_secs(5), Some("no room"));
        for (last, copy, wanted) in [
            (None, None, false),
            (Some(made(8)), None, false),
            (Some(made(9)), None, true),
            (Some(made(9)), Some(&well), false),
            (Some(made(9)), Some(&late), true),
            (Some(made(9)), Some(&failing), true),
            (Some(made(-9)), None, false),
        ] {
            assert_eq!(is_overdue(last.as_ref(), copy, Span::from_days(8), NOW), wanted, "{last:?} {copy:?}");
        }
    }
}
