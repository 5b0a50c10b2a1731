//! A part of a page that changes by itself.

use maud::{Markup, html};

/// The body is asked for again at `href` when the server has news of the shop, and each half minute for what time
/// alone changes. `id` is unique among all pages: morphing must not take one live part for another.
pub fn live_region(id: &str, href: &str, body: &Markup) -> Markup {
    html! {
        live-region class="live-region" id=(id) sse-connect="/events" {
            div class="stack" id={ (id) "-part" } hx-get=(href) hx-trigger="sse:changed, every 30s"
                hx-swap="morph:innerHTML" hx-target="this" { (body) }
        }
    }
}
