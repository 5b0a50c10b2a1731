//! Whose an event is: tables of what happens in shops, and what never happens.

use engine::identity::{
    BlockReason, Claim, Conflict, ConflictReason, IgnoreReason, Ignored, Join, LinkRule, Owner, Resolution, Subject,
    Trust, default_rules, resolve,
};
use proptest::prelude::*;

use crate::generate::config;

fn claim(kind: &str, value: &str) -> Claim {
    Claim { kind: kind.to_owned(), value: value.to_owned() }
}

/// A person of one profile with these identifiers.
fn person(root: i64, identifiers: &[(&str, &str)]) -> Owner {
    let owned = |(kind, value): &(&str, &str)| ((*kind).to_owned(), (*value).to_owned());
    let strong = identifiers.iter().filter(|(kind, _)| *kind == "user_id").map(owned);
    let mut counts: Vec<(String, u32)> = Vec::new();
    for (kind, _) in identifiers {
        match counts.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push(((*kind).to_owned(), 1)),
        }
    }
    Owner {
        leaf: root * 10,
        root,
        strong: strong.collect(),
        counts,
        is_known: identifiers.iter().any(|(kind, _)| *kind != "anonymous_id"),
    }
}

/// Resolves claims in a world of people with their identifiers.
fn resolve_in(trust: Trust, people: &[Vec<(&str, &str)>], claims: &[(&str, &str)]) -> Resolution {
    let owners: Vec<Option<Owner>> = claims
        .iter()
        .map(|claim| {
            let root = people.iter().position(|identifiers| identifiers.contains(claim))?;
            Some(person(root as i64 + 1, &people[root]))
        })
        .collect();
    let claims: Vec<Claim> = claims.iter().map(|(kind, value)| claim(kind, value)).collect();
    resolve(&default_rules(), trust, &claims, &owners)
}

fn attached(resolution: &Resolution) -> Vec<usize> {
    resolution.attach.iter().map(|attachment| attachment.claim).collect()
}

fn joined(resolution: &Resolution) -> Vec<(i64, i64)> {
    resolution.joins.iter().map(|join| (join.from_root, join.into_root)).collect()
}

const ANA: (&str, &str) = ("user_id", "ana");
const BOB: (&str, &str) = ("user_id", "bob");
const MAIL: (&str, &str) = ("email", "ana@example.com");
const TABLET: (&str, &str) = ("anonymous_id", "tablet");
const PHONE: (&str, &str) = ("anonymous_id", "phone");

#[test]
fn the_first_event_makes_a_new_person_with_all_its_identifiers() {
    let resolution = resolve_in(Trust::Public, &[], &[TABLET, MAIL]);
    assert_eq!(resolution.subject, Subject::New);
    assert_eq!(attached(&resolution), [1, 0]);
    assert!(resolution.attach.iter().all(|attachment| attachment.rule == LinkRule::FirstEvent));
}

#[test]
fn an_anonymous_visitor_who_signs_up_stays_the_same_person() {
    let resolution = resolve_in(Trust::Public, &[vec![TABLET]], &[ANA, MAIL, TABLET]);
    assert_eq!(resolution.subject, Subject::Existing { leaf: 10, root: 1 });
    assert_eq!(attached(&resolution), [0, 1]);
    assert_eq!(resolution.attach[0].rule, LinkRule::SameEvent { kind: "anonymous_id".to_owned() });
    assert!(resolution.joins.is_empty() && resolution.conflicts.is_empty());
}

#[test]
fn a_visitor_who_signs_in_joins_the_person_he_is() {
    let resolution = resolve_in(Trust::Public, &[vec![ANA, MAIL], vec![TABLET]], &[TABLET, ANA]);
    assert_eq!(resolution.subject, Subject::Existing { leaf: 10, root: 1 });
    let join = Join { from_root: 2, into_root: 1, rule: LinkRule::SameEvent { kind: "user_id".to_owned() }, claim: 0 };
    assert_eq!(resolution.joins, [join]);
}

