//! Form fields: a label, a control, a hint and an error that belong together for eyes and for screen readers.

use maud::{Markup, Render, html};

use super::button::Button;
use super::element::{Attributes, element, void_element};
use super::icon::{Icon, icon};
use crate::kernel::texts::{Language, t};

/// A field of one value.
#[derive(Debug, Clone)]
pub struct Field {
    name: String,
    label: String,
    control: Control,
    value: String,
    hint: Option<String>,
    error: Option<String>,
    optional: Option<String>,
    apart: Option<String>,
    attributes: Attributes,
}

#[derive(Debug, Clone)]
enum Control {
    Input(&'static str),
    Password(Language),
    Area { rows: u8 },
    Select(Vec<(String, String)>),
}

impl Field {
    pub fn text(name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Input("text"))
    }

    pub fn email(name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Input("email")).attribute("autocomplete", "email")
    }

    pub fn number(name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Input("number"))
    }

    pub fn date(name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Input("date"))
    }

    /// A date and a time of day, without a zone: say which one in the label.
    pub fn date_time(name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Input("datetime-local"))
    }

    /// A password with a button that shows it. Set `autocomplete` to `current-password` or `new-password`.
    pub fn password(language: Language, name: &str, label: impl Into<String>) -> Self {
        Self::of(name, label, Control::Password(language))
    }

    pub fn area(name: &str, label: impl Into<String>, rows: u8) -> Self {
        Self::of(name, label, Control::Area { rows })
    }

    /// A choice of (value, label); the one whose value is the field's is selected.
    pub fn select(name: &str, label: impl Into<String>, options: Vec<(String, String)>) -> Self {
        Self::of(name, label, Control::Select(options))
    }

    fn of(name: &str, label: impl Into<String>, control: Control) -> Self {
        Self {
            name: name.to_owned(),
            label: label.into(),
            control,
            value: String::new(),
            hint: None,
            error: None,
            optional: None,
            apart: None,
            attributes: Attributes::default(),
        }
    }

    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What to write here, before anything went wrong.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What was wrong, and what to do; `None` when nothing was.
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    pub fn required(mut self) -> Self {
        self.attributes.set_flag("required");
        self
    }

    /// Says "optional" beside the label, in forms where most fields are not.
    pub fn optional(mut self, language: Language) -> Self {
        self.optional = Some(t(language, "optional").into_owned());
        self
    }

    pub fn autofocus(mut self) -> Self {
        self.attributes.set_flag("autofocus");
        self
    }

    /// Any other attribute: `autocomplete`, `placeholder`, `min`, `hx-get`. The value is escaped.
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.set(name, value);
        self
    }

    /// Tells the field from others of its name on the same page.
    pub fn apart(mut self, mark: impl Into<String>) -> Self {
        self.apart = Some(mark.into());
        self
    }

    fn id(&self) -> String {
        match &self.apart {
            Some(mark) => format!("field-{}-{mark}", self.name),
            None => format!("field-{}", self.name),
        }
    }

    fn control(&self) -> Markup {
        let mut attributes = Attributes::default();
        attributes.set("id", self.id());
        attributes.set("name", self.name.clone());
        attributes.set("class", "input");
        if self.error.is_some() {
            attributes.set("aria-invalid", "true");
        }
        if let Some(described) = self.described_by() {
            attributes.set("aria-describedby", described);
        }
        attributes.append(&self.attributes);
        match &self.control {
            Control::Input(kind) => input(attributes, kind, &self.value),
            Control::Password(language) => password(attributes, *language, &self.value),
            Control::Area { rows } => {
                attributes.set("rows", rows.to_string());
                // The parser drops a line break right after the tag, so one is given for it to drop.
                element("textarea", &attributes, &html! { "\n" (self.value) })
            }
            Control::Select(options) => select(&attributes, options, &self.value),
        }
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id()));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.id()));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

