//! First names, last names and places, by country: believable, common, and nobody's in particular.

use super::people::Country;

/// The names and places people of one country are made of.
pub struct Names {
    pub first: &'static [&'static str],
    pub last: &'static [&'static str],
    /// City and postal code.
    pub cities: &'static [(&'static str, &'static str)],
}

pub fn names_of(country: Country) -> &'static Names {
    match country {
        Country::France => &FRANCE,
        Country::Belgium => &BELGIUM,
        Country::UnitedKingdom => &UNITED_KINGDOM,
        Country::Ireland => &IRELAND,
        Country::Germany => &GERMANY,
        Country::UnitedStates => &UNITED_STATES,
    }
}

/// Letters, digits and single hyphens of `text`, lower case and without accents: for addresses on the web and of mail.
pub fn slug(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => folded.push(letter),
            'à' | 'á' | 'â' | 'ä' => folded.push('a'),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'í' | 'î' | 'ï' => folded.push('i'),
            'ó' | 'ô' | 'ö' => folded.push('o'),
            'ù' | 'û' | 'ü' => folded.push('u'),
            'ç' => folded.push('c'),
            'œ' => folded.push_str("oe"),
            'ß' => folded.push_str("ss"),
            '\'' | ',' => {}
            _ if folded.ends_with('-') || folded.is_empty() => {}
            _ => folded.push('-'),
        }
    }
    folded
}

#[rustfmt::skip]
static FRANCE: Names = Names {
    first: &[
        "Camille", "Léa", "Manon", "Chloé", "Inès", "Zoé", "Anaïs", "Élodie", "Sophie", "Nathalie", "Isabelle",
        "Aurélie", "Margaux", "Clémence", "Jeanne", "Françoise", "Hélène", "Yasmine", "Lucas", "Hugo", "Louis",
        "Gabriel", "Théo", "Antoine", "Julien", "Nicolas", "Mathieu", "Thomas", "Rémi", "Benoît", "Jérôme", "François",
        "Karim", "Jean-Baptiste", "Étienne", "Olivier",
    ],
    last: &[
        "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Simon",
        "Laurent", "Lefèvre", "Michel", "Garcia", "David", "Bertrand", "Roux", "Vincent", "Fournier", "Morel", "Girard",
        "André", "Mercier", "Dupont", "Lambert", "Bonnet", "François", "Martinez", "Legrand", "Garnier", "Faure",
        "Rousseau", "Blanc", "Guérin", "Müller", "Henry", "Roussel", "Nicolas", "Perrin", "Benali", "Le Gall",
        "Chevalier", "Besson", "Nguyen", "d'Almeida",
    ],
    cities: &[
        ("Paris", "75011"), ("Paris", "75015"), ("Paris", "75018"), ("Lyon", "69003"), ("Marseille", "13006"),
        ("Toulouse", "31000"), ("Nice", "06000"), ("Nantes", "44000"), ("Montpellier", "34000"),
        ("Strasbourg", "67000"), ("Bordeaux", "33000"), ("Lille", "59000"), ("Rennes", "35000"), ("Reims", "51100"),
        ("Grenoble", "38000"), ("Dijon", "21000"), ("Angers", "49000"), ("Annecy", "74000"), ("Saint-Étienne", "42000"),
        ("Aix-en-Provence", "13100"), ("Brest", "29200"), ("Bayonne", "64100"), ("La Rochelle", "17000"),
        ("Vannes", "56000"),
    ],
};

#[rustfmt::skip]
static BELGIUM: Names = Names {
    first: &["Emma", "Louise", "Élise", "Juliette", "Lotte", "Arthur", "Noah", "Maxime", "Wout", "Benoît"],
    last: &["Peeters", "Janssens", "Maes", "Lambert", "Dupont", "Claes", "Dubois", "Wouters", "Leclercq", "Simon"],
    cities: &[
        ("Bruxelles", "1000"), ("Liège", "4000"), ("Namur", "5000"), ("Gand", "9000"), ("Anvers", "2000"),
        ("Mons", "7000"),
    ],
};

#[rustfmt::skip]
static UNITED_KINGDOM: Names = Names {
    first: &[
        "Olivia", "Amelia", "Isla", "Emily", "Sophie", "Charlotte", "Priya", "Oliver", "Harry", "George", "Jack",
        "James", "Callum", "Imran",
    ],
    last: &[
        "Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Davies", "Evans", "Patel", "Walker", "Hughes",
        "Campbell", "Khan", "Wright",
    ],
    cities: &[
        ("London", "N1 1AA"), ("London", "E8 1DY"), ("Manchester", "M1 1AE"), ("Bristol", "BS1 4DJ"),
        ("Edinburgh", "EH1 1YZ"), ("Leeds", "LS1 1UR"), ("Cardiff", "CF10 1DD"), ("Brighton", "BN1 1EE"),
    ],
};

#[rustfmt::skip]
static IRELAND: Names = Names {
    first: &["Aoife", "Saoirse", "Niamh", "Ciara", "Róisín", "Conor", "Seán", "Cillian", "Oisín", "Declan"],
    last: &["Murphy", "Kelly", "O'Sullivan", "Walsh", "O'Brien", "Byrne", "Ryan", "O'Connor", "Doyle", "McCarthy"],
    cities: &[("Dublin", "D02 X285"), ("Cork", "T12 W8KP"), ("Galway", "H91 E2K3"), ("Limerick", "V94 T9PX")],
};

#[rustfmt::skip]
static GERMANY: Names = Names {
    first: &["Anna", "Lena", "Jana", "Katharina", "Sabine", "Jürgen", "Lukas", "Felix", "Jonas", "Matthias"],
    last: &["Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schäfer", "Groß"],
    cities: &[
        ("Berlin", "10115"), ("Hamburg", "20095"), ("München", "80331"), ("Köln", "50667"), ("Freiburg", "79098"),
        ("Leipzig", "04109"),
    ],
};

#[rustfmt::skip]
static UNITED_STATES: Names = Names {
    first: &[
        "Emma", "Ava", "Madison", "Grace", "Hannah", "Maria", "Ethan", "Mason", "Logan", "Tyler", "Michael", "David",
    ],
    last: &[
        "Johnson", "Miller", "Davis", "Rodriguez", "Anderson", "Clark", "Lewis", "Young", "Nguyen", "Robinson",
        "Carter", "Reed",
    ],
    cities: &[
        ("New York", "10001"), ("Chicago", "60601"), ("Boston", "02108"), ("San Francisco", "94103"),
        ("Seattle", "98101"), ("Austin", "78701"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_leaves_only_plain_letters_and_digits() {
        for (text, folded) in [
            ("Jean-Baptiste", "jean-baptiste"),
            ("d'Almeida", "dalmeida"),
            ("Le Gall", "le-gall"),
            ("Groß Müller", "gross-muller"),
            ("Nappe en lin 170 x 250", "nappe-en-lin-170-x-250"),
            ("Festoon lights, 10 m", "festoon-lights-10-m"),
        ] {
            assert_eq!(slug(text), folded);
        }
    }

    #[test]
    fn no_letter_of_any_name_is_lost_in_folding() {
        let letters = |text: &str| text.chars().filter(|letter| letter.is_alphabetic()).count();
        for country in Country::ALL {
            let names = names_of(country);
            for name in names.first.iter().chain(names.last) {
                assert!(slug(name).is_ascii() && letters(&slug(name)) >= letters(name), "{name}");
            }
        }
    }
}
