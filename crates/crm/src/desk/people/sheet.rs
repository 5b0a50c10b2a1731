//! Everything about one person, read in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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
    /// Those who take part in the merges, by number; of people read together, those of all.
    pub others: Arc<HashMap<i64, ListedOther>>,
    /// The segments he is in, with since when.
    pub segments: Vec<(Arc<Definition>, Timestamp)>,
    /// The segments he is not in.
    pub other_segments: Vec<Arc<Definition>>,
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

/// The profiles of these people, who are listed, in the order of the list.
pub fn roots_in_order(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<Profile>, DbError> {
    let found = store::profiles_by_number(tx, workspace, numbers)?;
    let mut roots: HashMap<i64, Profile> = found.into_iter().map(|profile| (profile.number, profile)).collect();
    Ok(numbers.iter().filter_map(|number| roots.remove(number)).collect())
}

/// The numbers of all profiles of a person.
pub fn numbers_of_person(tx: &mut Tx<'_>, workspace: WorkspaceId, root: &Profile) -> Result<Vec<i64>, DbError> {
    let state = store::states_of(tx, workspace, &[root.number])?.pop();
    Ok(state.map_or_else(|| vec![root.number], |state| numbers_of(root, &state.standing)))
}

/// Reads the sheet of a person's root profile for somebody of this sight.
pub fn read_sheet(tx: &mut Tx<'_>, workspace: WorkspaceId, root: Profile, sight: Sight) -> Result<Sheet, DbError> {
    let mut sheets = read_sheets(tx, workspace, vec![root], sight)?;
    sheets.pop().ok_or_else(|| crate::kernel::corrupt("a person has no sheet"))
}

/// The sheets of these root profiles, in their order: as many statements for all of them as for one.
pub fn read_sheets(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    roots: Vec<Profile>,
    sight: Sight,
) -> Result<Vec<Sheet>, DbError> {
    let shop = workspaces::shop(tx, workspace)?;
    let shop = shop.ok_or_else(|| crate::kernel::corrupt("the workspace is missing"))?;
    let definitions: Vec<Arc<Definition>> =
        segments::store::definitions(tx, workspace)?.into_iter().map(Arc::new).collect();
    let numbers: Vec<i64> = roots.iter().map(|root| root.number).collect();
    let states = store::states_of(tx, workspace, &numbers)?;
    let mut states: HashMap<i64, (Facts, Standing)> =
        states.into_iter().map(|state| (state.number, (state.facts, state.standing))).collect();
    let people: Vec<(Profile, Facts, Standing)> = roots
        .into_iter()
        .map(|root| {
            let (facts, standing) = states.remove(&root.number).unwrap_or_default();
            (root, facts, standing)
        })
        .collect();
    let numbers: Vec<i64> = people.iter().flat_map(|(root, _, standing)| numbers_of(root, standing)).collect();
    let mut identifiers = identifiers_of(tx, workspace, &numbers)?;
    let merges = store::merges_of(tx, workspace, &numbers)?;
    let others = Arc::new(others_of(tx, workspace, &merges)?);
    let sheet = |(profile, facts, standing): (Profile, Facts, Standing)| {
        let own: HashSet<i64> = numbers_of(&profile, &standing).into_iter().collect();
        let is_his = |merge: &&Merge| own.contains(&merge.from_number) || own.contains(&merge.into_number);
        let (segments, other_segments) = segments_of(&definitions, &standing);
        Sheet {
            identifiers: identifiers.extract_if(.., |linked| own.contains(&linked.number)).collect(),
            merges: merges.iter().filter(is_his).cloned().collect(),
            others: Arc::clone(&others),
            segments,
            other_segments,
            profile,
            sight,
            facts,
            standing,
            shop: shop.clone(),
        }
    };
    Ok(people.into_iter().map(sheet).collect())
}

/// The person's newest orders, beside which his timeline has them all.
pub fn newest_orders(tx: &mut Tx<'_>, workspace: WorkspaceId, sheet: &Sheet) -> Result<Vec<ListedOrder>, DbError> {
    commerce::store::orders_of(tx, workspace, &sheet.numbers(), MAX_ORDERS)
}

fn identifiers_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<LinkedIdentifier>, DbError> {
    let rules = profiles::identifier_rules(tx, workspace)?;
    let mut identifiers = store::identifiers_of(tx, workspace, numbers)?;
    let precedence = |kind: &str| rules.iter().position(|rule| rule.kind == kind).unwrap_or(rules.len());
    identifiers.sort_by_key(|linked| (precedence(&linked.identifier.kind), linked.linked_at));
    Ok(identifiers)
}

type SegmentsInAndOut = (Vec<(Arc<Definition>, Timestamp)>, Vec<Arc<Definition>>);

fn segments_of(definitions: &[Arc<Definition>], standing: &Standing) -> SegmentsInAndOut {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for definition in definitions.iter().map(Arc::clone) {
        match standing.memberships.get(&definition.no) {
            Some(since) => inside.push((definition, *since)),
            None => outside.push(definition),
        }
    }
    (inside, outside)
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
