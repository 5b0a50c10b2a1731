//! What every request handler and job is given: the database, time, chance and the settings.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use outgoing::Relay;
use tokio::sync::broadcast;
use words::{Span, Timestamp, WorkspaceId};

use super::chance::{Chance, Clock, random_bytes};
use super::ending::Ending;
use super::ledger::Ledger;
use super::place_flags::PlaceFlags;
use super::steady_clock::SteadyClock;
use super::throttle::Throttle;
use super::vault::Vault;
use crate::intake::{Health, Senders};
use crate::stream::Stream;
use crate::workspaces::Provider;

/// The running product. Cheap to clone, as every request does several times; holds nothing that another process could
/// not rebuild.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub db: db::Db,
    pub clock: Clock,
    pub chance: Chance,
    pub settings: Arc<Settings>,
    pub stream: Stream,
    pub news: News,
    pub senders: Senders,
    pub throttle: Throttle,
    pub health: Health,
    pub ending: Ending,
    /// What `clock` goes by, when it is the machine's: a jump that is not believed yet is told by it.
    pub steady_clock: SteadyClock,
    /// The identity provider of this installation's members, if the administrator named one.
    pub provider: Option<Provider>,
    /// The mail server that letters are handed to, if the administrator named one.
    pub relay: Option<Relay>,
}

/// What an administrator decides in flags, environment or `entente.toml`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://crm.example.com`, no trailing slash: the base of every link that is shown or sent.
    pub public_url: String,
    /// Session cookies carry `Secure` and the `__Host-` prefix when the public address is https.
    pub is_secure: bool,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Seals the secrets of the database with a key that is not in it.
    pub vault: Vault,
    /// Erasures, kept beside the key file: a restored database learns from it who must not come back.
    pub ledger: Ledger,
    /// Where weaknesses are reported, as a URI; `/.well-known/security.txt` names it.
    pub security_contact: Option<String>,
    /// A backup that is older is told, unless a continuous copy makes up for it.
    pub max_backup_age: Span,
    /// How commands on this machine name the database.
    pub place: PlaceFlags,
    /// Where a copy of the embedded database is kept up to date.
    pub copy_dir: Option<PathBuf>,
    /// The gallery of the page furniture, for debug builds.
    pub shows_gallery: bool,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The random part of a new id.
    pub fn id_bytes(&self) -> [u8; 10] {
        random_bytes(&self.chance)
    }
}

/// Tells open screens that something changed. A slow screen misses news, never blocks the sender.
#[derive(Clone)]
pub struct News(broadcast::Sender<Changed>);

/// One committed group of the stream, or a change of a definition.
#[derive(Clone, Copy, Debug)]
pub struct Changed {
    pub workspace: WorkspaceId,
    /// The newest event of the log.
    pub seq: i64,
}

impl Default for News {
    fn default() -> Self {
        Self(broadcast::channel(64).0)
    }
}

impl News {
    pub fn tell(&self, changed: Changed) {
        // Nobody listening is no failure.
        let _ = self.0.send(changed);
    }

    pub fn listen(&self) -> broadcast::Receiver<Changed> {
        self.0.subscribe()
    }

    /// How many listen now.
    pub fn listeners(&self) -> usize {
        self.0.receiver_count()
    }
}
