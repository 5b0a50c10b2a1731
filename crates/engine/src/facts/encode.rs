//! Facts as bytes: a version, the length of each section, the sections.

use super::figures::Figures;
use super::{Cart, Consents, Facts, FactsError, Orders, Tallies, Traits};
use crate::bytes::{Reader, Writer};

/// The only version so far.
const VERSION: u8 = 1;
/// Figures, sales, traits, consents, tallies, orders, cart.
const SECTIONS: usize = 7;

/// The sections of written facts, none of them read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sections<'a> {
    pub figures: Reader<'a>,
    pub sales: Reader<'a>,
    pub traits: Reader<'a>,
    pub consents: Reader<'a>,
    pub tallies: Reader<'a>,
    pub orders: Reader<'a>,
    pub cart: Reader<'a>,
}

impl<'a> Sections<'a> {
    pub fn split(bytes: &'a [u8]) -> Result<Self, FactsError> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(FactsError::UnknownVersion(version));
        }
        let mut lengths = [0_usize; SECTIONS];
        for length in &mut lengths {
            *length = reader.count()?;
        }
        let mut next = lengths.into_iter().map(|length| reader.take(length));
        let mut section = || next.next().unwrap_or(Err(FactsError::Truncated));
        Ok(Self {
            figures: section()?,
            sales: section()?,
            traits: section()?,
            consents: section()?,
            tallies: section()?,
            orders: section()?,
            cart: section()?,
        })
    }
}

impl Facts {
    /// The facts as bytes. Equal facts give equal bytes once they are settled, which [`Facts::retain`] does.
    pub fn encode(&self) -> Vec<u8> {
        let base = self.as_of;
        let mut body = Writer::default();
        let mut ends = [0_usize; SECTIONS];
        let mut write = |section: usize, part: &dyn Fn(&mut Writer)| {
            part(&mut body);
            ends[section] = body.bytes.len();
        };
        write(0, &|writer| self.figures().write(writer, base));
        write(1, &|writer| self.orders.write_sales(writer));
        write(2, &|writer| self.traits.write(writer, base));
        write(3, &|writer| self.consents.write(writer, base));
        write(4, &|writer| self.tallies.write(writer, base));
        write(5, &|writer| self.orders.write(writer, base));
        write(6, &|writer| self.cart.write(writer, base));
        let mut whole = Writer::default();
        whole.bytes.reserve(body.bytes.len() + 16);
        whole.byte(VERSION);
        let mut before = 0;
        for end in ends {
            whole.unsigned((end - before) as u64);
            before = end;
        }
        whole.bytes.extend_from_slice(&body.bytes);
        whole.bytes
    }

    /// The facts that [`Facts::encode`] wrote.
    ///
    /// # Errors
    /// [`FactsError`] when the bytes are of a newer version, cut off or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, FactsError> {
        let sections = Sections::split(bytes)?;
        let (as_of, figures) = Figures::read(sections.figures)?;
        Ok(Self {
            as_of,
            first_seen: figures.first_seen,
            last_seen: figures.last_seen,
            known_at: figures.known_at,
            events_count: figures.events_count,
            traits: Traits::read(sections.traits, as_of)?,
            consents: Consents::read(sections.consents, as_of)?,
            cart: Cart::read(sections.cart, as_of)?,
            orders: Orders::read(sections.orders, as_of)?,
            tallies: Tallies::read(sections.tallies, as_of)?,
        })
    }
}
