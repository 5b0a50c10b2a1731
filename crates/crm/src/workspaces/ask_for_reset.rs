//! "Forgot your password?": a link for a new one goes to the address, if somebody has it, and nobody learns whether.
//!
//! Known and unknown addresses take the same way through the same transaction: each pays, writes a link and a letter, and
//! waits for the disk. The link of nobody leads nowhere, and the letter to nobody is thrown away by who would send it.

use db::{DbError, Tx};
use thiserror::Error;
use words::{EmailAddress, Span, Timestamp, WorkspaceId};

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::brake::{Payment, Tries, pay_for_reset, pay_for_reset_of};
use super::client_address::ClientAddress;
use super::notices::{begin, foot, shop_name};
use super::one_time_links::{Concerns, NewLink, Purpose, new_link};
use super::store::{self, Reader};
use crate::kernel::texts::{t, t_with};
use crate::kernel::{Actor, App, Language};
use crate::outbox::{Kind, Message};

/// Why nobody was listened to.
#[derive(Debug, Error)]
pub(super) enum AskError {
    #[error("too many tries; wait {} s", wait.as_millis() / 1000)]
    TooSoon { wait: Span },
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Sends a link for a new password to this address, if a member has it and was not sent several lately.
pub(super) async fn ask_for_reset(app: &App, email: String, address: ClientAddress) -> Result<(), AskError> {
    let moment = AuditMoment::of(app);
    let link = new_link(app, Purpose::ResetPassword, Concerns::default());
    app.db
        .write(move |tx| {
            if let Payment::Wait(wait) = pay_for_reset(tx, address, moment.now)? {
                return Err(AskError::TooSoon { wait });
            }
            // Who was written to often enough is answered as if he were.
            let is_heard = matches!(pay_for_reset_of(tx, &email, moment.now)?, Payment::Paid);
            let known = email.parse().ok().filter(|_| is_heard);
            let known = match &known {
                Some(email) => member_with(tx, email)?,
                None => None,
            };
            store::delete_old_links(tx, moment.now)?;
            match known {
                Some((reader, workspace)) => write_to_member(tx, &moment, &link, &reader, workspace)?,
                None => write_to_nobody(tx, &moment, &link)?,
            }
            Ok(())
        })
        .await
}

/// Who may sign in with this address, and to which shop first.
fn member_with(tx: &mut Tx, email: &EmailAddress) -> Result<Option<(Reader, WorkspaceId)>, DbError> {
    let Some(account) = store::account(tx, email)? else { return Ok(None) };
    let shop = store::first_membership(tx, account.user)?;
    Ok(store::reader(tx, account.user)?.zip(shop.map(|(workspace, _)| workspace)))
}

fn write_to_member(
    tx: &mut Tx,
    moment: &AuditMoment,
    link: &NewLink,
    reader: &Reader,
    workspace: WorkspaceId,
) -> Result<(), DbError> {
    let mut row = link.row.clone();
    row.concerns = Concerns { workspace: Some(workspace), user: Some(reader.user), ..Concerns::default() };
    store::insert_link(tx, &row, &link.digest, &reader.user.to_string())?;
    let shop = shop_name(tx, workspace)?;
    let letter = letter(reader, &shop, link, &moment.post.address_of(""));
    moment.post.put(tx, (workspace, row.id), Kind::Reset, &letter)?;
    let entry = AuditEntry::new("password_reset_asked", &reader.user);
    record_audit(tx, &Actor::system(workspace), moment, &entry)
}

fn write_to_nobody(tx: &mut Tx, moment: &AuditMoment, link: &NewLink) -> Result<(), DbError> {
    store::insert_link(tx, &link.row, &link.digest, "nobody")?;
    let Some(workspace) = store::first_workspace(tx)? else { return Ok(()) };
    let nobody = Reader {
        user: words::UserId::from_uuid(link.row.id),
        email: NOBODY.parse().map_err(crate::kernel::corrupt)?,
        name: String::new(),
        language: Language::default(),
    };
    let letter = letter(&nobody, &workspace.settings.name, link, &moment.post.address_of(""));
    moment.post.put(tx, (workspace.id, link.row.id), Kind::Nobody, &letter)?;
    remember_nobody(tx, moment.now)
}

const NOBODY: &str = "nobody@example.invalid";

/// Somebody unknown belongs to no shop's trail; a row that is forgotten at once is written in its place.
fn remember_nobody(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    store::put_tries(tx, "nobody", Tries { count: 0, last_at: now }, now)
}

fn letter(reader: &Reader, shop: &str, link: &NewLink, home: &str) -> Message {
    let language = reader.language;
    let variables = [("shop", shop.into()), ("email", reader.email.as_str().into())];
    begin(reader, t_with(language, "mail-reset", &variables).into_owned())
        .before(t_with(language, "mail-reset-text", &variables))
        .link(t(language, "mail-reset-link"), link.url.as_str())
        .after(t(language, "mail-reset-once"))
        .after(t(language, "mail-reset-not-you"))
        .after(foot(language, shop, home))
}
