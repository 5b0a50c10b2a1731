//! What every shop starts with: the ready-made segments and a first source for its site.

use db::{DbError, Tx};
use thiserror::Error;
use words::{Timestamp, WorkspaceId};

use crate::intake::{self, SourceKind};
use crate::kernel::{App, Chance, random_bytes};
use crate::segments::{self, DefineError, ready_made};
use crate::{stream, workspaces};

#[derive(Debug, Error)]
pub enum ProvisionError {
    #[error("the ready-made segments could not be defined: {0}")]
    Segments(#[from] DefineError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Gives a shop its first things; changes nothing when it once had them, so that what was deleted stays so.
pub async fn provision(app: &App, workspace: WorkspaceId) -> Result<(), ProvisionError> {
    if app.db.read(move |tx| lacks(tx, workspace)).await?.is_nothing() {
        return Ok(());
    }
    let (chance, now) = (app.chance.clone(), app.now());
    app.db.write(move |tx| supply(tx, workspace, &chance, now)).await
}

/// Which first things a shop never had.
struct Lacks {
    segments: bool,
    source: bool,
}

impl Lacks {
    fn is_nothing(&self) -> bool {
        !self.segments && !self.source
    }
}

fn lacks(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Lacks, DbError> {
    Ok(Lacks {
        segments: segments::store::highest(tx, workspace)?.0 == 0,
        source: intake::store::source_of_kind(tx, workspace, SourceKind::Site)?.is_none(),
    })
}

fn supply(tx: &mut Tx<'_>, workspace: WorkspaceId, chance: &Chance, now: Timestamp) -> Result<(), ProvisionError> {
    // Two processes that start at once would else both find nothing.
    tx.lock_workspace(stream::lock_key(workspace))?;
    let lacks = lacks(tx, workspace)?;
    if lacks.segments {
        ready_made::define_all(tx, workspace, now, || random_bytes(chance))?;
    }
    if lacks.source {
        let shop = workspaces::shop(tx, workspace)?;
        let name = shop.map_or_else(|| "Site".to_owned(), |shop| shop.name);
        intake::make_source(tx, workspace, name, SourceKind::Site, Vec::new(), chance, now)?;
    }
    Ok(())
}
