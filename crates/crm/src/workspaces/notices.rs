//! Members are told by mail of what changes in their account (OWASP ASVS 6.3.7), whoever did it.
//!
//! What is told hangs on the entry of the trail, and is written in the same transaction: no way to change an account can
//! forget the entry, and so none can forget the letter. A letter says what happened and when, and leads to the account; it
//! names no address of a network and holds no secret.

use db::{DbError, Tx};
use words::{Span, UserId, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment};
use super::brake::{Tries, short_digest};
use super::store::{self, Reader};
use crate::kernel::texts::{format_date_time, t, t_with};
use crate::kernel::{Actor, ActorKind, Language};
use crate::outbox::{Kind, Message};

/// Whom an entry concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// The user that is its subject.
    Subject,
    /// Who did it.
    Actor,
}

/// The entries that are told, whom they concern, and the page where he sees more; none for who may not open it any more.
const TOLD: [(&str, Whom, Option<&str>); 16] = [
    ("api_key_created", Whom::Actor, Some("/settings/keys")),
    ("member_disabled", Whom::Subject, None),
    ("member_enabled", Whom::Subject, Some("/account")),
    ("member_removed", Whom::Subject, None),
    ("member_role_changed", Whom::Subject, Some("/account")),
    // On the command line of the server.
    ("owner_created", Whom::Subject, Some("/account")),
    ("passkey_added", Whom::Subject, Some("/account")),
    ("passkey_removed", Whom::Subject, Some("/account")),
    ("password_changed", Whom::Subject, Some("/account")),
    ("password_reset", Whom::Subject, Some("/account")),
    ("password_reset_link_made", Whom::Subject, Some("/account")),
    ("recovery_codes_renewed", Whom::Subject, Some("/account")),
    ("second_factor_removed", Whom::Subject, Some("/account")),
    ("second_factor_set_up", Whom::Subject, Some("/account")),
    ("sso_linked", Whom::Subject, Some("/account")),
    ("sso_unlinked", Whom::Subject, Some("/account")),
];

/// What is told when somebody signs in with a browser that he was not seen with.
const NEW_DEVICE: &str = "new_device";

/// A browser is known for a season, as a network is.
const KNOWN_FOR: Span = Span::from_days(90);

/// The browser with which an account was made is no news.
const MAKING_AN_ACCOUNT: Span = Span::from_minutes(10);

/// Tells whom an entry concerns, in the transaction in which it is written.
pub(super) fn tell(tx: &mut Tx, actor: &Actor, moment: &AuditMoment, entry: &AuditEntry) -> Result<(), DbError> {
    let Some((key, whom, page)) = TOLD.into_iter().find(|(told, ..)| *told == entry.action) else { return Ok(()) };
    let user = match whom {
        Whom::Subject => entry.subject.parse().ok(),
        Whom::Actor => actor.user(),
    };
    match user {
        Some(user) => send(tx, actor, moment, user, &Notice { key, detail: &entry.detail, page }),
        None => Ok(()),
    }
}

/// Remembers the browser of who signs in, and tells him when it is one that he was not seen with for a season.
pub(super) fn meet_device(tx: &mut Tx, actor: &Actor, moment: &AuditMoment, device: &str) -> Result<(), DbError> {
    let (Some(user), now) = (actor.user(), moment.now) else { return Ok(()) };
    let bucket = format!("device {user} {}", short_digest(device));
    let is_known = store::tries(tx, &bucket, now)?.is_some();
    store::put_tries(tx, &bucket, Tries { count: 0, last_at: now }, now.plus(KNOWN_FOR))?;
    if is_known || store::made_at(tx, user)?.is_none_or(|made| now.since(made) < MAKING_AN_ACCOUNT) {
        return Ok(());
    }
    send(tx, actor, moment, user, &Notice { key: NEW_DEVICE, detail: device, page: Some("/account") })
}

struct Notice<'a> {
    /// The word of the entry; texts are found by it.
    key: &'static str,
    detail: &'a str,
    page: Option<&'static str>,
}

fn send(tx: &mut Tx, actor: &Actor, moment: &AuditMoment, user: UserId, notice: &Notice<'_>) -> Result<(), DbError> {
    if !moment.post.is_open() {
        return Ok(());
    }
    let Some(reader) = store::reader(tx, user)? else { return Ok(()) };
    let Some(letter) = letter(tx, actor, moment, &reader, notice)? else { return Ok(()) };
    moment.post.put(tx, (actor.workspace, moment.post.new_id()), Kind::Notice, &letter)
}

