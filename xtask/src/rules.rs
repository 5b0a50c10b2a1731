//! The walls of the house as data: who may know whom, and what no file may hold. ARCHITECTURE.md tells why.
//!
//! A new slice is one word in `ORDER`. An exception is one line in `GRANTS`, with its reason.

/// Slices from left to right: each may call the doors of those before it. News travel the other way as outbox rows and
/// events. `stream` conducts them all, and `intake` hands it what arrives.
pub const ORDER: &[&str] = &[
    "idempotency",
    "leases",
    "backups",
    "outbox",
    "workspaces",
    "profiles",
    "consent",
    "segments",
    "commerce",
    "loyalty",
    "messages",
    "campaigns",
    "inbox",
    "pipeline",
    "journeys",
    "reports",
    "stream",
    "intake",
    "privacy",
];

/// Rooms of `crm` that are no slice: what each of them may know there.
pub const FURNITURE: &[(&str, &[&str])] = &[("kernel", &[]), ("ui", &["kernel"]), ("demo", &[])];

/// What every slice may know besides the slices before it.
pub const KNOWN_TO_ALL: &[&str] = &["kernel", "ui"];

/// Rooms of `crm` that put the slices together: they know every door, and nothing below knows them.
pub const ASSEMBLY: &[&str] = &["web", "desk", "doctor"];

/// The files of a slice, by name, that speak HTTP: its routes, its screens, and what guards both.
pub const SCREENS: &[&str] = &["api", "pages", "cookies", "guard"];

/// The rooms inside a slice that only the slice itself may enter.
pub const INNER_ROOMS: &[&str] = &["store", "api", "pages", "jobs"];

/// The one slice that enters the stores of others: its transaction is all of theirs. The SQL stays in their stores.
pub const CONDUCTOR: &str = "stream";

/// A room, and the paths that nothing in it may name.
pub struct Wall {
    pub room: Room,
    pub never: &'static [&'static str],
    pub instead: &'static str,
}

/// A part of the house to which the same rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// `crates/words` and `crates/engine`.
    Pure,
    /// `crates/db`.
    Db,
    /// `crates/outgoing`.
    Outgoing,
    /// `crm/src/kernel`.
    Kernel,
    /// `crm/src/ui`.
    Ui,
    /// `crm/src/demo`.
    Demo,
    /// `store.rs` or `store/` of a slice.
    Store,
    /// A file or folder of a slice that is named in `SCREENS`.
    Screen,
    /// `mod.rs` of a slice.
    Door,
    /// Every other file of a slice.
    Verb,
    /// Files directly in `crm/src`, and the folders named in `ASSEMBLY`.
    Assembly,
    /// `crates/server`.
    Server,
    /// Tests, tools and build scripts: free to use anything.
    Workshop,
}

pub const WALLS: &[Wall] = &[
    Wall {
        room: Room::Pure,
        never: &[
            "tokio",
            "db",
            "axum",
            "maud",
            "crm",
            "server",
            "testkit",
            "rusqlite",
            "postgres",
            "tracing",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
        ],
        instead: "words and engine are pure: let the caller do it and hand the result in",
    },
    Wall {
        room: Room::Db,
        never: &["engine", "crm", "server", "axum", "maud"],
        instead: "db is the waist below the product: it knows words and the drivers only",
    },
    Wall {
        room: Room::Outgoing,
        never: &["db", "engine", "words", "crm", "server", "axum", "maud"],
        instead: "outgoing sends requests and knows nothing of what they are about: build them where that is known",
    },
    Wall {
        room: Room::Kernel,
        never: &["engine", "server", "rusqlite", "postgres"],
        instead: "the kernel holds words every slice speaks; move this into the slice it is about",
    },
    Wall {
        room: Room::Ui,
        never: &["db", "engine", "server", "tokio"],
        instead: "the furniture only draws: let the page fetch and hand over",
    },
    Wall {
        room: Room::Demo,
        never: &["db", "axum", "maud", "tokio", "server", "std::fs", "std::net", "std::env", "std::thread"],
        instead: "the demo shop is a pure function of its seed: let `server` feed it in",
    },
    Wall {
        room: Room::Store,
        never: &["axum", "maud", "tokio", "rusqlite", "postgres"],
        instead: "a store is SQL and rows: move this to a verb or a page",
    },
    Wall {
        room: Room::Verb,
        never: &["axum", "maud", "rusqlite", "postgres"],
        instead: "a verb knows no HTTP and no screen: move this to api.rs or pages.rs",
    },
    Wall { room: Room::Screen, never: &["rusqlite", "postgres"], instead: "a page asks a verb; SQL lives in store.rs" },
];

/// Words that `db` has no business to know.
pub const ECRM_NOUNS: &[&str] = &[
    "profile",
    "profiles",
    "customer",
    "customers",
    "segment",
    "segments",
    "campaign",
    "campaigns",
    "journey",
    "journeys",
    "loyalty",
    "visitor",
    "visitors",
    "consent",
    "consents",
    "shop",
    "purchase",
    "newsletter",
];

/// The last words of paths that ask the machine for the time or for chance.
pub const MACHINE_CALLS: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Utc::now",
    "Local::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "SaltString::generate",
    "Rng::new",
];

/// Crates and names that are sources of chance wherever they stand.
pub const CHANCE: &[&str] = &["getrandom", "rand", "fastrand", "thread_rng", "OsRng"];

/// Generators that give the same numbers for the same seed: as good as a parameter.
pub const SEEDED: &[&str] = &["fastrand::Rng"];

/// Functions that show a text: `t(language, "key")`.
pub const TEXT_CALLS: &[&str] = &["t", "t_with"];

