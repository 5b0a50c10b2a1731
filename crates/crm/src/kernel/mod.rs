//! The words every slice speaks.
//!
//! An `Actor` asks, a `Permission` lets him, a `Problem` answers when something is refused. `App` carries the
//! database, time and chance to handlers and jobs. A `RouteTable` holds each route with who may call it. A `Visit` is
//! a signed-in request. Nothing here knows a slice.

mod actor;
mod app;
mod chance;
mod cursor;
mod permission;
mod problem;
mod routes;
pub mod texts;
mod visit;

pub use actor::{Actor, ActorKind};
pub use app::{App, Changed, News, Settings};
pub use chance::{Chance, Clock, day_of, day_start, random_bytes, step_of_day};
pub use cursor::{DEFAULT_PAGE_ROWS, MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor, page_rows};
pub use permission::{Permission, Role, Scope, UnknownCode};
pub use problem::{Problem, ProblemBody, corrupt};
pub use routes::{Access, Route, RouteTable};
pub use texts::Language;
pub use visit::{Shop, Visit};