fn letter(
    tx: &mut Tx,
    actor: &Actor,
    moment: &AuditMoment,
    reader: &Reader,
    notice: &Notice<'_>,
) -> Result<Option<Message>, DbError> {
    let Some(workspace) = store::workspace(tx, actor.workspace)? else { return Ok(None) };
    let (language, shop) = (reader.language, &workspace.settings);
    let key = notice.key.replace('_', "-");
    let detail = detail_of(language, notice);
    let when = format_date_time(moment.now, language, &shop.time_zone);
    let variables = [("shop", shop.name.as_str().into()), ("when", when.into()), ("detail", detail.into())];
    let text = |key: &str| t_with(language, key, &variables).into_owned();
    let mut message = begin(reader, text(&format!("mail-{key}"))).before(text(&format!("mail-{key}-text")));
    if let Some(by) = by_whom(actor, reader.user) {
        message = message.before(text(by));
    }
    if let Some(page) = notice.page {
        message = message.link(t(language, "mail-look"), moment.post.address_of(page));
    }
    Ok(Some(message.after(text("mail-not-you")).after(foot(language, &shop.name, &moment.post.address_of("")))))
}

/// A letter that greets its reader by name.
pub(super) fn begin(reader: &Reader, subject: String) -> Message {
    let hello = t_with(reader.language, "mail-hello", &[("name", reader.name.as_str().into())]).into_owned();
    Message::new(reader.email.clone(), reader.language, subject).before(hello)
}

/// Who wrote, and why.
pub(super) fn foot(language: Language, shop: &str, url: &str) -> String {
    t_with(language, "mail-foot", &[("shop", shop.into()), ("url", url.into())]).into_owned()
}

fn by_whom(actor: &Actor, reader: UserId) -> Option<&'static str> {
    match actor.kind {
        ActorKind::Member { user, .. } if user == reader => Some("mail-by-you"),
        ActorKind::Member { .. } => Some("mail-by-member"),
        _ => None,
    }
}

/// Codes become words.
fn detail_of(language: Language, notice: &Notice<'_>) -> String {
    match notice.key {
        "member_role_changed" => t(language, &format!("role-{}", notice.detail)).into_owned(),
        NEW_DEVICE if notice.detail.is_empty() => t(language, "session-unknown-device").into_owned(),
        _ => notice.detail.to_owned(),
    }
}

/// The workspace of an actor, for letters that no entry of the trail brings.
pub(super) fn shop_name(tx: &mut Tx, workspace: WorkspaceId) -> Result<String, DbError> {
    Ok(store::workspace(tx, workspace)?.map(|found| found.settings.name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Entries of this slice that nobody is written about: they change no account, or its holder sees them at once, or a
    /// letter of their own goes.
    const NOT_TOLD: [&str; 21] = [
        "access_denied",
        "api_key_revoked",
        "audit_exported",
        "invitation_withdrawn",
        "member_added",
        "member_invited",
        "member_joined",
        "passkey_refused",
        "passkey_renamed",
        "password_reset_asked",
        "person_viewed",
        "second_factor_refused",
        "second_factor_roles_changed",
        "settings_changed",
        "sign_in_refused",
        // A new browser is told by [`meet_device`].
        "signed_in",
        "signed_in_with_passkey",
        "sso_refused",
        "test_mail_asked",
        "workspace_created",
        "workspace_set_up",
    ];

    fn entries(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                entries(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let names = ["AuditEntry::new(\"", "record_sign_in(tx, &actor, \""].into_iter();
            let names = names.flat_map(|call| text.split(call).skip(1)).filter_map(|rest| rest.split('"').next());
            let is_name = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            found.extend(names.filter(is_name).map(str::to_owned));
        }
    }

    #[test]
    fn every_entry_about_an_account_is_told_or_knowingly_not() {
        let mut found = BTreeSet::new();
        entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workspaces"), &mut found);
        found.remove("");
        let decided: BTreeSet<String> =
            TOLD.iter().map(|(told, ..)| *told).chain(NOT_TOLD).map(str::to_owned).collect();
        assert_eq!(found, decided);
    }

    #[test]
    fn every_notice_has_its_texts_in_both_languages() {
        for key in TOLD.iter().map(|(told, ..)| *told).chain([NEW_DEVICE]) {
            let key = format!("mail-{}", key.replace('_', "-"));
            for (language, key) in Language::ALL
                .into_iter()
                .flat_map(|language| [(language, key.clone()), (language, format!("{key}-text"))])
            {
                assert_ne!(t(language, &key), key.as_str(), "{language:?}");
            }
        }
    }
}
