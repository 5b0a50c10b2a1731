//! Making, changing, deleting and restoring a segment on behalf of somebody: with its audit entry and its news.

use db::{DbError, Tx};
use words::SegmentId;

use super::ask::Askable;
use crate::kernel::{Actor, App, Changed};
use crate::segments::{self, Change, DefineError, DefinedAt, Definition};
use crate::stream;
use crate::workspaces::{AuditEntry, AuditMoment, record_audit};

pub(super) async fn create(
    app: &App,
    actor: &Actor,
    name: String,
    condition: Askable,
) -> Result<Definition, DefineError> {
    let (workspace, at) = (actor.workspace, DefinedAt { now: app.now(), id_bytes: app.id_bytes() });
    let condition = condition.into_condition();
    run(app, actor, "segment_created", move |tx| segments::create_segment(tx, workspace, &name, condition, at)).await
}

/// What a change sets; what is missing stays.
pub(super) struct Wanted {
    pub name: Option<String>,
    pub condition: Option<Askable>,
    pub expected_version: Option<i64>,
}

pub(super) async fn change(app: &App, actor: &Actor, id: SegmentId, wanted: Wanted) -> Result<Definition, DefineError> {
    let (workspace, now) = (actor.workspace, app.now());
    let change = Change {
        name: wanted.name,
        condition: wanted.condition.map(Askable::into_condition),
        expected_version: wanted.expected_version,
    };
    run(app, actor, "segment_changed", move |tx| segments::change_segment(tx, workspace, id, change, now)).await
}

pub(super) async fn delete(app: &App, actor: &Actor, id: SegmentId) -> Result<Definition, DefineError> {
    let (workspace, now) = (actor.workspace, app.now());
    run(app, actor, "segment_deleted", move |tx| segments::delete_segment(tx, workspace, id, now)).await
}

pub(super) async fn restore(app: &App, actor: &Actor, id: SegmentId) -> Result<Definition, DefineError> {
    let (workspace, now) = (actor.workspace, app.now());
    run(app, actor, "segment_restored", move |tx| segments::restore_segment(tx, workspace, id, now)).await
}

/// One change in one transaction; open screens hear of it.
async fn run(
    app: &App,
    actor: &Actor,
    action: &'static str,
    act: impl FnOnce(&mut Tx<'_>) -> Result<Definition, DefineError> + Clone + Send + 'static,
) -> Result<Definition, DefineError> {
    let (actor, moment, workspace) = (actor.clone(), AuditMoment::of(app), actor.workspace);
    let (definition, seq) = app
        .db
        .write(move |tx| {
            let definition = act(tx)?;
            record_audit(tx, &actor, &moment, &AuditEntry::new(action, &definition.id))?;
            let seq = stream::log::newest_seq(tx, workspace)?;
            Ok::<_, DefineError>((definition, seq))
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok(definition)
}

/// What everything that shows members does first: lets come due what is due, so that the truth does not wait for the
/// ticker. One row is read when nothing is.
pub(super) async fn catch_up(app: &App, workspace: words::WorkspaceId) -> Result<(), DbError> {
    for _ in 0..MAX_WAKES {
        if stream::ticker::wake_due(app, workspace).await?.0 == 0 {
            break;
        }
    }
    Ok(())
}

/// Steps of some hundred people each; more than that is the ticker's work.
const MAX_WAKES: usize = 4;
