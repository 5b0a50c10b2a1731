//! Everything about one person, read in one transaction.

use std::collections::HashMap;

use db::{DbError, Tx};
use engine::facts::{Consents, Facts, Figures, Sales};
use engine::lifecycle::{self, StageVerdict};
use serde_json::Value;
use words::{Currency, ProfileId, Timestamp, WorkspaceId};

use crate::commerce;
use crate::commerce::store::ListedOrder;
use crate::kernel::{Field, Hidden, Shop, Shown, Sight};
use crate::profiles::store::{self, ListedPerson};
use crate::profiles::{self, LinkedIdentifier, Merge, Profile, Standing};
use crate::segments::{self, Definition};
use crate::workspaces;

/// Orders shown beside a person; the timeline has them all.
const MAX_ORDERS: usize = 8;

/// A person as his page shows him, to somebody of one sight: who he is, is read through it.
pub struct Sheet {
    pub profile: Profile,
    sight: Sight,
    facts: Facts,
    pub standing: Standing,
    /// By precedence of their kind.
    identifiers: Vec<LinkedIdentifier>,
    /// Newest first; undone ones included.
    pub merges: Vec<Merge>,
    /// Those who take part in the merges, by number.
    pub others: HashMap<i64, ListedOther>,
    pub orders: Vec<ListedOrder>,
    /// The segments he is in, with since when.
    pub segments: Vec<(Definition, Timestamp)>,
    /// The segments he is not in.
    pub other_segments: Vec<Definition>,
    pub shop: Shop,
}

/// Another profile of a merge: a person of his own again, or part of this one.
pub struct ListedOther {
    pub id: ProfileId,
    pub person: Option<ListedPerson>,
}

/// A value by which a person is recognised, and why.
pub struct ShownIdentifier<'a> {
    pub kind: &'a str,
    pub value: Shown<'a>,
    pub linked_at: Timestamp,
    pub rule: &'a str,
    pub event_seq: i64,
}

impl Sheet {
    /// The name as the traits tell it.
    pub fn name(&self) -> String {
        self.sight.shown(&profiles::display_name(&self.facts)).text().unwrap_or_default().to_owned()
    }

    /// Whether there is anything by which people know him, seen or not.
    pub fn is_named(&self) -> bool {
        let tells = |one: &LinkedIdentifier| matches!(one.identifier.kind.as_str(), "email" | "phone");
        !profiles::display_name(&self.facts).is_empty() || self.identifiers.iter().any(tells)
    }

    pub fn identifiers(&self) -> impl ExactSizeIterator<Item = ShownIdentifier<'_>> {
        self.identifiers.iter().map(|linked| ShownIdentifier {
            kind: &linked.identifier.kind,
            value: linked.identifier.shown(self.sight),
            linked_at: linked.linked_at,
            rule: &linked.rule,
            event_seq: linked.event_seq,
        })
    }

    /// What was said of him, by name; what tells who he is bears a mask for who may not see it.
    pub fn shown_traits(&self) -> impl Iterator<Item = (String, Value)> {
        self.facts.traits().iter().filter_map(|(name, fact)| {
            let value: Value = serde_json::from_str(fact.json()).ok()?;
            let shown = self.sight.value(Field::Trait(name), &value, Hidden::Marked);
            (!value.is_null()).then(|| (name.to_owned(), shown))
        })
    }

    pub fn consents(&self) -> &Consents {
        self.facts.consents()
    }

    pub fn figures(&self) -> Figures {
        self.facts.figures()
    }

    pub fn sales(&self, currency: Currency) -> Sales {
        self.facts.sales(currency)
    }

    /// How many orders are known of him, also those that are not listed.
    pub fn count_orders(&self) -> usize {
        self.facts.orders().iter().count()
    }

    /// The stage that holds now, with its reason.
    pub fn verdict(&self, now: Timestamp) -> StageVerdict {
        lifecycle::stage(&self.facts, now)
    }

    /// The numbers of all his profiles: what his timeline and orders are read by.
    pub fn numbers(&self) -> Vec<i64> {
        numbers_of(&self.profile, &self.standing)
    }
}

