//! The register of what is stored: every column of every table, whose it is, what for and by what right, how long it is
//! kept, and what an erasure does with it (GDPR art. 5(1)(b), 5(1)(e), 6, 17 and 30).
//!
//! A test compares it with the schema: a column that is not told here fails the build.

use words::Span;

use crate::workspaces::kept_for;
use crate::{idempotency, intake, outbox, stream};

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

/// What a table is kept for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Knowing those who visit the shop and buy there, and serving each by what is known of him.
    Customers,
    /// What was ordered, paid and given back.
    Orders,
    /// Respecting that somebody wants no messages.
    Refusals,
    /// Proving that somebody was erased, and keeping him erased.
    Erasure,
    /// That an event or a request counts once.
    Integrity,
    /// Showing what was sent wrongly, so that it can be mended.
    Repair,
    /// Letting members in, and nobody else.
    Access,
    /// Who did what.
    Accountability,
    /// Figures of the shop.
    Reports,
    /// The shop's settings and the program's own work.
    Operation,
}

/// The lawful bases of GDPR art. 6(1) that Entente is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// (a); what the site reads from a visitor's device asks for it first (art. 82 of the French law of 1978).
    Consent,
    /// (b)
    Contract,
    /// (c)
    LegalObligation,
    /// (f)
    LegitimateInterest,
}

impl Purpose {
    pub const ALL: [Self; 10] =
        [Customers, Orders, Refusals, Erasure, Integrity, Repair, Access, Accountability, Reports, Operation];

    /// By what right what is kept for this may be personal; nothing where it never is.
    pub fn bases(self) -> &'static [Basis] {
        match self {
            // The site's tracker asks; what a customer does with the shop itself is the shop's legitimate interest.
            Customers => &[Basis::Consent, Basis::LegitimateInterest],
            Orders => &[Basis::Contract],
            // Art. 21(3) and 17 bind the shop to know whom it may not write to, and whom it erased.
            Refusals | Erasure => &[Basis::LegalObligation],
            // Art. 5(1)(d) and (f), 32: exact, whole and safe.
            Integrity | Repair | Access => &[Basis::LegitimateInterest],
            // Art. 5(2).
            Accountability => &[Basis::LegalObligation],
            Reports | Operation => &[],
        }
    }
}

/// How long a row is kept. No age ends what is kept with a person: whoever asks is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Until the person is erased.
    WithPerson,
    /// Until the member leaves or takes it back.
    WithMember,
    /// As long as the shop has its database.
    WithShop,
    /// So long at most, or a little longer until the next round of tidying.
    For(Span),
    /// The newest of each source.
    Newest(i64),
    /// Until somebody applies it or throws it away.
    UntilDecided,
}

/// A table and what is said of it.
pub struct Table {
    pub name: &'static str,
    pub purpose: Purpose,
    pub retention: Retention,
    pub columns: Columns,
}

use Erasing::{AtOnce, InSteps, RunsOut};
use Purpose::{Access, Accountability, Customers, Erasure, Integrity, Operation, Orders, Refusals, Repair, Reports};
use Retention::{For, Newest, UntilDecided, WithMember, WithPerson, WithShop};
use Whose::{Figure, Member, Person, Shop, Technical, Tombstone};

