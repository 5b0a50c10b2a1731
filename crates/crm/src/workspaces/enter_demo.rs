//! The one-click sign-in of the demo shop: a link that works once, for an hour, from this machine alone.

use db::DbError;
use words::{UserId, WorkspaceId};

use super::client_address::ClientAddress;
use super::one_time_links::{Concerns, Purpose, find_link, new_link, use_link};
use super::second_step::{Door, Entry};
use super::store;
use crate::kernel::App;

/// The address that signs this member in. Only for a shop whose data is made up.
pub async fn make_sign_in_link(app: &App, workspace: WorkspaceId, user: UserId) -> Result<String, DbError> {
    let concerns = Concerns { workspace: Some(workspace), user: Some(user), ..Concerns::default() };
    let link = new_link(app, Purpose::SignIn, concerns);
    let url = link.url.clone();
    app.db.write(move |tx| store::insert_link(tx, &link.row, &link.digest, "system")).await?;
    Ok(url)
}

/// Whether such a link still works for who opens it. Opening it changes nothing: other sites can make a browser do that.
pub(super) async fn may_enter(app: &App, token: String, address: ClientAddress) -> Result<bool, DbError> {
    let now = app.now();
    if !is_of_this_machine(address) {
        return Ok(false);
    }
    app.db.read(move |tx| Ok(find_link(tx, Purpose::SignIn, &token, now)?.is_some())).await
}

fn is_of_this_machine(address: ClientAddress) -> bool {
    address.0.is_some_and(|address| address.is_loopback())
}

/// Signs in with such a link; `None` when it does not work, or the request comes from another machine.
pub(super) async fn enter(
    app: &App,
    token: String,
    address: ClientAddress,
    device: String,
) -> Result<Option<Entry>, DbError> {
    if !is_of_this_machine(address) {
        return Ok(None);
    }
    let (now, door) = (app.now(), Door::new(app, device));
    app.db
        .write(move |tx| {
            let used = use_link(tx, Purpose::SignIn, &token, now)?.map(|link| link.concerns);
            let Some((workspace, user)) = used.and_then(|concerns| concerns.workspace.zip(concerns.user)) else {
                return Ok(None);
            };
            let Some(role) = store::open_role(tx, workspace, user)? else { return Ok(None) };
            door.enter(tx, workspace, user, role).map(Some)
        })
        .await
}
