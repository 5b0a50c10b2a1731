//! Keyset pages: a list answers `next`, the opaque place where the following page begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::problem::Problem;

/// Rows of a page when the caller does not say.
pub const DEFAULT_PAGE_ROWS: usize = 50;
/// More than this would let one request read the whole shop.
pub const MAX_PAGE_ROWS: usize = 500;

/// A page of `/api/v1`.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    pub data: Vec<T>,
    pub next: Option<String>,
}

/// What every list of `/api/v1` takes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most 500 are answered.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4294967295_i64)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// The wanted number of rows within the limits.
    pub fn rows(&self) -> usize {
        self.limit.map_or(DEFAULT_PAGE_ROWS, |rows| rows as usize).clamp(1, MAX_PAGE_ROWS)
    }

    /// Where the page begins; an empty cursor is none.
    pub fn place<T: DeserializeOwned>(&self) -> Result<Option<T>, Problem> {
        self.cursor.as_deref().filter(|cursor| !cursor.is_empty()).map(decode_cursor).transpose()
    }
}

pub fn encode_cursor<T: Serialize>(place: &T) -> String {
    // A place is made of numbers and text, which JSON always holds.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

pub fn decode_cursor<T: DeserializeOwned>(cursor: &str) -> Result<T, Problem> {
    let refused =
        || Problem::bad_request("bad_cursor", "the cursor is not one that this list gave; leave it out to start over");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    serde_json::from_slice(&bytes).map_err(|_| refused())
}