/// Columns of a table, by name.
pub type Columns = &'static [(Whose, &'static [&'static str])];

pub const REGISTER: &[Table] = &[
    Table {
        name: "api_keys",
        purpose: Access,
        retention: WithShop,
        columns: &[
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
    },
    // Of people it names ids of profiles alone, which lead nowhere afterwards.
    Table {
        name: "audit_entries",
        purpose: Accountability,
        retention: WithShop,
        columns: &[
            (Technical, &["workspace_id", "seq", "at", "action", "subject", "detail", "mac"]),
            (Member, &["actor"]),
        ],
    },
    Table {
        name: "audit_heads",
        purpose: Accountability,
        retention: WithShop,
        columns: &[(Technical, &["workspace_id", "seq", "mac", "chain_key"])],
    },
    Table {
        name: "backups",
        purpose: Operation,
        retention: WithShop,
        columns: &[(Technical, &["made_at", "size_bytes"])],
    },
    Table {
        name: "blocked_identifiers",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "kind", "value", "reason", "at", "times", "number"])],
    },
    Table {
        name: "counters",
        purpose: Operation,
        retention: WithShop,
        columns: &[(Technical, &["workspace_id", "name", "value"])],
    },
    Table {
        name: "day_figures",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "name", "day", "step", "value"])],
    },
    Table {
        name: "dead_letters",
        purpose: Repair,
        retention: UntilDecided,
        columns: &[(Person(AtOnce), &["workspace_id", "id", "at", "source_no", "name", "reason", "body"])],
    },
    Table {
        name: "erased_profiles",
        purpose: Erasure,
        retention: WithShop,
        columns: &[(Tombstone, &["workspace_id", "profile_id", "erasure_no"])],
    },
    Table {
        name: "erased_sums",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "quarter", "currency", "orders", "net_minor"])],
    },
    Table {
        name: "erasures",
        purpose: Erasure,
        retention: WithShop,
        columns: &[
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
    },
    // A name that no other event bears goes with its last one.
    Table {
        name: "event_names",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(InSteps), &["workspace_id", "name", "first_at"])],
    },
    Table {
        name: "event_places",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(InSteps), &["workspace_id", "number", "at", "seq"])],
    },
    Table {
        name: "events",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(
            Person(InSteps),
            &["workspace_id", "seq", "number", "source_no", "kind", "name", "at", "received_at", "message_id", "body"],
        )],
    },
    Table {
        name: "idempotency_keys",
        purpose: Integrity,
        retention: For(idempotency::KEPT_FOR),
        columns: &[(
            Person(InSteps),
            &["workspace_id", "key", "route", "request_digest", "status", "answer", "created_at"],
        )],
    },
    Table {
        name: "identifier_types",
        purpose: Operation,
        retention: WithShop,
        columns: &[(
            Shop,
            &["workspace_id", "kind", "precedence", "is_strong", "max_per_person", "may_join", "makes_known"],
        )],
    },
    Table {
        name: "identifiers",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "kind", "value", "number", "linked_at", "rule", "event_seq"])],
    },
    Table {
        name: "identity_conflicts",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(
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
    },
    Table {
        name: "last_visits",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "stage", "seen_at", "number"])],
    },
    Table {
        name: "leaf_states",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "number", "facts"])],
    },
    Table {
        name: "leases",
        purpose: Operation,
        retention: WithShop,
        columns: &[(Technical, &["name", "token", "held_until"])],
    },
    Table {
        name: "members",
        purpose: Access,
        retention: WithMember,
        columns: &[(Member, &["workspace_id", "user_id", "role", "created_at", "disabled_at"])],
    },
    Table {
        name: "merges",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(
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
    },
    // Digests of what clients made up: a repeat of an erased person's call changes nothing.
    Table {
        name: "message_ids",
        purpose: Integrity,
        retention: For(stream::REMEMBERED_FOR),
        columns: &[(Technical, &["workspace_id", "source_no", "digest", "day"])],
    },
    Table {
        name: "one_time_tokens",
        purpose: Access,
        retention: For(kept_for::LINKS),
        columns: &[(
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
    },
    Table {
        name: "order_lines",
        purpose: Orders,
        retention: WithPerson,
        columns: &[(
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
    },
    Table {
        name: "order_speakers",
        purpose: Orders,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "order_id", "number"])],
    },
    Table {
        name: "order_sums",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "quarter", "currency", "orders", "net_minor"])],
    },
    Table {
        name: "orders",
        purpose: Orders,
        retention: WithPerson,
        columns: &[(
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
    },
    // To whom and what is sealed in `letter`, and gone when the letter is decided.
    Table {
        name: "outbox",
        purpose: Access,
        retention: For(outbox::TOLD_FOR),
        columns: &[
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
    },
    Table {
        name: "passkey_challenges",
        purpose: Access,
        retention: For(kept_for::PASSKEY_CHALLENGES),
        columns: &[(Member, &["challenge_digest", "ceremony", "holder_digest", "user_id", "state", "expires_at"])],
    },
    Table {
        name: "passkeys",
        purpose: Access,
        retention: WithMember,
        columns: &[(
            Member,
            &["user_id", "id", "credential_id", "party", "credential", "name", "created_at", "last_used_at"],
        )],
    },
    Table {
        name: "people",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(
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
                "orders_count",
                "revenue_minor",
                "first_order_at",
                "last_order_at",
            ],
        )],
    },
    Table {
        name: "people_counts",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "stage", "people"])],
    },
    Table {
        name: "person_states",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "number", "facts", "standing", "recent"])],
    },
    Table {
        name: "profiles",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "number", "id", "created_at", "merged_into"])],
    },
    Table {
        name: "recovery_codes",
        purpose: Access,
        retention: WithMember,
        columns: &[(Member, &["user_id", "digest"])],
    },
    Table {
        name: "rejects",
        purpose: Repair,
        retention: Newest(intake::KEPT_REJECTS),
        columns: &[(Person(AtOnce), &["workspace_id", "source_no", "id", "at", "code", "detail", "sample"])],
    },
    Table {
        name: "segment_counts",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "segment_no", "members"])],
    },
    Table {
        name: "segment_days",
        purpose: Reports,
        retention: WithShop,
        columns: &[(Figure, &["workspace_id", "segment_no", "day", "entered", "exited"])],
    },
    Table {
        name: "segment_members",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(AtOnce), &["workspace_id", "segment_no", "chunk", "members", "bits"])],
    },
    Table {
        name: "segment_revisions",
        purpose: Operation,
        retention: WithShop,
        columns: &[(Technical, &["workspace_id", "revision"])],
    },
    Table {
        name: "segments",
        purpose: Operation,
        retention: WithShop,
        columns: &[(
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
    },
    Table {
        name: "sessions",
        purpose: Access,
        retention: WithMember,
        columns: &[(
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
    },
    // "view usr_… prf_…" for an hour, "device usr_… digest" for 90 days.
    Table {
        name: "sign_in_attempts",
        purpose: Access,
        retention: For(kept_for::TRIES),
        columns: &[(Person(RunsOut), &["bucket", "tries", "last_at", "expires_at"])],
    },
    Table {
        name: "source_days",
        purpose: Reports,
        retention: WithShop,
        columns: &[(
            Figure,
            &["workspace_id", "source_no", "day", "accepted", "repeated", "rejected", "bots", "last_at"],
        )],
    },
    Table {
        name: "sources",
        purpose: Operation,
        retention: WithShop,
        columns: &[
            (Shop, &["workspace_id", "no", "id", "name", "kind", "origins", "created_at", "disabled_at", "version"]),
            (Technical, &["ingest_key", "key_digest"]),
        ],
    },
    Table {
        name: "sso_attempts",
        purpose: Access,
        retention: For(kept_for::WAYS_TO_THE_PROVIDER),
        columns: &[(
            Member,
            &["state_digest", "browser_digest", "aim", "next", "session_id", "user_id", "created_at", "expires_at"],
        )],
    },
    Table {
        name: "sso_links",
        purpose: Access,
        retention: WithMember,
        columns: &[(Member, &["issuer", "subject", "user_id", "linked_at"])],
    },
    Table {
        name: "suppressions",
        purpose: Refusals,
        retention: WithShop,
        columns: &[(Tombstone, &["workspace_id", "channel", "mark", "reason", "at"])],
    },
    // A due time and a number, deleted when it is due; nothing else leads to the number then.
    Table {
        name: "timers",
        purpose: Customers,
        retention: WithPerson,
        columns: &[(Person(RunsOut), &["workspace_id", "due_at", "number"])],
    },
    Table {
        name: "totp_seeds",
        purpose: Access,
        retention: WithMember,
        columns: &[(Member, &["user_id", "seed", "last_step", "created_at", "confirmed_at"])],
    },
    Table {
        name: "users",
        purpose: Access,
        retention: WithMember,
        columns: &[(Member, &["id", "email", "name", "password_hash", "language", "theme", "density", "created_at"])],
    },
    Table {
        name: "workspaces",
        purpose: Operation,
        retention: WithShop,
        columns: &[(
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
    },
];
