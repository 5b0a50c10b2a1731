//! Who asks for passkeys: the name in the public address of the settings, and never one that a request names.

use std::time::Duration;

use thiserror::Error;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

use super::challenge::LIFETIME;

/// Why nobody can use a passkey under an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(in crate::workspaces) enum NoPasskeys {
    #[error("browsers tie passkeys to a name, and this address is a number")]
    NumberedAddress,
    #[error("browsers use passkeys over https only, but for localhost")]
    PlainHttp,
}

/// This installation, as authenticators know it.
#[derive(Clone)]
pub(in crate::workspaces) struct RelyingParty {
    /// The name in the public address. A passkey works under the name for which it was made, and no other.
    pub id: String,
    pub(super) webauthn: Webauthn,
}

/// What passkeys are made for under this public address.
pub(in crate::workspaces) fn relying_party(public_url: &str) -> Result<RelyingParty, NoPasskeys> {
    let origin = Url::parse(public_url).map_err(|_| NoPasskeys::NumberedAddress)?;
    let id = origin.domain().ok_or(NoPasskeys::NumberedAddress)?.to_owned();
    let is_this_machine = id == "localhost" || id.ends_with(".localhost");
    if origin.scheme() != "https" && !is_this_machine {
        return Err(NoPasskeys::PlainHttp);
    }
    let timeout = Duration::from_millis(LIFETIME.as_millis().unsigned_abs());
    let builder = WebauthnBuilder::new(&id, &origin).map(|builder| builder.rp_name("Entente").timeout(timeout));
    let webauthn = builder.and_then(WebauthnBuilder::build).map_err(|_| NoPasskeys::NumberedAddress)?;
    Ok(RelyingParty { id, webauthn })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(public_url: &str, expected: Result<&str, NoPasskeys>) {
        let found = relying_party(public_url).map(|party| party.id);
        assert_eq!(found.as_deref().map_err(|error| *error), expected, "{public_url}");
    }

    #[test]
    fn passkeys_are_for_a_name_over_https_or_for_this_machine() {
        check("https://crm.example.com", Ok("crm.example.com"));
        check("https://crm.example.com:8443", Ok("crm.example.com"));
        check("http://localhost:8080", Ok("localhost"));
        check("http://crm.localhost", Ok("crm.localhost"));
        check("http://127.0.0.1:8080", Err(NoPasskeys::NumberedAddress));
        check("https://127.0.0.1", Err(NoPasskeys::NumberedAddress));
        check("https://[2001:db8::1]:8443", Err(NoPasskeys::NumberedAddress));
        check("http://crm.example.com", Err(NoPasskeys::PlainHttp));
        check("http://localhost.example.com", Err(NoPasskeys::PlainHttp));
    }
}
