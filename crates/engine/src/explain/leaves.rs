//! Traits, computed values and consents explained.

use serde_json::{Value, json};
use words::Timestamp;

use super::tree::{Answer, Case, Explanation, Reason};
use crate::check::Check;
use crate::compile::{Compiler, Node};
use crate::condition::{ConsentState, Metric, Scalar, Test};
use crate::evaluate::{Verdict, with_trait};
use crate::lifecycle::stage;
use crate::value::{Num, Sight, Source};

pub(super) fn explain_trait(case: &Case<'_>, name: &str, test: &Test) -> Explanation {
    let verdict = decide(case, |compiler| compiler.trait_leaf(name, test));
    let first = name.split('.').next().unwrap_or(name);
    let traits = case.facts.traits();
    let fact = traits.get(name).or_else(|| traits.get(first));
    let said_at = fact.map(|fact| fact.stamp().at);
    let moved_at = with_trait(name, case.facts, |source| moved_at(test, source, case.now));
    let answer = Answer { verdict, since: said_at.max(moved_at) };
    answer.with(Reason::Trait {
        name: name.to_owned(),
        op: test.op(),
        value: test.value(),
        measured: case.facts.trait_value(name).or_else(|| case.facts.trait_value(first)),
    })
}

pub(super) fn explain_metric(case: &Case<'_>, metric: Metric, test: &Test) -> Explanation {
    let mut compiler = Compiler::new(0, case.plan.shop());
    let node = compiler.metric_leaf(metric, test);
    let compiled = compiler.finish(node);
    let verdict = compiled.evaluate(case.facts, case.now);
    let (measured, since) = if metric == Metric::LifecycleStage {
        let stage = stage(case.facts, case.now);
        (Some(json!(stage.stage)), stage.since)
    } else {
        let sight = compiled.metric_sight(metric, case.facts);
        let source = sight.map_or(Source::Missing, Source::One);
        let since = moved_at(test, &source, case.now).or_else(|| reached_at(case, metric, test));
        (sight.map(shown), since)
    };
    let answer = Answer { verdict, since };
    answer.with(Reason::Metric { metric, op: test.op(), value: test.value(), measured })
}

pub(super) fn explain_consent(case: &Case<'_>, channel: &str, purpose: &str, state: ConsentState) -> Explanation {
    let fact = case.facts.consents().get(channel, purpose);
    let measured = fact.map_or(ConsentState::Unknown, |fact| fact.state);
    let answer = Answer { verdict: Verdict::lasting(measured == state), since: fact.map(|fact| fact.stamp.at) };
    answer.with(Reason::Consent { channel: channel.to_owned(), purpose: purpose.to_owned(), value: state, measured })
}

fn decide(case: &Case<'_>, leaf: impl FnOnce(&mut Compiler) -> Node) -> Verdict {
    let mut compiler = Compiler::new(0, case.plan.shop());
    let node = leaf(&mut compiler);
    compiler.finish(node).evaluate(case.facts, case.now)
}

/// When time alone last changed the answer of a test that moves with it.
fn moved_at(test: &Test, source: &Source<'_>, now: Timestamp) -> Option<Timestamp> {
    let check = Check::new(test);
    let moves = check.is_moving();
    moves.then(|| check.periods(source).changed_before(now)).flatten()
}

/// When the order was placed with which a count of orders was reached.
fn reached_at(case: &Case<'_>, metric: Metric, test: &Test) -> Option<Timestamp> {
    let (Test::Gte(Scalar::Number(operand)) | Test::Eq(Scalar::Number(operand))) = test else {
        return None;
    };
    let nth = usize::try_from(operand.as_u64()?).ok()?.checked_sub(1)?;
    if metric != Metric::OrdersCount {
        return None;
    }
    let counting = case.facts.orders().iter().filter(|(_, order)| order.counts);
    let mut times: Vec<Timestamp> = counting.map(|(_, order)| order.ordered_at).collect();
    times.sort_unstable();
    times.get(nth).copied()
}

fn shown(sight: Sight<'_>) -> Value {
    match sight {
        Sight::Text(text) => json!(text),
        Sight::Number(Num::Whole(whole)) => {
            i64::try_from(whole).map_or_else(|_| json!(whole as f64), |whole| json!(whole))
        }
        Sight::Number(Num::Float(float)) => json!(float),
        Sight::Bool(claim) => json!(claim),
        Sight::Time(at) => json!(at),
        Sight::List(items) => json!(items),
        Sight::Object => Value::Null,
    }
}
