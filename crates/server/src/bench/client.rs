//! The load generator: keep-alive connections that each send, wait for the answer, and send again.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crm::demo::random::Random;
use crm::demo::zipf::Zipf;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fill::{event_name, properties, user_id};
use super::percentile;
use crate::command::BenchClientArguments;
use crate::failure::Failure;
use crate::say;

/// The classic law of traffic: few people make most of it.
const EXPONENT: f64 = 1.0;
/// Larger than any answer of the tracking API.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What the load generator measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub requests: u64,
    /// Answers other than 200, and broken connections.
    pub failures: u64,
    pub seconds: f64,
    pub median_ms: f64,
    pub p99_ms: f64,
}

pub async fn run(arguments: BenchClientArguments) -> Result<(), Failure> {
    let arguments = Arc::new(arguments);
    let started = Instant::now();
    let until = started + Duration::from_secs(arguments.seconds);
    let tasks: Vec<_> = (0..arguments.connections as u64)
        .map(|number| tokio::spawn(send_until(Arc::clone(&arguments), number, until)))
        .collect();
    let (mut times, mut failures) = (Vec::new(), 0);
    for task in tasks {
        let (own_times, own_failures) = task.await.map_err(Failure::failed)?;
        times.extend(own_times);
        failures += own_failures;
    }
    times.sort_by(f64::total_cmp);
    say::json(&Told {
        requests: times.len() as u64,
        failures,
        seconds: started.elapsed().as_secs_f64(),
        median_ms: percentile(&times, 0.5),
        p99_ms: percentile(&times, 0.99),
    })
}

async fn send_until(arguments: Arc<BenchClientArguments>, number: u64, until: Instant) -> (Vec<f64>, u64) {
    // Another run on the same data sends other messages.
    let run = Instant::now().elapsed().as_nanos() as u64 ^ u64::from(std::process::id());
    let mut random = Random::of(&[number, run]);
    let people = Zipf::new(arguments.profiles, EXPONENT);
    let (mut times, mut failures, mut sent) = (Vec::new(), 0, 0_u64);
    let mut stream = None;
    while Instant::now() < until {
        let body = body(&arguments, &people, &mut random, &format!("load-{run}-{number}-{sent}"));
        sent += 1;
        let begun = Instant::now();
        match send(&mut stream, &arguments, &body).await {
            Ok(200) => times.push(begun.elapsed().as_secs_f64() * 1000.0),
            Ok(_) => failures += 1,
            Err(_) => {
                failures += 1;
                stream = None;
            }
        }
    }
    (times, failures)
}

fn body(arguments: &BenchClientArguments, people: &Zipf, random: &mut Random, id: &str) -> String {
    let mut call = |place: usize| -> Value {
        let index = random.below(1_000_000);
        json!({
            "type": "track", "messageId": format!("{id}-{place}"), "userId": user_id(people.draw(random)),
            "event": event_name(index), "properties": properties(index),
        })
    };
    if arguments.batch == 1 {
        return call(0).to_string();
    }
    json!({ "batch": (0..arguments.batch).map(call).collect::<Vec<_>>() }).to_string()
}

async fn send(stream: &mut Option<TcpStream>, arguments: &BenchClientArguments, body: &str) -> io::Result<u16> {
    let open = match stream.take() {
        Some(open) => open,
        None => {
            let fresh = TcpStream::connect(arguments.address).await?;
            fresh.set_nodelay(true)?;
            fresh
        }
    };
    let open = stream.insert(open);
    let path = if arguments.batch == 1 { "/v1/track" } else { "/v1/batch" };
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nx-write-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        arguments.key,
        body.len()
    );
    open.write_all(request.as_bytes()).await?;
    read_status(open).await
}

/// The status of a `GET`.
pub async fn get_status(stream: &mut TcpStream, path: &str) -> io::Result<u16> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").as_bytes()).await?;
    read_status(stream).await
}

/// Reads one answer with a `Content-Length` to its end.
async fn read_status(stream: &mut TcpStream) -> io::Result<u16> {
    let mut answer = Vec::with_capacity(1024);
    loop {
        if let Some(head_end) = find(&answer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..head_end]).to_ascii_lowercase();
            if answer.len() >= head_end + 4 + content_length(&head) {
                return status(&head).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData));
            }
        }
        if answer.len() > MAX_ANSWER_BYTES || stream.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}

fn status(head: &str) -> Option<u16> {
    head.split_whitespace().nth(1)?.parse().ok()
}
