//! Consents: what a person allows, by channel and purpose; the last word counts.

use std::collections::BTreeMap;

use words::Timestamp;

use super::{FactsError, Stamp};
use crate::bytes::{Reader, Writer};
use crate::condition::ConsentState;

/// Consents by channel and purpose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consents(BTreeMap<(Box<str>, Box<str>), ConsentFact>);

/// A consent's state and when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsentFact {
    /// When, and at which place of the log.
    pub stamp: Stamp,
    /// What was said. Of two words of one stamp the stricter counts.
    pub state: ConsentState,
}

impl Consents {
    /// Every consent, in order of channels and purposes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, ConsentFact)> {
        self.0.iter().map(|((channel, purpose), fact)| (&**channel, &**purpose, *fact))
    }

    /// What was said about a channel and a purpose.
    pub fn get(&self, channel: &str, purpose: &str) -> Option<ConsentFact> {
        let mut same = self.iter();
        same.find(|(c, p, _)| *c == channel && *p == purpose).map(|(_, _, fact)| fact)
    }

    /// Records a word; says whether the state has changed.
    pub(super) fn set(&mut self, channel: &str, purpose: &str, state: ConsentState, stamp: Stamp) -> bool {
        self.put((channel.into(), purpose.into()), ConsentFact { stamp, state })
    }

    fn put(&mut self, key: (Box<str>, Box<str>), fact: ConsentFact) -> bool {
        let before = self.0.get(&key).copied();
        if before.is_some_and(|before| before >= fact) {
            return false;
        }
        self.0.insert(key, fact);
        before.map_or(ConsentState::Unknown, |before| before.state) != fact.state
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (key, fact) in &other.0 {
            self.put(key.clone(), *fact);
        }
    }

    pub(super) fn write(&self, writer: &mut Writer, base: Timestamp) {
        for ((channel, purpose), fact) in &self.0 {
            writer.text(channel);
            writer.text(purpose);
            writer.byte(fact.state as u8);
            writer.instant(fact.stamp.at, base);
            writer.signed(fact.stamp.seq);
        }
    }

    pub(super) fn read(mut reader: Reader<'_>, base: Timestamp) -> Result<Self, FactsError> {
        let mut consents = BTreeMap::new();
        while let Some((channel, purpose, fact)) = next(&mut reader, base)? {
            consents.insert((channel.into(), purpose.into()), fact);
        }
        Ok(Self(consents))
    }

    /// One consent's state from the written section.
    pub(super) fn find(
        mut reader: Reader<'_>,
        channel: &str,
        purpose: &str,
        base: Timestamp,
    ) -> Result<ConsentState, FactsError> {
        while let Some((c, p, fact)) = next(&mut reader, base)? {
            if c == channel && p == purpose {
                return Ok(fact.state);
            }
        }
        Ok(ConsentState::Unknown)
    }
}

type Written<'a> = (&'a str, &'a str, ConsentFact);

fn next<'a>(reader: &mut Reader<'a>, base: Timestamp) -> Result<Option<Written<'a>>, FactsError> {
    if reader.is_empty() {
        return Ok(None);
    }
    let channel = reader.text()?;
    let purpose = reader.text()?;
    let word = usize::from(reader.byte()?);
    let state = *ConsentState::ALL.get(word).ok_or(FactsError::Malformed)?;
    let stamp = Stamp { at: reader.instant(base)?, seq: reader.signed()? };
    Ok(Some((channel, purpose, ConsentFact { stamp, state })))
}
