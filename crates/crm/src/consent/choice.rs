//! From the properties of a consent event to the choices it records.

use engine::ConsentState;
use engine::suppression::Teller;
use serde_json::Value;

/// The event that records a choice.
pub const CONSENT_UPDATED: &str = "Consent Updated";

/// A choice under this name told of a consent for an address on the suppression list: its refusals count, its consents
/// do not.
pub const CONSENT_SUPPRESSED: &str = "Consent Suppressed";

/// The channel of choices that the browser SDK records for a visit.
pub(super) const SITE: &str = "site";
/// Purposes and channels are short words; longer ones are noise.
const MAX_WORD_BYTES: usize = 64;
/// Choices of one event.
const MAX_CHOICES: usize = 50;

/// What somebody allowed or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub channel: String,
    pub purpose: String,
    pub state: ConsentState,
}

/// The choices of an event; none when its name is another or nothing in it is understood.
pub fn choices(name: &str, properties: &Value) -> Vec<Choice> {
    if name != CONSENT_UPDATED && name != CONSENT_SUPPRESSED {
        return Vec::new();
    }
    let channel = word(properties.get("channel")).unwrap_or_else(|| SITE.to_owned());
    let single = word(properties.get("purpose")).zip(properties.get("state").and_then(state));
    let of_purposes = properties.get("purposes").and_then(Value::as_object).into_iter().flatten();
    let many = of_purposes.filter_map(|(purpose, given)| {
        let purpose = word(Some(&Value::from(purpose.as_str())))?;
        Some((purpose, state(given)?))
    });
    single
        .into_iter()
        .chain(many)
        .take(MAX_CHOICES)
        .map(|(purpose, state)| Choice { channel: channel.clone(), purpose, state })
        .filter(|choice| name != CONSENT_SUPPRESSED || choice.state != ConsentState::Granted)
        .collect()
}

/// Whose word the choices of an event are: the person's own only when the sender says that he has just given it.
pub fn teller(properties: &Value) -> Teller {
    match properties.get("given_by").and_then(Value::as_str) {
        Some("person") => Teller::Himself,
        _ => Teller::Others,
    }
}

/// Whether an event chooses for the visit alone, and for no address: what a public key may record of its own visitor.
/// Whoever opens a page could say that he is somebody afterwards, and the choice would go along.
pub fn is_of_visit(properties: &Value) -> bool {
    choices(CONSENT_UPDATED, properties).iter().all(|choice| choice.channel == SITE)
}

fn word(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty() && text.len() <= MAX_WORD_BYTES).then(|| text.to_lowercase())
}

fn state(value: &Value) -> Option<ConsentState> {
    match value {
        Value::Bool(true) => Some(ConsentState::Granted),
        Value::Bool(false) => Some(ConsentState::Denied),
        Value::String(text) => match text.as_str() {
            "granted" => Some(ConsentState::Granted),
            "denied" => Some(ConsentState::Denied),
            "withdrawn" => Some(ConsentState::Withdrawn),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_choice_and_a_visitors_choices_are_both_read() {
        let one = choices(CONSENT_UPDATED, &json!({"channel": "email", "purpose": "marketing", "state": "granted"}));
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].channel.as_str(), one[0].state), ("email", ConsentState::Granted));
        let many = choices(CONSENT_UPDATED, &json!({"purposes": {"analytics": true, "marketing": false}}));
        assert_eq!(many.len(), 2);
        assert!(many.iter().all(|choice| choice.channel == "site"));
    }

    #[test]
    fn a_choice_for_an_address_is_none_of_the_visit() {
        assert!(is_of_visit(&json!({"purposes": {"analytics": true}})));
        assert!(is_of_visit(&json!({"channel": " Site ", "purpose": "marketing", "state": "granted"})));
        assert!(!is_of_visit(&json!({"channel": "email", "purpose": "marketing", "state": "granted"})));
        assert!(!is_of_visit(&json!({"channel": "sms", "purposes": {"marketing": true}})));
    }

    #[test]
    fn of_a_choice_for_a_suppressed_address_the_refusals_are_left() {
        let told = json!({"channel": "email", "purposes": {"marketing": true, "profiling": false}});
        let left = choices(CONSENT_SUPPRESSED, &told);
        assert_eq!(left.iter().map(|choice| choice.purpose.as_str()).collect::<Vec<_>>(), ["profiling"]);
        assert_eq!(teller(&told), Teller::Others);
        assert_eq!(teller(&json!({"given_by": "person"})), Teller::Himself);
    }

    #[test]
    fn what_is_not_understood_records_nothing() {
        assert!(choices("Quiz Done", &json!({"purposes": {"analytics": true}})).is_empty());
        assert!(choices(CONSENT_UPDATED, &json!({"purpose": "marketing", "state": "maybe"})).is_empty());
    }
}
