//! Scheme, host and port: what decides how somebody is spoken to.

use std::net::IpAddr;

use hyper::Uri;
use thiserror::Error;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(crate) is_secure: bool,
    /// In lower case, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Why an address is none that is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadOrigin {
    #[error("it is no address; write it as https://login.example.com")]
    Malformed,
    #[error("it must begin with https://; http:// is for this machine alone, as in http://127.0.0.1:8090")]
    NotSecure,
}

impl Origin {
    /// # Errors
    /// [`BadOrigin`] when there is no host, or the scheme is not https; plain http is for this machine alone.
    pub fn parse(address: &str) -> Result<Self, BadOrigin> {
        address.parse::<Uri>().map_err(|_| BadOrigin::Malformed).and_then(|uri| Self::of(&uri))
    }

    /// The name or the address, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn of(uri: &Uri) -> Result<Self, BadOrigin> {
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(BadOrigin::Malformed),
        };
        let authority = uri.authority().ok_or(BadOrigin::Malformed)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(BadOrigin::Malformed);
        }
        let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let origin = Self { is_secure, host, port };
        if is_secure || origin.is_this_machine() { Ok(origin) } else { Err(BadOrigin::NotSecure) }
    }

    /// By its literal name: what a name resolves to is looked at when it is spoken to.
    pub(crate) fn is_this_machine(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn https_goes_anywhere_and_http_to_this_machine_alone() {
        let origin = Origin::parse("https://Login.Example.com/realms/shop").unwrap();
        assert_eq!((origin.is_secure, origin.host.as_str(), origin.port), (true, "login.example.com", 443));
        for local in ["http://127.0.0.1:8090", "http://localhost/x", "http://[::1]:8090/"] {
            assert!(!Origin::parse(local).unwrap().is_secure, "{local}");
        }
        for open in ["http://login.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://0x7f.1"] {
            assert_eq!(Origin::parse(open), Err(BadOrigin::NotSecure), "{open}");
        }
        for none in ["", "login.example.com", "ftp://x", "https://", "https://a@b", "https:///x", "/x"] {
            assert_eq!(Origin::parse(none), Err(BadOrigin::Malformed), "{none}");
        }
    }
}