fn numbers_of(root: &Profile, standing: &Standing) -> Vec<i64> {
    std::iter::once(root.number).chain(standing.leaves.iter().copied()).collect()
}

/// The person to whom a profile's id leads now.
pub fn root_by_id(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ProfileId) -> Result<Option<Profile>, DbError> {
    match store::profile_by_id(tx, workspace, id)? {
        Some(profile) => Ok(Some(store::root_of(tx, workspace, profile)?)),
        None => Ok(None),
    }
}

/// The numbers of all profiles of a person.
pub fn numbers_of_person(tx: &mut Tx<'_>, workspace: WorkspaceId, root: &Profile) -> Result<Vec<i64>, DbError> {
    let state = store::states_of(tx, workspace, &[root.number])?.pop();
    Ok(state.map_or_else(|| vec![root.number], |state| numbers_of(root, &state.standing)))
}

/// Reads the sheet of a person's root profile for somebody of this sight.
pub fn read_sheet(tx: &mut Tx<'_>, workspace: WorkspaceId, root: Profile, sight: Sight) -> Result<Sheet, DbError> {
    let state = store::states_of(tx, workspace, &[root.number])?.pop();
    let (facts, standing) = state.map_or_else(Default::default, |state| (state.facts, state.standing));
    let shop = workspaces::shop(tx, workspace)?;
    let shop = shop.ok_or_else(|| crate::kernel::corrupt("the workspace is missing"))?;
    let numbers = numbers_of(&root, &standing);
    let merges = store::merges_of(tx, workspace, &numbers)?;
    let others = others_of(tx, workspace, &merges)?;
    let (segments, other_segments) = segments_of(tx, workspace, &standing)?;
    Ok(Sheet {
        identifiers: identifiers_of(tx, workspace, &numbers)?,
        orders: commerce::store::orders_of(tx, workspace, &numbers, MAX_ORDERS)?,
        segments,
        other_segments,
        profile: root,
        sight,
        facts,
        standing,
        merges,
        others,
        shop,
    })
}

fn identifiers_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<LinkedIdentifier>, DbError> {
    let rules = profiles::identifier_rules(tx, workspace)?;
    let mut identifiers = store::identifiers_of(tx, workspace, numbers)?;
    let precedence = |kind: &str| rules.iter().position(|rule| rule.kind == kind).unwrap_or(rules.len());
    identifiers.sort_by_key(|linked| (precedence(&linked.identifier.kind), linked.linked_at));
    Ok(identifiers)
}

type SegmentsInAndOut = (Vec<(Definition, Timestamp)>, Vec<Definition>);

fn segments_of(tx: &mut Tx<'_>, workspace: WorkspaceId, standing: &Standing) -> Result<SegmentsInAndOut, DbError> {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for definition in segments::store::definitions(tx, workspace)? {
        match standing.memberships.get(&definition.no) {
            Some(since) => inside.push((definition, *since)),
            None => outside.push(definition),
        }
    }
    Ok((inside, outside))
}

fn others_of(tx: &mut Tx<'_>, workspace: WorkspaceId, merges: &[Merge]) -> Result<HashMap<i64, ListedOther>, DbError> {
    let mut numbers: Vec<i64> = merges.iter().flat_map(|merge| [merge.from_number, merge.into_number]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut people: HashMap<i64, ListedPerson> =
        store::people_by_number(tx, workspace, &numbers)?.into_iter().map(|one| (one.number, one)).collect();
    let profiles = store::profiles_by_number(tx, workspace, &numbers)?;
    Ok(profiles
        .into_iter()
        .map(|one| (one.number, ListedOther { id: one.id, person: people.remove(&one.number) }))
        .collect())
}
