//! Signing in with the account of an identity provider, by OpenID Connect.
//!
//! The administrator names one provider in the settings. A member is known there by issuer and subject; the first time,
//! a verified address that belongs to a member, or to somebody invited, links both. The provider makes nobody a member.
//! The way out and back is bound to the browser by a cookie and used once ([`attempt`]); what the provider answers is
//! believed only after every check of OpenID Connect Core 3.1.3.7 ([`id_token`]); who gets in is decided in [`admit`].

mod admit;
mod attempt;
mod id_token;
mod links;
mod person;
mod provider;

pub use provider::{Provider, ProviderSettings};

pub(super) use admit::{Admitted, Return, come_back};
pub(super) use attempt::{Aim, Attempt, Begun, Leaving, begin};
pub(super) use links::{Link, find_link, remove_link};

use db::DbError;
use thiserror::Error;

/// Why nobody was signed in, or nothing linked.
#[derive(Debug, Error)]
pub(super) enum SignOnError {
    #[error("this took too long, was used already, or began in another browser; begin again")]
    Gone,
    #[error("too many from this network went to the provider; wait a moment")]
    TooSoon,
    #[error("the provider cannot be reached")]
    Unreachable,
    #[error("the provider signed nobody in")]
    Cancelled,
    #[error("what the provider answered cannot be believed")]
    Unbelievable,
    #[error("the provider has not verified the address")]
    Unverified,
    #[error("no member goes by this address")]
    Stranger,
    #[error("this member, or this account of the provider, is linked to another")]
    OtherPerson,
    #[error(transparent)]
    Db(#[from] DbError),
}