/// Attributes that run a script, which the content security policy refuses.
pub const SCRIPT_ATTRIBUTES: &[&str] = &[
    "onabort",
    "onblur",
    "onchange",
    "onclick",
    "onclose",
    "oncontextmenu",
    "ondblclick",
    "ondrag",
    "ondragend",
    "ondragover",
    "ondragstart",
    "ondrop",
    "onerror",
    "onfocus",
    "oninput",
    "oninvalid",
    "onkeydown",
    "onkeypress",
    "onkeyup",
    "onload",
    "onmousedown",
    "onmousemove",
    "onmouseout",
    "onmouseover",
    "onmouseup",
    "onpaste",
    "onpointerdown",
    "onpointerup",
    "onreset",
    "onscroll",
    "onselect",
    "onsubmit",
    "ontoggle",
    "onwheel",
];

/// Marks of work put off. Spelled in two halves, so that this file may hold them.
pub const PUT_OFF: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Folders of somebody's machine, which mean nothing to a reader.
pub const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Hosts that serve packages or scripts: clients know them, and pages load nothing from elsewhere.
pub const REGISTRY_HOSTS: &[&str] = &[
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("pypi.python", ".org"),
    concat!("pypi", ".org"),
    concat!("files.pythonhosted", ".org"),
    concat!("deb.debian", ".org"),
    concat!("archive.ubuntu", ".com"),
    concat!("proxy.golang", ".org"),
    concat!("unpkg", ".com"),
    concat!("cdn.jsdelivr", ".net"),
    concat!("cdnjs.cloudflare", ".com"),
];

/// The features that the product has promised so far: each stands in docs/feature-map.md.
pub const FEATURE_ROWS: &[&str] = &[
    // Issue 2.
    "F001 F002 F005 F006 F010 F013 F014 F015 F016 F020 F021 F024 F030 F031 F032 F033 F127 F128",
];

/// The rows of the trust bar that the product has promised so far: each stands in docs/trust-map.md.
pub const TRUST_ROWS: &[&str] = &[
    "G1 G2 G7",
    "R1 R2 R3 R4 R5 R8 R9 R13 R14 R15 R16 R17 R18 R20 R22 R23 R24 R25 R26 R27 R28 R29 R31 R32 R33 R34 R35 R38 R39 R40",
    "S1 S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S26 S30",
    "S32 S33 S34 S35 S36 S37 S38 S39 S40 S41 S42 S43 S44 S45 S46 S47 S48 S49 S50 S51 S55",
    "P14 P15 P16 P31",
];

/// Where a longer file or function asks for a second look; neither fails.
pub const LONG_FILE_LINES: usize = 300;
pub const LONG_FUNCTION_LINES: usize = 40;
pub const TOO_LONG_FUNCTION_LINES: usize = 70;

/// Words by which something that tells who a person is would reach a screen or an answer without a `Sight`.
pub const UNSEALING: &[&[&str]] = &[
    &["unmasked"],
    &["Sight", ":", ":", "Whole"],
    &[".", "traits", "(", ")"],
    &["identifier", ".", "value"],
    &["display_name"],
    &["StoredBody"],
    &["pasts_of"],
];

/// What speaks to readers and may unseal all the same: the file, the word, and why nothing of it is shown.
pub const UNSEALED: &[(&str, &str, &str)] = &[
    ("crates/crm/src/desk/people/sheet.rs", "traits", "the sheet keeps the sight of its reader and shows by it"),
    ("crates/crm/src/desk/people/sheet.rs", "display_name", "the sheet keeps the sight of its reader and shows by it"),
    ("crates/crm/src/desk/people/edit.rs", "identifier", "a change is attached to an identifier; nothing is answered"),
    (
        "crates/crm/src/desk/segments/suggest.rs",
        "traits",
        "each value passes the sight of its reader before it is kept",
    ),
    (
        "crates/crm/src/desk/segments/explain.rs",
        "unmasked",
        "events decide; what is told of them is read again by a sight",
    ),
    ("crates/crm/src/desk/segments/past.rs", "pasts_of", "events decide; ids are answered"),
    ("crates/crm/src/doctor/people.rs", "pasts_of", "events decide; numbers of people are told"),
    ("crates/crm/src/desk/segments/preview.rs", "StoredBody", "events are counted; nothing of them is kept"),
    ("crates/crm/src/doctor/counters.rs", "Sight", "ids of messages are compared; a finding names a place in the log"),
    ("crates/crm/src/doctor/erasures.rs", "identifier", "values are compared with the ledger; a finding counts them"),
];

/// A path that one file may name although a wall stands there.
pub struct Grant {
    pub file: &'static str,
    pub path: &'static str,
    /// For the reader; nothing reads it back.
    #[allow(dead_code, reason = "a grant without a reason cannot be written")]
    pub because: &'static str,
}

pub const GRANTS: &[Grant] = &[
    Grant {
        file: "crates/crm/src/kernel/app.rs",
        path: "crm::stream::Stream",
        because: "App hands the one loop to every handler and job; the kernel never calls it",
    },
    Grant {
        file: "crates/crm/src/kernel/app.rs",
        path: "crm::intake::Senders",
        because: "App hands the senders known a moment ago to the handlers of intake; the kernel never calls it",
    },
    Grant {
        file: "crates/crm/src/kernel/app.rs",
        path: "crm::intake::Throttle",
        because: "App hands the token buckets to the handlers of intake; the kernel never calls it",
    },
    Grant {
        file: "crates/crm/src/kernel/app.rs",
        path: "crm::intake::Health",
        because: "App hands the gathered figures to the handlers of intake; the kernel never calls it",
    },
    Grant {
        file: "crates/crm/src/kernel/app.rs",
        path: "crm::workspaces::Provider",
        because: "App hands the identity provider to the handlers of workspaces; the kernel never calls it",
    },
];
