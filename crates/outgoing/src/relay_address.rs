//! Where mail is handed over, and as whom: one address, as settings hold it.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::{Host, Url};

/// A mail server that takes mail for the world, as its customer's programs reach it.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayAddress {
    pub(crate) protection: Protection,
    /// In ASCII, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) credentials: Option<(String, String)>,
}

/// When the connection becomes secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    FromTheFirstByte,
    /// By STARTTLS, and nothing is said to a server that does not offer it.
    BeforeAnythingIsSaid,
    /// To this machine alone.
    None,
}

/// Why a text is no address of a relay. The text itself is not repeated: it holds a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadRelay {
    #[error("it is no address of a mail server; write it as smtps://user:password@mail.example.com:465")]
    Malformed,
    #[error(
        "it must be encrypted: begin it with smtps://, or end it with ?starttls=required; plain smtp:// is for this machine \
         alone, as in smtp://127.0.0.1:25"
    )]
    NotSecure,
    #[error("a user needs a password and a password a user; name both or neither")]
    HalfAnAccount,
}

impl RelayAddress {
    /// Reads `smtps://user:password@host:465`, `smtp://user:password@host:587?starttls=required` or `smtp://127.0.0.1:25`.
    /// A password kept elsewhere is handed in beside it.
    ///
    /// # Errors
    /// [`BadRelay`] says what is wrong with it.
    pub fn parse(address: &str, password: Option<String>) -> Result<Self, BadRelay> {
        let url = Url::parse(address).map_err(|_| BadRelay::Malformed)?;
        let host = match Host::parse(url.host_str().ok_or(BadRelay::Malformed)?).map_err(|_| BadRelay::Malformed)? {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let has_path = !matches!(url.path(), "" | "/") || url.fragment().is_some();
        let (protection, usual_port) = match (url.scheme(), url.query()) {
            _ if has_path => return Err(BadRelay::Malformed),
            ("smtps", None) => (Protection::FromTheFirstByte, 465),
            ("smtp", Some("starttls=required")) => (Protection::BeforeAnythingIsSaid, 587),
            ("smtp", None) if is_this_machine(&host) => (Protection::None, 25),
            ("smtp", None) => return Err(BadRelay::NotSecure),
            _ => return Err(BadRelay::Malformed),
        };
        let inside = url.password().map(decoded).transpose()?;
        let credentials = match (decoded(url.username())?, inside.or(password)) {
            (user, None) if user.is_empty() => None,
            (user, Some(password)) if !user.is_empty() && !password.is_empty() => Some((user, password)),
            _ => return Err(BadRelay::HalfAnAccount),
        };
        Ok(Self { protection, host, port: url.port().unwrap_or(usual_port), credentials })
    }

    /// The name or the address, without port, user and password.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a password stands in the address itself.
    pub fn holds_password(address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| url.password().is_some())
    }
}

fn decoded(text: &str) -> Result<String, BadRelay> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| BadRelay::Malformed)?;
    if text.chars().any(char::is_control) { Err(BadRelay::Malformed) } else { Ok(text.into_owned()) }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Never user and password: settings are logged.
impl fmt::Debug for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.protection)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(address: &str) -> Result<RelayAddress, BadRelay> {
        RelayAddress::parse(address, None)
    }

    #[test]
    fn mail_is_encrypted_or_stays_on_this_machine() {
        for (address, protection, port) in [
            ("smtps://mail.example.com", Protection::FromTheFirstByte, 465),
            ("smtps://mail.example.com:2465/", Protection::FromTheFirstByte, 2465),
            ("smtp://mail.example.com?starttls=required", Protection::BeforeAnythingIsSaid, 587),
            ("smtp://10.0.0.9:25?starttls=required", Protection::BeforeAnythingIsSaid, 25),
            ("smtp://127.0.0.1:1025", Protection::None, 1025),
            ("smtp://localhost", Protection::None, 25),
            ("smtp://[::1]:26", Protection::None, 26),
        ] {
            let read = parse(address).unwrap();
            assert_eq!((read.protection, read.port), (protection, port), "{address}");
        }
        for open in ["smtp://mail.example.com", "smtp://10.0.0.9:25", "smtp://127.0.0.1.example.com", "smtp://0.0.0.0"]
        {
            assert_eq!(parse(open), Err(BadRelay::NotSecure), "{open}");
        }
        for none in [
            "",
            "mail.example.com",
            "https://mail.example.com",
            "smtps://",
            "smtps:///x",
            "smtps://mail.example.com/inbox",
            "smtps://mail.example.com#x",
            "smtp://mail.example.com?starttls=maybe",
            "smtps://mail.example.com?starttls=required",
            "smtps://ma il.example.com",
            "smtps://user%0d%0a:p@mail.example.com",
        ] {
            assert_eq!(parse(none), Err(BadRelay::Malformed), "{none}");
        }
    }

    #[test]
    fn a_password_stands_in_the_address_or_beside_it_and_is_never_shown() {
        let inside = parse("smtps://ana%40example.com:p%3A%2F%20w@mail.example.com").unwrap();
        assert_eq!(inside.credentials, Some(("ana@example.com".to_owned(), "p:/ w".to_owned())));
        let beside = RelayAddress::parse("smtps://ana@mail.example.com", Some("canary".to_owned())).unwrap();
        assert_eq!(beside.credentials, Some(("ana".to_owned(), "canary".to_owned())));
        assert!(!format!("{beside:?}").contains("canary") && !format!("{beside:?}").contains("ana"));
        assert_eq!(parse("smtps://ana@mail.example.com"), Err(BadRelay::HalfAnAccount));
        assert_eq!(parse("smtps://:p@mail.example.com"), Err(BadRelay::HalfAnAccount));
        assert!(RelayAddress::holds_password("smtps://a:b@mail.example.com"));
        assert!(!RelayAddress::holds_password("smtps://a@mail.example.com"));
    }
}
