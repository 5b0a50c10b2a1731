//! A message that stays in the page: something to know, or something that went wrong.

use maud::{Markup, html};

use super::badge::Tone;
use super::icon::{Icon, icon};

/// A boxed message with its icon; errors interrupt screen readers, others wait.
pub fn alert(tone: Tone, title: &str, body: &Markup) -> Markup {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    html! {
        div class={ "alert " (tone.class()) } role=(role) {
            (icon(icon_of(tone)))
            div class="alert-text" {
                p class="alert-title" { (title) }
                @if !body.0.is_empty() { div class="alert-body" { (body) } }
            }
        }
    }
}

/// The icon that goes with a tone, so that colour never speaks alone.
pub(super) fn icon_of(tone: Tone) -> Icon {
    match tone {
        Tone::Good => Icon::CircleCheck,
        Tone::Warning | Tone::AtRisk => Icon::TriangleAlert,
        Tone::Bad => Icon::CircleAlert,
        _ => Icon::Info,
    }
}
