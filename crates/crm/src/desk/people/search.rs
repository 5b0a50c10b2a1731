//! Whom somebody means by what he types: names, identifiers, numbers of orders, however they are written.

use std::collections::HashSet;
use std::sync::Once;

use db::{DbError, Tx};
use words::{Country, Phone, ProfileId, WorkspaceId, fold, search_key};

use crate::kernel::Sight;
use crate::profiles::identity::{Reading, read_identifier};
use crate::profiles::store::{self, ListedPerson};
use crate::{commerce, profiles, workspaces};

/// People by the beginning of their first or last name, of an identifier or of an order's number, or by their id. Who may
/// not see who people are finds them by an order's number and by their id only: else the search would tell.
pub fn search(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    text: &str,
    rows: usize,
    sight: Sight,
) -> Result<Vec<ListedPerson>, DbError> {
    let numbers = search_numbers(tx, workspace, text, rows, sight)?;
    store::people_in_order(tx, workspace, &numbers)
}

/// The same as numbers, each once; no more than `rows`.
pub fn search_numbers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    text: &str,
    rows: usize,
    sight: Sight,
) -> Result<Vec<i64>, DbError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Ok(id) = text.parse::<ProfileId>() {
        found.extend(store::profile_by_id(tx, workspace, id)?.map(|profile| profile.number));
    }
    if !sight.is_masked() {
        found.extend(by_name_or_identifier(tx, workspace, text, rows)?);
    }
    for spelling in spellings(text.strip_prefix('#').unwrap_or(text)) {
        found.extend(commerce::store::owners_with_prefix(tx, workspace, &spelling, rows)?);
    }
    roots_of(tx, workspace, &found, rows)
}

fn by_name_or_identifier(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    text: &str,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    let mut found = Vec::new();
    let name = search_key(text);
    if !name.is_empty() {
        found.extend(store::numbers_named(tx, workspace, &name, rows)?);
    }
    let country = workspaces::phone_country(tx, workspace)?;
    for rule in profiles::identifier_rules(tx, workspace)? {
        for prefix in prefixes_of(&rule.kind, text, country) {
            found.extend(store::identifiers_with_prefix(tx, workspace, &rule.kind, &prefix, rows)?);
        }
    }
    Ok(found)
}

/// Whoever looks at the list may look for a number next: what that takes is read beside, once.
pub fn make_ready() {
    static IS_BEGUN: Once = Once::new();
    IS_BEGUN.call_once(|| drop(tokio::task::spawn_blocking(Phone::read_plans)));
}

/// What was typed, in the forms in which identifiers of this kind are stored.
fn prefixes_of(kind: &str, text: &str, country: Country) -> Vec<String> {
    match kind {
        "email" => {
            let (typed, plain) = (fold(text), without_accents(text));
            if typed == plain { vec![typed] } else { vec![typed, plain] }
        }
        "phone" if text.chars().any(char::is_alphabetic) => Vec::new(),
        "phone" => match Phone::parse(text, country) {
            Ok(phone) => vec![phone.as_str().to_owned()],
            Err(_) => Phone::prefix(text, country).into_iter().collect(),
        },
        _ => spellings(text),
    }
}

/// Addresses hardly ever bear the accents of the name that they are made of.
fn without_accents(text: &str) -> String {
    text.chars()
        .map(
            |letter| {
                if letter.is_alphanumeric() { search_key(letter.encode_utf8(&mut [0; 4])) } else { letter.to_string() }
            },
        )
        .collect()
}

/// Numbers of customers and orders are kept as they were sent: `a-10` finds `A-10`.
fn spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![text.to_owned()];
    for other in [text.to_uppercase(), text.to_lowercase()] {
        if !other.is_empty() && !spellings.contains(&other) {
            spellings.push(other);
        }
    }
    spellings.retain(|spelling| !spelling.is_empty());
    spellings
}

/// The people of these profiles, each once, in the order of the profiles.
fn roots_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64], rows: usize) -> Result<Vec<i64>, DbError> {
    let found = store::profiles_by_number(tx, workspace, numbers)?;
    let mut roots = std::collections::HashMap::with_capacity(found.len());
    for profile in found {
        let number = profile.number;
        let root = if profile.merged_into.is_some() { store::root_of(tx, workspace, profile)?.number } else { number };
        roots.insert(number, root);
    }
    let mut known = HashSet::new();
    let people = numbers.iter().filter_map(|number| roots.get(number)).filter(|root| known.insert(**root));
    Ok(people.take(rows).copied().collect())
}

/// The person with exactly this identifier, written in any form (`Ana@Example.com`, `06 12 34 56 78`); nobody for who may
/// not see who people are.
pub fn by_identifier(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    kind: &str,
    value: &str,
    sight: Sight,
) -> Result<Vec<ListedPerson>, DbError> {
    if sight.is_masked() {
        return Ok(Vec::new());
    }
    let country = workspaces::phone_country(tx, workspace)?;
    let Reading::Identity(claim) = read_identifier(kind, value, country) else { return Ok(Vec::new()) };
    let owners = store::owners_of(tx, workspace, &claim.kind, &[claim.value])?;
    let numbers: Vec<i64> = owners.into_iter().map(|(_, number)| number).collect();
    let roots = roots_of(tx, workspace, &numbers, 1)?;
    store::people_in_order(tx, workspace, &roots)
}
