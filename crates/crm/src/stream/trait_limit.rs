//! How many traits one person may have: a stranger with a public key must not make a state that every later event of
//! that person has to carry.
//!
//! What is over the limit is taken out of the call before the call enters the log, so that every recomputation sees what
//! the live fold saw; beside it the log tells what was left out and why.

use std::borrow::Cow;

use db::DbError;
use engine::facts::Traits;
use serde_json::{Map, Value, json};

use super::model::Incoming;
use super::work::Work;

/// Names that were ever given a value: an unset one still has to be remembered, for calls that come late.
pub const MAX_TRAITS_OF_A_PERSON: usize = 1_000;
/// Names and values together, as JSON.
pub const MAX_TRAIT_BYTES_OF_A_PERSON: usize = 64 * 1024;
const TRAITS_REFUSED: &str = "Traits Refused";

impl Work<'_, '_> {
    /// The call with those of its traits that the person has room for.
    pub fn within_trait_limit<'i>(
        &mut self,
        leaf: Option<i64>,
        incoming: &'i Incoming,
    ) -> Result<Cow<'i, Incoming>, DbError> {
        let (Some(leaf), Some(Value::Object(given))) = (leaf, &incoming.traits) else {
            return Ok(Cow::Borrowed(incoming));
        };
        let root = self.root(leaf)?;
        self.load_people(&[root])?;
        let refused = beyond_limit(self.person(root)?.facts.traits(), given);
        if refused.is_empty() {
            return Ok(Cow::Borrowed(incoming));
        }
        let kept = given.iter().filter(|(name, _)| !refused.contains(name));
        let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.tell_refused(leaf, &refused);
        Ok(Cow::Owned(Incoming { traits: Some(Value::Object(kept)), stored: String::new(), ..incoming.clone() }))
    }

    fn tell_refused(&mut self, leaf: i64, refused: &[&String]) {
        let reason = format!(
            "a person has at most {MAX_TRAITS_OF_A_PERSON} traits of {MAX_TRAIT_BYTES_OF_A_PERSON} bytes together; \
             {} of this call were not set",
            refused.len()
        );
        let now = self.now;
        self.tell(leaf, TRAITS_REFUSED, now, &json!({ "reason": reason, "traits": refused }));
    }
}

/// The traits that would take the person over a limit; traits that he has may always take a value of the same length.
fn beyond_limit<'g>(known: &Traits, given: &'g Map<String, Value>) -> Vec<&'g String> {
    let mut names = known.iter().count();
    let mut bytes: usize = known.iter().map(|(name, fact)| name.len() + fact.json().len()).sum();
    let mut beyond = Vec::new();
    for (name, value) in given {
        let former = known.get(name).map(|fact| name.len() + fact.json().len());
        let later = name.len() + value.to_string().len();
        let grown = later.saturating_sub(former.unwrap_or(0));
        let is_new = usize::from(former.is_none());
        if grown > 0 && (names + is_new > MAX_TRAITS_OF_A_PERSON || bytes + grown > MAX_TRAIT_BYTES_OF_A_PERSON) {
            beyond.push(name);
        } else {
            names += is_new;
            bytes += grown;
        }
    }
    beyond
}
