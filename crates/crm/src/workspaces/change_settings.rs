//! Changing what a shop is called, where it sells, in which currency and time zone.

use db::DbError;
use thiserror::Error;

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::{NameError, ShopSettings};
use super::store;
use crate::kernel::{Actor, App};

/// Which field is not right, or why the settings stay.
#[derive(Debug, Error)]
pub enum SettingsError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("choose one of the languages")]
    Language,
    #[error("choose one of the currencies")]
    Currency,
    #[error("choose one of the countries")]
    Country,
    #[error("choose one of the time zones")]
    TimeZone,
    #[error("somebody else changed the settings meanwhile; look at his changes, then make yours again")]
    ChangedMeanwhile,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Stores the settings if nobody changed them since `version`.
pub async fn change_settings(
    app: &App,
    actor: &Actor,
    version: i64,
    settings: ShopSettings,
) -> Result<(), SettingsError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            if !store::update_workspace(tx, actor.workspace, version, &settings)? {
                return Err(SettingsError::ChangedMeanwhile);
            }
            record_audit(tx, &actor, &moment, &AuditEntry::new("settings_changed", &actor.workspace))?;
            Ok(())
        })
        .await
}
