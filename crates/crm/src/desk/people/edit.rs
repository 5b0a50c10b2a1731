//! What a member or a program says of a person: an `identify` event of the shop's own API, like any other.

use engine::calls::{Call, event_name};
use engine::identity::Claim;
use serde_json::{Map, Value, json};
use thiserror::Error;
use words::{Country, ProfileId, WorkspaceId};

use super::sheet::{numbers_of_person, root_by_id};
use crate::intake::{SourceKind, source_for};
use crate::kernel::{Actor, App, random_bytes};
use crate::profiles::identity::{Reading, read_identifier};
use crate::profiles::{self, store};
use crate::stream::{Group, Incoming, Remembered, StreamError, Trust};
use crate::workspaces;

/// Traits of one change.
const MAX_TRAITS: usize = 200;
/// The text of one change as JSON, as large as one event may be.
const MAX_BYTES: usize = 32 * 1024;

#[derive(Debug, Error)]
pub enum EditError {
    #[error("there is no such person")]
    NotFound,
    #[error("one change sets at most {MAX_TRAITS} traits in {MAX_BYTES} bytes; send several")]
    TooMuch,
    #[error("this person has no identifier to which a change could be attached")]
    NoIdentifier,
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Db(#[from] db::DbError),
}

/// Sets traits, or unsets those given as null; answers when every segment tells the truth about it.
pub async fn change_traits(
    app: &App,
    actor: &Actor,
    id: ProfileId,
    traits: Map<String, Value>,
) -> Result<(), EditError> {
    let is_large = Value::Object(traits.clone()).to_string().len() > MAX_BYTES;
    if traits.len() > MAX_TRAITS || is_large {
        return Err(EditError::TooMuch);
    }
    let workspace = actor.workspace;
    let (source_no, country, mut claims) = target(app, workspace, id).await?;
    for claim in new_claims(&traits, &claims.kinds, country) {
        if !claims.named.contains(&claim) {
            claims.named.push(claim);
        }
    }
    let now = app.now();
    let message = uuid::Uuid::from_bytes(random_bytes(&app.chance)).simple();
    let event = Incoming {
        message_id: format!("entente-{message}"),
        call: Call::Identify,
        name: event_name(Call::Identify, "").to_owned(),
        claims: claims.named,
        blocked: Vec::new(),
        previous_id: None,
        at: now,
        received_at: now,
        properties: json!({}),
        context: json!({ "actor": actor.to_string() }),
        traits: Some(Value::Object(traits)),
        rest: Map::new(),
        is_bot: false,
        stored: String::new(),
    };
    let (trust, remembered) = (Trust::Server, Remembered::AsPromised);
    let group = Group { workspace, source_no, trust, remembered, events: vec![event] };
    app.stream.submit(group).await?;
    Ok(())
}

/// Who the event names, and the identifier types of the shop.
struct Claims {
    named: Vec<Claim>,
    kinds: Vec<String>,
}

/// The API's source, the shop's country, and the person's first identifier by precedence.
async fn target(app: &App, workspace: WorkspaceId, id: ProfileId) -> Result<(i64, Country, Claims), EditError> {
    let (chance, now) = (app.chance.clone(), app.now());
    app.db
        .write(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or(EditError::NotFound)?;
            let numbers = numbers_of_person(tx, workspace, &root)?;
            let rules = profiles::identifier_rules(tx, workspace)?;
            let identifiers = store::identifiers_of(tx, workspace, &numbers)?;
            let first = rules.iter().find_map(|rule| {
                let linked = identifiers.iter().find(|linked| linked.identifier.kind == rule.kind)?;
                Some(Claim { kind: linked.identifier.kind.clone(), value: linked.identifier.value.clone() })
            });
            let named = vec![first.ok_or(EditError::NoIdentifier)?];
            let country = workspaces::phone_country(tx, workspace)?;
            let source = source_for(tx, workspace, SourceKind::Api, &chance, now)?;
            Ok((source.no, country, Claims { named, kinds: rules.into_iter().map(|rule| rule.kind).collect() }))
        })
        .await
}

/// Identifiers among the traits (`email`, `phone` …); values that identify nobody stay plain traits.
fn new_claims(traits: &Map<String, Value>, kinds: &[String], country: Country) -> Vec<Claim> {
    let of_kinds = kinds.iter().filter(|kind| !matches!(kind.as_str(), "user_id" | "anonymous_id"));
    of_kinds
        .filter_map(|kind| match read_identifier(kind, traits.get(kind)?.as_str()?, country) {
            Reading::Identity(claim) => Some(claim),
            _ => None,
        })
        .collect()
}
