//! Log lines on standard error, as text or as JSON. They never hold personal data: fields are counts, ids and reasons.

use tracing_subscriber::EnvFilter;

use crate::command::LogFormat;
use crate::failure::Failure;

pub fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Failure::usage(format!("log is {filter:?}, which is no filter: {error}")))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => lines.compact().try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Failure::failed(format!("log lines cannot be written: {error}")))
}
