//! A letter to oneself, to see whether mail works.

use db::DbError;
use uuid::Uuid;
use words::UserId;

use super::audit::{AuditEntry, AuditMoment, record_audit};
use super::notices::{begin, foot, shop_name};
use super::store;
use crate::kernel::texts::t_with;
use crate::kernel::{Actor, App};
use crate::outbox::Kind;

/// Puts a letter to this member into the outbox; answers which.
pub(super) async fn send_test_mail(app: &App, actor: &Actor, user: UserId) -> Result<Uuid, DbError> {
    let (actor, moment) = (actor.clone(), AuditMoment::of(app));
    let id = moment.post.new_id();
    app.db
        .write(move |tx| {
            let Some(reader) = store::reader(tx, user)? else { return Ok(id) };
            let (language, shop) = (reader.language, shop_name(tx, actor.workspace)?);
            let variables = [("shop", shop.as_str().into())];
            let letter = begin(&reader, t_with(language, "mail-test", &variables).into_owned())
                .before(t_with(language, "mail-test-text", &variables))
                .after(foot(language, &shop, &moment.post.address_of("")));
            moment.post.put(tx, (actor.workspace, id), Kind::Test, &letter)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new("test_mail_asked", &user))?;
            Ok(id)
        })
        .await
}
