//! A phone with a browser, in software: it makes passkeys and signs with them, and lies where a test tells it to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// One passkey, and what the browser and the authenticator say of themselves.
#[derive(Clone)]
pub struct Authenticator {
    pub origin: String,
    pub rp_id: String,
    pub kind: Option<&'static str>,
    pub is_framed: bool,
    pub is_present: bool,
    pub is_verified: bool,
    pub counter: u32,
    pub user_handle: Option<Vec<u8>>,
    pub credential_id: Vec<u8>,
    pub key: Vec<u8>,
}

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HOLDS_KEY: u8 = 0x40;

impl Authenticator {
    /// A device that tells the truth, at this address.
    pub fn at(origin: &str) -> Self {
        let host = origin.split("://").nth(1).unwrap();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        let mut credential_id = vec![0; 16];
        ring::rand::SecureRandom::fill(&SystemRandom::new(), &mut credential_id).unwrap();
        Self {
            origin: origin.to_owned(),
            rp_id: host.split(':').next().unwrap().to_owned(),
            kind: None,
            is_framed: false,
            is_present: true,
            is_verified: true,
            counter: 1,
            user_handle: None,
            credential_id,
            key: document.as_ref().to_vec(),
        }
    }

    /// Makes the passkey that these options ask for.
    pub fn make(&mut self, options: &Value) -> String {
        self.user_handle = Some(decoded(&options["user"]["id"]));
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.head(HOLDS_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        self.counter += 1;
        let response =
            json!({"clientDataJSON": encoded(client_data.as_bytes()), "attestationObject": encoded(&attestation)});
        self.credential(&response)
    }

    /// Signs the challenge of these options, and counts on.
    pub fn sign(&mut self, options: &Value) -> String {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.head(0);
        self.counter += 1;
        let mut signed = data.clone();
        signed.extend(Sha256::digest(client_data.as_bytes()));
        let signature = self.key_pair().sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": encoded(client_data.as_bytes()),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": self.user_handle.as_deref().map(encoded),
        });
        self.credential(&response)
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let kind = self.kind.unwrap_or(kind);
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": self.is_framed})
            .to_string()
    }

    /// The name's digest, the flags and the counter.
    fn head(&self, more: u8) -> Vec<u8> {
        let present = if self.is_present { PRESENT } else { 0 };
        let verified = if self.is_verified { VERIFIED } else { 0 };
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(present | verified | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key in COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    fn public_key(&self) -> Vec<u8> {
        let pair = self.key_pair();
        let point = pair.public_key().as_ref();
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend(&point[1..33]);
        key.extend(b"\x22\x58\x20");
        key.extend(&point[33..65]);
        key
    }

    fn key_pair(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.key, &SystemRandom::new()).unwrap()
    }

    fn credential(&self, response: &Value) -> String {
        let id = encoded(&self.credential_id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response}).to_string()
    }
}

pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
