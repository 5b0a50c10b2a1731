//! Money as a whole number of its currency's smallest unit. Never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::serde_text::serde_as_text;

/// An active code of ISO 4217, in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The active currencies whose smallest unit is not a hundredth, with the digits of theirs.
const OTHER_DIGITS: [(u8, &str); 3] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The active currencies of two digits. Metals, test codes and units without a smallest unit are none.
const TWO_DIGITS: &str = "\
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU \
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS \
KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB \
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// The three upper-case letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("every code is ASCII")
    }

    /// How many decimal digits the smallest unit has: 2 for cents, 0, 3 or (two units of account) 4.
    pub fn minor_digits(&self) -> u8 {
        let named = OTHER_DIGITS.iter().find(|(_, codes)| codes.split(' ').any(|code| code == self.as_str()));
        named.map_or(2, |(digits, _)| *digits)
    }

    /// Every active currency.
    pub fn all() -> impl Iterator<Item = Self> {
        known_codes().filter_map(|code| code.as_bytes().try_into().ok().map(Self))
    }
}

fn known_codes() -> impl Iterator<Item = &'static str> {
    TWO_DIGITS.split(' ').chain(OTHER_DIGITS.iter().flat_map(|(_, codes)| codes.split(' ')))
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    /// Reads three letters in either case.
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let upper = text.to_ascii_uppercase();
        let code: Option<[u8; 3]> = upper.as_bytes().try_into().ok();
        code.filter(|_| known_codes().any(|known| known == upper))
            .map(Self)
            .ok_or_else(|| CurrencyError { text: text.chars().take(20).collect() })
    }
}

serde_as_text!(Currency, "a currency of ISO 4217 such as EUR");

/// The text is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a currency; write its three letters of ISO 4217, as in EUR")]
pub struct CurrencyError {
    text: String,
}

/// An amount in the smallest unit of its currency: 1999 EUR is 19.99 €.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in the currency's smallest unit; negative for what is given back.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal number with a point: `19.99`, `-3`, `+0.5`. Digits beyond the smallest unit are rounded half away
    /// from zero.
    ///
    /// # Errors
    /// [`MoneyError`] when it is no such number or too large.
    pub fn from_decimal_text(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
        let size = scaled(unsigned, usize::from(currency.minor_digits()))?;
        let signed = if trimmed.starts_with('-') { -size } else { size };
        let minor = i64::try_from(signed).map_err(|_| MoneyError::TooLarge)?;
        Ok(Self { minor, currency })
    }

    /// Takes a number of JSON: the decimal number that it is written as, rounded half away from zero to the smallest
    /// unit, so that 1.005 is 1.01 as in [`Money::from_decimal_text`].
    ///
    /// # Errors
    /// [`MoneyError`] when it is not finite or too large.
    pub fn from_f64(amount: f64, currency: Currency) -> Result<Self, MoneyError> {
        if !amount.is_finite() {
            return Err(MoneyError::NotANumber);
        }
        Self::from_decimal_text(&amount.to_string(), currency)
    }

    /// The amount as a decimal number with all digits of its smallest unit: `19.99`.
    pub fn decimal_text(&self) -> String {
        let digits = usize::from(self.currency.minor_digits());
        let sign = if self.minor < 0 { "-" } else { "" };
        let padded = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (whole, fraction) = padded.split_at(padded.len() - digits);
        let point = if digits == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// `text` times ten to the power of `digits`, rounded half away from zero (`text` has no sign).
fn scaled(text: &str, digits: usize) -> Result<i128, MoneyError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = whole.bytes().chain(fraction.bytes()).all(|letter| letter.is_ascii_digit());
    if !is_number || (whole.is_empty() && fraction.is_empty()) {
        return Err(MoneyError::NotANumber);
    }
    let kept = fraction.bytes().chain(std::iter::repeat(b'0')).take(digits);
    let size = whole.bytes().chain(kept).try_fold(0_i128, with_digit).ok_or(MoneyError::TooLarge)?;
    let rounds_up = fraction.as_bytes().get(digits).is_some_and(|next| *next >= b'5');
    Ok(size + i128::from(rounds_up))
}

