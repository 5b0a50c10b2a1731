//! The page furniture: every piece a screen is built from, as maud functions.
//!
//! Pages pass text that is already in the reader's language; pieces that format or carry words of their own take the
//! [`Language`](crate::kernel::texts::Language). Pieces with options are small builders that implement
//! [`maud::Render`], the others are functions. Nothing here writes an inline style or script: the CSP forbids them.
//! A screen that needs a new piece adds it here and to the [gallery](gallery()), which shows them all.

mod alert;
pub mod assets;
mod badge;
mod button;
mod chart;
mod context;
mod dialog;
mod element;
mod empty;
mod facts;
mod filter_chips;
mod form;
mod gallery;
mod icon;
mod letter;
mod live;
mod masked;
mod menu;
mod nav;
mod nothing;
mod page;
mod palette;
mod progress;
mod qr_code;
mod record;
mod stat;
mod table;
mod tabs;
mod tally;
mod time;
mod timeline;
mod toast;

pub use alert::alert;
pub use assets::asset_url;
pub use badge::{Tone, avatar, badge, dot, kbd, nameless_avatar};
pub use button::{Button, button_row};
pub use chart::{BarChart, sparkline};
pub use context::{Density, PageContext, Theme, UserBadge};
pub use dialog::{dialog, side_panel};
pub use empty::Empty;
pub use facts::{Fact, code_block, facts, panel};
pub use filter_chips::{FilterChip, filter_chips};
pub use form::{Checked, Field, RadioCard, checkbox, live_search_field, radio_cards, search_field, switch};
pub use gallery::gallery;
pub use icon::{Icon, icon};
pub use letter::letter;
pub use live::live_region;
pub use masked::{masked, shown};
pub use menu::{Menu, MenuItem};
pub use nav::NavItem;
pub use nothing::dash;
pub use page::{PageHead, bare_page, page};
pub use palette::{PaletteGroup, PaletteItem, palette_results};
pub use progress::{progress, skeleton};
pub use qr_code::qr_code;
pub use record::{Record, RecordPart};
pub use stat::{Delta, Direction, Stat, stat_row};
pub use table::{Column, ColumnChoice, Pager, Row, Sorted, Table, column_menu};
pub use tabs::{Tab, page_tabs, tabs};
pub use tally::{TallyLine, tally};
pub use time::{time_ago, time_ago_or_dash};
pub use timeline::{TimelineDay, TimelineItem, timeline};
pub use toast::{Toast, toast_out_of_band};
