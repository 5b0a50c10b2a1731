//! Several processes on one PostgreSQL under load, each `entente serve` on a port of its own.

use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::Instant;

use super::client::Told;
use super::ingest::{BATCH, CONNECTIONS, ClientLoad, free_address, run_client, wait_until_ready};
use super::{Figure, figure, machine};
use crate::failure::Failure;

/// Where the processes work, and who they are measured with.
pub struct Nodes<'b> {
    pub count: usize,
    pub url: &'b str,
    pub ingest_key: &'b str,
    pub profiles: usize,
    pub seconds: u64,
}

/// Starts the processes, sends to all of them at once, and ends them.
pub async fn measure(nodes: &Nodes<'_>, figures: &mut Vec<Figure>) -> Result<(), Failure> {
    let mut running = Running::default();
    for _ in 0..nodes.count {
        running.start(nodes).await?;
    }
    for batch in [1, BATCH] {
        let told = running.load(nodes, batch).await?;
        let name = match batch {
            1 => format!("{} processes, single events", nodes.count),
            _ => format!("{} processes, batches of {batch}", nodes.count),
        };
        let requests: f64 = told.iter().map(|one| one.requests as f64 / one.seconds).sum();
        figures.push(figure(format!("{name}: events"), requests * batch as f64, "1/s"));
        let slowest = |of: fn(&Told) -> f64| told.iter().map(of).fold(0.0, f64::max);
        figures.push(figure(format!("{name}: answered, median"), slowest(|one| one.median_ms), "ms"));
        figures.push(figure(format!("{name}: answered, 99 %"), slowest(|one| one.p99_ms), "ms"));
        let failures: u64 = told.iter().map(|one| one.failures).sum();
        figures.push(figure(format!("{name}: refused or failed"), failures as f64, ""));
    }
    let memory: f64 = running.children.iter().map(|child| machine::memory_mb(&child.id().to_string()).1).sum();
    figures.push(figure(format!("{} processes: memory at most, together", nodes.count), memory, "MB"));
    Ok(())
}

/// Ends its processes when it is dropped.
#[derive(Default)]
struct Running {
    children: Vec<Child>,
    addresses: Vec<SocketAddr>,
}

impl Running {
    async fn start(&mut self, nodes: &Nodes<'_>) -> Result<(), Failure> {
        let address = free_address().await?;
        let mut command = std::process::Command::new(std::env::current_exe().map_err(Failure::failed)?);
        command.args(["serve", "--log", "error", "--listen", &address.to_string(), "--database-url", nodes.url]);
        self.children.push(command.stderr(Stdio::null()).spawn().map_err(Failure::failed)?);
        if !wait_until_ready(address, Instant::now()).await {
            return Err(Failure::failed("a process was not ready within a minute"));
        }
        self.addresses.push(address);
        Ok(())
    }
}

impl Running {
    /// All processes at once, each from a load generator of its own; the connections are shared out among them.
    async fn load(&self, nodes: &Nodes<'_>, batch: usize) -> Result<Vec<Told>, Failure> {
        let clients: Vec<_> = self
            .addresses
            .iter()
            .map(|address| {
                let load = ClientLoad {
                    address: *address,
                    key: nodes.ingest_key.to_owned(),
                    profiles: nodes.profiles,
                    seconds: nodes.seconds,
                    connections: (CONNECTIONS / nodes.count).max(1),
                    batch,
                };
                tokio::spawn(run_client(load))
            })
            .collect();
        let mut told = Vec::with_capacity(clients.len());
        for client in clients {
            told.push(client.await.map_err(Failure::failed)??);
        }
        Ok(told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.children {
            // It is gone already when this fails.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
