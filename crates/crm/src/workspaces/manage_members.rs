//! Changing, disabling and removing members. A workspace never loses its last owner, and only owners touch owners.

use db::{DbError, Tx};
use thiserror::Error;
use words::{Timestamp, UserId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::invite::is_owner;
use super::model::Member;
use super::store;
use crate::kernel::{Actor, App, Role};

/// Why a member stays as he is.
#[derive(Debug, Error)]
pub enum MemberError {
    #[error("there is no such member")]
    NoSuchMember,
    #[error("this is the last owner; make somebody else an owner first")]
    LastOwner,
    #[error("only an owner may change owners")]
    OnlyOwners,
    #[error("this person signs in to other shops too; the administrator of the server can help")]
    SignsInElsewhere,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What can happen to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberChange {
    Role(Role),
    Disable,
    Enable,
    Remove,
}

/// The members of the actor's workspace, owners first.
pub async fn list_members(app: &App, actor: &Actor) -> Result<Vec<Member>, DbError> {
    let workspace = actor.workspace;
    let mut members = app.db.read(move |tx| store::members(tx, workspace)).await?;
    members.sort_by_key(|member| std::cmp::Reverse(member.role));
    Ok(members)
}

/// Carries out one change; who loses his place is signed out at once.
pub(super) async fn change_member(
    app: &App,
    actor: &Actor,
    user: UserId,
    change: MemberChange,
) -> Result<(), MemberError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            let member = changeable_member(tx, &actor, user)?;
            check_change(tx, &actor, &member, change)?;
            let entry = apply(tx, &actor, user, change, moment.now)?;
            record_audit(tx, &actor, &moment, &entry)?;
            Ok(())
        })
        .await
}

/// The member, if the actor may touch him. Until the transaction ends, nobody else changes members of the workspace.
pub(super) fn changeable_member(tx: &mut Tx, actor: &Actor, user: UserId) -> Result<Member, MemberError> {
    store::lock_workspace(tx, actor.workspace)?;
    let member = store::member(tx, actor.workspace, user)?.ok_or(MemberError::NoSuchMember)?;
    if member.role == Role::Owner && !is_owner(actor) {
        return Err(MemberError::OnlyOwners);
    }
    Ok(member)
}

fn check_change(tx: &mut Tx, actor: &Actor, member: &Member, change: MemberChange) -> Result<(), MemberError> {
    if change == MemberChange::Role(Role::Owner) && !is_owner(actor) {
        return Err(MemberError::OnlyOwners);
    }
    let stays_owner = matches!(change, MemberChange::Role(Role::Owner) | MemberChange::Enable);
    if member.role == Role::Owner && !stays_owner && !store::has_other_owner(tx, actor.workspace, member.user)? {
        return Err(MemberError::LastOwner);
    }
    Ok(())
}

fn apply(
    tx: &mut Tx,
    actor: &Actor,
    user: UserId,
    change: MemberChange,
    now: Timestamp,
) -> Result<AuditEntry, DbError> {
    let workspace = actor.workspace;
    match change {
        MemberChange::Role(role) => {
            store::set_role(tx, workspace, user, role)?;
            Ok(AuditEntry::new("member_role_changed", &user).detail(&role))
        }
        MemberChange::Disable => {
            store::set_disabled(tx, workspace, user, Some(now))?;
            store::delete_sessions_in(tx, workspace, user)?;
            Ok(AuditEntry::new("member_disabled", &user))
        }
        MemberChange::Enable => {
            store::set_disabled(tx, workspace, user, None)?;
            Ok(AuditEntry::new("member_enabled", &user))
        }
        MemberChange::Remove => {
            store::delete_member(tx, workspace, user)?;
            store::delete_sessions_in(tx, workspace, user)?;
            Ok(AuditEntry::new("member_removed", &user))
        }
    }
}
