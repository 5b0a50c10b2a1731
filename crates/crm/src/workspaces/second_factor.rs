//! The second factor: codes of an authenticator app (RFC 6238), and recovery codes for the day the phone is gone. The
//! other second factor is a passkey; recovery codes stand for both.
//!
//! A code is six figures of 30 seconds; the ones before and after are taken too, and each is taken once. The seed is
//! sealed. Ten recovery codes of 125 random bits are shown once; their digests are kept, and each works once.

use db::{DbError, Tx};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use totp_rs::{Algorithm, Secret, TOTP};
use uuid::Uuid;
use words::{EmailAddress, Span, Timestamp, UserId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::brake::{Payment, pay_for_code};
use super::manage_members::{MemberError, changeable_member};
use super::secrets::{Digest, digest};
use super::store;
use crate::kernel::{Actor, App, Place, Vault, corrupt, percent_encoded, random_bytes};

/// Why a second factor was not set up or taken.
#[derive(Debug, Error)]
pub enum SecondFactorError {
    #[error("there is no authenticator app that waits for its first code; begin again")]
    NotBegun,
    #[error("this code is not right, or was used already; wait for the next one")]
    WrongCode,
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What the account page tells about a member's second factor.
pub(super) struct SecondFactor {
    pub since: Option<Timestamp>,
    /// The secret for the app, while it waits for its first code.
    pub waiting: Option<Seed>,
    pub recovery_codes_left: i64,
}

/// The secret that the app and the server share.
pub(super) struct Seed(Vec<u8>);

const SEED_BYTES: usize = 20;
const STEP_S: u64 = 30;
const DIGITS: usize = 6;
/// Clocks of phones are a little off: one step to each side.
const SKEW: i64 = 1;
const RECOVERY_CODES: usize = 10;
/// 25 letters of 32: 125 bits.
const RECOVERY_LETTERS: usize = 25;
/// Letters that nobody mixes up.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Seed {
    /// As people type it into an app: base32.
    pub fn text(&self) -> String {
        Secret::Raw(self.0.clone()).to_encoded().to_string()
    }

    /// As the app reads it from a picture (Google's Key URI format).
    pub fn uri(&self, email: &str) -> String {
        let account = percent_encoded(email);
        format!("otpauth://totp/Entente:{account}?secret={}&issuer=Entente", self.text())
    }

    fn code(&self, step: i64) -> Option<String> {
        let totp = TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP_S, self.0.clone()).ok()?;
        Some(totp.generate(u64::try_from(step).ok()? * STEP_S))
    }

    /// The time step of a code that is right now.
    fn step_of(&self, code: &str, now: Timestamp) -> Option<i64> {
        let current = now.as_millis().div_euclid(1000 * STEP_S.cast_signed());
        let is_right =
            |step: &i64| self.code(*step).is_some_and(|right| right.as_bytes().ct_eq(code.as_bytes()).into());
        (current - SKEW..=current + SKEW).find(is_right)
    }
}

pub(super) fn place_of_seed(user: &str) -> Place<'_> {
    Place { table: "totp_seeds", row: user, column: "seed" }
}

fn open_seed(vault: &Vault, user: UserId, sealed: &[u8]) -> Result<Seed, DbError> {
    vault.open(place_of_seed(&user.to_string()), sealed).map(Seed).map_err(corrupt)
}

/// Where a member stands with his second factor.
pub(super) async fn second_factor(app: &App, user: UserId) -> Result<SecondFactor, DbError> {
    let vault = app.settings.vault.clone();
    app.db
        .read(move |tx| {
            let row = store::second_factor::totp(tx, user)?;
            let since = row.as_ref().and_then(|row| row.confirmed_at);
            let waiting = match row.filter(|row| row.confirmed_at.is_none()) {
                Some(row) => Some(open_seed(&vault, user, &row.seed)?),
                None => None,
            };
            Ok(SecondFactor {
                since,
                waiting,
                recovery_codes_left: store::second_factor::count_recovery_codes(tx, user)?,
            })
        })
        .await
}

