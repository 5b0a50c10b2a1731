//! What a screen says when it has nothing to show: what the thing is for, and the one thing to do.

use maud::{Markup, Render, html};

use super::button::Button;
use super::icon::{Icon, icon};

/// An empty state.
#[derive(Debug, Clone)]
pub struct Empty {
    icon: Icon,
    title: String,
    text: String,
    action: Option<Button>,
}

impl Empty {
    pub fn new(icon: Icon, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { icon, title: title.into(), text: text.into(), action: None }
    }

    pub fn action(mut self, button: Button) -> Self {
        self.action = Some(button);
        self
    }
}

impl Render for Empty {
    fn render(&self) -> Markup {
        html! {
            div class="empty" {
                div class="empty-icon" { (icon(self.icon)) }
                h2 class="empty-title" { (self.title) }
                p class="empty-text" { (self.text) }
                @if let Some(button) = &self.action { (button) }
            }
        }
    }
}
