//! Small marks: badges, dots, avatars, keys.

use maud::{Markup, html};

use super::icon::{Icon, icon};

/// What a colour means. It never says so alone: the text beside it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    Accent,
    Good,
    Warning,
    Bad,
    /// Class of customer: came for the first time.
    New,
    /// Class of customer: buys, and buys again.
    Loyal,
    /// Class of customer: the best.
    Vip,
    /// Class of customer: usually would have come by now.
    AtRisk,
    /// Class of customer: gone quiet.
    Dormant,
}

impl Tone {
    pub const ALL: [Self; 10] = [
        Self::Neutral,
        Self::Accent,
        Self::Good,
        Self::Warning,
        Self::Bad,
        Self::New,
        Self::Loyal,
        Self::Vip,
        Self::AtRisk,
        Self::Dormant,
    ];

    /// The class of the stylesheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Accent => "tone-accent",
            Self::Good => "tone-good",
            Self::Warning => "tone-warning",
            Self::Bad => "tone-bad",
            Self::New => "tone-new",
            Self::Loyal => "tone-loyal",
            Self::Vip => "tone-vip",
            Self::AtRisk => "tone-at-risk",
            Self::Dormant => "tone-dormant",
        }
    }
}

/// A word in a coloured pill.
pub fn badge(tone: Tone, label: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (label) } }
}

/// A coloured dot before a word: "● live".
pub fn dot(tone: Tone, label: &str) -> Markup {
    html! { span class={ "dot-label " (tone.class()) } { span class="dot" aria-hidden="true" {} (label) } }
}

/// The initials of a person in one of eight colours, the same for the same name everywhere.
pub fn avatar(name: &str) -> Markup {
    html! { span class={ "avatar avatar-" (hue_of(name)) } aria-hidden="true" { (initials_of(name)) } }
}

/// The same for somebody whose name is not known.
pub fn nameless_avatar() -> Markup {
    html! { span class="avatar avatar-nameless" aria-hidden="true" { (icon(Icon::User)) } }
}

/// Keys as they stand on the keyboard: `kbd(&["g", "p"])`.
pub fn kbd(keys: &[&str]) -> Markup {
    html! { span class="keys" { @for key in keys { kbd { (key) } } } }
}

const HUES: u32 = 8;

fn hue_of(name: &str) -> u32 {
    // FNV-1a: stable over restarts and machines, which the standard hasher does not promise.
    name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) / 7 % HUES
}

fn initials_of(name: &str) -> String {
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let initials: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if initials.is_empty() { "?".to_owned() } else { initials }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, initials) in
            [("Ana Martin", "AM"), ("élodie", "É"), ("Jean-Luc de la Tour", "JT"), ("ana@example.com", "AC"), ("", "?")]
        {
            assert_eq!(initials_of(name), initials, "{name}");
        }
    }

    #[test]
    fn the_hue_of_a_name_is_one_of_eight_and_stays() {
        assert!(["Ana", "Luc", "", "🙂"].iter().all(|name| hue_of(name) < HUES));
        assert_eq!(hue_of("Ana Martin"), hue_of("Ana Martin"));
    }
}