impl Render for Field {
    fn render(&self) -> Markup {
        let id = self.id();
        html! {
            div class="field" {
                label class="field-label" for=(id) {
                    (self.label)
                    @if let Some(optional) = &self.optional { span class="field-optional" { (optional) } }
                }
                (self.control())
                @if let Some(hint) = &self.hint { p class="field-hint" id={ (id) "-hint" } { (hint) } }
                @if let Some(error) = &self.error {
                    p class="field-error" id={ (id) "-error" } { (icon(Icon::CircleAlert)) span { (error) } }
                }
            }
        }
    }
}

fn input(mut attributes: Attributes, kind: &str, value: &str) -> Markup {
    attributes.set("type", kind);
    attributes.set("value", value);
    void_element("input", &attributes)
}

fn password(attributes: Attributes, language: Language, value: &str) -> Markup {
    let show = t(language, "show-password");
    html! {
        password-field class="input-group" data-hide=(t(language, "hide-password")) data-show=(show) {
            (input(attributes, "password", value))
            (Button::ghost(show).small().icon_only(Icon::Eye).inert().attribute("aria-pressed", "false"))
        }
    }
}

fn select(attributes: &Attributes, options: &[(String, String)], selected: &str) -> Markup {
    let options = html! {
        @for (value, label) in options { option value=(value) selected[value == selected] { (label) } }
    };
    html! { span class="select" { (element("select", attributes, &options)) (icon(Icon::ChevronDown)) } }
}

/// A box to tick, with its label.
pub fn checkbox(name: &str, value: &str, label: &str, is_checked: Checked) -> Markup {
    html! {
        label class="check" {
            input type="checkbox" name=(name) value=(value) checked[is_checked.0];
            span { (label) }
        }
    }
}

/// On or off at once: for settings that apply when they are touched.
pub fn switch(name: &str, label: &str, is_on: Checked) -> Markup {
    html! {
        label class="switch" {
            input type="checkbox" role="switch" name=(name) value="on" checked[is_on.0];
            span { (label) }
        }
    }
}

/// Whether a box is ticked, so that no call reads `checkbox(…, true)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked(pub bool);

/// One of a few choices that deserve a sentence each.
#[derive(Debug, Clone)]
pub struct RadioCard {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
    pub icon: Option<Icon>,
}

/// The choices as cards, side by side where there is room.
pub fn radio_cards(name: &str, legend: &str, cards: &[RadioCard], selected: &str) -> Markup {
    html! {
        fieldset class="radio-cards" {
            legend class="field-label" { (legend) }
            div class="radio-cards-row" {
                @for card in cards {
                    label class="radio-card" {
                        input type="radio" name=(name) value=(card.value) checked[card.value == selected];
                        @if let Some(picture) = card.icon { (icon(picture)) }
                        span class="radio-card-text" {
                            span class="radio-card-label" { (card.label) }
                            @if let Some(hint) = &card.hint { span class="field-hint" { (hint) } }
                        }
                    }
                }
            }
        }
    }
}

/// A search box for the list of this page; `/` puts the cursor into it. It submits its form, or asks by itself when
/// `action` is answered by htmx.
pub fn search_field(action: &str, name: &str, label: &str, value: &str) -> Markup {
    html! {
        form class="search-field" method="get" action=(action) role="search" aria-label=(label) {
            (search_input(name, label, value))
        }
    }
}

/// A search box called `q` that narrows the list of this id while one types; `kept` goes along with the question.
pub fn live_search_field(action: &str, list: &str, label: &str, value: &str, kept: &[(&str, &str)]) -> Markup {
    let place = format!("#{list}");
    html! {
        form class="search-field" method="get" action=(action) role="search" aria-label=(label)
            hx-get=(action) hx-trigger="input delay:200ms, search, submit" hx-select=(place) hx-target=(place)
            hx-swap="morph:outerHTML" hx-sync="this:replace" hx-replace-url="true" {
            (search_input("q", label, value))
            @for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
        }
    }
}

fn search_input(name: &str, label: &str, value: &str) -> Markup {
    html! {
        (icon(Icon::Search))
        input class="input" type="search" name=(name) value=(value) placeholder=(label) aria-label=(label) data-search autocomplete="off";
    }
}
