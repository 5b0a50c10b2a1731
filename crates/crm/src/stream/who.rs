//! Whose an event is: looks identifiers up, lets `engine::identity` decide, and carries the decision out.

use std::collections::{BTreeMap, BTreeSet};

use db::DbError;
use engine::identity::{Claim, IgnoreReason, LinkRule, Owner, Resolution, Subject, Trust, resolve};
use words::ConflictId;

use crate::profiles::{self, Conflict, Identifier};

use super::join::JoinReason;
use super::model::Incoming;
use super::work::Work;

/// A value claimed by more pairs of people than this identifies nobody: a shared till, a kiosk, a placeholder.
const MAX_CONFLICTS_OF_A_VALUE: i64 = 20;
/// The reason under which such a value is listed.
const SHARED_BY_MANY: &str = "shared_by_many";

/// The rule as it is stored and shown: `first_event`, or `same_event:email`.
fn rule_code(rule: &LinkRule) -> String {
    match rule {
        LinkRule::FirstEvent => "first_event".to_owned(),
        LinkRule::SameEvent { kind } => format!("same_event:{kind}"),
    }
}

pub(super) fn identifier_of(claim: &Claim) -> Identifier {
    Identifier { kind: claim.kind.clone(), value: claim.value.clone() }
}

impl Work<'_, '_> {
    /// Looks up the identifiers of a whole group at once, and the people behind them.
    pub fn look_up<'i>(&mut self, incoming: impl Iterator<Item = &'i Incoming>) -> Result<(), DbError> {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut numbers = Vec::new();
        for claim in incoming.flat_map(|one| &one.claims) {
            let identifier = identifier_of(claim);
            if self.owners.contains_key(&identifier) {
                continue;
            }
            match self.kept_owner(&identifier) {
                Some(number) => {
                    numbers.push(number);
                    self.owners.insert(identifier, Some(number));
                }
                None => {
                    wanted.entry(&claim.kind).or_default().insert(&claim.value);
                }
            }
        }
        for (kind, values) in wanted {
            let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
            let owned = profiles::store::owners_of(self.tx, self.workspace, kind, &values)?;
            for value in profiles::store::blocked_among(self.tx, self.workspace, kind, SHARED_BY_MANY, &values)? {
                self.shared.insert(Identifier { kind: kind.to_owned(), value });
            }
            for value in values {
                self.owners.insert(Identifier { kind: kind.to_owned(), value }, None);
            }
            for (value, number) in owned {
                numbers.push(number);
                self.owners.insert(Identifier { kind: kind.to_owned(), value }, Some(number));
            }
        }
        self.load_profiles(&numbers)?;
        let roots = numbers.iter().map(|number| self.root(*number)).collect::<Result<Vec<_>, _>>()?;
        self.load_people(&roots)
    }

    /// The profile an event belongs to, after linking, joining and listing what it tells about identity.
    pub fn whose(&mut self, incoming: &Incoming, trust: Trust, seq: i64) -> Result<Option<i64>, DbError> {
        for (claim, reason) in &incoming.blocked {
            profiles::store::note_blocked(self.tx, self.workspace, &identifier_of(claim), (reason, 0), self.now)?;
        }
        let claims: Vec<Claim> =
            incoming.claims.iter().filter(|claim| !self.shared.contains(&identifier_of(claim))).cloned().collect();
        if claims.is_empty() {
            return Ok(None);
        }
        let owners: Vec<Option<i64>> = claims.iter().map(|claim| self.owner_of(claim)).collect();
        let leaf = match self.plain_owner(&owners)? {
            Some(leaf) => leaf,
            None => self.resolve_claims(&claims, &owners, trust, seq)?,
        };
        if let Some(previous_id) = &incoming.previous_id {
            self.alias(previous_id, leaf, trust, seq)?;
        }
        Ok(Some(leaf))
    }

    fn owner_of(&self, claim: &Claim) -> Option<i64> {
        self.owners.get(&identifier_of(claim)).copied().flatten()
    }

    /// The usual case: every identifier is known and all belong to one person; nothing is to be decided.
    fn plain_owner(&self, owners: &[Option<i64>]) -> Result<Option<i64>, DbError> {
        let Some(Some(first)) = owners.first() else { return Ok(None) };
        let root = self.root(*first)?;
        for owner in owners {
            match owner {
                Some(owner) if self.root(*owner)? == root => {}
                _ => return Ok(None),
            }
        }
        Ok(Some(*first))
    }

    fn resolve_claims(
        &mut self,
        claims: &[Claim],
        owners: &[Option<i64>],
        trust: Trust,
        seq: i64,
    ) -> Result<i64, DbError> {
        let known = owners.iter().map(|owner| self.owner(*owner)).collect::<Result<Vec<_>, _>>()?;
        let resolution = resolve(&self.book.rules, trust, claims, &known);
        let leaf = match resolution.subject {
            Subject::Existing { leaf, .. } => leaf,
            Subject::New => self.new_person(),
        };
        self.carry_out(&resolution, claims, leaf, seq)?;
        Ok(leaf)
    }

    fn carry_out(&mut self, resolution: &Resolution, claims: &[Claim], leaf: i64, seq: i64) -> Result<(), DbError> {
        for attached in &resolution.attach {
            let claim = &claims[attached.claim];
            self.link(identifier_of(claim), leaf, &rule_code(&attached.rule), seq);
            if self.makes_known(claim) {
                self.make_known(leaf)?;
            }
        }
        for join in &resolution.joins {
            let (from, into) = (self.root(join.from_root)?, self.root(join.into_root)?);
            if from == into {
                continue;
            }
            if self.was_parted(from, into)? {
                self.list_conflict(&claims[join.claim], from, into, "parted_by_a_person", seq)?;
            } else {
                self.join(from, into, &JoinReason::by_event(&rule_code(&join.rule), seq))?;
            }
        }
        for conflict in &resolution.conflicts {
            let claim = &claims[conflict.claim];
            self.list_conflict(claim, conflict.root_a, conflict.root_b.unwrap_or(leaf), conflict.reason.as_str(), seq)?;
        }
        for ignored in &resolution.ignored {
            let reason = match ignored.reason {
                IgnoreReason::Blocked(reason) => (reason.as_str(), 0),
                IgnoreReason::Limit => ("too_many_of_a_kind", leaf),
                IgnoreReason::UnknownKind | IgnoreReason::Repeated => continue,
            };
            let identifier = identifier_of(&claims[ignored.claim]);
            profiles::store::note_blocked(self.tx, self.workspace, &identifier, reason, self.now)?;
        }
        Ok(())
    }

    fn makes_known(&self, claim: &Claim) -> bool {
        self.book.rules.iter().any(|rule| rule.kind == claim.kind && rule.makes_known)
    }

    fn make_known(&mut self, leaf: i64) -> Result<(), DbError> {
        let root = self.root(leaf)?;
        let now = self.now;
        self.person(root)?.change(leaf, |facts| facts.set_known_at(now));
        Ok(())
    }

    /// What the engine must know of an identifier's owner.
    fn owner(&mut self, leaf: Option<i64>) -> Result<Option<Owner>, DbError> {
        let Some(leaf) = leaf else { return Ok(None) };
        let root = self.root(leaf)?;
        self.load_people(&[root])?;
        let mut numbers = self.person(root)?.standing.leaves.clone();
        numbers.push(root);
        let identifiers = self.identifiers_of(&numbers)?;
        Ok(Some(self.describe_owner(leaf, root, identifiers)))
    }

    fn describe_owner(&self, leaf: i64, root: i64, identifiers: Vec<Identifier>) -> Owner {
        let mut owner = Owner { leaf, root, strong: Vec::new(), counts: Vec::new(), is_known: false };
        for rule in &self.book.rules {
            let count = identifiers.iter().filter(|one| one.kind == rule.kind).count();
            if count > 0 {
                owner.counts.push((rule.kind.clone(), count as u32));
                owner.is_known |= rule.makes_known;
            }
        }
        let is_strong = |one: &Identifier| self.book.rules.iter().any(|rule| rule.kind == one.kind && rule.is_strong);
        owner.strong = identifiers.into_iter().filter(is_strong).map(|one| (one.kind, one.value)).collect();
        owner
    }

    fn was_parted(&mut self, from: i64, into: i64) -> Result<bool, DbError> {
        self.load_people(&[from, into])?;
        let numbers_of = |work: &mut Self, root: i64| -> Result<Vec<i64>, DbError> {
            let leaves = &work.person(root)?.standing.leaves;
            Ok(leaves.iter().copied().chain([root]).collect())
        };
        let (from_numbers, into_numbers) = (numbers_of(self, from)?, numbers_of(self, into)?);
        profiles::store::was_parted(self.tx, self.workspace, &from_numbers, &into_numbers)
    }

    fn list_conflict(&mut self, claim: &Claim, one: i64, other: i64, reason: &str, seq: i64) -> Result<(), DbError> {
        let identifier = identifier_of(claim);
        let conflict = Conflict {
            id: ConflictId::from_parts(self.now, self.id_bytes()),
            at: self.now,
            identifier: identifier.clone(),
            number_a: one.min(other),
            number_b: one.max(other),
            reason: reason.to_owned(),
            times: 1,
        };
        profiles::store::note_conflict(self.tx, self.workspace, &conflict, seq)?;
        let is_weak = self.book.rules.iter().any(|rule| rule.kind == claim.kind && !rule.is_strong);
        if is_weak && profiles::store::conflicts_on(self.tx, self.workspace, &identifier)? > MAX_CONFLICTS_OF_A_VALUE {
            profiles::store::note_blocked(self.tx, self.workspace, &identifier, (SHARED_BY_MANY, 0), self.now)?;
            self.shared.insert(identifier);
        }
        Ok(())
    }

    /// The profile of one identifier, met before in this transaction or stored.
    fn find_owner(&mut self, kind: &str, value: &str) -> Result<Option<i64>, DbError> {
        let identifier = Identifier { kind: kind.to_owned(), value: value.to_owned() };
        if let Some(known) = self.owners.get(&identifier) {
            return Ok(*known);
        }
        let owned = profiles::store::owners_of(self.tx, self.workspace, kind, &[value.to_owned()])?;
        let number = owned.into_iter().next().map(|(_, number)| number);
        self.owners.insert(identifier, number);
        Ok(number)
    }

    /// An `alias` call: the earlier id and the new one are one person. A public key may only bring an anonymous visitor.
    fn alias(&mut self, previous_id: &str, leaf: i64, trust: Trust, seq: i64) -> Result<(), DbError> {
        let kinds: &[&str] = match trust {
            Trust::Public => &["anonymous_id"],
            Trust::Server => &["user_id", "anonymous_id"],
        };
        for kind in kinds {
            let Some(previous) = self.find_owner(kind, previous_id)? else { continue };
            self.load_profiles(&[previous, leaf])?;
            let (from, into) = (self.root(previous)?, self.root(leaf)?);
            self.load_people(&[from, into])?;
            let is_known = self.person(from)?.facts.figures().known_at.is_some();
            if from == into || (trust == Trust::Public && is_known) {
                return Ok(());
            }
            return self.join(from, into, &JoinReason::by_event("alias", seq));
        }
        if trust == Trust::Server || kinds.contains(&"anonymous_id") {
            let identifier = Identifier { kind: "anonymous_id".to_owned(), value: previous_id.to_owned() };
            self.link(identifier, leaf, "alias", seq);
        }
        Ok(())
    }
}
