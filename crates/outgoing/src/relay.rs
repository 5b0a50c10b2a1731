//! The relay: one connection, and letters handed over on it one after the other.
//!
//! A letter is handed over in two moves. [`Line::offer`] says from whom and to whom, and hears whether the content is
//! wanted: until then nothing can have been delivered. [`Line::deliver`] sends the content: from its first byte on only the
//! answer tells whether the relay has the letter, and without one nobody knows (RFC 1047).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::letter::{Letter, MailSender};
use crate::line::LineByLine;
use crate::relay_address::{Protection, RelayAddress};
use crate::trust::Trust;

/// The mail server that everything is handed to.
#[derive(Clone)]
pub struct Relay(Arc<Parts>);

struct Parts {
    address: RelayAddress,
    sender: MailSender,
    /// What we call ourselves.
    name: ClientId,
    trust: Trust,
    patience: Patience,
}

/// How long each move may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Look-up, connection and TLS together.
    pub connect: Duration,
    /// An answer to a command (RFC 5321, section 4.5.3.2, asks for two to five minutes).
    pub answer: Duration,
    /// Content and the answer to it: who leaves too early has it sent twice (the same, ten minutes).
    pub content: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self { connect: Duration::from_secs(30), answer: minutes(5), content: minutes(10) }
    }
}

/// The move at which it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Connect,
    Secure,
    Greeting,
    SignIn,
    Sender,
    Recipient,
    Content,
    /// After the content: the relay may have the letter.
    Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody can be reached there.
    Unreachable,
    /// The certificate is nobody's whom we trust, or not of this name, or TLS failed.
    NotTrusted,
    /// STARTTLS, or a way to sign in, is not offered.
    NotOffered,
    /// The relay said no: the three figures of RFC 5321.
    Refused(u16),
    Late,
    /// The connection ended, or what came was no answer.
    BrokenOff,
    /// No mail reaches an address with such letters before its `@`.
    Unwritable,
}

/// Why a letter was not handed over. Never what the relay said in words: it repeats addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailError {
    pub step: Step,
    pub cause: Cause,
}

impl std::error::Error for MailError {}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was delivered; another time it may go.
    TryLater,
    /// The relay will never take this letter.
    GiveUp,
    /// The relay has it or has it not.
    Unknown,
}

impl MailError {
    /// Refusals for good concern the letter from the recipient on; before, they concern how we come, which somebody may
    /// put right.
    pub fn fate(&self) -> Fate {
        match (self.step, self.cause) {
            (Step::Recipient | Step::Content | Step::Answer, Cause::Refused(code)) if code >= 500 => Fate::GiveUp,
            (_, Cause::Unwritable) => Fate::GiveUp,
            (_, Cause::Refused(_)) => Fate::TryLater,
            (Step::Answer, _) => Fate::Unknown,
            _ => Fate::TryLater,
        }
    }
}

impl Step {
    /// The word in databases and texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Secure => "secure",
            Self::Greeting => "greeting",
            Self::SignIn => "sign-in",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Content => "content",
            Self::Answer => "answer",
        }
    }
}

/// `recipient 550`, `connect unreachable`: for databases, logs, and texts that are looked up by it.
impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = match self.cause {
            Cause::Refused(code) => return write!(f, "{} {code}", self.step.code()),
            Cause::Unreachable => "unreachable",
            Cause::NotTrusted => "not-trusted",
            Cause::NotOffered => "not-offered",
            Cause::Late => "late",
            Cause::BrokenOff => "broken-off",
            Cause::Unwritable => "unwritable",
        };
        write!(f, "{} {cause}", self.step.code())
    }
}

impl Relay {
    /// `name` is the host of this installation, as it introduces itself.
    pub fn new(address: RelayAddress, sender: MailSender, name: &str, trust: Trust, patience: Patience) -> Self {
        let name = match name.parse() {
            Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(name.to_owned()),
        };
        Self(Arc::new(Parts { address, sender, name, trust, patience }))
    }

    pub fn host(&self) -> &str {
        self.0.address.host()
    }

    pub fn sender(&self) -> &MailSender {
        &self.0.sender
    }

