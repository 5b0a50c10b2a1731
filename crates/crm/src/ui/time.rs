//! Instants as people say them, kept true by a custom element while the page stays open.

use maud::{Markup, html};
use words::Timestamp;

use super::context::PageContext;
use super::nothing::dash;
use crate::kernel::texts::format_relative;

/// "3 min ago", with the full date as a tooltip.
pub fn time_ago(context: &PageContext, instant: Timestamp) -> Markup {
    html! {
        time-ago {
            time datetime=(instant.to_string()) title=(context.date_time(instant)) {
                (format_relative(instant, context.now, context.language))
            }
        }
    }
}

/// The same of what may never have happened.
pub fn time_ago_or_dash(context: &PageContext, instant: Option<Timestamp>) -> Markup {
    instant.map_or_else(dash, |instant| time_ago(context, instant))
}
