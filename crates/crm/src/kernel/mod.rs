//! The words every slice speaks.
//!
//! An `Actor` asks, a `Permission` lets him, a `Problem` answers when something is refused. `App` carries the
//! database, time and chance to handlers and jobs. A `RouteTable` holds each route with who may call it. A `Visit` is
//! a signed-in request, a `Sight` what its sender may see of who people are. Nothing here knows a slice.

mod actor;
mod app;
mod chance;
mod cursor;
mod ending;
mod event_place;
pub mod hexed;
mod json;
mod ledger;
mod permission;
mod place_flags;
mod problem;
mod query;
mod routes;
mod sight;
mod steady_clock;
pub mod texts;
mod throttle;
mod vault;
mod visit;

pub use actor::{Actor, ActorKind};
pub use app::{App, Changed, News, Parts, Settings};
pub use chance::{Chance, Clock, day_of, day_start, random_bytes, step_of_day};
pub use cursor::{DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS, Page, PageQuery, decode_cursor, encode_cursor};
pub use ending::Ending;
pub use event_place::EventPlace;
pub use json::{parse_strict, read_json};
pub use ledger::Ledger;
pub use permission::{Permission, Role, Scope, UnknownCode};
pub use place_flags::{PlaceFlags, quoted};
pub use problem::{Problem, ProblemBody, corrupt, next_failure};
pub use query::percent_encoded;
pub use routes::{Access, Doors, Proof, Route, RouteTable};
pub use sight::{Field, Hidden, MASK, Shown, Sight};
pub use steady_clock::{Jump, Reading, SteadyClock};
pub use texts::Language;
pub use throttle::{RATES, RateClass, Throttle};
pub use vault::{BadKey, Mark, Place, Unsealable, Vault};
pub use visit::{Shop, Visit};
