//! The register of what is stored: every column of every table, whose it is, and what an erasure does with it.
//!
//! A test compares it with the schema: a column that is not told here fails the build.

/// Whose a column's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of a person in the shop's files: deleted with him, in the way that is said.
    Person(Erasing),
    /// Of those who sign in.
    Member,
    /// What the shop itself wrote or decided.
    Shop,
    /// Sums about nobody.
    Figure,
    /// Keys, numbers and times of the program's own work.
    Technical,
    /// Keyed hashes and dates that keep somebody erased, or unwritten to.
    Tombstone,
}

/// How an erasure takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// The row goes in the transaction with which the erasure begins.
    AtOnce,
    /// In the steps that follow.
    InSteps,
    /// By itself: nothing in it tells who he was, and it is deleted when its time is over.
    RunsOut,
}

use Erasing::{AtOnce, InSteps, RunsOut};
use Whose::{Figure, Member, Person, Shop, Technical, Tombstone};

/// Columns of a table, by name.
pub type Columns = &'static [(Whose, &'static [&'static str])];

pub const REGISTER: &[(&str, Columns)] = &[
    (
        "api_keys",
        &[
            (
                Technical,
                &[
                    "workspace_id",
                    "id",
                    "prefix",
                    "secret_digest",
                    "scopes",
                    "created_at",
                    "expires_at",
                    "last_used_at",
                    "revoked_at",
                ],
            ),
            (Shop, &["name"]),
        ],
    ),
    // Of people it names ids of profiles alone, which lead nowhere afterwards.
    (
        "audit_entries",
        &[(Technical, &["workspace_id", "seq", "at", "action", "subject", "detail", "mac"]), (Member, &["actor"])],
    ),
    ("audit_heads", &[(Technical, &["workspace_id", "seq", "mac", "chain_key"])]),
    ("blocked_identifiers", &[(Person(AtOnce), &["workspace_id", "kind", "value", "reason", "at", "times", "number"])]),
    ("counters", &[(Technical, &["workspace_id", "name", "value"])]),
    ("day_figures", &[(Figure, &["workspace_id", "name", "day", "step", "value"])]),
    ("dead_letters", &[(Person(AtOnce), &["workspace_id", "id", "at", "source_no", "name", "reason", "body"])]),
    ("erased_profiles", &[(Tombstone, &["workspace_id", "profile_id", "erasure_no"])]),
    ("erased_sums", &[(Figure, &["workspace_id", "quarter", "currency", "orders", "net_minor"])]),
    (
        "erasures",
        &[
            (
                Tombstone,
                &[
                    "workspace_id",
                    "no",
                    "id",
                    "state",
                    "reason",
                    "asked_at",
                    "done_at",
                    "marks",
                    "counts",
                    "work",
                    "code",
                ],
            ),
            (Member, &["asked_by"]),
        ],
    ),
    // A name that no other event bears goes with its last one.
    ("event_names", &[(Person(InSteps), &["workspace_id", "name", "first_at"])]),
    (
        "events",
        &[(
            Person(InSteps),
            &["workspace_id", "seq", "number", "source_no", "kind", "name", "at", "received_at", "message_id", "body"],
        )],
    ),
    (
        "idempotency_keys",
        &[(Person(InSteps), &["workspace_id", "key", "route", "request_digest", "status", "answer", "created_at"])],
    ),
    (
        "identifier_types",
        &[(Shop, &["workspace_id", "kind", "precedence", "is_strong", "max_per_person", "may_join", "makes_known"])],
    ),
    (
        "identifiers",
        &[(Person(AtOnce), &["workspace_id", "kind", "value", "number", "linked_at", "rule", "event_seq"])],
    ),
    (
        "identity_conflicts",
        &[(
            Person(AtOnce),
            &[
                "workspace_id",
                "id",
                "at",
                "kind",
                "value",
                "number_a",
                "number_b",
                "reason",
                "event_seq",
                "times",
                "decided_at",
                "decision",
            ],
        )],
    ),
    ("leaf_states", &[(Person(AtOnce), &["workspace_id", "number", "facts"])]),
    ("leases", &[(Technical, &["name", "token", "held_until"])]),
    ("members", &[(Member, &["workspace_id", "user_id", "role", "created_at", "disabled_at"])]),
    (
        "merges",
        &[(
            Person(AtOnce),
            &[
                "workspace_id",
                "id",
                "from_number",
                "into_number",
                "at",
                "rule",
                "event_seq",
                "actor",
                "undone_at",
                "undone_by",
            ],
        )],
    ),
    // Digests of what clients made up: a repeat of an erased person's call changes nothing.
    ("message_ids", &[(Technical, &["workspace_id", "source_no", "digest", "day"])]),
    (
        "one_time_tokens",
        &[(
            Member,
            &[
                "token_digest",
                "id",
                "purpose",
                "user_id",
                "workspace_id",
                "role",
                "email",
                "made_by",
                "created_at",
                "expires_at",
                "used_at",
            ],
        )],
    ),
    (
        "order_lines",
        &[(
            Person(AtOnce),
            &[
                "workspace_id",
                "order_id",
                "line_no",
                "product_id",
                "sku",
                "name",
                "category",
                "quantity_thousandths",
                "price_minor",
            ],
        )],
    ),
    ("order_speakers", &[(Person(AtOnce), &["workspace_id", "order_id", "number"])]),
    ("order_sums", &[(Figure, &["workspace_id", "quarter", "currency", "orders", "net_minor"])]),
    (
        "orders",
        &[(
            Person(AtOnce),
            &[
                "workspace_id",
                "order_id",
                "number",
                "status",
                "currency",
                "total_minor",
                "refunded_minor",
                "ordered_at",
                "history",
            ],
        )],
    ),
    // To whom and what is sealed in `letter`, and gone when the letter is decided.
    (
        "outbox",
        &[
            (Member, &["letter"]),
            (
                Technical,
                &[
                    "workspace_id",
                    "id",
                    "kind",
                    "state",
                    "created_at",
                    "due_at",
                    "expires_at",
                    "tries",
                    "doubts",
                    "trouble",
                    "decided_at",
                ],
            ),
        ],
    ),
    (
        "passkey_challenges",
        &[(Member, &["challenge_digest", "ceremony", "holder_digest", "user_id", "state", "expires_at"])],
    ),
    (
        "passkeys",
        &[(Member, &["user_id", "id", "credential_id", "party", "credential", "name", "created_at", "last_used_at"])],
    ),
    (
        "people",
        &[(
            Person(AtOnce),
            &[
                "workspace_id",
                "number",
                "id",
                "name",
                "name_folded",
                "name_turned",
                "email",
                "phone",
                "country",
                "city",
                "stage",
                "first_seen_at",
                "last_seen_at",
                "orders_count",
                "revenue_minor",
                "first_order_at",
                "last_order_at",
            ],
        )],
    ),
    ("people_counts", &[(Figure, &["workspace_id", "stage", "people"])]),
    ("person_states", &[(Person(AtOnce), &["workspace_id", "number", "facts", "standing"])]),
    ("profiles", &[(Person(AtOnce), &["workspace_id", "number", "id", "created_at", "merged_into"])]),
    ("recovery_codes", &[(Member, &["user_id", "digest"])]),
    ("rejects", &[(Person(AtOnce), &["workspace_id", "source_no", "id", "at", "code", "detail", "sample"])]),
    ("segment_counts", &[(Figure, &["workspace_id", "segment_no", "members"])]),
    ("segment_days", &[(Figure, &["workspace_id", "segment_no", "day", "entered", "exited"])]),
    ("segment_members", &[(Person(AtOnce), &["workspace_id", "segment_no", "chunk", "members", "bits"])]),
    ("segment_revisions", &[(Technical, &["workspace_id", "revision"])]),
    (
        "segments",
        &[(
            Shop,
            &[
                "workspace_id",
                "no",
                "id",
                "name",
                "ready_made",
                "condition",
                "build",
                "built_through",
                "is_built",
                "created_at",
                "updated_at",
                "deleted_at",
                "version",
            ],
        )],
    ),
    (
        "sessions",
        &[(
            Member,
            &[
                "token_digest",
                "id",
                "user_id",
                "workspace_id",
                "created_at",
                "last_seen_at",
                "proved_at",
                "ended_at",
                "device",
            ],
        )],
    ),
    // "view usr_… prf_…" for an hour, "device usr_… digest" for 90 days.
    ("sign_in_attempts", &[(Person(RunsOut), &["bucket", "tries", "last_at", "expires_at"])]),
    (
        "source_days",
        &[(Figure, &["workspace_id", "source_no", "day", "accepted", "repeated", "rejected", "bots", "last_at"])],
    ),
    (
        "sources",
        &[
            (Shop, &["workspace_id", "no", "id", "name", "kind", "origins", "created_at", "disabled_at", "version"]),
            (Technical, &["ingest_key", "key_digest"]),
        ],
    ),
    (
        "sso_attempts",
        &[(
            Member,
            &["state_digest", "browser_digest", "aim", "next", "session_id", "user_id", "created_at", "expires_at"],
        )],
    ),
    ("sso_links", &[(Member, &["issuer", "subject", "user_id", "linked_at"])]),
    ("suppressions", &[(Tombstone, &["workspace_id", "channel", "mark", "reason", "at"])]),
    // A due time and a number, deleted when it is due; nothing else leads to the number then.
    ("timers", &[(Person(RunsOut), &["workspace_id", "due_at", "number"])]),
    ("totp_seeds", &[(Member, &["user_id", "seed", "last_step", "created_at", "confirmed_at"])]),
    ("users", &[(Member, &["id", "email", "name", "password_hash", "language", "theme", "density", "created_at"])]),
    (
        "workspaces",
        &[(
            Shop,
            &[
                "id",
                "name",
                "language",
                "currency",
                "country",
                "time_zone",
                "second_factor_roles",
                "created_at",
                "version",
            ],
        )],
    ),
];
