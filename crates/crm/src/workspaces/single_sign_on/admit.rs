//! Back from the provider: who gets in, who proved himself, whose accounts are linked from now on.

use db::{DbError, Tx};
use uuid::Uuid;
use words::{EmailAddress, UserId};

use super::SignOnError;
use super::attempt::{Aim, proofs, take};
use super::person::Person;
use super::provider::Provider;
use crate::kernel::{Actor, ActorKind, App, Language};
use crate::workspaces::audit::{AuditEntry, AuditMoment, record_audit};
use crate::workspaces::brake::is_worth_a_line;
use crate::workspaces::join::offer_of;
use crate::workspaces::model::parse_name;
use crate::workspaces::one_time_links::Purpose;
use crate::workspaces::second_step::{Door, Entry, ProvedElsewhere};
use crate::workspaces::secrets::{Digest, digest};
use crate::workspaces::store::{self, NewUser, single_sign_on};

/// What the browser brings back.
pub(in crate::workspaces) struct Return {
    pub state: String,
    pub code: Option<String>,
    pub issuer: Option<String>,
    /// The cookie of the attempt.
    pub browser: String,
    /// The open session of this browser, and whose it is.
    pub session: Option<(Uuid, UserId)>,
    /// Its token: a sign-in ends it.
    pub previous_token: Option<String>,
    pub device: String,
    pub language: Language,
}

/// What came of it, and where to go now.
pub(in crate::workspaces) enum Admitted {
    Entered(Entry, String),
    Proved(String),
    Linked,
}

/// Uses the attempt up and does what it was for.
pub(in crate::workspaces) async fn come_back(
    app: &App,
    provider: &Provider,
    back: Return,
) -> Result<Admitted, SignOnError> {
    let attempt = take(app, &back.state, &back.browser).await?;
    if attempt.aim != Aim::SignIn && (attempt.session.is_none() || attempt.session != back.session) {
        return Err(SignOnError::Gone);
    }
    provider.check_sender(app, back.issuer.as_deref()).await?;
    let code = back.code.clone().ok_or(SignOnError::Cancelled)?;
    let person = provider.person(app, &attempt, code, proofs(&back.state, &back.browser)).await?;
    match (attempt.aim, attempt.session) {
        (Aim::Prove, Some((session, user))) => {
            prove(app, person, session, user).await?;
            Ok(Admitted::Proved(attempt.next))
        }
        (Aim::Link, Some((_, user))) => {
            link(app, person, user).await?;
            Ok(Admitted::Linked)
        }
        _ => Ok(Admitted::Entered(sign_in(app, provider, person, back).await?, attempt.next)),
    }
}

/// What a sign-in takes with it into its transaction.
#[derive(Clone)]
struct Caller {
    person: Person,
    moment: AuditMoment,
    /// The id and the language of somebody who is invited and new.
    new_id: UserId,
    language: Language,
}

async fn sign_in(app: &App, provider: &Provider, person: Person, back: Return) -> Result<Entry, SignOnError> {
    let door = Door::new(app, back.device);
    let proved = ProvedElsewhere {
        has_second_factor: person.has_second_factor && provider.settings.trusts_second_factor,
        proved_at: person.proved_at,
    };
    let (now, new_id) = (app.now(), UserId::from_parts(app.now(), app.id_bytes()));
    let caller = Caller { person, moment: AuditMoment::of(app), new_id, language: back.language };
    let previous = back.previous_token.as_deref().map(digest);
    // An answer inside an answer: a refusal keeps its line in the trail, a failure rolls back.
    app.db
        .write(move |tx| {
            let user = match find_or_link(tx, &caller)? {
                Ok(user) => user,
                Err(refusal) => return caller.refuse(tx, refusal).map(Err),
            };
            let Some((workspace, role)) = store::first_membership(tx, user)? else {
                return caller.refuse(tx, Refusal { user: Some(user), ..STRANGER }).map(Err);
            };
            if let Some(previous) = previous {
                store::delete_session_of_token(tx, &previous)?;
            }
            store::delete_old_links(tx, now)?;
            door.enter_proved_elsewhere(tx, workspace, user, role, proved).map(Ok)
        })
        .await?
}

/// Why nobody gets in, for the trail and for him.
#[derive(Clone, Copy)]
struct Refusal {
    user: Option<UserId>,
    reason: &'static str,
    told: fn() -> SignOnError,
}

const STRANGER: Refusal = Refusal { user: None, reason: "no open membership", told: || SignOnError::Stranger };
const UNVERIFIED: Refusal = Refusal { user: None, reason: "address not verified", told: || SignOnError::Unverified };
const OTHER: Refusal = Refusal { user: None, reason: "linked to another", told: || SignOnError::OtherPerson };

