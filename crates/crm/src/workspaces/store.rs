//! All SQL of workspaces and of who works in them.

mod api_keys;
mod brake;
mod members;
mod one_time_links;
pub(in crate::workspaces) mod passkeys;
pub(in crate::workspaces) mod second_factor;
mod sessions;
mod shops;
pub(in crate::workspaces) mod single_sign_on;
pub(in crate::workspaces) mod trail;
mod values;

pub(in crate::workspaces) use api_keys::*;
pub(in crate::workspaces) use brake::*;
pub(in crate::workspaces) use members::*;
pub(in crate::workspaces) use one_time_links::*;
pub(in crate::workspaces) use sessions::*;
pub(in crate::workspaces) use shops::*;
