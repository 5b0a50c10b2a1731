//! A country by its two letters.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::serde_text::serde_as_text;

/// An officially assigned code of ISO 3166-1 alpha-2, in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// The 249 officially assigned codes, in order.
const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF \
CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH \
GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW \
KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG \
NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN \
SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT \
ZA ZM ZW";

impl Country {
    /// France: the default of settings (contract).
    pub const FR: Self = Self(*b"FR");

    /// The two upper-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("every code is ASCII")
    }

    /// Every country, in the order of its code.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.split(' ').filter_map(|code| code.parse().ok())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Country {
    type Err = CountryError;

    /// Reads two letters in either case.
    fn from_str(text: &str) -> Result<Self, CountryError> {
        let upper = text.to_ascii_uppercase();
        let code: Option<[u8; 2]> = upper.as_bytes().try_into().ok();
        code.filter(|_| CODES.split(' ').any(|known| known == upper))
            .map(Self)
            .ok_or_else(|| CountryError { text: text.chars().take(20).collect() })
    }
}

serde_as_text!(Country, "a country of ISO 3166-1 such as FR");

/// The text is no country code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a country; write its two letters of ISO 3166-1, as in FR")]
pub struct CountryError {
    text: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_249_assigned_codes_are_countries_in_order() {
        let all: Vec<Country> = Country::all().collect();
        assert_eq!(all.len(), 249);
        assert!(all.is_sorted());
    }

    #[test]
    fn letters_are_read_in_either_case_and_others_refused() {
        assert_eq!("fr".parse(), Ok(Country::FR));
        for text in ["", "F", "FRA", "XX", "UK", "F R", "ÉÉ"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }
}
