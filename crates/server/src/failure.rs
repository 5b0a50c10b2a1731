//! Why a command ended badly, by the exit code that tells a script what to do.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Failure {
    /// The command was given something it cannot work with: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Everything else, or findings: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    pub fn usage(reason: impl std::fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    pub fn failed(reason: impl std::fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl From<db::DbError> for Failure {
    fn from(error: db::DbError) -> Self {
        Self::failed(error)
    }
}
