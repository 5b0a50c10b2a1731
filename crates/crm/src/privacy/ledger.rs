//! The lines of the ledger: one when an erasure begins, one with its certificate. Each bears a code that only the key file
//! makes, so that nobody can have somebody erased by writing into the file.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use words::{ErasureId, ProfileId, Timestamp, WorkspaceId};

use super::model::{EraseReason, Erasure, Issued, State};
use crate::consent::Suppression;
use crate::kernel::hexed::hex;
use crate::kernel::{App, Ledger, Vault};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    Begun(Begun),
    Done {
        workspace: WorkspaceId,
        id: ErasureId,
        #[serde(flatten)]
        issued: Issued,
    },
}

/// A tombstone outside the database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub workspace: WorkspaceId,
    pub id: ErasureId,
    pub no: i64,
    pub reason: EraseReason,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub profiles: Vec<ProfileId>,
    pub marks: Vec<String>,
    pub suppressions: Vec<Suppression>,
}

#[derive(Debug, Error)]
pub enum LedgerError {
    #[error("the ledger of erasures {path}: {error}")]
    Io { path: String, error: std::io::Error },
    #[error(
        "the ledger of erasures {path}, line {line}: it was not written with this key file; put the ledger here that \
         belongs to this installation"
    )]
    Foreign { path: String, line: usize },
}

impl Line {
    pub fn begun(workspace: WorkspaceId, erasure: &Erasure, suppressions: Vec<Suppression>) -> Self {
        Self::Begun(Begun {
            workspace,
            id: erasure.id,
            no: erasure.no,
            reason: erasure.reason,
            asked_by: erasure.asked_by.clone(),
            asked_at: erasure.asked_at,
            profiles: erasure.profiles.clone(),
            marks: erasure.marks.clone(),
            suppressions,
        })
    }

    /// The certificate of an erasure that is done.
    pub fn done(workspace: WorkspaceId, erasure: &Erasure) -> Option<Self> {
        let done_at = erasure.done_at.filter(|_| erasure.state == State::Done)?;
        let issued = Issued { done_at, counts: erasure.counts.clone(), code: erasure.code };
        Some(Self::Done { workspace, id: erasure.id, issued })
    }

    fn mac(&self, vault: &Vault) -> String {
        // Texts, numbers and dates are always JSON.
        let text = serde_json::to_string(self).unwrap_or_default();
        hex(&vault.mark("ledger", &[text.as_bytes()]))
    }

    fn to_text(&self, vault: &Vault) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["mac"] = Value::String(self.mac(vault));
        value.to_string()
    }

    /// The line that a text is; an error when its code is not ours. A write that a crash cut short is nothing: its
    /// erasure stands in the database, from where it is written again.
    fn parse(text: &str, vault: &Vault) -> Result<Option<Self>, ()> {
        let Ok(mut value) = serde_json::from_str::<Value>(text) else { return Ok(None) };
        let mac = value.as_object_mut().and_then(|object| object.remove("mac"));
        let line: Self = serde_json::from_value(value).map_err(|_| ())?;
        let is_ours = mac.as_ref().and_then(Value::as_str) == Some(line.mac(vault).as_str());
        if is_ours { Ok(Some(line)) } else { Err(()) }
    }
}

fn path_of(ledger: &Ledger) -> String {
    ledger.path().map_or_else(String::new, |path| path.display().to_string())
}

/// All lines of the ledger.
pub async fn read(app: &App) -> Result<Vec<Line>, LedgerError> {
    read_from(app, app.settings.ledger.clone()).await
}

pub async fn read_from(app: &App, ledger: Ledger) -> Result<Vec<Line>, LedgerError> {
    let path = path_of(&ledger);
    let texts = on_disk(path.clone(), move || ledger.read()).await?;
    let mut lines = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        match Line::parse(text, &app.settings.vault) {
            Ok(line) => lines.extend(line),
            Err(()) => return Err(LedgerError::Foreign { path, line: place + 1 }),
        }
    }
    Ok(lines)
}

/// Adds lines, and answers when they are on the disk.
pub async fn append(app: &App, lines: Vec<Line>) -> Result<(), LedgerError> {
    if lines.is_empty() {
        return Ok(());
    }
    let ledger = app.settings.ledger.clone();
    let texts: Vec<String> = lines.iter().map(|line| line.to_text(&app.settings.vault)).collect();
    on_disk(path_of(&ledger), move || ledger.append(&texts)).await
}

/// The disk may let us wait.
async fn on_disk<T: Send + 'static>(
    path: String,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, LedgerError> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    done.map_err(|error| LedgerError::Io { path, error })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kernel::Chance;
    use crate::privacy::Counts;

    fn vault(byte: u8) -> Vault {
        let chance: Chance = std::sync::Arc::new(move |bytes: &mut [u8]| bytes.fill(byte));
        Vault::new(&chance)
    }

    fn lines() -> [Line; 2] {
        let now = Timestamp::from_millis(1_763_817_600_000);
        let (workspace, id) = (WorkspaceId::from_parts(now, [1; 10]), ErasureId::from_parts(now, [2; 10]));
        let begun = Begun {
            workspace,
            id,
            no: 1,
            reason: EraseReason::Request,
            asked_by: "system".to_owned(),
            asked_at: now,
            profiles: vec![ProfileId::from_parts(now, [3; 10])],
            marks: vec!["ab".to_owned()],
            suppressions: Vec::new(),
        };
        let issued = Issued { done_at: now, counts: Counts::default(), code: [7; 32] };
        [Line::Begun(begun), Line::Done { workspace, id, issued }]
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_refused_when_it_was_changed() {
        for line in lines() {
            let text = line.to_text(&vault(1));
            assert_eq!(Line::parse(&text, &vault(1)), Ok(Some(line.clone())));
            assert_eq!(Line::parse(&text, &vault(2)), Err(()), "of another key file");
            assert_eq!(Line::parse(&text.replace("wsp_", "wsp_0"), &vault(1)), Err(()), "changed");
            assert_eq!(Line::parse(&text[..text.len() / 2], &vault(1)), Ok(None), "cut off");
        }
    }
}