    /// Connects, makes the line secret, and signs in.
    ///
    /// # Errors
    /// [`MailError`], whose fate is always to try later.
    pub async fn open(&self) -> Result<Line, MailError> {
        let parts = &self.0;
        let connect = self.connect();
        let stream = in_time(Step::Connect, parts.patience.connect, connect).await?;
        let greet = AsyncSmtpConnection::connect_with_transport(stream, &parts.name);
        let mut connection = said(Step::Greeting, parts.patience.answer, greet).await?;
        if parts.address.protection == Protection::BeforeAnythingIsSaid {
            let secure = connection.starttls(parts.trusted_by_library()?, &parts.name);
            said(Step::Secure, parts.patience.answer, secure).await?;
        }
        if let Some((user, password)) = &parts.address.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            let sign_in = connection.auth(DEFAULT_MECHANISMS, &credentials);
            said(Step::SignIn, parts.patience.answer, sign_in).await?;
        }
        Ok(Line { connection, relay: self.clone() })
    }

    async fn connect(&self) -> Result<Box<dyn AsyncTokioStream>, MailError> {
        let address = &self.0.address;
        let unreachable = |_| MailError { step: Step::Connect, cause: Cause::Unreachable };
        let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await.map_err(unreachable)?;
        // Plain text never leaves this machine, whatever a name leads to.
        let may_reach =
            |found: &SocketAddr| address.protection != Protection::None || found.ip().to_canonical().is_loopback();
        let allowed: Vec<SocketAddr> = found.filter(may_reach).collect();
        let stream = TcpStream::connect(&*allowed).await.map_err(unreachable)?;
        // Otherwise each answer waits for a delayed ACK: 22 letters a second.
        stream.set_nodelay(true).map_err(unreachable)?;
        let peer = stream.peer_addr().map_err(unreachable)?;
        if address.protection != Protection::FromTheFirstByte {
            return Ok(Box::new(LineByLine::new(stream, peer)));
        }
        let not_trusted = || MailError { step: Step::Secure, cause: Cause::NotTrusted };
        let name = ServerName::try_from(address.host.clone()).map_err(|_| not_trusted())?;
        let connector = TlsConnector::from(Arc::clone(&self.0.trust.mail));
        let stream = connector.connect(name, stream).await.map_err(|_| not_trusted())?;
        Ok(Box::new(LineByLine::new(stream, peer)))
    }
}

impl Parts {
    /// The same trust, as the library wants it told.
    fn trusted_by_library(&self) -> Result<TlsParameters, MailError> {
        let failed = |_| MailError { step: Step::Secure, cause: Cause::NotTrusted };
        let mut told = TlsParameters::builder(self.address.host.clone()).certificate_store(CertificateStore::None);
        for authority in self.trust.authorities.iter() {
            told = told.add_root_certificate(Certificate::from_der(authority.to_vec()).map_err(failed)?);
        }
        told.build_rustls().map_err(failed)
    }
}

/// A connection on which letters are handed over. After an error it is not used again.
pub struct Line {
    connection: AsyncSmtpConnection,
    relay: Relay,
}

/// A letter that the relay waits for.
#[must_use = "the relay waits for the content"]
pub struct Offered(Vec<u8>);

impl Line {
    /// Says from whom and to whom the letter is. Nothing was delivered when this fails.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn offer(&mut self, letter: &Letter) -> Result<Offered, MailError> {
        let Some(written) = letter.write(&self.relay.0.sender) else {
            return Err(MailError { step: Step::Recipient, cause: Cause::Unwritable });
        };
        let patience = self.relay.0.patience.answer;
        let (from, to) = (written.envelope.from().cloned(), written.envelope.to()[0].clone());
        said(Step::Sender, patience, self.connection.command(Mail::new(from, Vec::new()))).await?;
        said(Step::Recipient, patience, self.connection.command(Rcpt::new(to, Vec::new()))).await?;
        said(Step::Content, patience, self.connection.command(Data)).await?;
        Ok(Offered(written.bytes))
    }

    /// Sends the content of what was offered last, and waits for the answer.
    ///
    /// # Errors
    /// [`MailError`] at [`Step::Answer`].
    pub async fn deliver(&mut self, offered: Offered) -> Result<(), MailError> {
        let patience = self.relay.0.patience.content;
        said(Step::Answer, patience, self.connection.message(&offered.0)).await.map(|_| ())
    }

    /// Takes leave. What was delivered stays so, whatever comes of it.
    pub async fn close(mut self) {
        let _ = tokio::time::timeout(LEAVE_WITHIN, self.connection.quit()).await;
    }
}

const LEAVE_WITHIN: Duration = Duration::from_secs(2);

async fn in_time<T>(
    step: Step,
    patience: Duration,
    work: impl Future<Output = Result<T, MailError>>,
) -> Result<T, MailError> {
    tokio::time::timeout(patience, Box::pin(work)).await.unwrap_or(Err(MailError { step, cause: Cause::Late }))
}

async fn said<T>(
    step: Step,
    patience: Duration,
    work: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, MailError> {
    in_time(step, patience, async { work.await.map_err(|error| MailError { step, cause: cause_of(&error) }) }).await
}

fn cause_of(error: &SmtpError) -> Cause {
    match error.status() {
        Some(code) => Cause::Refused(code.into()),
        None if error.is_client() => Cause::NotOffered,
        None if error.is_tls() => Cause::NotTrusted,
        // The library calls a failed handshake a failed connection, and connects nothing by itself here.
        None if error.to_string().starts_with("Connection error") => Cause::NotTrusted,
        None => Cause::BrokenOff,
    }
}
