//! What the stream must know of a workspace to apply its events: segments, identity rules, currency.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use db::{DbError, Tx};
use engine::identity::IdentifierRule;
use engine::plan::{Plan, SegmentSource};
use words::WorkspaceId;

use crate::kernel::{Shop, Vault, corrupt};
use crate::segments::{self, Definition};
use crate::{profiles, workspaces};

use super::kept::Keeper;
use super::messages::Tails;

/// Read once per change of a definition and shared by all transactions.
pub struct Workbook {
    versions: (i64, i64),
    pub plan: Plan,
    pub definitions: Vec<Definition>,
    pub rules: Vec<IdentifierRule>,
    pub shop: Shop,
}

impl Workbook {
    pub fn definition(&self, no: u32) -> Option<&Definition> {
        self.definitions
            .binary_search_by_key(&no, |definition| definition.no)
            .ok()
            .map(|index| &self.definitions[index])
    }

    pub fn unbuilt(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter().filter(|definition| !definition.is_built)
    }
}

/// What a process keeps in memory between transactions: the workbooks, of which each transaction checks that its own is
/// the current one, the people who are busy, and the message ids at the end of the log.
#[derive(Clone)]
pub struct Plans {
    books: Arc<Mutex<HashMap<WorkspaceId, Arc<Workbook>>>>,
    pub(super) keeper: Keeper,
    pub(super) tails: Tails,
    /// Knows suppressed addresses by their marks.
    pub(super) vault: Vault,
}

impl Plans {
    pub fn new(vault: Vault) -> Self {
        Self { books: Arc::default(), keeper: Keeper::default(), tails: Tails::default(), vault }
    }

    pub fn of(&self, tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Arc<Workbook>, DbError> {
        let versions = (
            segments::store::revision(tx, workspace)?,
            workspaces::find(tx, workspace)?.map_or(0, |found| found.version),
        );
        if let Some(book) = self.cached(workspace).filter(|book| book.versions == versions) {
            return Ok(book);
        }
        let book = Arc::new(read_workbook(tx, workspace, versions)?);
        self.lock().insert(workspace, Arc::clone(&book));
        Ok(book)
    }

    fn cached(&self, workspace: WorkspaceId) -> Option<Arc<Workbook>> {
        self.lock().get(&workspace).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<WorkspaceId, Arc<Workbook>>> {
        // The map is whole even when a holder panicked: it is only ever replaced entry by entry.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_workbook(tx: &mut Tx<'_>, workspace: WorkspaceId, versions: (i64, i64)) -> Result<Workbook, DbError> {
    let shop = workspaces::shop(tx, workspace)?.ok_or_else(|| corrupt("the workspace is missing"))?;
    let definitions = segments::store::definitions(tx, workspace)?;
    let sources: Vec<SegmentSource> = definitions.iter().map(Definition::source).collect();
    Ok(Workbook {
        versions,
        plan: Plan::compile(sources, shop.currency).map_err(corrupt)?,
        rules: profiles::identifier_rules(tx, workspace)?,
        shop,
        definitions,
    })
}