/// `size` with one more decimal digit, or nothing beyond what any `i64` can hold.
fn with_digit(size: i128, letter: u8) -> Option<i128> {
    let next = size * 10 + i128::from(letter - b'0');
    (next <= i128::from(i64::MAX) + 1).then_some(next)
}

impl fmt::Display for Money {
    /// `19.99 EUR`; a person's own format is the screen's affair.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.decimal_text(), self.currency)
    }
}

/// Why a text or number is no amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// It is not a decimal number.
    #[error("this is not an amount; write a decimal number with a point, as in 19.99")]
    NotANumber,
    /// It is beyond nine quintillion of the smallest unit.
    #[error("this amount is too large")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, currency: &str, minor: i64, shown: &str) {
        let money = Money::from_decimal_text(text, currency.parse().unwrap()).unwrap();
        assert_eq!((money.minor, money.to_string().as_str()), (minor, shown), "{text}");
    }

    #[test]
    fn decimal_text_becomes_minor_units() {
        check("19.99", "EUR", 1_999, "19.99 EUR");
        check("-0.05", "EUR", -5, "-0.05 EUR");
        check("1200", "JPY", 1_200, "1200 JPY");
        check("1.2345", "KWD", 1_235, "1.235 KWD");
        check(".5", "USD", 50, "0.50 USD");
        check("3.", "USD", 300, "3.00 USD");
        check("1.005", "EUR", 101, "1.01 EUR");
        check("-1.005", "EUR", -101, "-1.01 EUR");
        check("92233720368547758.07", "EUR", i64::MAX, "92233720368547758.07 EUR");
        check("-92233720368547758.08", "EUR", i64::MIN, "-92233720368547758.08 EUR");
    }

    #[test]
    fn other_text_and_too_large_amounts_are_refused() {
        for text in
            ["", ".", "-", "--1", "1,50", "1e3", "1.2.3", "12 €", "٣", "92233720368547758.08", "92233720368547758.075"]
        {
            assert!(Money::from_decimal_text(text, Currency::EUR).is_err(), "{text}");
        }
        assert_eq!(Money::from_f64(f64::NAN, Currency::EUR), Err(MoneyError::NotANumber));
        assert_eq!(Money::from_f64(f64::INFINITY, Currency::EUR), Err(MoneyError::NotANumber));
        assert_eq!(Money::from_f64(1e300, Currency::EUR), Err(MoneyError::TooLarge));
    }

    #[test]
    fn floats_round_half_away_from_zero_by_their_decimal_digits() {
        for (amount, minor) in [(19.99, 1_999), (1.005, 101), (-1.005, -101), (0.1 + 0.2, 30), (1e-9, 0), (-0.0, 0)] {
            assert_eq!(Money::from_f64(amount, Currency::EUR).unwrap().minor, minor, "{amount}");
        }
    }

    #[test]
    fn currencies_know_their_digits() {
        for (code, digits) in [("EUR", 2), ("JPY", 0), ("TND", 3), ("CLF", 4), ("usd", 2)] {
            assert_eq!(code.parse::<Currency>().unwrap().minor_digits(), digits, "{code}");
        }
        assert!("XXX".parse::<Currency>().is_err());
        assert!("EU".parse::<Currency>().is_err());
        let all: std::collections::HashSet<_> = Currency::all().collect();
        assert_eq!(all.len(), Currency::all().count());
    }

    proptest! {
        #[test]
        fn printing_then_parsing_is_the_identity(minor: i64, currency in proptest::sample::select(Currency::all().collect::<Vec<_>>())) {
            let money = Money { minor, currency };
            prop_assert_eq!(Money::from_decimal_text(&money.decimal_text(), currency), Ok(money));
        }
    }
}
