//! The end as the operating system announces it: SIGTERM from a supervisor, Ctrl-C from a person.

use std::time::Duration;

use crm::kernel::Ending;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;

/// Listens from now on: a signal that comes while the process is still starting is not lost. After a signal the process
/// leaves for so long, still serving, until the end is announced; a second signal ends it at once.
pub fn listen(leaves_for: Duration) -> Result<Ending, Failure> {
    let failed = |error| Failure::failed(format!("signals cannot be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let ending = Ending::default();
    let announced = ending.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        announced.leave();
        tokio::select! {
            () = tokio::time::sleep(leaves_for) => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        announced.announce();
    });
    Ok(ending)
}