/// The member whom the provider knows by this subject; else the one of the verified address, linked from now on.
fn find_or_link(tx: &mut Tx, caller: &Caller) -> Result<Result<UserId, Refusal>, DbError> {
    let person = &caller.person;
    let linked = single_sign_on::user_of(tx, &person.issuer, &person.subject)?;
    let Some(email) = &person.email else { return Ok(linked.ok_or(UNVERIFIED)) };
    let known = match linked {
        Some(user) => Some(user),
        None => store::account(tx, email)?.map(|account| account.user),
    };
    let is_member = match known {
        Some(user) => store::first_membership(tx, user)?.is_some(),
        None => false,
    };
    let user = if is_member { known } else { join(tx, caller, email, known)? };
    let Some(user) = user else { return Ok(Err(Refusal { user: known, ..STRANGER })) };
    if linked.is_none() && !link_to(tx, caller, user)? {
        return Ok(Err(Refusal { user: Some(user), ..OTHER }));
    }
    Ok(Ok(user))
}

/// Somebody invited under this address joins: the provider has proved that it is his.
fn join(tx: &mut Tx, caller: &Caller, email: &EmailAddress, known: Option<UserId>) -> Result<Option<UserId>, DbError> {
    let now = caller.moment.now;
    let Some(invitation) = single_sign_on::invitation_of(tx, email, now)? else { return Ok(None) };
    if !store::mark_link_used(tx, Purpose::Join, &invitation, now)? {
        return Ok(None);
    }
    let offer = store::used_link(tx, &invitation)?;
    let Some(offer) = offer.as_ref().and_then(offer_of) else { return Ok(None) };
    let user = match known {
        Some(user) => user,
        None => store::put_user(tx, &caller.newcomer(email), now)?,
    };
    store::put_member(tx, offer.workspace, user, offer.role, now)?;
    let actor = Actor { workspace: offer.workspace, kind: ActorKind::Member { user, role: offer.role } };
    record_audit(tx, &actor, &caller.moment, &AuditEntry::new("member_joined", &user).detail(&offer.role))?;
    Ok(Some(user))
}

/// Whether the member and the provider's account belong together now; either may be linked to another.
fn link_to(tx: &mut Tx, caller: &Caller, user: UserId) -> Result<bool, DbError> {
    let (person, moment) = (&caller.person, &caller.moment);
    if !single_sign_on::insert_link(tx, user, &person.issuer, &person.subject, moment.now)? {
        return Ok(false);
    }
    let Some((workspace, role)) = store::first_membership(tx, user)? else { return Ok(true) };
    let actor = Actor { workspace, kind: ActorKind::Member { user, role } };
    record_audit(tx, &actor, moment, &AuditEntry::new("sso_linked", &user).detail(&person.issuer))?;
    Ok(true)
}

impl Caller {
    /// Without a password: he may have a link for one made later.
    fn newcomer(&self, email: &EmailAddress) -> NewUser {
        let name = self.person.name.as_deref().and_then(|name| parse_name(name).ok());
        let local = || email.as_str().split('@').next().unwrap_or_default().to_owned();
        NewUser {
            id: self.new_id,
            email: email.clone(),
            name: name.unwrap_or_else(local),
            password_hash: None,
            language: self.language,
        }
    }

    /// Leaves a line in the trail: of the shop that knows him, else of the first. A stranger who comes again and again
    /// fills no disk.
    fn refuse(&self, tx: &mut Tx, refusal: Refusal) -> Result<SignOnError, DbError> {
        let known = match refusal.user {
            Some(user) => single_sign_on::workspace_that_knows(tx, user)?,
            None => None,
        };
        let workspace = match known {
            Some(workspace) => Some(workspace),
            None => store::first_workspace(tx)?.map(|found| found.id),
        };
        let mark = self.mark();
        if let Some(workspace) = workspace
            && is_worth_a_line(tx, &mark, self.moment.now)?
        {
            let subject = refusal.user.map_or(mark, |user| user.to_string());
            let entry = AuditEntry::new("sso_refused", &subject).detail(&refusal.reason);
            record_audit(tx, &Actor::system(workspace), &self.moment, &entry)?;
        }
        Ok((refusal.told)())
    }

    /// Tells one account of the provider from another, and nothing else of him.
    fn mark(&self) -> String {
        let digest: Digest = digest(&format!("{}\0{}", self.person.issuer, self.person.subject));
        digest[..8].iter().fold("sso ".to_owned(), |hex, byte| hex + &format!("{byte:02x}"))
    }
}

/// Proves anew, in a session, that it is still the member who sits there.
async fn prove(app: &App, person: Person, session: Uuid, user: UserId) -> Result<(), SignOnError> {
    let now = app.now();
    app.db
        .write(move |tx| {
            if single_sign_on::user_of(tx, &person.issuer, &person.subject)? != Some(user) {
                return Err(SignOnError::OtherPerson);
            }
            Ok(store::prove_session(tx, session, user, now)?)
        })
        .await
}

/// Links the account of whoever is signed in; his session has just been proved.
async fn link(app: &App, person: Person, user: UserId) -> Result<(), SignOnError> {
    let (new_id, language) = (user, Language::default());
    let caller = Caller { person, moment: AuditMoment::of(app), new_id, language };
    app.db
        .write(move |tx| match single_sign_on::user_of(tx, &caller.person.issuer, &caller.person.subject)? {
            Some(linked) if linked == user => Ok(()),
            None if link_to(tx, &caller, user)? => Ok(()),
            _ => Err(SignOnError::OtherPerson),
        })
        .await
}