#[test]
fn the_known_person_remains_even_if_the_other_was_found_first() {
    let people = [vec![("user_id", "new"), TABLET], vec![MAIL]];
    let mut owners = vec![Some(person(1, &people[0])), Some(person(2, &people[1]))];
    owners[0].as_mut().unwrap().is_known = false;
    let claims = [claim("user_id", "new"), claim("email", "ana@example.com")];
    let resolution = resolve(&default_rules(), Trust::Public, &claims, &owners);
    assert_eq!(joined(&resolution), [(1, 2)]);
    assert_eq!(resolution.subject, Subject::Existing { leaf: 10, root: 2 });
}

#[test]
fn a_second_user_on_a_shared_device_is_another_person_and_the_device_stays() {
    let resolution = resolve_in(Trust::Server, &[vec![ANA, TABLET]], &[BOB, TABLET]);
    assert_eq!(resolution.subject, Subject::New);
    assert_eq!(attached(&resolution), [0]);
    let conflict = Conflict { claim: 1, root_a: 1, root_b: None, reason: ConflictReason::SharedIdentifier };
    assert_eq!(resolution.conflicts, [conflict]);
    let again = resolve_in(Trust::Server, &[vec![ANA, TABLET], vec![BOB]], &[BOB, TABLET]);
    assert_eq!(again.subject, Subject::Existing { leaf: 20, root: 2 });
    assert_eq!(again.conflicts[0].root_b, Some(2));
    assert!(again.joins.is_empty());
}

#[test]
fn one_address_of_two_users_is_a_conflict() {
    let resolution = resolve_in(Trust::Server, &[vec![ANA], vec![BOB, MAIL]], &[ANA, MAIL]);
    assert_eq!(resolution.subject, Subject::Existing { leaf: 10, root: 1 });
    assert_eq!(resolution.conflicts[0].reason, ConflictReason::SharedIdentifier);
}

#[test]
fn two_people_with_strong_identifiers_are_not_joined_by_an_event_that_names_none() {
    let people = [vec![ANA, MAIL], vec![BOB, PHONE]];
    let resolution = resolve_in(Trust::Server, &people, &[MAIL, PHONE]);
    assert!(resolution.joins.is_empty());
    assert_eq!(resolution.conflicts[0].reason, ConflictReason::TwoStrongIdentifiers);
}

#[test]
fn only_a_server_joins_two_known_people() {
    let people = [vec![ANA], vec![MAIL]];
    let public = resolve_in(Trust::Public, &people, &[ANA, MAIL]);
    assert!(public.joins.is_empty());
    assert_eq!(public.conflicts[0].reason, ConflictReason::PublicKey);
    let server = resolve_in(Trust::Server, &people, &[ANA, MAIL]);
    assert_eq!(joined(&server), [(2, 1)]);
    assert!(server.conflicts.is_empty());
}

#[test]
fn a_person_has_no_more_identifiers_than_allowed() {
    let mails = ["a@x.fr", "b@x.fr", "c@x.fr", "d@x.fr", "e@x.fr"];
    let five: Vec<(&str, &str)> = mails.iter().map(|mail| ("email", *mail)).chain([ANA]).collect();
    let resolution = resolve_in(Trust::Server, std::slice::from_ref(&five), &[ANA, ("email", "f@x.fr")]);
    assert_eq!(resolution.ignored, [Ignored { claim: 1, reason: IgnoreReason::Limit }]);
    let resolution = resolve_in(Trust::Server, &[five, vec![MAIL]], &[ANA, MAIL]);
    assert_eq!(resolution.conflicts[0].reason, ConflictReason::TooManyIdentifiers);
}

#[test]
fn an_alias_of_two_users_is_left_to_a_person() {
    let resolution = resolve_in(Trust::Server, &[vec![ANA], vec![BOB]], &[ANA, BOB]);
    assert_eq!(resolution.subject, Subject::Existing { leaf: 10, root: 1 });
    assert!(resolution.joins.is_empty());
    assert_eq!(resolution.conflicts.len(), 1);
}

#[test]
fn claims_that_count_for_nothing_say_why() {
    let claims = [("user_id", "null"), ("shoe_size", "42"), TABLET, TABLET];
    let resolution = resolve_in(Trust::Public, &[], &claims);
    let ignored: Vec<IgnoreReason> = resolution.ignored.iter().map(|ignored| ignored.reason).collect();
    let blocked = IgnoreReason::Blocked(BlockReason::Placeholder);
    assert_eq!(ignored, [blocked, IgnoreReason::UnknownKind, IgnoreReason::Repeated]);
    assert_eq!(attached(&resolution), [2]);
}

