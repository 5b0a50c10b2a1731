//! The end of the process, as everything hears of it that would otherwise go on by itself.

use std::sync::Arc;

use tokio::sync::watch;

/// Announced once; all clones hear it. Before it a process may be leaving: it still serves, and asks to be sent nobody new.
#[derive(Clone)]
pub struct Ending(Arc<watch::Sender<Stage>>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    Leaving,
    Ending,
}

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Serving)))
    }
}

impl Ending {
    /// From now on `/readyz` says no, and answers ask callers to come back on another connection.
    pub fn leave(&self) {
        self.reach(Stage::Leaving);
    }

    pub fn announce(&self) {
        self.reach(Stage::Ending);
    }

    /// Whether callers are asked to go elsewhere.
    pub fn is_leaving(&self) -> bool {
        *self.0.borrow() >= Stage::Leaving
    }

    pub fn is_announced(&self) -> bool {
        *self.0.borrow() == Stage::Ending
    }

    /// Waits for the end.
    pub async fn announced(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|stage| *stage == Stage::Ending).await;
    }

    fn reach(&self, stage: Stage) {
        self.0.send_modify(|reached| *reached = stage.max(*reached));
    }
}
