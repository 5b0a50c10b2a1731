//! Who asks: a signed-in member, a program with an API key, or Entente itself.

use std::fmt;

use words::{ApiKeyId, UserId, WorkspaceId};

use super::permission::{Permission, Role, Scope};

/// The one on whose behalf a verb runs; every verb that changes something takes it for the audit trail.
#[derive(Clone, Debug)]
pub struct Actor {
    pub workspace: WorkspaceId,
    pub kind: ActorKind,
}

#[derive(Clone, Debug)]
pub enum ActorKind {
    Member { user: UserId, role: Role },
    Program { key: ApiKeyId, scopes: Vec<Scope> },
    System,
}

impl Actor {
    pub fn system(workspace: WorkspaceId) -> Self {
        Self { workspace, kind: ActorKind::System }
    }

    pub fn may(&self, permission: Permission) -> bool {
        match &self.kind {
            ActorKind::Member { role, .. } => role.may(permission),
            ActorKind::Program { scopes, .. } => scopes.iter().any(|scope| scope.may(permission)),
            ActorKind::System => true,
        }
    }

    /// The member behind the actor, if a person is.
    pub fn user(&self) -> Option<UserId> {
        match self.kind {
            ActorKind::Member { user, .. } => Some(user),
            _ => None,
        }
    }
}

/// The form written to audit entries and merges: `usr_…`, `key_…` or `system`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ActorKind::Member { user, .. } => write!(f, "{user}"),
            ActorKind::Program { key, .. } => write!(f, "{key}"),
            ActorKind::System => f.write_str("system"),
        }
    }
}
