//! The identity provider: what it says of itself, the way to it, and the tokens it gives for a code.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod, CoreGrantType,
    CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthenticationFlow, AuthorizationCode, ClientId,
    ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope,
};
use outgoing::{Client, SendError};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use words::{EmailAddress, Span, Timestamp};

use super::SignOnError;
use super::attempt::{Aim, Attempt};
use super::id_token::{CLOCKS_APART, Refusal, check};
use super::person::{Person, is_second_factor};
use crate::kernel::App;

/// What an administrator decides in flags, environment or `entente.toml`.
#[derive(Clone)]
pub struct ProviderSettings {
    /// As the provider names itself, to the letter.
    pub issuer: String,
    pub client_id: String,
    /// None for a public client: PKCE guards both.
    pub client_secret: Option<String>,
    /// What people call it: "Sign in with …".
    pub name: String,
    /// A second factor that the provider asked for counts here too.
    pub trusts_second_factor: bool,
}

/// Never the secret: settings are logged.
impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProviderSettings of {}", self.issuer)
    }
}

/// The provider, and what was read of it a moment ago.
pub struct Provider {
    pub settings: ProviderSettings,
    wire: Wire,
    known: Mutex<Known>,
}

/// The library's requests, sent by the house's own client.
struct Wire(Client);

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, SendError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.send(request))
    }
}

/// Another process reads the same; nothing is lost with it.
enum Known {
    Nothing,
    Told { at: Timestamp, metadata: Box<Metadata> },
    Silent { at: Timestamp },
}

/// A provider changes its keys by the day and keeps the old ones beside the new for a while.
const BELIEVED_FOR: Span = Span::from_minutes(5);
/// Whoever presses the button meanwhile is told at once, and nobody queues for a provider that hangs.
const SILENT_FOR: Span = Span::from_secs(5);
/// What a provider may say besides what the library knows (RFC 9207, section 3).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct More {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

pub(super) type Relying =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What binds the answer to the question.
pub(super) struct Proofs {
    pub nonce: String,
    /// PKCE (RFC 7636): who has the code alone gets nothing for it.
    pub verifier: String,
}

/// The address to which the provider sends people back; it is registered there.
pub(in crate::workspaces) const RETURN_PATH: &str = "/sign-in/sso/return";

impl Provider {
    pub fn new(settings: ProviderSettings, client: Client) -> Self {
        Self { settings, wire: Wire(client), known: Mutex::new(Known::Nothing) }
    }

    /// Where the browser goes to be signed in.
    pub(super) async fn address_to(
        &self,
        app: &App,
        aim: Aim,
        state: &str,
        proofs: &Proofs,
    ) -> Result<String, SignOnError> {
        let relying = self.relying(app, &self.metadata(app).await?)?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(proofs.verifier.clone()));
        let (state, nonce) = (state.to_owned(), proofs.nonce.clone());
        let mut request = relying
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(["email", "profile"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        if aim == Aim::Prove {
            request = request.set_max_age(Duration::ZERO).add_prompt(CoreAuthPrompt::Login);
        }
        Ok(request.url().0.to_string())
    }

    /// Whether an answer to the browser came from this provider (RFC 9207): another one's code is not even sent here.
    pub(super) async fn check_sender(&self, app: &App, issuer: Option<&str>) -> Result<(), SignOnError> {
        let metadata = self.metadata(app).await?;
        let says_so = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == self.settings.issuer => Ok(()),
            None if !says_so => Ok(()),
            _ => Err(self.unbelievable("the answer names no issuer, or another one")),
        }
    }

    /// Exchanges the code and checks who was signed in.
    pub(super) async fn person(
        &self,
        app: &App,
        attempt: &Attempt,
        code: String,
        proofs: Proofs,
    ) -> Result<Person, SignOnError> {
        let metadata = self.metadata(app).await?;
        let relying = self.relying(app, &metadata)?;
        let tokens = self.exchange(&relying, code, proofs.verifier).await?;
        let nonce = Nonce::new(proofs.nonce);
        let claims = match check(&relying, &tokens, &nonce, app.now()) {
            // The provider has a new key since we last looked.
            Err(Refusal::UnknownKey) => {
                *self.known.lock().await = Known::Nothing;
                let relying = self.relying(app, &self.metadata(app).await?)?;
                check(&relying, &tokens, &nonce, app.now())
            }
            claims => claims,
        };
        let claims = claims.map_err(|refusal| self.unbelievable(refusal.reason()))?;
        let proved_at = claims.auth_time().map(|at| timestamp(at.timestamp_millis()));
        if attempt.aim == Aim::Prove && proved_at.is_none_or(|at| at < attempt.created_at.minus(CLOCKS_APART)) {
            return Err(self.unbelievable("the provider did not ask him to prove himself anew"));
        }
        Ok(Person { proved_at, ..self.describe(&relying, &tokens, &claims).await })
    }