/// People, the claims of an event with the person who owns each, and the sender's trust.
type World = (Vec<Owner>, Vec<(Claim, Option<usize>)>, Trust);

/// People who share no identifier, and an event that claims some of theirs and some new ones.
fn world() -> impl Strategy<Value = World> {
    let kinds = || prop::sample::select(vec!["user_id", "customer_number", "email", "phone", "anonymous_id"]);
    let people = prop::collection::vec(prop::collection::vec(kinds(), 1..4), 1..5);
    let claims = prop::collection::vec((kinds(), prop::option::of((0_usize..5, 0_usize..5))), 1..6);
    let trust = prop::sample::select(vec![Trust::Public, Trust::Server]);
    (people, claims, trust).prop_map(|(people, claims, trust)| {
        let named: Vec<Vec<(&str, String)>> = people
            .iter()
            .enumerate()
            .map(|(root, kinds)| {
                let numbered = kinds.iter().enumerate();
                let within_limits =
                    numbered.filter(|(index, kind)| **kind != "user_id" || !kinds[..*index].contains(kind));
                within_limits.map(|(index, kind)| (*kind, format!("of-{root}-{index}"))).collect()
            })
            .collect();
        let owners = named.iter().enumerate().map(|(root, identifiers)| {
            let borrowed: Vec<(&str, &str)> = identifiers.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
            person(root as i64 + 1, &borrowed)
        });
        let numbered = claims.iter().enumerate();
        let claims = numbered.map(|(index, (kind, owned))| match owned {
            Some((root, nth)) => {
                let root = root % named.len();
                let (kind, value) = &named[root][nth % named[root].len()];
                (claim(kind, value), Some(root))
            }
            None => (claim(kind, &format!("new-{index}")), None),
        });
        (owners.collect(), claims.collect(), trust)
    })
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn strong_identifiers_never_join_and_a_public_key_never_joins_two_known_people((people, claims, trust) in world()) {
        let owners: Vec<Option<Owner>> = claims.iter().map(|(_, root)| root.map(|root| people[root].clone())).collect();
        let claims: Vec<Claim> = claims.into_iter().map(|(claim, _)| claim).collect();
        let resolution = resolve(&default_rules(), trust, &claims, &owners);
        prop_assert_eq!(&resolution, &resolve(&default_rules(), trust, &claims, &owners));
        let mut roots: Vec<i64> = match resolution.subject {
            Subject::Existing { leaf, .. } => vec![leaf / 10],
            Subject::New => Vec::new(),
        };
        for join in &resolution.joins {
            prop_assert_ne!(join.from_root, join.into_root);
            roots.extend([join.from_root, join.into_root]);
        }
        roots.sort_unstable();
        roots.dedup();
        let joined: Vec<&Owner> = roots.iter().map(|root| &people[*root as usize - 1]).collect();
        let known = joined.iter().filter(|owner| owner.is_known).count();
        prop_assert!(trust == Trust::Server || known <= 1);
        if let Subject::Existing { root, .. } = resolution.subject {
            let last = resolution.joins.last().map_or(root, |join| join.into_root);
            prop_assert_eq!(last, root);
            prop_assert!(resolution.joins.iter().all(|join| join.into_root == root || roots.contains(&join.into_root)));
        } else {
            prop_assert!(resolution.joins.is_empty());
        }
        for rule in default_rules() {
            let had: u32 = joined.iter().flat_map(|owner| &owner.counts).filter(|(kind, _)| *kind == rule.kind).map(|(_, count)| count).sum();
            let gets = resolution.attach.iter().filter(|attachment| claims[attachment.claim].kind == rule.kind).count() as u32;
            prop_assert!(had + gets <= rule.max_per_person);
        }
        // Every claim has exactly one fate: attached, ignored, in conflict, or owned by the person.
        for (index, owner) in owners.iter().enumerate() {
            let is_attached = resolution.attach.iter().any(|attachment| attachment.claim == index);
            let is_ignored = resolution.ignored.iter().any(|ignored| ignored.claim == index);
            prop_assert!(!(is_attached && is_ignored));
            prop_assert_eq!(is_attached || is_ignored, owner.is_none() || is_ignored);
        }
    }
}
