//! A mail server of others' making (PyPI `aiosmtpd`), in an environment of its own below the target folder.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::print_stderr,
    reason = "it stands in tests only, which a panic fails"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use outgoing::{MailSender, Patience, Relay, RelayAddress, Trust};
use serde_json::{Value, json};

use crate::python;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mail")
}

/// A letter as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived(Value);

impl Arrived {
    pub fn to(&self) -> &str {
        self.0["to"][0].as_str().unwrap()
    }

    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap()
    }

    pub fn html(&self) -> &str {
        self.0["html"].as_str().unwrap()
    }

    /// Empty when there is none; headers that stand twice are joined.
    pub fn header(&self, name: &str) -> String {
        let all = self.0["headers"].as_array().unwrap();
        let found = all.iter().filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name));
        found.map(|header| header[1].as_str().unwrap()).collect::<Vec<_>>().join(" // ")
    }

    /// Everything of it in one piece.
    pub fn whole(&self) -> String {
        self.0.to_string()
    }

    /// Of the port from which it came: letters of one connection have the same.
    pub fn peer(&self) -> u64 {
        self.0["peer"].as_u64().unwrap()
    }

    pub fn was_secret(&self) -> bool {
        self.0["ssl"].as_bool().unwrap()
    }

    /// The first address of this installation that it holds.
    pub fn link(&self) -> String {
        let line = self.text().lines().find(|line| line.starts_with("http")).unwrap_or_default();
        line.trim().to_owned()
    }

    /// What a strict reader finds wrong with its form (RFC 5322, 2045 to 2049).
    pub fn defects(&self) -> Vec<String> {
        let number = |name: &str| self.0[name].as_u64().unwrap();
        let mut found: Vec<String> =
            self.0["defects"].as_array().unwrap().iter().map(|defect| defect.to_string()).collect();
        for (is_wrong, what) in [
            (number("longest") > 998, "a line is too long"),
            (number("bare") > 0, "a CR or LF stands alone"),
            (!self.0["ascii"].as_bool().unwrap(), "there are bytes beyond ASCII"),
            (self.text().is_empty() || self.html().is_empty(), "a part is missing"),
        ] {
            found.extend(is_wrong.then(|| what.to_owned()));
        }
        found
    }
}

/// Gone with the value.
pub struct MailServer {
    child: Child,
    pub port: u16,
    told: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    /// In plain text, without signing in. `None` where it cannot be had.
    pub fn start() -> Option<Self> {
        Self::start_with(&json!({}))
    }

    /// As `crates/testkit/mail/server.py` reads it: `tls`, `starttls`, `certificate`, `key`, `user`, `password`, `port`.
    pub fn start_with(settings: &Value) -> Option<Self> {
        let mut command =
            Command::new(python::environment("aiosmtpd", &here().join("requirements.txt"))?.join("python"));
        command.arg(here().join("server.py")).arg(settings.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ready: Value = serde_json::from_str(&lines.next().expect("the mail server starts")).unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        std::thread::spawn(move || {
            lines.for_each(|line| kept.lock().unwrap().push(serde_json::from_str(&line).unwrap()));
        });
        Some(Self { child, port: u16::try_from(ready["port"].as_u64().unwrap()).unwrap(), told })
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The way to it, with little patience.
    pub fn relay(&self) -> Relay {
        relay_to(&self.url(), &some_trust(), QUICK)
    }

    /// What arrived until now.
    pub fn letters(&self) -> Vec<Arrived> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|line| line["kind"] == "letter").cloned().map(Arrived).collect()
    }

    pub fn letters_to(&self, address: &str) -> Vec<Arrived> {
        self.letters().into_iter().filter(|letter| letter.to() == address).collect()
    }

    pub fn sign_ins(&self) -> Vec<Value> {
        self.told.lock().unwrap().iter().filter(|line| line["kind"] == "sign-in").cloned().collect()
    }

    /// The same, once there are so many.
    pub fn wait_for_sign_ins(&self, count: usize) -> Vec<Value> {
        let begun = Instant::now();
        while self.sign_ins().len() < count && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.sign_ins()
    }

    /// The letters to somebody, once there are so many: what it prints comes a moment after its answer.
    pub fn wait_for(&self, address: &str, count: usize) -> Vec<Arrived> {
        let begun = Instant::now();
        loop {
            let letters = self.letters_to(address);
            if letters.len() >= count || begun.elapsed() > PATIENCE {
                assert_eq!(letters.len(), count, "letters to {address}");
                return letters;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Longer than the first pause of a letter that did not go.
const PATIENCE: Duration = Duration::from_secs(90);

/// So that what hangs is seen to hang soon.
pub const QUICK: Patience =
    Patience { connect: Duration::from_secs(2), answer: Duration::from_millis(700), content: Duration::from_secs(1) };

/// A way to a mail server at this address.
pub fn relay_to(url: &str, trust: &Trust, patience: Patience) -> Relay {
    let address = RelayAddress::parse(url, None).unwrap();
    let sender = MailSender::parse("L’Atelier <crm@shop.example>").unwrap();
    Relay::new(address, sender, "crm.shop.example", trust.clone(), patience)
}

/// Somebody to trust, for connections in plain text.
pub fn some_trust() -> Trust {
    Trust::of_file(&here().join("authority.pem")).unwrap()
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // Already ended perhaps.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
