//! Makes and changes sources.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::{DbError, Tx};
use sha2::{Digest, Sha256};
use thiserror::Error;
use words::{SourceId, Timestamp, WorkspaceId};

use super::model::{Source, SourceKind};
use super::store;
use crate::kernel::{App, Chance, random_bytes};
use crate::stream;

/// Origins of one source; more are a mistake.
const MAX_ORIGINS: usize = 50;
const MAX_NAME_CHARACTERS: usize = 100;

#[derive(Debug, Error)]
pub enum SourceError {
    #[error("“{0}” is no web origin; write it as https://shop.example, without a path")]
    BadOrigin(String),
    #[error("a source has at most {MAX_ORIGINS} origins")]
    TooManyOrigins,
    #[error("give the source a name of at most {MAX_NAME_CHARACTERS} characters")]
    BadName,
    #[error("there is no such source")]
    NotFound,
    #[error(transparent)]
    Db(#[from] DbError),
}

pub(super) fn key_digest(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// `https://Shop.example/` becomes `https://shop.example`; only scheme, host and port are kept.
pub fn parse_origin(text: &str) -> Result<String, SourceError> {
    let refused = || SourceError::BadOrigin(text.to_owned());
    let lower = text.trim().to_lowercase();
    let lower = lower.strip_suffix('/').unwrap_or(&lower);
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).ok_or_else(refused)?;
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if rest.is_empty() || !rest.chars().all(is_host) {
        return Err(refused());
    }
    Ok(lower.to_owned())
}

/// Reads a list of origins, one a line or separated by blanks or commas.
pub fn parse_origins(text: &str) -> Result<Vec<String>, SourceError> {
    let parts = text.split([',', ' ', '\n', '\r', '\t']).filter(|part| !part.is_empty());
    let mut origins = parts.map(parse_origin).collect::<Result<Vec<_>, _>>()?;
    origins.dedup();
    if origins.len() > MAX_ORIGINS {
        return Err(SourceError::TooManyOrigins);
    }
    Ok(origins)
}

fn check_name(name: &str) -> Result<String, SourceError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARACTERS {
        return Err(SourceError::BadName);
    }
    Ok(name.to_owned())
}

/// A new source with its ingest key.
pub async fn create_source(
    app: &App,
    workspace: WorkspaceId,
    name: &str,
    kind: SourceKind,
    origins: Vec<String>,
) -> Result<Source, SourceError> {
    let name = check_name(name)?;
    let (chance, now) = (app.chance.clone(), app.now());
    Ok(app.db.write(move |tx| make_source(tx, workspace, name, kind, origins, &chance, now)).await?)
}

/// The same inside a transaction.
pub fn make_source(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: String,
    kind: SourceKind,
    origins: Vec<String>,
    chance: &Chance,
    now: Timestamp,
) -> Result<Source, DbError> {
    tx.lock_workspace(stream::lock_key(workspace))?;
    let ingest_key = format!("ent_ingest_{}", URL_SAFE_NO_PAD.encode(random_bytes::<24>(chance)));
    let source = Source {
        no: store::highest_no(tx, workspace)? + 1,
        id: SourceId::from_parts(now, random_bytes(chance)),
        name,
        kind,
        origins,
        ingest_key,
        created_at: now,
        disabled_at: None,
        version: 1,
    };
    store::insert(tx, workspace, &source, &key_digest(&source.ingest_key))?;
    Ok(source)
}

/// The one source of its kind, made when it is first needed.
pub fn source_for(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: SourceKind,
    chance: &Chance,
    now: Timestamp,
) -> Result<Source, DbError> {
    // Two processes may need it for the first time at once.
    tx.lock_workspace(stream::lock_key(workspace))?;
    if let Some(source) = store::source_of_kind(tx, workspace, kind)? {
        return Ok(source);
    }
    let name = match kind {
        SourceKind::Api => "API",
        SourceKind::Import => "Import",
        SourceKind::Site => "Site",
        SourceKind::Server => "Server",
    };
    make_source(tx, workspace, name.to_owned(), kind, Vec::new(), chance, now)
}

pub async fn set_origins(
    app: &App,
    workspace: WorkspaceId,
    id: SourceId,
    name: &str,
    origins: Vec<String>,
) -> Result<(), SourceError> {
    let name = check_name(name)?;
    let is_changed: bool = app.db.write(move |tx| store::set_origins(tx, workspace, id, &name, &origins)).await?;
    if is_changed { Ok(()) } else { Err(SourceError::NotFound) }
}

/// Stops a source, or lets it send again.
pub async fn disable_source(
    app: &App,
    workspace: WorkspaceId,
    id: SourceId,
    disabled_at: Option<Timestamp>,
) -> Result<(), SourceError> {
    let is_changed: bool = app.db.write(move |tx| store::set_disabled(tx, workspace, id, disabled_at)).await?;
    if is_changed { Ok(()) } else { Err(SourceError::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        let parsed = |text: &str| parse_origin(text).ok();
        assert_eq!(parsed(" https://Shop.Example/ ").as_deref(), Some("https://shop.example"));
        assert_eq!(parsed("http://localhost:3000").as_deref(), Some("http://localhost:3000"));
        for bad in ["shop.example", "https://", "https://shop.example/path", "null", "*", "https://a b"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
