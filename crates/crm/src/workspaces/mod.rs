//! Shops, the people who sign in to them, and the keys of programs.
//!
//! A *workspace* is a merchant's shop or brand: every row of the product belongs to one. A *member* is a user with a role
//! in a workspace; he signs in with a password and holds a *session*, an opaque token of which only the digest is stored.
//! A *one-time link* (set-up, invitation, new password) works once and for a short while. An *API key* lets a program in
//! with scopes. Whatever changes here leaves an audit entry.

mod add_member;
mod api_keys;
mod ask_for_reset;
mod audit;
mod audit_export;
mod brake;
mod change_password;
mod change_settings;
mod client_address;
mod cookies;
mod create_owner;
mod enter_demo;
mod invite;
mod join;
mod manage_members;
mod model;
mod notices;
mod one_time_links;
mod pages;
mod passkeys;
mod password;
mod preferences;
mod reset_password;
mod seal_again;
mod second_factor;
mod second_step;
mod secrets;
mod security;
mod sessions;
mod set_up;
mod shops;
mod sign_in;
mod single_sign_on;
mod store;
mod test_mail;

pub use add_member::{add_member, create_workspace};
pub use api_keys::{
    ApiKey, ApiKeyError, NewApiKey, Program, authenticate, create_api_key, list_api_keys, revoke_api_key,
};
pub use audit::{
    AuditEntry, AuditFilter, AuditLine, AuditMoment, list_audit, record_audit, record_denial, record_view, verify_audit,
};
pub use audit_export::{AuditRecord, audit_ends, audit_records, compare_audit};
pub use change_settings::{SettingsError, change_settings};
pub use client_address::ClientAddress;
pub use cookies::{chosen_language, chosen_theme, cookie_name, session_token};
pub use create_owner::{CreateOwnerError, create_owner};
pub use enter_demo::make_sign_in_link;
pub use invite::{InviteError, invite};
pub use manage_members::list_members;
pub use model::{Member, NameError, ShopFields, ShopSettings, Workspace, parse_name};
pub use pages::{page_context, routes};
pub use password::{HashError, PasswordError};
pub use seal_again::{check_vault, has_sealed_secrets, seal_again};
pub use second_factor::forget_second_factor_of;
pub use second_step::Entry;
pub use security::require_second_factor;
pub use sessions::{NewSession, OpenSession, Sender, open_session, start_session};
pub use set_up::{SetUpError, ensure_setup_link};
pub use sign_in::{SignInError, sign_in};
pub use single_sign_on::{Provider, ProviderSettings};

use db::{DbError, Tx};
use words::{Country, WorkspaceId};

use crate::kernel::Shop;

/// How long what expires by itself is kept.
pub mod kept_for {
    use words::Span;

    use super::{brake, one_time_links, passkeys, single_sign_on};

    pub const LINKS: Span = one_time_links::Purpose::LONGEST;
    pub const PASSKEY_CHALLENGES: Span = passkeys::LIFETIME;
    pub const WAYS_TO_THE_PROVIDER: Span = single_sign_on::Attempt::LIFETIME;
    pub const TRIES: Span = brake::TRUSTED_FOR;
}

/// The workspace of this id.
pub fn find(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<Workspace>, DbError> {
    store::workspace(tx, workspace)
}

/// What screens and formats need of a workspace: name, currency, country, time zone.
pub fn shop(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<Shop>, DbError> {
    Ok(store::workspace(tx, workspace)?.map(|found| found.settings.shop()))
}

/// The country in which a phone number is read that names none; France until the shop says another.
pub fn phone_country(tx: &mut Tx, workspace: WorkspaceId) -> Result<Country, DbError> {
    Ok(shop(tx, workspace)?.and_then(|shop| shop.country.parse().ok()).unwrap_or(Country::FR))
}

/// Every workspace, for work that serves all of them.
pub fn all(tx: &mut Tx) -> Result<Vec<WorkspaceId>, DbError> {
    store::workspaces(tx)
}

/// The oldest workspace: the one that the command line means when it names none.
pub fn the_first(tx: &mut Tx) -> Result<Option<Workspace>, DbError> {
    store::first_workspace(tx)
}
