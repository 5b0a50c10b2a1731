//! What somebody should look at. Each alert is told in the log once when it begins and once when it is over, and stands in the
//! figures as `entente_alert` while it lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crm::kernel::App;
use crm::{backups, outbox, stream, workspaces};
use db::DbError;
use words::{Span, Timestamp};

use crate::tls::{Certificates, Validity};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A transaction that waits longer for its turn makes somebody wait who looks at a screen.
const WAITS_TOO_LONG: Duration = Duration::from_secs(5);
/// ACME renews a month before; a person needs some days. Of a certificate that lasts for days only it is the last sixth.
const CERTIFICATE_ENDS_SOON: Span = Span::from_days(7);
const LETTERS_OF: Span = Span::from_days(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    Disk,
    Clock,
    Queue,
    DeadLetters,
    Copy,
    Certificate,
    Mail,
    Backup,
}

impl Alert {
    pub const ALL: [Self; 8] = [
        Self::Disk,
        Self::Clock,
        Self::Queue,
        Self::DeadLetters,
        Self::Copy,
        Self::Certificate,
        Self::Mail,
        Self::Backup,
    ];

    /// The label of the figure, and the field in the log.
    pub fn code(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Queue => "queue",
            Self::DeadLetters => "dead_letters",
            Self::Copy => "copy",
            Self::Certificate => "certificate",
            Self::Mail => "mail",
            Self::Backup => "backup",
        }
    }

    fn what_to_do(self) -> &'static str {
        match self {
            Self::Disk => "the disk is nearly full: below min_free_mb events are refused with 507; make room",
            Self::Clock => "the machine's clock jumped: set it right, or restart to believe it",
            Self::Queue => "transactions wait for more than five seconds: look at the disk and at what else runs",
            Self::DeadLetters => "events could not be applied and were set aside: see Sources",
            Self::Copy => {
                "the copy of the database cannot be written or is more than a minute behind: look at copy_dir"
            }
            Self::Certificate => "the TLS certificate ends soon: renew it",
            Self::Mail => "letters of the last day were refused, came too late or are uncertain: see Settings, Mail",
            Self::Backup => "the last backup is older than max_backup_age_days: make one with `entente backup`",
        }
    }
}

/// Which alerts last, a bit for each. Cheap to clone.
#[derive(Clone, Default)]
pub struct Alerts(Arc<AtomicU32>);

impl Alerts {
    pub fn lasts(&self, alert: Alert) -> bool {
        self.0.load(Ordering::Relaxed) & bit(alert) != 0
    }

    fn set(&self, alert: Alert, lasts: bool) {
        if self.lasts(alert) == lasts {
            return;
        }
        self.0.fetch_xor(bit(alert), Ordering::Relaxed);
        if lasts {
            tracing::warn!(alert = alert.code(), "an alert begins: {}", alert.what_to_do());
        } else {
            tracing::info!(alert = alert.code(), "an alert is over");
        }
    }

    /// Looks for the life of the process.
    pub async fn watch(self, app: App, certificates: Certificates) {
        loop {
            for alert in Alert::ALL {
                // A database that does not answer says nothing about the others: then the alert stays as it is.
                if let Some(lasts) = look(&app, &certificates, alert).await {
                    self.set(alert, lasts);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = app.ending.announced() => return,
            }
        }
    }
}

fn bit(alert: Alert) -> u32 {
    1 << (alert as u32)
}

async fn look(app: &App, certificates: &Certificates, alert: Alert) -> Option<bool> {
    let now = app.now();
    match alert {
        Alert::Disk => Some(app.db.is_nearly_full()),
        Alert::Clock => Some(app.steady_clock.jump().is_some()),
        Alert::Queue => Some(waits_too_long(app).await),
        Alert::Copy => {
            let copy = app.db.copy_status();
            Some(copy.is_some_and(|copy| !backups::is_copy_well(&copy)))
        }
        Alert::Certificate => {
            let left_s = |validity: &Validity| validity.until_s - now.as_millis() / 1000;
            let soon_s = |validity: &Validity| {
                let sixth = (validity.until_s - validity.from_s) / 6;
                sixth.min(CERTIFICATE_ENDS_SOON.as_millis() / 1000)
            };
            Some(certificates.validity().is_some_and(|validity| left_s(&validity) < soon_s(&validity)))
        }
        Alert::Backup => is_backup_overdue(app, now).await,
        Alert::DeadLetters => counted(app, stream::count_dead_letters).await,
        Alert::Mail => {
            counted(app, move |tx, workspace| outbox::count_in_trouble(tx, workspace, now.minus(LETTERS_OF))).await
        }
    }
}

/// A transaction that does nothing waits in the same queue as all others.
async fn waits_too_long(app: &App) -> bool {
    let turn = app.db.write(|_| Ok::<_, DbError>(()));
    tokio::time::timeout(WAITS_TOO_LONG, turn).await.is_err()
}

async fn is_backup_overdue(app: &App, now: Timestamp) -> Option<bool> {
    let last = tokio::time::timeout(WAITS_TOO_LONG, app.db.read(backups::last)).await.ok()?.ok()?;
    let copy = app.db.copy_status();
    Some(backups::is_overdue(last.as_ref(), copy.as_ref(), app.settings.max_backup_age, now))
}

/// Whether any shop has one of what is counted.
async fn counted(
    app: &App,
    count: impl Fn(&mut db::Tx<'_>, words::WorkspaceId) -> Result<i64, DbError> + Send + 'static,
) -> Option<bool> {
    let found = app.db.read(move |tx| {
        for workspace in workspaces::all(tx)? {
            if count(tx, workspace)? > 0 {
                return Ok::<_, DbError>(true);
            }
        }
        Ok(false)
    });
    tokio::time::timeout(WAITS_TOO_LONG, found).await.ok()?.ok()
}
