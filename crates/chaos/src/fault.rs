//! What goes wrong, one thing at a time, while the clients send.

mod clock;
mod copy;
mod disk;
mod network;
mod poison;
mod pressure;

use std::time::{Duration, Instant};

use crate::machine::{OwnNetwork, SmallDisk, can_trace, false_clock};
use crate::plan::{Database, Extent};
use crate::rig::Rig;
use crate::{Outcome, ensure};

/// When to give up on it after PostgreSQL was started again; how long it took is told, and the bar is 10 s.
const HEALTHY_WITHIN: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// kill -9.
    Kill,
    /// SIGTERM, as an update does.
    Terminate,
    /// SIGSTOP, then SIGCONT.
    Pause,
    /// `pg_ctl stop -m immediate`, then a start.
    PostgresStop,
    /// The network to PostgreSQL loses every packet for a while.
    NetworkLost,
    /// One `fsync` fails, and the next would answer well.
    SyncError,
    /// One write fails with an error of the device.
    WriteError,
    /// Some writes find no room.
    NoRoom,
    /// The disk fills up, then there is room again.
    DiskFull,
    /// The disk of the continuous copy fills up, has room again, and is gone; then the machine is lost.
    CopyLost,
    /// The machine's clock jumps.
    Clock,
    /// An event that cannot be applied, among others.
    Poison,
    /// More than the program can do.
    Flood,
    /// Clients that send a byte now and then.
    SlowClients,
    /// Somebody reads one state of the database for long.
    LongReader,
    /// Too little memory.
    LittleMemory,
}

impl Fault {
    pub const ALL: [Self; 16] = [
        Self::Kill,
        Self::Terminate,
        Self::Pause,
        Self::PostgresStop,
        Self::NetworkLost,
        Self::SyncError,
        Self::WriteError,
        Self::NoRoom,
        Self::DiskFull,
        Self::CopyLost,
        Self::Clock,
        Self::Poison,
        Self::Flood,
        Self::SlowClients,
        Self::LongReader,
        Self::LittleMemory,
    ];

    /// Whether this database and this machine allow it; the reason when the machine does not.
    pub fn is_possible(self, database: Database) -> Result<bool, &'static str> {
        let is_sqlite = database == Database::Sqlite;
        match self {
            Self::NetworkLost if !is_sqlite && !OwnNetwork::is_possible() => {
                Err("only root, with iproute2 and nftables, makes a network of its own")
            }
            Self::PostgresStop | Self::NetworkLost => Ok(!is_sqlite),
            Self::SyncError | Self::WriteError | Self::NoRoom if is_sqlite && !can_trace() => {
                Err("strace is not here, or may not trace")
            }
            Self::DiskFull | Self::CopyLost if is_sqlite && !SmallDisk::is_possible() => {
                Err("only root mounts a small disk")
            }
            Self::SyncError | Self::WriteError | Self::NoRoom | Self::DiskFull | Self::CopyLost | Self::LongReader => {
                Ok(is_sqlite)
            }
            Self::Clock if false_clock().is_none() => Err("libfaketime is not here"),
            _ => Ok(true),
        }
    }

    /// Lets it happen; answers what is worth telling.
    pub fn strike(self, rig: &mut Rig, extent: Extent) -> Outcome<String> {
        rig.start()?;
        let told = match self {
            Self::Kill => kill(rig),
            Self::Terminate => terminate(rig),
            Self::Pause => pause(rig),
            Self::PostgresStop => postgres_stop(rig),
            Self::NetworkLost => network::lost(rig, extent),
            Self::SyncError => disk::sync_error(rig, extent),
            Self::WriteError => disk::write_error(rig, extent),
            Self::NoRoom => disk::no_room(rig),
            Self::DiskFull => disk::full(rig),
            Self::CopyLost => copy::lost(rig, extent),
            Self::Clock => clock::jumps(rig, extent),
            Self::Poison => poison::among_others(rig),
            Self::Flood => pressure::flood(rig, extent),
            Self::SlowClients => pressure::slow_clients(rig),
            Self::LongReader => pressure::long_reader(rig, extent),
            Self::LittleMemory => pressure::little_memory(rig, extent),
        }?;
        let answers = rig.check()?;
        // A fault that looked at them itself has told of them.
        let more =
            if answers.by_status.is_empty() { String::new() } else { format!("; answers {:?}", answers.by_status) };
        Ok(told + &more)
    }
}

fn kill(rig: &mut Rig) -> Outcome<String> {
    rig.under_load(|rig| {
        rig.wait_some(100, 1_200);
        rig.kill();
        Ok("killed".to_owned())
    })
}

fn terminate(rig: &mut Rig) -> Outcome<String> {
    rig.under_load(|rig| {
        rig.wait_some(100, 800);
        rig.terminate()?;
        Ok("ended gracefully".to_owned())
    })
}

fn pause(rig: &mut Rig) -> Outcome<String> {
    rig.under_load(|rig| {
        rig.wait_some(100, 500);
        let Some(server) = rig.server.as_ref() else { return Err("the program ended by itself".to_owned()) };
        server.signal("STOP");
        rig.wait_some(200, 2_000);
        if let Some(server) = rig.server.as_ref() {
            server.signal("CONT");
        }
        rig.wait_some(100, 500);
        Ok("stopped for a while".to_owned())
    })
}

/// The program stays and answers 503 and nothing else; ten seconds after the database is back all is well.
fn postgres_stop(rig: &mut Rig) -> Outcome<String> {
    rig.ledger().take_answers();
    rig.under_load(|rig| {
        rig.wait_some(300, 1_000);
        let Some(postgres) = rig.postgres.as_mut() else { return Ok(String::new()) };
        postgres.stop_at_once().map_err(|error| error.to_string())?;
        rig.wait_some(200, 1_500);
        let Some(postgres) = rig.postgres.as_mut() else { return Ok(String::new()) };
        postgres.start_again().map_err(|error| error.to_string())?;
        let begun = Instant::now();
        ensure(rig.is_ready(HEALTHY_WITHIN), || format!("not healthy {HEALTHY_WITHIN:?} after PostgreSQL is back"))?;
        let took = begun.elapsed();
        rig.wait_some(100, 300);
        Ok(format!("healthy {} ms after PostgreSQL is back", took.as_millis()))
    })
    .and_then(|told| {
        let answers = rig.ledger().take_answers();
        let is_well = answers.broken == 0 && answers.by_status.keys().all(|status| matches!(status, 200 | 503));
        ensure(is_well, || format!("other answers than 503: {:?}, {} broken", answers.by_status, answers.broken))?;
        Ok(format!("{told}, {} times 503", answers.of(503)))
    })
}