/// Makes a seed that waits for its first code. A seed in use stays.
pub(super) async fn begin_second_factor(app: &App, user: UserId) -> Result<(), DbError> {
    let seed: [u8; SEED_BYTES] = random_bytes(&app.chance);
    let sealed = app.settings.vault.seal(&app.chance, place_of_seed(&user.to_string()), &seed);
    let now = app.now();
    app.db.write(move |tx| store::second_factor::put_waiting_totp(tx, user, &sealed, now)).await
}

/// Takes the first code of the app: from now on a password alone does not let the member in, and his other sessions end.
/// Answers his recovery codes.
pub(super) async fn confirm_second_factor(
    app: &App,
    actor: &Actor,
    user: UserId,
    session: Uuid,
    code: String,
) -> Result<Vec<String>, SecondFactorError> {
    let codes = new_recovery_codes(app);
    let digests = digests_of(&codes);
    let (actor, moment, vault) = (actor.clone(), AuditMoment::of(app), app.settings.vault.clone());
    let outcome = app
        .db
        .write(move |tx| {
            store::second_factor::lock_user(tx, user)?;
            if let Payment::Wait(wait) = pay_for_code(tx, user, moment.now)? {
                return Ok(Err(SecondFactorError::TooSoon { wait }));
            }
            let Some(row) = store::second_factor::totp(tx, user)?.filter(|row| row.confirmed_at.is_none()) else {
                return Ok(Err(SecondFactorError::NotBegun));
            };
            let step = open_seed(&vault, user, &row.seed)?.step_of(&normal(&code), moment.now);
            let Some(step) = step else { return Ok(Err(SecondFactorError::WrongCode)) };
            store::second_factor::use_totp_step(tx, user, step)?;
            store::second_factor::confirm_totp(tx, user, moment.now)?;
            store::second_factor::delete_recovery_codes(tx, user)?;
            store::second_factor::insert_recovery_codes(tx, user, &digests)?;
            store::delete_other_sessions(tx, user, session)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("second_factor_set_up", &user))?;
            Ok::<_, DbError>(Ok(()))
        })
        .await?;
    outcome.map(|()| codes)
}

/// New recovery codes in the place of the old.
pub(super) async fn renew_recovery_codes(app: &App, actor: &Actor, user: UserId) -> Result<Vec<String>, DbError> {
    let codes = new_recovery_codes(app);
    let digests = digests_of(&codes);
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            store::second_factor::delete_recovery_codes(tx, user)?;
            store::second_factor::insert_recovery_codes(tx, user, &digests)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("recovery_codes_renewed", &user))
        })
        .await?;
    Ok(codes)
}

/// A member gives up his authenticator app; his other sessions end. Passkeys stay.
pub(super) async fn remove_app(app: &App, actor: &Actor, user: UserId, session: Uuid) -> Result<(), DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            store::second_factor::delete_totp(tx, user)?;
            forget_codes_without_factor(tx, user)?;
            store::delete_other_sessions(tx, user, session)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("second_factor_removed", &user))
        })
        .await
}

/// An administrator takes the second factors of a member who lost one, app and passkeys; the member is signed out everywhere.
pub(super) async fn remove_second_factor_of(app: &App, actor: &Actor, user: UserId) -> Result<(), MemberError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    app.db
        .write(move |tx| {
            changeable_member(tx, &actor, user)?;
            if store::is_member_elsewhere(tx, actor.workspace, user)? {
                return Err(MemberError::SignsInElsewhere);
            }
            forget_second_factor(tx, user)?;
            store::delete_sessions_of(tx, user)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("second_factor_removed", &user))?;
            Ok(())
        })
        .await
}

/// The same from the command line, for who cannot sign in any more; false when nobody has this address.
pub async fn forget_second_factor_of(app: &App, email: EmailAddress) -> Result<bool, DbError> {
    let moment = AuditMoment::of(app);
    app.db
        .write(move |tx| {
            let Some(account) = store::account(tx, &email)? else { return Ok(false) };
            forget_second_factor(tx, account.user)?;
            if let Some((workspace, _)) = store::first_membership(tx, account.user)? {
                let entry = AuditEntry::new("second_factor_removed", &account.user);
                record_audit(tx, &Actor::system(workspace), &moment, &entry)?;
            }
            Ok(true)
        })
        .await
}

