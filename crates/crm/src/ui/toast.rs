//! Short messages in the corner: success leaves after eight seconds with a way to undo, errors stay.

use maud::{Markup, Render, html};

use super::alert::icon_of;
use super::badge::Tone;
use super::button::Button;
use super::icon::Icon;
use crate::kernel::texts::{Language, t};

/// One message.
#[derive(Debug, Clone)]
pub struct Toast {
    tone: Tone,
    text: String,
    undo: Option<String>,
    language: Language,
}

impl Toast {
    pub fn success(language: Language, text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into(), undo: None, language }
    }

    pub fn error(language: Language, text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: text.into(), undo: None, language }
    }

    /// Adds an "Undo" button that posts to this address.
    pub fn undo(mut self, action: impl Into<String>) -> Self {
        self.undo = Some(action.into());
        self
    }
}

impl Render for Toast {
    fn render(&self) -> Markup {
        let role = if self.tone == Tone::Bad { "alert" } else { "status" };
        html! {
            entente-toast class={ "toast " (self.tone.class()) } role=(role) data-stays[self.tone == Tone::Bad] {
                (super::icon::icon(icon_of(self.tone)))
                p class="toast-text" { (self.text) }
                @if let Some(action) = &self.undo { (Button::ghost(t(self.language, "undo")).small().post(action)) }
                (Button::ghost(t(self.language, "dismiss")).small().icon_only(Icon::X).inert().attribute("data-dismiss", ""))
            }
        }
    }
}

/// A toast beside an htmx answer: it finds its own way to the corner.
pub fn toast_out_of_band(toast: &Toast) -> Markup {
    html! { div hx-swap-oob="beforeend:#toasts" { (toast) } }
}
