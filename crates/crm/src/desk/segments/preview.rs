//! How many people a condition would find, and who some of them are, before it is anybody's segment.
//!
//! Traits, computed values and consents are read from the stored facts as bytes. What a condition says of events is
//! counted once over the log, by the events' names, and kept only for the length of this question.

use std::collections::{HashMap, VecDeque};

use db::{DbError, Tx};
use engine::condition::{Condition, Measure};
use engine::evaluate::WithTallies;
use engine::event::{EventFact, LazyJson};
use engine::facts::{FactsError, Tallies};
use engine::{CompiledCondition, FactsView, Plan, PlanError};
use serde_json::value::RawValue;
use thiserror::Error;
use words::{Timestamp, WorkspaceId};

use super::ask::Askable;
use crate::kernel::{App, corrupt};
use crate::profiles::store::ListedPerson;
use crate::stream::log::StoredBody;
use crate::{profiles, stream};

/// People shown as examples: as many as one looks at.
const SAMPLE: usize = 10;

/// Of so many people one: looking these up costs less than reading everybody.
const FEW: i64 = 8;
/// People looked up at a time.
const LOOKED_UP: usize = 4_096;

#[derive(Debug, Error)]
pub enum PreviewError {
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a condition finds now.
pub struct Preview {
    pub count: i64,
    /// All people, to say which share that is.
    pub people: i64,
    /// The newest of those found.
    pub sample: Vec<ListedPerson>,
    pub took_ms: i64,
}

/// A condition with all that is needed to decide it for anybody at one moment.
pub struct Question {
    compiled: CompiledCondition,
    /// Of everybody whose events it asks for; when `is_of_counted`, of those only whom they do not exclude.
    tallies: HashMap<i64, Tallies>,
    /// Nobody else can meet it.
    is_of_counted: bool,
    now: Timestamp,
}

impl Question {
    pub fn read(
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        plan: &Plan,
        asked: &Askable,
        now: Timestamp,
    ) -> Result<Self, PreviewError> {
        let condition = asked.condition();
        let compiled = plan.compile_condition(None, condition)?;
        let mut tallies = HashMap::new();
        if compiled.needs_events() {
            let mut asked = HashMap::new();
            readings(plan, condition, now, &mut asked);
            tallies = tallies_of_log(tx, workspace, &compiled, &asked, now)?;
        }
        let is_of_counted = compiled.decided_by_events(&Tallies::default(), now) == Some(false);
        if is_of_counted {
            tallies.retain(|_, own| compiled.decided_by_events(own, now) != Some(false));
        }
        Ok(Self { compiled, tallies, is_of_counted, now })
    }

    /// Whether the person of this number may meet it, as far as his events tell.
    pub fn may_hold(&self, number: i64) -> bool {
        !self.is_of_counted || self.tallies.contains_key(&number)
    }

    /// How many may meet it, where nobody else can.
    pub fn count_candidates(&self) -> Option<usize> {
        self.is_of_counted.then_some(self.tallies.len())
    }

    /// The same people, in the order of their numbers.
    pub fn candidates(&self) -> Option<Vec<i64>> {
        self.is_of_counted.then(|| {
            let mut numbers: Vec<i64> = self.tallies.keys().copied().collect();
            numbers.sort_unstable();
            numbers
        })
    }