fn forget_second_factor(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    store::second_factor::delete_totp(tx, user)?;
    store::passkeys::delete_all_of(tx, user)?;
    store::second_factor::delete_recovery_codes(tx, user)
}

/// Recovery codes stand in for a factor that is not at hand, and go with the last one.
pub(super) fn forget_codes_without_factor(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    if has_second_factor(tx, user)? {
        return Ok(());
    }
    store::second_factor::delete_recovery_codes(tx, user)
}

/// Whether a password alone does not let this user in.
pub(super) fn has_second_factor(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    Ok(has_app(tx, user)? || store::passkeys::count(tx, user)? > 0)
}

/// Whether this user has an authenticator app in use.
pub(super) fn has_app(tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
    Ok(store::second_factor::totp(tx, user)?.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Whether a code of the app or a recovery code is right; it is used up. The caller holds the user's lock and has paid.
pub(super) fn use_code(tx: &mut Tx, user: UserId, code: &str, vault: &Vault, now: Timestamp) -> Result<bool, DbError> {
    let code = normal(code);
    if code.len() != DIGITS {
        return store::second_factor::use_recovery_code(tx, user, &digest(&code));
    }
    let Some(row) = store::second_factor::totp(tx, user)?.filter(|row| row.confirmed_at.is_some()) else {
        return Ok(false);
    };
    match open_seed(vault, user, &row.seed)?.step_of(&code, now) {
        Some(step) => store::second_factor::use_totp_step(tx, user, step),
        None => Ok(false),
    }
}

/// As it counts: without the blanks and lines between groups, and small.
fn normal(code: &str) -> String {
    code.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `abcde-fghij-kmnpq-rstuv-wxyz2`
pub(super) fn new_recovery_codes(app: &App) -> Vec<String> {
    let code = || {
        let bytes: [u8; RECOVERY_LETTERS] = random_bytes(&app.chance);
        let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
        letters.chunks(5).map(String::from_iter).collect::<Vec<_>>().join("-")
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

pub(super) fn digests_of(codes: &[String]) -> Vec<Digest> {
    codes.iter().map(|code| digest(&normal(code))).collect()
}

/// The squares of the picture (a QR code) that the camera of a phone reads an address from, row by row; true is dark.
pub(super) fn qr_squares(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = qrcode::QrCode::new(text).ok()?;
    let dark: Vec<bool> = code.to_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect();
    Some(dark.chunks(code.width()).map(<[bool]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1; its eight figures end with the six that apps show.
        let seed = Seed(b"12345678901234567890".to_vec());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(seed.code(seconds / 30).unwrap(), code, "{seconds} s");
        }
    }

    #[test]
    fn a_code_counts_for_one_step_before_and_after_its_own() {
        let seed = Seed(b"12345678901234567890".to_vec());
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let code = seed.code(100).unwrap();
        for (seconds, step) in
            [(2_969, None), (2_970, Some(100)), (3_000, Some(100)), (3_059, Some(100)), (3_060, None)]
        {
            assert_eq!(seed.step_of(&code, at(seconds)), step, "{seconds} s");
        }
        assert_eq!(seed.step_of("", at(3_000)), None);
    }

    #[test]
    fn the_address_of_a_seed_is_one_that_apps_read() {
        let seed = Seed(b"12345678901234567890".to_vec());
        assert_eq!(
            seed.uri("ana+crm@example.com"),
            "otpauth://totp/Entente:ana%2Bcrm%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Entente"
        );
        let squares = qr_squares(&seed.uri("ana@example.com")).unwrap();
        assert!(squares.len() > 30 && squares.iter().all(|row| row.len() == squares.len()));
    }

    #[test]
    fn blanks_lines_and_capitals_in_a_code_do_not_matter() {
        assert_eq!(normal(" 123 456 "), "123456");
        assert_eq!(normal("ABCDE-fghij"), "abcdefghij");
    }
}
