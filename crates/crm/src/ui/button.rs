//! The button: one look whether it submits, links, or opens a dialog or a menu.

use maud::{Markup, Render, html};

use super::element::{Attributes, element};
use super::icon::{Icon, icon};

/// A button. `Button::primary("Save")` submits its form; `.link("/people")` makes it a link of the same look.
#[derive(Debug, Clone)]
pub struct Button {
    label: String,
    kind: &'static str,
    size: &'static str,
    icon: Option<Icon>,
    end_icon: Option<Icon>,
    is_label_hidden: bool,
    target: Target,
    attributes: Attributes,
}

#[derive(Debug, Clone)]
enum Target {
    Submit,
    Nothing,
    Link(String),
    Post(String),
}

impl Button {
    /// The one thing to do on this page or in this dialog.
    pub fn primary(label: impl Into<String>) -> Self {
        Self::of_kind(label, "primary")
    }

    /// Anything else that can be done.
    pub fn secondary(label: impl Into<String>) -> Self {
        Self::of_kind(label, "secondary")
    }

    /// What takes something away.
    pub fn danger(label: impl Into<String>) -> Self {
        Self::of_kind(label, "danger")
    }

    /// Quiet, for toolbars and rows.
    pub fn ghost(label: impl Into<String>) -> Self {
        Self::of_kind(label, "ghost")
    }

    fn of_kind(label: impl Into<String>, kind: &'static str) -> Self {
        Self {
            label: label.into(),
            kind,
            size: "",
            icon: None,
            end_icon: None,
            is_label_hidden: false,
            target: Target::Submit,
            attributes: Attributes::default(),
        }
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// An icon after the label, such as the arrow of a menu.
    pub fn end_icon(mut self, icon: Icon) -> Self {
        self.end_icon = Some(icon);
        self
    }

    /// Shows the icon alone; the label is still there for screen readers and as a tooltip.
    pub fn icon_only(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self.is_label_hidden = true;
        self.attributes.set("title", self.label.clone());
        self
    }

    /// 28 pixels high, for rows and toolbars.
    pub fn small(mut self) -> Self {
        self.size = " button-small";
        self
    }

    /// As wide as its container, for bare pages and phones.
    pub fn wide(mut self) -> Self {
        self.size = " button-wide";
        self
    }

    /// A link of the look of a button.
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.target = Target::Link(href.into());
        self
    }

    /// A form of its own that posts to an address.
    pub fn post(mut self, action: impl Into<String>) -> Self {
        self.target = Target::Post(action.into());
        self
    }

    /// A button that submits nothing: a script or an `hx-` attribute gives it its work.
    pub fn inert(mut self) -> Self {
        self.target = Target::Nothing;
        self
    }

    /// Opens the dialog of this id.
    pub fn opens_dialog(mut self, id: &str) -> Self {
        self.attributes.set("command", "show-modal");
        self.attributes.set("commandfor", id);
        self.attributes.set("aria-haspopup", "dialog");
        self.inert()
    }

    /// Closes the dialog of this id.
    pub fn closes_dialog(mut self, id: &str) -> Self {
        self.attributes.set("command", "close");
        self.attributes.set("commandfor", id);
        self.inert()
    }

    /// Opens the menu of this id.
    pub fn opens_menu(mut self, id: &str) -> Self {
        self.attributes.set("popovertarget", id);
        self.attributes.set("aria-haspopup", "true");
        self.inert()
    }

    /// What the form sends when this button submits it.
    pub fn value(mut self, name: &str, value: &str) -> Self {
        self.attributes.set("name", name);
        self.attributes.set("value", value);
        self
    }

    pub fn disabled(mut self) -> Self {
        self.attributes.set_flag("disabled");
        self
    }

    /// Any other attribute: `hx-get`, `data-shortcut`, `form`. The value is escaped.
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.set(name, value);
        self
    }
}

impl Render for Button {
    fn render(&self) -> Markup {
        let body = html! {
            @if let Some(picture) = self.icon { (icon(picture)) }
            span .visually-hidden[self.is_label_hidden] { (self.label) }
            @if let Some(picture) = self.end_icon { (icon(picture)) }
        };
        let shape = if self.is_label_hidden { " button-square" } else { "" };
        let mut attributes = Attributes::default();
        attributes.set("class", format!("button button-{}{}{shape}", self.kind, self.size));
        let tag = match &self.target {
            Target::Link(href) => {
                attributes.set("href", href.clone());
                "a"
            }
            Target::Nothing => {
                attributes.set("type", "button");
                "button"
            }
            Target::Submit | Target::Post(_) => {
                attributes.set("type", "submit");
                "button"
            }
        };
        attributes.append(&self.attributes);
        let button = element(tag, &attributes, &body);
        match &self.target {
            Target::Post(action) => html! { form class="button-form" method="post" action=(action) { (button) } },
            _ => button,
        }
    }
}

/// Buttons side by side, the most important one first; they wrap when the room is short.
pub fn button_row(buttons: &[Button]) -> Markup {
    html! { div class="button-row" { @for button in buttons { (button) } } }
}