    async fn metadata(&self, app: &App) -> Result<Metadata, SignOnError> {
        let mut known = self.known.lock().await;
        let now = app.now();
        match &*known {
            Known::Told { at, metadata } if now.since(*at) < BELIEVED_FOR => return Ok((**metadata).clone()),
            Known::Silent { at } if now.since(*at) < SILENT_FOR => return Err(SignOnError::Unreachable),
            _ => {}
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|_| SignOnError::Unreachable)?;
        match Metadata::discover_async(issuer, &self.wire).await {
            Ok(metadata) => {
                *known = Known::Told { at: now, metadata: Box::new(metadata.clone()) };
                Ok(metadata)
            }
            Err(error) => {
                tracing::warn!(issuer = self.settings.issuer, reason = %told(&error), "the identity provider cannot be used");
                *known = Known::Silent { at: now };
                Err(SignOnError::Unreachable)
            }
        }
    }

    fn relying(&self, app: &App, metadata: &Metadata) -> Result<Relying, SignOnError> {
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let address = format!("{}{RETURN_PATH}", app.settings.public_url);
        let address = RedirectUrl::new(address).map_err(|_| self.unbelievable("the public address is none"))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let relying = Relying::from_provider_metadata(metadata.clone(), id, secret).set_redirect_uri(address);
        let known = metadata.token_endpoint_auth_methods_supported();
        let takes_basic = known.is_none_or(|known| known.contains(&CoreClientAuthMethod::ClientSecretBasic));
        Ok(relying.set_auth_type(if takes_basic { AuthType::BasicAuth } else { AuthType::RequestBody }))
    }

    async fn exchange(
        &self,
        relying: &Relying,
        code: String,
        verifier: String,
    ) -> Result<CoreTokenResponse, SignOnError> {
        let request = relying
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| self.unbelievable("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = request.request_async(&self.wire).await;
        answer.map_err(|error| match error {
            openidconnect::RequestTokenError::Request(error) => {
                tracing::warn!(issuer = self.settings.issuer, %error, "the identity provider gives no tokens");
                SignOnError::Unreachable
            }
            _ => self.unbelievable("the provider gives no tokens for the code"),
        })
    }

    /// The address may stand behind another endpoint; it counts only if that speaks of the same subject.
    async fn describe(&self, relying: &Relying, tokens: &CoreTokenResponse, claims: &CoreIdTokenClaims) -> Person {
        let mut person = Person {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().to_string(),
            email: verified(claims.email().map(|email| email.as_str()), claims.email_verified()),
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            has_second_factor: claims
                .auth_method_refs()
                .is_some_and(|methods| methods.iter().any(|method| is_second_factor(method))),
            proved_at: None,
        };
        if claims.email().is_none()
            && let Ok(request) = relying.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        {
            let told: Result<CoreUserInfoClaims, _> = request.request_async(&self.wire).await;
            match told {
                Ok(more) => {
                    person.email = verified(more.email().map(|email| email.as_str()), more.email_verified());
                    let name = more.name().and_then(|name| name.get(None)).map(|name| name.to_string());
                    person.name = person.name.or(name);
                }
                Err(_) => tracing::warn!(issuer = self.settings.issuer, "the identity provider tells no address"),
            }
        }
        person
    }

    /// The administrator is told which check failed; what was sent stays out of the log.
    fn unbelievable(&self, reason: &'static str) -> SignOnError {
        tracing::warn!(issuer = self.settings.issuer, reason, "an answer of the identity provider is not believed");
        SignOnError::Unbelievable
    }
}

/// What went wrong, without a word of the answer.
fn told(error: &openidconnect::DiscoveryError<SendError>) -> String {
    use openidconnect::DiscoveryError::{Parse, Request, Response, Validation};
    match error {
        Request(error) => error.to_string(),
        Response(status, ..) => format!("it answers {status}"),
        Parse(_) => "its description cannot be read".to_owned(),
        Validation(_) => "it names another issuer than the settings do".to_owned(),
        _ => "its description cannot be used".to_owned(),
    }
}

/// An address counts if the provider says that it has verified it.
fn verified(email: Option<&str>, is_verified: Option<bool>) -> Option<EmailAddress> {
    email.filter(|_| is_verified == Some(true)).and_then(|email| EmailAddress::parse(email).ok())
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}
