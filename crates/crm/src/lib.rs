//! The product: one folder per subject, each a vertical slice (model, verbs, store, api, pages).

pub mod backups;
pub mod commerce;
pub mod consent;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod idempotency;
pub mod intake;
pub mod kernel;
pub mod leases;
pub mod outbox;
pub mod privacy;
mod product;
pub mod profiles;
pub mod segments;
pub mod stream;
pub mod ui;
pub mod web;
pub mod workspaces;

/// The schema, step by step; `db` renders each for both databases.
pub const MIGRATIONS: &[db::Step] =
    &[db::Step { version: 1, name: "house", sql: include_str!("../migrations/V01__house.sql") }];
