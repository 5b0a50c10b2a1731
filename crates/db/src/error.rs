//! What can go wrong between the product and its database, by what a caller can do about it.

use thiserror::Error;

use crate::migrations::MigrationError;

/// Why a transaction or statement failed. Texts hold SQL and names of the schema, never values.
#[derive(Debug, Error)]
pub enum DbError {
    /// A row with the same key exists.
    #[error("a row with the same key exists in {table} ({constraint})")]
    Unique {
        /// The table that refused the row.
        table: String,
        /// PostgreSQL: the constraint's name. SQLite: its columns, `table.a, table.b`.
        constraint: String,
    },
    /// A row breaks a rule of the schema: a foreign key, NOT NULL or CHECK.
    #[error("a row breaks a rule of the schema: {message}")]
    Constraint { message: String },
    /// Another transaction changed what this one read, or both wait for each other: run the whole transaction again.
    #[error("another transaction was in the way; try again: {message}")]
    Conflict { message: String },
    /// More transactions wait than may: try again later.
    #[error("too many transactions wait for the database; try again later")]
    Busy,
    /// The server or file cannot be reached.
    #[error("the database cannot be reached: {message}")]
    Unavailable { message: String },
    /// The database does not take writes, or this transaction is one that only reads.
    #[error("the database is read-only here: {message}")]
    ReadOnly { message: String },
    /// No room is left on the disk.
    #[error("the database's disk is full; free some space: {message}")]
    Full { message: String },
    /// The disk failed while it was read or written: see [`crate::Db::disk_failed`].
    #[error("the disk failed under the database: {message}")]
    Disk { message: String },
    /// A column holds something other than what was asked for.
    #[error("column {column} holds {found} where {wanted} was wanted")]
    Type { column: String, wanted: &'static str, found: String },
    /// A parameter that one of the engines cannot store.
    #[error("parameter ${number} cannot be stored: {reason}")]
    Parameter { number: usize, reason: String },
    /// `query_one` met no row.
    #[error("no row where one was expected: {text}")]
    NoRow { text: String },
    /// `query_one` or `query_opt` met two rows.
    #[error("several rows where at most one was expected: {text}")]
    SeveralRows { text: String },
    /// The database refused a statement.
    #[error("{message} in: {text}")]
    Sql { text: String, message: String },
    /// A statement of this transaction failed before: it can only roll back.
    #[error("an earlier statement of this transaction failed, so it was rolled back")]
    Aborted,
    /// The transaction's closure panicked; everything it did was rolled back.
    #[error("the transaction panicked: {message}")]
    Panicked { message: String },
    /// `Db::close` was called.
    #[error("the database is closed")]
    Closed,
    /// The schema could not be brought to this program's version.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

impl DbError {
    /// Whether the same transaction, run again as a whole, may succeed without anybody acting.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Busy | Self::Unavailable { .. })
    }

    /// Whether a row with the same key exists.
    pub fn is_unique(&self) -> bool {
        matches!(self, Self::Unique { .. })
    }
}
