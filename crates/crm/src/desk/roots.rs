//! Whose profiles these are: from the numbers on events and orders to people with names.

use std::collections::HashMap;

use db::{DbError, Tx};
use words::WorkspaceId;

use crate::profiles::store::{ListedPerson, people_by_number, profiles_by_number};

/// The person (root) of each profile; profiles that do not exist are left out.
pub fn roots_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<HashMap<i64, i64>, DbError> {
    let mut parents: HashMap<i64, Option<i64>> = HashMap::new();
    let mut missing = sorted(numbers.to_vec());
    while !missing.is_empty() {
        let found = profiles_by_number(tx, workspace, &missing)?;
        parents.extend(found.iter().map(|profile| (profile.number, profile.merged_into)));
        let above = found.iter().filter_map(|profile| profile.merged_into);
        missing = sorted(above.filter(|number| !parents.contains_key(number)).collect());
    }
    let roots = numbers.iter().filter_map(|number| Some((*number, top_of(&parents, *number)?)));
    Ok(roots.collect())
}

fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn top_of(parents: &HashMap<i64, Option<i64>>, number: i64) -> Option<i64> {
    let mut current = number;
    while let Some(above) = *parents.get(&current)? {
        current = above;
    }
    Some(current)
}

/// The people behind profiles: each profile's person, and the rows of these people.
pub struct Owners {
    roots: HashMap<i64, i64>,
    people: HashMap<i64, ListedPerson>,
}

impl Owners {
    pub fn read(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Self, DbError> {
        let roots = roots_of(tx, workspace, numbers)?;
        let people = people_by_number(tx, workspace, &sorted(roots.values().copied().collect()))?;
        Ok(Self { roots, people: people.into_iter().map(|person| (person.number, person)).collect() })
    }

    pub fn of(&self, number: i64) -> Option<&ListedPerson> {
        self.people.get(self.roots.get(&number)?)
    }
}
