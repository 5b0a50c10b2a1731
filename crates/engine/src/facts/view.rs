//! Facts read from their bytes, section by section and only where a condition looks.

use std::borrow::Cow;

use words::{Currency, Timestamp};

use super::encode::Sections;
use super::figures::{Figures, read_base};
use super::{Consents, Facts, FactsError, LeafKey, Orders, Sales, Tallies, Tally, Traits};
use crate::condition::ConsentState;
use crate::evaluate::Evidence;

/// Written facts that are decided over without decoding them whole.
#[derive(Debug, Clone, Copy)]
pub struct FactsView<'a> {
    sections: Sections<'a>,
    base: Timestamp,
}

impl<'a> FactsView<'a> {
    /// Looks at bytes that [`Facts::encode`] wrote.
    ///
    /// # Errors
    /// [`FactsError`] when they are of a newer version or cut off. Damage inside a section shows when it is read, and
    /// counts as nothing known there.
    pub fn new(bytes: &'a [u8]) -> Result<Self, FactsError> {
        let sections = Sections::split(bytes)?;
        let base = read_base(&mut sections.figures.clone())?;
        Ok(Self { sections, base })
    }
}

impl Evidence for FactsView<'_> {
    fn trait_json(&self, name: &str) -> Option<&str> {
        Traits::find(self.sections.traits, name, self.base)
    }

    fn figures(&self) -> Figures {
        let read = Figures::read(self.sections.figures);
        read.map_or_else(|_| Facts::new().figures(), |(_, figures)| figures)
    }

    fn sales(&self, currency: Currency) -> Sales {
        Orders::find_sales(self.sections.sales, currency).unwrap_or_default()
    }

    fn consent(&self, channel: &str, purpose: &str) -> ConsentState {
        let found = Consents::find(self.sections.consents, channel, purpose, self.base);
        found.unwrap_or(ConsentState::Unknown)
    }

    fn tally(&self, key: LeafKey) -> Option<Cow<'_, Tally>> {
        Tallies::find(self.sections.tallies, key, self.base).map(Cow::Owned)
    }
}

impl Evidence for Facts {
    fn trait_json(&self, name: &str) -> Option<&str> {
        self.traits.json(name)
    }

    fn figures(&self) -> Figures {
        Figures::of(self)
    }

    fn sales(&self, currency: Currency) -> Sales {
        self.orders.sales(currency)
    }

    fn consent(&self, channel: &str, purpose: &str) -> ConsentState {
        let fact = self.consents.get(channel, purpose);
        fact.map_or(ConsentState::Unknown, |fact| fact.state)
    }

    fn tally(&self, key: LeafKey) -> Option<Cow<'_, Tally>> {
        self.tallies.get(key).map(Cow::Borrowed)
    }
}
