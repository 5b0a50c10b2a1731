//! A member of several shops changes from one to another.

use db::DbError;
use words::{UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::secrets::new_token;
use super::sessions::{NewSession, OpenSession, time_left};
use super::store;
use crate::kernel::{Actor, ActorKind, App, Role};

/// The shops to which a user may sign in: id, name, his role there.
pub(super) async fn shops_of(app: &App, user: UserId) -> Result<Vec<(WorkspaceId, String, Role)>, DbError> {
    app.db.read(move |tx| store::shops_of(tx, user)).await
}

/// Takes the session to another shop under a new token; `None` when he is no member there.
pub(super) async fn change_shop(
    app: &App,
    session: &OpenSession,
    workspace: WorkspaceId,
) -> Result<Option<NewSession>, DbError> {
    let (id, user, moment) = (session.id, session.user, AuditMoment::of(app));
    let (begun, token) = (session.created_at, new_token(&app.chance));
    app.db
        .write(move |tx| {
            let Some(role) = store::open_role(tx, workspace, user)? else { return Ok(None) };
            store::move_session(tx, id, user, workspace, &token.digest)?;
            let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
            record_audit(tx, &actor, &moment, &AuditEntry::new("signed_in", &user))?;
            Ok(Some(NewSession { token: token.text.clone(), longest: time_left(begun, role, moment.now) }))
        })
        .await
}
