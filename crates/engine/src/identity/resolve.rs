//! From claims and owners to one person.

use std::collections::BTreeSet;

use super::blocked::blocked_reason;
use super::resolution::{
    Attachment, Conflict, ConflictReason, IgnoreReason, Ignored, Join, LinkRule, Resolution, Subject,
};
use super::rules::{Claim, IdentifierRule, Owner, Trust};

/// Decides whose event it is.
///
/// Claims are looked at by precedence, then in the order given. `owners` stands beside `claims`. The subject is the first
/// owner who holds no other value of a strong type than the event names. Every later claim of another owner joins him to
/// the subject, or is a conflict. Claims without owner attach to the subject.
pub fn resolve(rules: &[IdentifierRule], trust: Trust, claims: &[Claim], owners: &[Option<Owner>]) -> Resolution {
    let mut resolver = Resolver::new(rules, trust, claims, owners);
    resolver.find_person();
    resolver.join_owners();
    resolver.attach_unowned();
    resolver.finish()
}

struct Resolver<'a> {
    rules: &'a [IdentifierRule],
    trust: Trust,
    claims: &'a [Claim],
    owners: &'a [Option<Owner>],
    /// Usable claims with their rule, by precedence.
    usable: Vec<(usize, &'a IdentifierRule)>,
    person: Option<Person<'a>>,
    resolution: Resolution,
}

/// The subject with everybody joined so far.
struct Person<'a> {
    leaf: i64,
    root: i64,
    /// The claim that found the subject.
    found_by: &'a str,
    roots: BTreeSet<i64>,
    strong: BTreeSet<(&'a str, &'a str)>,
    counts: Vec<(&'a str, u32)>,
    is_known: bool,
}

impl<'a> Resolver<'a> {
    fn new(rules: &'a [IdentifierRule], trust: Trust, claims: &'a [Claim], owners: &'a [Option<Owner>]) -> Self {
        let mut resolver = Self {
            rules,
            trust,
            claims,
            owners,
            usable: Vec::new(),
            person: None,
            resolution: Resolution {
                subject: Subject::New,
                attach: Vec::new(),
                joins: Vec::new(),
                conflicts: Vec::new(),
                ignored: Vec::new(),
            },
        };
        for index in 0..claims.len() {
            match resolver.usable_rule(index) {
                Ok(rule) => resolver.usable.push((index, rule)),
                Err(reason) => resolver.resolution.ignored.push(Ignored { claim: index, reason }),
            }
        }
        resolver.usable.sort_by_key(|(index, rule)| (rule.precedence, *index));
        resolver
    }