    /// Whether it is true of the person of this number, whose facts are stored as these bytes.
    pub fn holds(&self, number: i64, facts: &[u8]) -> Result<bool, FactsError> {
        let (stored, nothing) = (FactsView::new(facts)?, Tallies::default());
        let evidence = WithTallies { stored: &stored, tallies: self.tallies.get(&number).unwrap_or(&nothing) };
        Ok(self.compiled.evaluate(&evidence, self.now).is_member)
    }
}

/// Decides a condition for everybody at this moment; nothing is stored.
pub async fn preview(app: &App, workspace: WorkspaceId, condition: Askable) -> Result<Preview, PreviewError> {
    let (plans, now) = (app.stream.plans().clone(), app.now());
    let mut preview = app
        .db
        .read(move |tx| {
            let book = plans.of(tx, workspace)?;
            let question = Question::read(tx, workspace, &book.plan, &condition, now)?;
            find(tx, workspace, &question)
        })
        .await?;
    preview.took_ms = app.now().since(now).as_millis();
    Ok(preview)
}

fn find(tx: &mut Tx<'_>, workspace: WorkspaceId, question: &Question) -> Result<Preview, PreviewError> {
    let mut count = 0;
    let mut newest: VecDeque<i64> = VecDeque::with_capacity(SAMPLE + 1);
    let mut damaged = None;
    let mut decide = |number: i64, bytes: &[u8]| match question.holds(number, bytes) {
        Ok(true) => {
            count += 1;
            newest.push_back(number);
            if newest.len() > SAMPLE {
                newest.pop_front();
            }
        }
        Ok(false) => {}
        Err(error) => damaged = Some(error),
    };
    let people = profiles::store::count_people(tx, workspace)?;
    match question.candidates() {
        Some(candidates) if candidates.len() as i64 * FEW <= people => {
            for some in candidates.chunks(LOOKED_UP) {
                profiles::store::each_facts_of(tx, workspace, some, &mut decide)?;
            }
        }
        _ => profiles::store::each_facts(tx, workspace, |number, bytes| {
            if question.may_hold(number) {
                decide(number, bytes);
            }
        })?,
    }
    if let Some(error) = damaged {
        return Err(corrupt(error).into());
    }
    let mut sample = profiles::store::people_by_number(tx, workspace, newest.make_contiguous())?;
    sample.sort_by_key(|person| std::cmp::Reverse(person.number));
    Ok(Preview { count, people, sample, took_ms: 0 })
}

/// The tallies of the condition for each person, from the log.
fn tallies_of_log(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    compiled: &CompiledCondition,
    asked: &HashMap<String, Reading>,
    now: Timestamp,
) -> Result<HashMap<i64, Tallies>, DbError> {
    let merged: HashMap<i64, i64> = profiles::store::merged_profiles(tx, workspace)?.into_iter().collect();
    let mut tallies: HashMap<i64, Tallies> = HashMap::new();
    for (name, reading) in asked {
        let mut count = |number: i64, seq: i64, at: Timestamp, body: StoredBody<'_>| {
            let event = EventFact {
                seq,
                name,
                at,
                properties: LazyJson::text(text_of(body.properties)),
                context: LazyJson::text(text_of(body.context)),
                traits: None,
            };
            let own = tallies.entry(root_of(&merged, number)).or_default();
            compiled.fold(own, &event, now);
        };
        if reading.looks_inside {
            stream::log::each_named(tx, workspace, name, reading.since, |number, seq, at, _, body| {
                count(number, seq, at, StoredBody::parse(body));
                Ok(())
            })?;
        } else {
            stream::log::each_time_of(tx, workspace, name, reading.since, |number, at| {
                count(number, 0, at, StoredBody::empty());
            })?;
        }
    }
    Ok(tallies)
}

fn text_of(raw: Option<&RawValue>) -> &str {
    raw.map_or("{}", RawValue::get)
}

fn root_of(merged: &HashMap<i64, i64>, number: i64) -> i64 {
    let mut root = number;
    while let Some(into) = merged.get(&root) {
        root = *into;
    }
    root
}

/// What must be read of the events of one name.
#[derive(Clone, Copy)]
struct Reading {
    /// Whether somebody asks what they say and not only that they happened.
    looks_inside: bool,
    /// Older ones count for nobody.
    since: Timestamp,
}

/// What the condition, with the segments that it refers to, asks of the log.
fn readings(plan: &Plan, condition: &Condition, now: Timestamp, found: &mut HashMap<String, Reading>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| readings(plan, part, now, found));
        }
        Condition::Not(part) => readings(plan, part, now, found),
        Condition::Segment(id) => {
            if let Some(source) = plan.source_of(*id) {
                readings(plan, source, now, found);
            }
        }
        Condition::Event(event) => {
            let looks_inside = !event.filters.is_empty() || matches!(event.measure, Some(Measure::Sum { .. }));
            let since = event.within.as_ref().map_or(Timestamp::MIN, |within| now.minus(within.span()));
            let reading = found.entry(event.event.clone()).or_insert(Reading { looks_inside, since });
            reading.looks_inside |= looks_inside;
            reading.since = reading.since.min(since);
        }
        Condition::Trait { .. } | Condition::Metric { .. } | Condition::Consent { .. } => {}
    }
}
