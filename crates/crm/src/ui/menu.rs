//! Menus: a popover of links and buttons, which opens without a script.

use maud::{Markup, Render, html};

use super::button::Button;
use super::icon::{Icon, icon};

/// One line of a menu.
#[derive(Debug, Clone)]
pub struct MenuItem {
    label: String,
    icon: Option<Icon>,
    target: Target,
    is_danger: bool,
    is_current: bool,
}

#[derive(Debug, Clone)]
enum Target {
    Link(String),
    Post { action: String, value: Option<(String, String)> },
    Dialog(String),
}

impl MenuItem {
    pub fn link(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self::to(label, Target::Link(href.into()))
    }

    /// A line that posts to an address.
    pub fn post(label: impl Into<String>, action: impl Into<String>) -> Self {
        Self::to(label, Target::Post { action: action.into(), value: None })
    }

    /// A line that posts one value to an address.
    pub fn post_value(label: impl Into<String>, action: impl Into<String>, name: &str, value: &str) -> Self {
        let value = Some((name.to_owned(), value.to_owned()));
        Self::to(label, Target::Post { action: action.into(), value })
    }

    pub fn opens_dialog(label: impl Into<String>, id: impl Into<String>) -> Self {
        Self::to(label, Target::Dialog(id.into()))
    }

    fn to(label: impl Into<String>, target: Target) -> Self {
        Self { label: label.into(), icon: None, target, is_danger: false, is_current: false }
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Marks what takes something away.
    pub fn danger(mut self) -> Self {
        self.is_danger = true;
        self
    }

    /// Marks the choice that is in force.
    pub fn current(mut self, is_current: bool) -> Self {
        self.is_current = is_current;
        self
    }

    fn body(&self) -> Markup {
        html! {
            @if let Some(picture) = self.icon { (icon(picture)) }
            span class="menu-label" { (self.label) }
            @if self.is_current { (icon(Icon::Check)) }
        }
    }
}

impl Render for MenuItem {
    fn render(&self) -> Markup {
        let class = if self.is_danger { "menu-item menu-item-danger" } else { "menu-item" };
        let current = self.is_current.then_some("true");
        match &self.target {
            Target::Link(href) => html! { a class=(class) href=(href) aria-current=[current] { (self.body()) } },
            Target::Post { action, value } => html! {
                form method="post" action=(action) {
                    @match value {
                        Some((name, value)) => {
                            button type="submit" class=(class) name=(name) value=(value) aria-current=[current] { (self.body()) }
                        }
                        None => { button type="submit" class=(class) { (self.body()) } }
                    }
                }
            },
            Target::Dialog(id) => html! {
                button type="button" class=(class) command="show-modal" commandfor=(id) { (self.body()) }
            },
        }
    }
}

/// A button and the menu it opens.
#[derive(Debug, Clone)]
pub struct Menu {
    id: String,
    button: Button,
    groups: Vec<(Option<String>, Markup)>,
}

impl Menu {
    /// `id` must be the only one of its name on the page.
    pub fn new(id: &str, button: Button) -> Self {
        Self { id: id.to_owned(), button: button.opens_menu(id), groups: Vec::new() }
    }

    /// Lines under a title, or under none.
    pub fn group(self, title: Option<&str>, items: &[MenuItem]) -> Self {
        self.section(title, html! { @for item in items { (item) } })
    }

    /// Anything else that belongs into a menu: a form, a choice.
    pub fn section(mut self, title: Option<&str>, body: Markup) -> Self {
        self.groups.push((title.map(str::to_owned), body));
        self
    }
}

impl Render for Menu {
    fn render(&self) -> Markup {
        html! {
            div class="menu-anchor" {
                (self.button)
                div class="menu" id=(self.id) popover="auto" {
                    @for (title, body) in &self.groups {
                        div class="menu-group" {
                            @if let Some(title) = title { p class="menu-title" { (title) } }
                            (body)
                        }
                    }
                }
            }
        }
    }
}
