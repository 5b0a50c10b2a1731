//! A member or a program merges two people, or undoes a merge.

use db::DbError;
use thiserror::Error;
use words::{MergeId, ProfileId};

use crate::kernel::{Actor, App, Changed};
use crate::profiles::{self, Profile};

use super::join::JoinReason;
use super::work::Work;

#[derive(Debug, Error)]
pub enum MergeError {
    #[error("there is no such person")]
    NotFound,
    #[error("both are the same person already")]
    SamePerson,
    #[error("there is no such merge, or it was undone before")]
    NotMerged,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Joins the person of `from` into the person of `into`; answers the merge by which it can be undone.
pub async fn merge_people(app: &App, actor: &Actor, from: ProfileId, into: ProfileId) -> Result<MergeId, MergeError> {
    let (workspace, who) = (actor.workspace, actor.to_string());
    let (plans, chance, now) = (app.stream.plans().clone(), app.chance.clone(), app.now());
    let (merge, seq) = app
        .db
        .write(move |tx| {
            let mut work = Work::open(tx, workspace, now, &plans, &chance)?;
            let (from, into) = (work.root_by_id(from)?, work.root_by_id(into)?);
            if from == into {
                return Err(MergeError::SamePerson);
            }
            let reason = JoinReason { rule: "by_hand".to_owned(), event_seq: None, actor: who };
            work.join(from, into, &reason)?;
            let merges = profiles::store::merges_of(work.tx, workspace, &[from])?;
            let merge = merges.first().map(|merge| merge.id).ok_or(MergeError::NotMerged)?;
            Ok((merge, work.finish()?))
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok(merge)
}

/// Parts two people again; everything that came since stays with the profile whose identifier it bore.
pub async fn undo_merge(app: &App, actor: &Actor, merge: MergeId) -> Result<(), MergeError> {
    let (workspace, who) = (actor.workspace, actor.to_string());
    let (plans, chance, now) = (app.stream.plans().clone(), app.chance.clone(), app.now());
    let seq = app
        .db
        .write(move |tx| {
            let mut work = Work::open(tx, workspace, now, &plans, &chance)?;
            let merge = profiles::store::merge_by_id(work.tx, workspace, merge)?
                .filter(|merge| merge.undone_at.is_none())
                .ok_or(MergeError::NotMerged)?;
            work.part(&merge)?;
            profiles::store::mark_undone(work.tx, workspace, merge.id, &who, now)?;
            Ok::<_, MergeError>(work.finish()?)
        })
        .await?;
    app.news.tell(Changed { workspace, seq });
    Ok(())
}

impl Work<'_, '_> {
    fn root_by_id(&mut self, id: ProfileId) -> Result<i64, MergeError> {
        let profile: Profile =
            profiles::store::profile_by_id(self.tx, self.workspace, id)?.ok_or(MergeError::NotFound)?;
        self.load_profiles(&[profile.number])?;
        Ok(self.root(profile.number)?)
    }
}
