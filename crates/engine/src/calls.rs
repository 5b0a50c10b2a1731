//! The names under which calls of the tracking API stand in the log and in conditions.

/// A call of the tracking API (the Segment specification).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Something happened; the caller names it.
    Track,
    /// A page was viewed.
    Page,
    /// A screen of an app was viewed.
    Screen,
    /// Somebody said who they are.
    Identify,
    /// Somebody belongs to a company.
    Group,
    /// Two ids are one person.
    Alias,
}

/// Each call that names itself: the word conditions may use, and the event's name.
const SELF_NAMED: [(Call, &str, &str); 5] = [
    (Call::Page, "page", "Page Viewed"),
    (Call::Screen, "screen", "Screen Viewed"),
    (Call::Identify, "identify", "Identified"),
    (Call::Group, "group", "Grouped"),
    (Call::Alias, "alias", "Aliased"),
];

/// The event's name of a call; `given` is the `event` of a `track` call and ignored for the others.
pub fn event_name(call: Call, given: &str) -> &str {
    let own = SELF_NAMED.iter().find(|(named, ..)| *named == call);
    own.map_or(given, |(_, _, name)| name)
}

/// The event's name meant by a condition: `page` is `Page Viewed`, every other text is exact.
pub fn canonical_event_name(written: &str) -> &str {
    let synonym = SELF_NAMED.iter().find(|(_, word, _)| *word == written);
    synonym.map_or(written, |(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_and_a_call_meet_under_one_name() {
        for (call, word, name) in SELF_NAMED {
            assert_eq!(event_name(call, "ignored"), name);
            assert_eq!(canonical_event_name(word), name);
        }
        assert_eq!(event_name(Call::Track, "Quiz Done"), "Quiz Done");
        assert_eq!(canonical_event_name("Page"), "Page");
    }
}
