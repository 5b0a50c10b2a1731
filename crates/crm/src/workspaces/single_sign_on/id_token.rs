//! Whether an ID token is believed (OpenID Connect Core, section 3.1.3.7).
//!
//! The library checks signature, issuer, audience, times and nonce; what it leaves to its callers is checked here: the
//! algorithms, the authorized party, the hash of the access token, and a time of issue in the future.

use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreTokenResponse};
use openidconnect::{
    AccessTokenHash, ClaimsVerificationError, Nonce, OAuth2TokenResponse as _, SignatureVerificationError,
    TokenResponse as _,
};
use words::{Span, Timestamp};

use super::provider::Relying;

/// How far the provider's clock may be ahead of ours.
pub(super) const CLOCKS_APART: Span = Span::from_minutes(5);

/// Signatures with a public key. A shared secret that also opens the token endpoint signs nobody in, nor does `none`.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why an ID token is not believed.
pub(super) enum Refusal {
    UnknownKey,
    Broken(&'static str),
}

impl Refusal {
    pub fn reason(&self) -> &'static str {
        match self {
            Self::UnknownKey => "the ID token is signed with a key that the provider does not publish",
            Self::Broken(reason) => reason,
        }
    }
}

impl From<ClaimsVerificationError> for Refusal {
    fn from(error: ClaimsVerificationError) -> Self {
        Self::Broken(match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                return Self::UnknownKey;
            }
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)) => {
                "the ID token is signed with an algorithm that is not allowed, or not at all"
            }
            ClaimsVerificationError::SignatureVerification(_) => "the signature of the ID token is wrong",
            ClaimsVerificationError::Expired(_) => "the ID token has expired, or is of the future",
            ClaimsVerificationError::InvalidAudience(_) => "the ID token is for another client",
            ClaimsVerificationError::InvalidIssuer(_) => "the ID token is of another issuer",
            ClaimsVerificationError::InvalidNonce(_) => "the ID token answers another question",
            _ => "the ID token cannot be used",
        })
    }
}

/// The claims of an ID token that passed every check.
pub(super) fn check(
    relying: &Relying,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, Refusal> {
    let token = tokens.id_token().ok_or(Refusal::Broken("there is no ID token"))?;
    let latest = millis(now.plus(CLOCKS_APART));
    let verifier: CoreIdTokenVerifier<'_> = relying
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || (UNIX_EPOCH + Duration::from_millis(millis(now))).into())
        .set_issue_time_verifier_fn(move |issued| match u64::try_from(issued.timestamp_millis()) {
            Ok(issued) if issued <= latest => Ok(()),
            _ => Err("issued in the future".to_owned()),
        });
    let claims = token.claims(&verifier, nonce)?;
    if claims.authorized_party().is_some_and(|party| party != relying.client_id()) {
        return Err(Refusal::Broken("the ID token is for another party"));
    }
    if let Some(expected) = claims.access_token_hash() {
        let unsigned =
            |_: SignatureVerificationError| Refusal::Broken("the signature of the ID token cannot be checked");
        let (algorithm, key) =
            (token.signing_alg().map_err(unsigned)?, token.signing_key(&verifier).map_err(unsigned)?);
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if actual.ok().as_ref() != Some(expected) {
            return Err(Refusal::Broken("the ID token belongs to another access token"));
        }
    }
    Ok(claims.clone())
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(0)
}
