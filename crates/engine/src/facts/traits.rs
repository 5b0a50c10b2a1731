//! Traits: what is said of a person by name; the last writer wins.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{FactsError, Stamp};
use crate::bytes::{Reader, Writer};
use words::Timestamp;

/// Traits by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traits(BTreeMap<Box<str>, TraitFact>);

/// The value of a trait, as JSON text, and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraitFact {
    json: Box<str>,
    stamp: Stamp,
}

impl TraitFact {
    /// The JSON text; `null` when the trait was unset.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Who set it.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Later stamps win; between two values of one stamp the larger text does, so that every order of merging agrees.
    fn yields_to(&self, stamp: Stamp, json: &str) -> bool {
        (self.stamp, &*self.json) < (stamp, json)
    }
}

/// The JSON text of an unset trait.
pub(super) const UNSET: &str = "null";

impl Traits {
    /// Every trait that was ever named, in order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &TraitFact)> {
        self.0.iter().map(|(name, fact)| (&**name, fact))
    }

    /// The trait's fact, also when it was unset.
    pub fn get(&self, name: &str) -> Option<&TraitFact> {
        self.0.get(name)
    }

    /// The trait's JSON text, if it is set.
    pub fn json(&self, name: &str) -> Option<&str> {
        let fact = self.0.get(name)?;
        (&*fact.json != UNSET).then_some(&*fact.json)
    }

    /// Sets a trait; says whether its value has changed.
    pub(super) fn set(&mut self, name: &str, value: &Value, stamp: Stamp) -> bool {
        self.put(name, &value.to_string(), stamp)
    }

    fn put(&mut self, name: &str, json: &str, stamp: Stamp) -> bool {
        match self.0.get_mut(name) {
            None => {
                let fact = TraitFact { json: json.into(), stamp };
                self.0.insert(name.into(), fact);
                json != UNSET
            }
            Some(fact) if fact.yields_to(stamp, json) => {
                fact.stamp = stamp;
                if *fact.json == *json {
                    return false;
                }
                fact.json = json.into();
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (name, fact) in &other.0 {
            self.put(name, &fact.json, fact.stamp);
        }
    }

    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        for (name, fact) in &self.0 {
            writer.text(name);
            writer.text(&fact.json);
            writer.instant(fact.stamp.at, base);
            writer.signed(fact.stamp.seq);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut traits = BTreeMap::new();
        while !reader.is_empty() {
            let name = reader.text()?;
            let json = reader.text()?;
            let stamp = Stamp { at: reader.instant(base)?, seq: reader.signed()? };
            traits.insert(name.into(), TraitFact { json: json.into(), stamp });
        }
        Ok(Self(traits))
    }

    /// One trait's JSON text, if it is set, from the written section.
    pub(super) fn find<'a>(mut reader: Reader<'a>, wanted: &str, base: Timestamp) -> Option<&'a str> {
        while !reader.is_empty() {
            let name = reader.slice().ok()?;
            let json = reader.slice().ok()?;
            match name.cmp(wanted.as_bytes()) {
                std::cmp::Ordering::Less => {
                    reader.instant(base).ok()?;
                    reader.signed().ok()?;
                }
                std::cmp::Ordering::Equal => {
                    let json = std::str::from_utf8(json).ok()?;
                    return (json != UNSET).then_some(json);
                }
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }
}
