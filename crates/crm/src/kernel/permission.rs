//! Roles, scopes and what each may do, as data: the whole matrix is on this page.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// One thing that a route does. A route names exactly one; who lacks it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    SeeHome,
    SeePeople,
    /// Sees who a person is: name, e-mail, phone, identifiers, postal address. No route asks for it; what a route answers
    /// is masked without it (`kernel::Sight`).
    SeeContact,
    EditPeople,
    MergePeople,
    /// Erases people for good, and sees what was erased.
    ErasePeople,
    SeeSegments,
    EditSegments,
    SeeSources,
    EditSources,
    SeeMembers,
    EditMembers,
    EditWorkspace,
    SeeAudit,
    SendEvents,
    /// What every signed-in member may do for himself: language, theme, password, sessions.
    EditOwnAccount,
}

impl Permission {
    pub const ALL: [Permission; 16] = [
        Permission::SeeHome,
        Permission::SeePeople,
        Permission::SeeContact,
        Permission::EditPeople,
        Permission::MergePeople,
        Permission::ErasePeople,
        Permission::SeeSegments,
        Permission::EditSegments,
        Permission::SeeSources,
        Permission::EditSources,
        Permission::SeeMembers,
        Permission::EditMembers,
        Permission::EditWorkspace,
        Permission::SeeAudit,
        Permission::SendEvents,
        Permission::EditOwnAccount,
    ];
}

/// The role of a member in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Viewer,
    Agent,
    Analyst,
    Marketer,
    /// Data protection officer: sees, corrects and erases people, launches nothing.
    Dpo,
    Admin,
    Owner,
}

impl Role {
    pub const ALL: [Role; 7] =
        [Role::Viewer, Role::Agent, Role::Analyst, Role::Marketer, Role::Dpo, Role::Admin, Role::Owner];

    pub fn may(self, permission: Permission) -> bool {
        use Permission::*;
        match self {
            Role::Viewer => matches!(permission, SeeHome | SeePeople | SeeSegments | EditOwnAccount),
            Role::Agent => {
                matches!(permission, SeeHome | SeePeople | SeeContact | EditPeople | SeeSegments | EditOwnAccount)
            }
            Role::Analyst => {
                matches!(permission, SeeHome | SeePeople | SeeSegments | EditSegments | SeeSources | EditOwnAccount)
            }
            Role::Marketer => matches!(
                permission,
                SeeHome
                    | SeePeople
                    | SeeContact
                    | EditPeople
                    | SeeSegments
                    | EditSegments
                    | SeeSources
                    | EditOwnAccount
            ),
            Role::Dpo => matches!(
                permission,
                SeeHome
                    | SeePeople
                    | SeeContact
                    | EditPeople
                    | MergePeople
                    | ErasePeople
                    | SeeSegments
                    | SeeSources
                    | SeeMembers
                    | SeeAudit
                    | EditOwnAccount
            ),
            Role::Admin | Role::Owner => true,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Agent => "agent",
            Role::Analyst => "analyst",
            Role::Marketer => "marketer",
            Role::Dpo => "dpo",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

/// What an API key was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    EventsWrite,
    ProfilesRead,
    ProfilesWrite,
    ProfilesErase,
    SegmentsRead,
    SegmentsWrite,
}

impl Scope {
    pub const ALL: [Scope; 6] = [
        Scope::EventsWrite,
        Scope::ProfilesRead,
        Scope::ProfilesWrite,
        Scope::ProfilesErase,
        Scope::SegmentsRead,
        Scope::SegmentsWrite,
    ];

    pub fn may(self, permission: Permission) -> bool {
        use Permission::*;
        match self {
            Scope::EventsWrite => matches!(permission, SendEvents),
            Scope::ProfilesRead => matches!(permission, SeePeople | SeeContact),
            Scope::ProfilesWrite => matches!(permission, SeePeople | SeeContact | EditPeople | MergePeople),
            Scope::ProfilesErase => matches!(permission, ErasePeople),
            Scope::SegmentsRead => matches!(permission, SeeSegments),
            Scope::SegmentsWrite => matches!(permission, SeeSegments | EditSegments),
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Scope::EventsWrite => "events:write",
            Scope::ProfilesRead => "profiles:read",
            Scope::ProfilesWrite => "profiles:write",
            Scope::ProfilesErase => "profiles:erase",
            Scope::SegmentsRead => "segments:read",
            Scope::SegmentsWrite => "segments:write",
        }
    }
}

#[derive(Debug, Error)]
#[error("“{given}” is not known; one of {known}")]
pub struct UnknownCode {
    pub given: String,
    pub known: String,
}

fn by_code<T: Copy>(all: &[T], code: fn(T) -> &'static str, given: &str) -> Result<T, UnknownCode> {
    all.iter().copied().find(|one| code(*one) == given).ok_or_else(|| UnknownCode {
        given: given.to_owned(),
        known: all.iter().map(|one| code(*one)).collect::<Vec<_>>().join(", "),
    })
}

impl FromStr for Role {
    type Err = UnknownCode;
    fn from_str(given: &str) -> Result<Self, UnknownCode> {
        by_code(&Role::ALL, Role::code, given)
    }
}

impl FromStr for Scope {
    type Err = UnknownCode;
    fn from_str(given: &str) -> Result<Self, UnknownCode> {
        by_code(&Scope::ALL, Scope::code, given)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
