//! One call of the tracking API: every field checked, named when it is wrong.

use engine::calls::{Call, event_name};
use engine::identity::{Claim, blocked_reason};
use serde_json::{Map, Value};
use words::{Country, Timestamp};

use super::context::reduce_context;
use super::limits::{MAX_AHEAD_MS, MAX_MESSAGE_ID_BYTES, MAX_NAME_CHARACTERS, MAX_TRAITS};
use crate::profiles::identity::{Reading, read_identifier};
use crate::stream::Incoming;
use crate::workspaces::ClientAddress;

/// Why a call was refused: a stable code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub detail: String,
}

/// What the request tells about all of its calls.
pub struct Surroundings<'a> {
    pub received_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub country: Country,
    /// The identifier types of the workspace, by precedence.
    pub kinds: &'a [String],
    pub peer: ClientAddress,
    pub has_browser: bool,
    /// Takes the place of a missing `messageId`.
    pub fresh_id: &'a dyn Fn() -> String,
}

fn refuse<T>(code: &'static str, detail: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { code, detail: detail.into() })
}

/// Checks one call. `called` is the endpoint's own type; in a batch each call names its type.
pub fn parse_call(value: Value, called: Option<Call>, around: &Surroundings<'_>) -> Result<Incoming, Refused> {
    let Value::Object(mut fields) = value else { return refuse("not_an_object", "a call is a JSON object") };
    let call = match called {
        Some(call) => {
            fields.remove("type");
            call
        }
        None => call_type(fields.remove("type"))?,
    };
    let message_id = message_id(&mut fields, around)?;
    let name = name_of(call, &mut fields)?;
    let mut properties = object(&mut fields, "properties")?;
    let traits = object(&mut fields, "traits")?;
    check_traits(&traits)?;
    let mut context = object(&mut fields, "context")?;
    let at = event_time(&mut fields, around)?;
    if let Some(title) = fields.remove("name").filter(|_| matches!(call, Call::Page | Call::Screen)) {
        properties.entry("name").or_insert(title);
    }
    if let Some(group) = fields.remove("groupId") {
        properties.entry("group_id").or_insert(group);
    }
    let mut claimed = Claimed::default();
    claimed.read("user_id", fields.remove("userId"), around)?;
    claimed.read("anonymous_id", fields.remove("anonymousId"), around)?;
    let known = context.get("traits").and_then(Value::as_object).cloned().unwrap_or_default();
    claimed.read_traits(&traits, around);
    claimed.read_traits(&known, around);
    let previous_id = previous_id(call, fields.remove("previousId"))?;
    if claimed.claims.is_empty() && claimed.blocked.is_empty() {
        return refuse("no_identity", "a call needs userId, anonymousId, or an identifier among its traits");
    }
    let is_bot = reduce_context(&mut context, around.peer, around.has_browser);
    for noise in ["writeKey", "integrations", "receivedAt", "channel"] {
        fields.remove(noise);
    }
    Ok(Incoming {
        message_id,
        call,
        name,
        claims: claimed.by_precedence(around.kinds),
        blocked: claimed.blocked,
        previous_id,
        at,
        received_at: around.received_at,
        properties: Value::Object(properties),
        context: Value::Object(context),
        traits: (call == Call::Identify).then_some(Value::Object(traits)),
        rest: fields,
        is_bot,
        stored: String::new(),
    })
}

fn call_type(given: Option<Value>) -> Result<Call, Refused> {
    let Some(Value::String(text)) = given else {
        return refuse("no_type", "a call in a batch names its type: identify, track, page, screen, group or alias");
    };
    call_named(&text).map_or_else(|| refuse("unknown_type", format!("there is no call of type {text:?}")), Ok)
}

/// The call of this name.
pub fn call_named(name: &str) -> Option<Call> {
    match name {
        "track" => Some(Call::Track),
        "page" => Some(Call::Page),
        "screen" => Some(Call::Screen),
        "identify" => Some(Call::Identify),
        "group" => Some(Call::Group),
        "alias" => Some(Call::Alias),
        _ => None,
    }
}

fn message_id(fields: &mut Map<String, Value>, around: &Surroundings<'_>) -> Result<String, Refused> {
    match plain_text(fields.remove("messageId"), "messageId")? {
        None => Ok((around.fresh_id)()),
        Some(id) if id.len() > MAX_MESSAGE_ID_BYTES => {
            refuse("bad_message_id", format!("messageId holds at most {MAX_MESSAGE_ID_BYTES} bytes"))
        }
        Some(id) => Ok(id),
    }
}

fn name_of(call: Call, fields: &mut Map<String, Value>) -> Result<String, Refused> {
    let given = fields.remove("event");
    if call != Call::Track {
        return Ok(event_name(call, "").to_owned());
    }
    let Some(Value::String(name)) = given else {
        return refuse("no_event_name", "a track call needs event, the name of what happened");
    };
    let name = name.trim();
    if name.is_empty() {
        return refuse("no_event_name", "the name of the event is empty");
    }
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return refuse("long_event_name", format!("the name of an event has at most {MAX_NAME_CHARACTERS} characters"));
    }
    Ok(name.to_owned())
}

