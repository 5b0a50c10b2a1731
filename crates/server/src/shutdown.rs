//! The end as the operating system announces it: SIGTERM from a supervisor, Ctrl-C from a person.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// Becomes true once, when the process should end.
pub type Ending = watch::Receiver<bool>;

/// Listens from now on: a signal that comes while the process is still starting is not lost.
pub fn listen() -> Result<Ending, Failure> {
    let failed = |error| Failure::failed(format!("signals cannot be received: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Nobody is left to tell when the command has ended by itself.
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// Waits for the end.
pub async fn ended(ending: &mut Ending) {
    // The sender lives as long as the runtime; should it be gone, that is the end too.
    let _ = ending.wait_for(|is_ending| *is_ending).await;
}
