//! A workspace or a member that nobody asked for on a screen: further brands, the demo shop, tests.

use db::DbError;
use words::{EmailAddress, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::model::ShopSettings;
use super::store::{self, NewUser};
use crate::kernel::{Actor, App, Role};

/// Makes a workspace beside those that exist.
pub async fn create_workspace(app: &App, settings: ShopSettings) -> Result<WorkspaceId, DbError> {
    let (now, moment) = (app.now(), AuditMoment::of(app));
    let workspace = WorkspaceId::from_parts(now, app.id_bytes());
    app.db
        .write(move |tx| {
            store::insert_workspace(tx, workspace, &settings, now)?;
            record_audit(tx, &Actor::system(workspace), &moment, &AuditEntry::new("workspace_created", &workspace))?;
            Ok(workspace)
        })
        .await
}

/// Makes somebody a member; who is new has no password, and signs in only after he was given a link for one.
pub async fn add_member(
    app: &App,
    workspace: WorkspaceId,
    email: EmailAddress,
    name: &str,
    role: Role,
) -> Result<UserId, DbError> {
    let (now, moment, name) = (app.now(), AuditMoment::of(app), name.to_owned());
    let new_id = UserId::from_parts(now, app.id_bytes());
    app.db
        .write(move |tx| {
            let known = store::account(tx, &email)?.map(|account| account.user);
            let user = match known {
                Some(user) => user,
                None => {
                    let language = store::workspace(tx, workspace)?.map(|found| found.settings.language);
                    let language = language.unwrap_or_default();
                    store::put_user(tx, &NewUser { id: new_id, email, name, password_hash: None, language }, now)?
                }
            };
            store::put_member(tx, workspace, user, role, now)?;
            let entry = AuditEntry::new("member_added", &user).detail(&role);
            record_audit(tx, &Actor::system(workspace), &moment, &entry)?;
            Ok(user)
        })
        .await
}
