//! Requests and events a second over real sockets, how long answers take, memory, and the way back after a stop.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crm::kernel::App;
use tokio::net::{TcpListener, TcpStream};

use words::Span;

use super::client::{Told, get_status};
use super::fill::FilledShop;
use super::{Figure, figure, machine};
use crate::failure::Failure;
use crate::http;
use crate::serve::front;
use crate::settings::Place;

/// Keep-alive connections of the load, as the promise says.
pub const CONNECTIONS: usize = 64;
pub const BATCH: usize = 100;
/// How long a restarted server may take to be ready before the measurement is given up.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// A copy that is so far behind has all but what came last.
const COPY_IS_NEAR: Span = Span::from_millis(10_000);
const COPIED_WITHIN: Duration = Duration::from_secs(300);
/// How long an idle server is watched.
const IDLE: Duration = Duration::from_secs(5);

pub struct Load {
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub seconds: u64,
    pub profiles: usize,
}

pub async fn measure(app: &App, shop: &FilledShop, load: Load, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    app.start_workers();
    let Load { listener, address, seconds, profiles } = load;
    wait_for_copy(app).await?;
    let server = tokio::spawn(http::serve(front(app), listener, app.ending.clone(), Duration::from_secs(1)));
    for batch in [1, BATCH] {
        let key = shop.ingest_key.clone();
        let load = ClientLoad { address, key, profiles, seconds, connections: CONNECTIONS, batch };
        let before = machine::thread_ticks("db-copy");
        let told = run_client(load).await?;
        report(&told, batch, figures);
        report_copy(app, &told, batch, machine::thread_ticks("db-copy") - before, figures);
    }
    let (now, most) = machine::memory_mb("self");
    figures.push(figure("memory under load", now, "MB"));
    figures.push(figure("memory at most", most, "MB"));
    server.abort();
    Ok(())
}

fn report(told: &Told, batch: usize, figures: &mut Vec<Figure>) {
    let name = if batch == 1 { "single events".to_owned() } else { format!("batches of {batch}") };
    figures.push(figure(format!("{name}: requests"), told.requests as f64 / told.seconds, "1/s"));
    figures.push(figure(format!("{name}: events"), (told.requests * batch as u64) as f64 / told.seconds, "1/s"));
    figures.push(figure(format!("{name}: answered, median"), told.median_ms, "ms"));
    figures.push(figure(format!("{name}: answered, 99 %"), told.p99_ms, "ms"));
    if batch == 1 {
        // The answer is given after every segment tells the truth: it bounds the change of a membership.
        figures.push(figure("event to membership change, median at most", told.median_ms, "ms"));
    }
    figures.push(figure(format!("{name}: refused or failed"), told.failures as f64, ""));
}

/// The first base of a copy is not what is measured.
async fn wait_for_copy(app: &App) -> Result<(), Failure> {
    let begun = Instant::now();
    while app.db.copy_status().is_some_and(|copy| copy.holds_until.is_none() || copy.behind > COPY_IS_NEAR) {
        if begun.elapsed() > COPIED_WITHIN {
            return Err(Failure::failed("the copy does not come near the database"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn report_copy(app: &App, told: &Told, batch: usize, ticks: u64, figures: &mut Vec<Figure>) {
    let Some(copy) = app.db.copy_status() else { return };
    let name = if batch == 1 { "single events" } else { "batches" };
    let events = (told.requests * batch as u64).max(1) as f64;
    figures.push(figure(format!("{name}: the copy's thread"), ticks as f64 / told.seconds, "% of a core"));
    figures.push(figure(format!("{name}: the same, an event"), ticks as f64 * 10_000.0 / events, "µs"));
    figures.push(figure(format!("{name}: the copy is behind by"), copy.behind.as_millis() as f64 / 1000.0, "s"));
    figures.push(figure(format!("{name}: the copy has failed"), f64::from(u8::from(copy.problem.is_some())), ""));
}

/// What a load generator is told.
pub struct ClientLoad {
    pub address: SocketAddr,
    pub key: String,
    pub profiles: usize,
    pub seconds: u64,
    pub connections: usize,
    pub batch: usize,
}

/// The load generator as a process of its own: it competes for the processor as a neighbour would.
pub async fn run_client(load: ClientLoad) -> Result<Told, Failure> {
    let mut command = std::process::Command::new(std::env::current_exe().map_err(Failure::failed)?);
    command.arg("bench-client");
    let arguments = [
        ("--address", load.address.to_string()),
        ("--key", load.key),
        ("--profiles", load.profiles.to_string()),
        ("--seconds", load.seconds.to_string()),
        ("--connections", load.connections.to_string()),
        ("--batch", load.batch.to_string()),
    ];
    for (name, value) in arguments {
        command.arg(name).arg(value);
    }
    command.stderr(Stdio::inherit());
    let output = tokio::task::spawn_blocking(move || command.output()).await.map_err(Failure::failed)?;
    let output = output.map_err(Failure::failed)?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::failed(format!("the load generator did not finish: {error}")))
}

/// Starts the server anew on the same data: how long until it is ready, and what it costs while nothing happens.
pub async fn measure_restart(place: &Place, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let address = free_address().await?;
    let mut command = std::process::Command::new(std::env::current_exe().map_err(Failure::failed)?);
    command.args(["serve", "--log", "error", "--listen", &address.to_string()]);
    match place {
        Place::Folder(folder) => command.arg("--data").arg(folder),
        Place::Postgres(url) => command.arg("--database-url").arg(url),
    };
    let started = Instant::now();
    let mut server = command.stderr(Stdio::null()).spawn().map_err(Failure::failed)?;
    let is_ready = wait_until_ready(address, started).await;
    if is_ready {
        figures.push(figure("ready after a restart", started.elapsed().as_secs_f64() * 1000.0, "ms"));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let process = server.id().to_string();
        let before = machine::processor_ticks(&process);
        tokio::time::sleep(IDLE).await;
        let used = machine::processor_ticks(&process).saturating_sub(before);
        figures.push(figure("idle server: memory", machine::memory_mb(&process).0, "MB"));
        figures.push(figure("idle server: processor", used as f64 / IDLE.as_secs_f64(), "% of a core"));
    }
    server.kill().and_then(|()| server.wait()).map_err(Failure::failed)?;
    if is_ready { Ok(()) } else { Err(Failure::failed("the restarted server was not ready within a minute")) }
}

pub async fn free_address() -> Result<SocketAddr, Failure> {
    // Free again when the listener is dropped, at the end of this function.
    Ok(http::bind(([127, 0, 0, 1], 0).into()).await?.1)
}

pub async fn wait_until_ready(address: SocketAddr, started: Instant) -> bool {
    while started.elapsed() < READY_WITHIN {
        if let Ok(mut stream) = TcpStream::connect(address).await
            && get_status(&mut stream, "/readyz").await.is_ok_and(|status| status == 200)
        {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}