fn object(fields: &mut Map<String, Value>, name: &'static str) -> Result<Map<String, Value>, Refused> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => refuse("not_an_object", format!("{name} is a JSON object")),
    }
}

fn check_traits(traits: &Map<String, Value>) -> Result<(), Refused> {
    if traits.len() > MAX_TRAITS {
        let found = traits.len();
        return refuse("too_many_traits", format!("the call names {found} traits; a call names at most {MAX_TRAITS}"));
    }
    if traits.keys().any(|name| name.chars().count() > MAX_NAME_CHARACTERS) {
        let detail = format!("the name of a trait has at most {MAX_NAME_CHARACTERS} characters");
        return refuse("long_trait_name", detail);
    }
    Ok(())
}

/// The earlier id of an `alias` call; other calls have none.
fn previous_id(call: Call, given: Option<Value>) -> Result<Option<String>, Refused> {
    if call != Call::Alias {
        return Ok(None);
    }
    let Some(id) = plain_text(given, "previousId")? else {
        return refuse("no_previous_id", "an alias call needs previousId, the earlier id");
    };
    match blocked_reason("anonymous_id", &id) {
        None => Ok(Some(words::clean_text(&id).into_owned())),
        Some(reason) => {
            refuse("bad_previous_id", format!("previousId is a value that identifies nobody ({})", reason.as_str()))
        }
    }
}

/// A text field; client libraries also send ids as numbers.
fn plain_text(value: Option<Value>, name: &'static str) -> Result<Option<String>, Refused> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => refuse("bad_field", format!("{name} is text")),
    }
}

/// The event's own time, corrected by how much the client's clock was off when it sent the call.
fn event_time(fields: &mut Map<String, Value>, around: &Surroundings<'_>) -> Result<Timestamp, Refused> {
    let sent_at = instant(fields.remove("sentAt"), "sentAt")?.or(around.sent_at);
    let original = instant(fields.remove("originalTimestamp"), "originalTimestamp")?;
    let given = instant(fields.remove("timestamp"), "timestamp")?.or(original);
    let received_ms = around.received_at.as_millis();
    let Some(given) = given else { return Ok(around.received_at) };
    let skew_ms = sent_at.map_or(0, |sent_at| received_ms.saturating_sub(sent_at.as_millis()));
    let at_ms = given.as_millis().saturating_add(skew_ms);
    if at_ms > received_ms.saturating_add(MAX_AHEAD_MS) {
        return Ok(around.received_at);
    }
    Ok(Timestamp::from_millis(at_ms))
}

fn instant(value: Option<Value>, name: &'static str) -> Result<Option<Timestamp>, Refused> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Timestamp::parse_rfc3339(&text)
            .map(Some)
            .or_else(|_| refuse("bad_timestamp", format!("{name} is an instant as RFC 3339 writes it"))),
        Some(Value::Number(number)) => Ok(number.as_i64().map(Timestamp::from_millis)),
        Some(_) => refuse("bad_timestamp", format!("{name} is an instant as RFC 3339 writes it")),
    }
}

#[derive(Default)]
struct Claimed {
    claims: Vec<Claim>,
    blocked: Vec<(Claim, String)>,
}

impl Claimed {
    fn read(&mut self, kind: &'static str, value: Option<Value>, around: &Surroundings<'_>) -> Result<(), Refused> {
        if let Some(text) = plain_text(value, kind)? {
            self.add(kind, &text, around.country);
        }
        Ok(())
    }

    /// Identifiers among traits: `email`, `phone`, and every other type by its own name or in camel case.
    fn read_traits(&mut self, traits: &Map<String, Value>, around: &Surroundings<'_>) {
        for kind in around.kinds {
            if matches!(kind.as_str(), "user_id" | "anonymous_id") {
                continue;
            }
            let value = traits.get(kind).or_else(|| traits.get(&camel_case(kind)));
            if let Some(text) = value.and_then(|value| plain_text(Some(value.clone()), "trait").ok().flatten()) {
                self.add(kind, &text, around.country);
            }
        }
    }

    fn add(&mut self, kind: &str, text: &str, country: Country) {
        match read_identifier(kind, text, country) {
            Reading::Identity(claim) if !self.claims.contains(&claim) => self.claims.push(claim),
            Reading::Blocked(claim, reason) => self.blocked.push((claim, reason)),
            _ => {}
        }
    }

    fn by_precedence(&mut self, kinds: &[String]) -> Vec<Claim> {
        let mut claims = std::mem::take(&mut self.claims);
        claims.sort_by_key(|claim| kinds.iter().position(|kind| *kind == claim.kind));
        claims
    }
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut whole, part| {
        let mut letters = part.chars();
        whole.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        whole.push_str(letters.as_str());
        whole
    })
}