    fn usable_rule(&self, index: usize) -> Result<&'a IdentifierRule, IgnoreReason> {
        let claim = &self.claims[index];
        let rule = self.rules.iter().find(|rule| rule.kind == claim.kind);
        let rule = rule.ok_or(IgnoreReason::UnknownKind)?;
        if let Some(reason) = blocked_reason(&claim.kind, &claim.value) {
            return Err(IgnoreReason::Blocked(reason));
        }
        if self.claims[..index].contains(claim) {
            return Err(IgnoreReason::Repeated);
        }
        Ok(rule)
    }

    fn owner(&self, claim: usize) -> Option<&'a Owner> {
        self.owners.get(claim).and_then(Option::as_ref)
    }

    /// Whether somebody may be whom the event means: of no strong type has he values without the one first named.
    fn fits(&self, owner: &Owner) -> bool {
        let strong = self.usable.iter().filter(|(_, rule)| rule.is_strong);
        let mut seen: Vec<&str> = Vec::new();
        for (index, rule) in strong {
            if seen.contains(&rule.kind.as_str()) {
                continue;
            }
            seen.push(&rule.kind);
            let mut values = owner.strong.iter().filter(|(kind, _)| *kind == rule.kind).peekable();
            let claimed = &self.claims[*index].value;
            if values.peek().is_some() && !values.any(|(_, value)| value == claimed) {
                return false;
            }
        }
        true
    }

    fn find_person(&mut self) {
        let mut owned = self.usable.iter().filter_map(|(index, rule)| {
            let owner = self.owner(*index)?;
            self.fits(owner).then_some((owner, *rule))
        });
        let found = owned.next();
        self.person = found.map(|(owner, rule)| Person {
            leaf: owner.leaf,
            root: owner.root,
            found_by: &rule.kind,
            roots: BTreeSet::from([owner.root]),
            strong: pairs(owner),
            counts: owner.counts.iter().map(|(kind, count)| (kind.as_str(), *count)).collect(),
            is_known: owner.is_known,
        });
    }

    fn join_owners(&mut self) {
        let mut refused: BTreeSet<(i64, ConflictReason)> = BTreeSet::new();
        for (claim, rule) in self.usable.clone() {
            let Some(owner) = self.owner(claim) else {
                continue;
            };
            if self.person.as_ref().is_some_and(|person| person.roots.contains(&owner.root)) {
                continue;
            }
            match self.may_join(owner, rule) {
                Ok(()) => self.join(claim, owner),
                Err(reason) => {
                    let root_b = self.person.as_ref().map(|person| person.root);
                    // One conflict for each pair and reason, however many identifiers they share.
                    if refused.insert((owner.root, reason)) {
                        let conflict = Conflict { claim, root_a: owner.root, root_b, reason };
                        self.resolution.conflicts.push(conflict);
                    }
                }
            }
        }
    }

    fn may_join(&self, owner: &Owner, rule: &IdentifierRule) -> Result<(), ConflictReason> {
        let Some(person) = self.person.as_ref().filter(|_| self.fits(owner)) else {
            return Err(ConflictReason::SharedIdentifier);
        };
        let differs = |(kind, value): &(String, String)| {
            let mut strong = person.strong.iter();
            strong.any(|(other_kind, other)| kind == other_kind && value != other)
        };
        if owner.strong.iter().any(differs) {
            return Err(ConflictReason::TwoStrongIdentifiers);
        }
        if !rule.may_join {
            return Err(ConflictReason::KindMayNotJoin);
        }
        if self.trust == Trust::Public && person.is_known && owner.is_known {
            return Err(ConflictReason::PublicKey);
        }
        let is_too_many = owner.counts.iter().any(|(kind, count)| {
            let most = self.rules.iter().find(|rule| rule.kind == *kind).map(|rule| rule.max_per_person);
            most.is_some_and(|most| person.count(kind).saturating_add(*count) > most)
        });
        if is_too_many {
            return Err(ConflictReason::TooManyIdentifiers);
        }
        Ok(())
    }

    fn join(&mut self, claim: usize, owner: &'a Owner) {
        let Some(person) = self.person.as_mut() else {
            return;
        };
        let remains = if owner.is_known && !person.is_known { owner.root } else { person.root };
        let goes = if remains == person.root { owner.root } else { person.root };
        self.resolution.joins.push(Join {
            from_root: goes,
            into_root: remains,
            rule: LinkRule::SameEvent { kind: person.found_by.to_owned() },
            claim,
        });
        person.root = remains;
        person.roots.insert(owner.root);
        person.strong.extend(pairs(owner));
        for (kind, count) in &owner.counts {
            person.add(kind, *count);
        }
        person.is_known |= owner.is_known;
    }

    fn attach_unowned(&mut self) {
        let rule_of_link = match &self.person {
            None => LinkRule::FirstEvent,
            Some(person) => LinkRule::SameEvent { kind: person.found_by.to_owned() },
        };
        let mut counts: Vec<(&'a str, u32)> =
            self.person.as_ref().map_or_else(Vec::new, |person| person.counts.clone());
        for (claim, rule) in &self.usable {
            if self.owner(*claim).is_some() {
                continue;
            }
            let count = count_of(&mut counts, &rule.kind);
            if *count >= rule.max_per_person {
                let reason = IgnoreReason::Limit;
                self.resolution.ignored.push(Ignored { claim: *claim, reason });
                continue;
            }
            *count += 1;
            self.resolution.attach.push(Attachment { claim: *claim, rule: rule_of_link.clone() });
        }
    }

    fn finish(mut self) -> Resolution {
        if let Some(person) = &self.person {
            self.resolution.subject = Subject::Existing { leaf: person.leaf, root: person.root };
        }
        self.resolution
    }
}

fn pairs(owner: &Owner) -> BTreeSet<(&str, &str)> {
    owner.strong.iter().map(|(kind, value)| (kind.as_str(), value.as_str())).collect()
}

impl<'a> Person<'a> {
    fn count(&self, kind: &str) -> u32 {
        let mut counts = self.counts.iter();
        counts.find(|(known, _)| *known == kind).map_or(0, |(_, count)| *count)
    }

    fn add(&mut self, kind: &'a str, more: u32) {
        let count = count_of(&mut self.counts, kind);
        *count = count.saturating_add(more);
    }
}

/// The count of a type, made if there is none yet.
fn count_of<'a, 'b>(counts: &'b mut Vec<(&'a str, u32)>, kind: &'a str) -> &'b mut u32 {
    let place = counts.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
        counts.push((kind, 0));
        counts.len() - 1
    });
    &mut counts[place].1
}
