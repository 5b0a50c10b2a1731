//! The end of the process, as everything hears of it that would otherwise go on by itself.

use std::sync::Arc;

use tokio::sync::watch;

/// Announced once; all clones hear it.
#[derive(Clone)]
pub struct Ending(Arc<watch::Sender<bool>>);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Ending {
    pub fn announce(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the end.
    pub async fn announced(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|is_ending| *is_ending).await;
    }
}
