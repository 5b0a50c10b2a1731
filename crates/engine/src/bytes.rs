//! Compact bytes: variable-length numbers and short texts, written and read back with every length checked.

use words::Timestamp;

use crate::facts::FactsError;

/// Writes numbers in as few bytes as they need.
#[derive(Debug, Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    pub fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Small magnitudes of either sign in few bytes.
    pub fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)) as u64);
    }

    /// As [`Writer::signed`], in 128 bits.
    pub fn wide(&mut self, number: i128) {
        let mut rest = ((number << 1) ^ (number >> 127)) as u128;
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    pub fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// How long before `base` an instant lies: most instants of a person are recent.
    pub fn instant(&mut self, at: Timestamp, base: Timestamp) {
        self.signed(base.as_millis() - at.as_millis());
    }

    pub fn maybe_instant(&mut self, at: Option<Timestamp>, base: Timestamp) {
        match at {
            None => self.byte(0),
            Some(at) => {
                self.byte(1);
                self.instant(at, base);
            }
        }
    }
}

/// Reads what [`Writer`] wrote; never beyond the end, never allocating for a length that is not there.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn byte(&mut self) -> Result<u8, FactsError> {
        let (first, rest) = self.bytes.split_first().ok_or(FactsError::Truncated)?;
        self.bytes = rest;
        Ok(*first)
    }

    pub fn unsigned(&mut self) -> Result<u64, FactsError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(FactsError::Malformed)
    }

    pub fn signed(&mut self) -> Result<i64, FactsError> {
        let zigzag = self.unsigned()?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    pub fn wide(&mut self) -> Result<i128, FactsError> {
        let mut zigzag = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            zigzag |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok((zigzag >> 1) as i128 ^ -((zigzag & 1) as i128));
            }
        }
        Err(FactsError::Malformed)
    }

    pub fn number_u32(&mut self) -> Result<u32, FactsError> {
        u32::try_from(self.unsigned()?).map_err(|_| FactsError::Malformed)
    }

    /// How many items follow: never more than bytes are left, for each takes one at least.
    pub fn count(&mut self) -> Result<usize, FactsError> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| FactsError::Malformed)?;
        if count > self.bytes.len() {
            return Err(FactsError::Truncated);
        }
        Ok(count)
    }

    /// The next `length` bytes as a reader of their own.
    pub fn take(&mut self, length: usize) -> Result<Self, FactsError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(FactsError::Truncated)?;
        self.bytes = rest;
        Ok(Self::new(taken))
    }

    pub fn slice(&mut self) -> Result<&'a [u8], FactsError> {
        let length = self.count()?;
        let (slice, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        Ok(slice)
    }

    pub fn text(&mut self) -> Result<&'a str, FactsError> {
        std::str::from_utf8(self.slice()?).map_err(|_| FactsError::Malformed)
    }

    pub fn instant(&mut self, base: Timestamp) -> Result<Timestamp, FactsError> {
        let before = self.signed()?;
        let millis = base.as_millis().checked_sub(before).ok_or(FactsError::Malformed)?;
        Ok(Timestamp::from_millis(millis))
    }

    pub fn maybe_instant(&mut self, base: Timestamp) -> Result<Option<Timestamp>, FactsError> {
        match self.byte()? {
            0 => Ok(None),
            1 => self.instant(base).map(Some),
            _ => Err(FactsError::Malformed),
        }
    }
}
