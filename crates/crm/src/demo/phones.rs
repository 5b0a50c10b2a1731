//! Telephone numbers that ring nowhere: from the blocks that regulators keep for films and examples.

use super::people::Country;

/// Three of five places in line have a number, each its own; there is none left for places far behind.
pub fn phone(country: Country, index: u64) -> Option<String> {
    if index % 5 >= 3 {
        return None;
    }
    let slot = index / 5 * 3 + index % 5;
    let (blocks, block_size) = fictional_blocks(country);
    let block = blocks.get(usize::try_from(slot / block_size).ok()?)?;
    let number = slot % block_size;
    Some(match country {
        Country::France => french_number(block, number, index),
        Country::UnitedKingdom => format!("{block}{number:03}"),
        _ => format!("{block}{number:02}"),
    })
}

/// Half of the French write their number as at home, with a leading 0.
fn french_number(block: &str, number: u64, index: u64) -> String {
    let (high, low) = (number / 100, number % 100);
    if index.is_multiple_of(2) {
        format!("{block}{high:02} {low:02}")
    } else {
        format!("{}{high:02} {low:02}", block.replace("+33 ", "0"))
    }
}

/// Number blocks that regulators keep out of use for fiction, each with how many numbers it holds. Only France, the
/// United Kingdom and the United States have blocks of a useful size. The mobile blocks (06 39 98, 07700 900) are left
/// out: libphonenumber, by which we check numbers, does not count them to the plan of their country.
///
/// Sources: ARCEP, plan national de numérotation (numbers for audiovisual works); Ofcom, "Telephone numbers for use in
/// TV and radio drama programmes"; NANPA, 555-0100 to 555-0199.
fn fictional_blocks(country: Country) -> (&'static [&'static str], u64) {
    match country {
        Country::France => (&FRENCH_BLOCKS, 10_000),
        Country::UnitedKingdom => (&BRITISH_BLOCKS, 1_000),
        Country::UnitedStates => (&AMERICAN_BLOCKS, 100),
        _ => (&[], 1),
    }
}

#[rustfmt::skip]
const FRENCH_BLOCKS: [&str; 5] = ["+33 1 99 00 ", "+33 2 61 91 ", "+33 3 53 01 ", "+33 4 65 71 ", "+33 5 36 49 "];
#[rustfmt::skip]
const BRITISH_BLOCKS: [&str; 8] = [
    "+44 20 7946 0", "+44 161 496 0", "+44 131 496 0", "+44 113 496 0", "+44 114 496 0", "+44 117 496 0",
    "+44 121 496 0", "+44 141 496 0",
];
#[rustfmt::skip]
const AMERICAN_BLOCKS: [&str; 5] = ["+1 212-555-01", "+1 312-555-01", "+1 415-555-01", "+1 617-555-01", "+1 206-555-01"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_that_its_country_could_give_and_nobody_shares_it() {
        for country in Country::ALL {
            let numbers: Vec<words::Phone> = (0..100_000)
                .filter_map(|index| phone(country, index))
                .map(|number| words::Phone::parse(&number, words::Country::FR).unwrap_or_else(|_| panic!("{number}")))
                .collect();
            let different: std::collections::HashSet<&words::Phone> = numbers.iter().collect();
            assert_eq!(different.len(), numbers.len());
        }
    }
}
