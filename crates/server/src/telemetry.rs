//! Log lines on standard error, as text or as JSON. They never hold personal data: fields are counts, ids and reasons.

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use crate::command::LogFormat;
use crate::failure::Failure;

/// Our own crates, whose lines hold nothing of anybody.
const OWN: [&str; 5] = ["crm", "db", "engine", "entente", "words"];

pub fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Failure::usage(format!("log is {filter:?}, which is no filter: {error}")))?;
    let filter = filter.and(filter_fn(may_be_told));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => registry().with(lines.compact().with_filter(filter)).try_init(),
        LogFormat::Json => registry().with(lines.json().flatten_event(true).with_filter(filter)).try_init(),
    };
    started.map_err(|error| Failure::failed(format!("log lines cannot be written: {error}")))
}

/// Libraries tell headers and the parameters of statements when they are asked for every detail: cookies, keys and
/// people. Whatever the filter says, they are heard from warnings on.
fn may_be_told(line: &Metadata<'_>) -> bool {
    let origin = line.target().split("::").next().unwrap_or_default();
    // Of a wrong answer of an authenticator, webauthn-rs cries error. Nobody must act: the audit trail tells it.
    let is_refusal = origin.starts_with("webauthn_rs");
    OWN.contains(&origin) || (*line.level() <= Level::WARN && !is_refusal)
}
