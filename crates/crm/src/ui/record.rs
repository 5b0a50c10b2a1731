//! One thing in full: facts, timeline and what is related, in three columns, two on a tablet, tabs on a phone.

use maud::{Markup, Render, html};

/// A column of a record and the name of its tab on a phone.
#[derive(Debug, Clone)]
pub struct RecordPart {
    pub label: String,
    pub body: Markup,
}

impl RecordPart {
    pub fn new(label: impl Into<String>, body: Markup) -> Self {
        Self { label: label.into(), body }
    }
}

/// A person, a company, a deal. The phone's tabs are radio buttons, so that they need no script.
#[derive(Debug, Clone)]
pub struct Record {
    /// Avatar, name, badges, actions.
    pub head: Markup,
    pub facts: RecordPart,
    pub main: RecordPart,
    pub related: RecordPart,
}

impl Record {
    /// The head of a record: picture, name as the page's heading, a line of badges or words, actions at the end.
    pub fn head(picture: &Markup, name: &str, line: &Markup, actions: &Markup) -> Markup {
        html! {
            header class="record-head" {
                (picture)
                div class="record-name" { h1 tabindex="-1" { (name) } div class="record-line" { (line) } }
                div class="record-actions" { (actions) }
            }
        }
    }
}

impl Render for Record {
    fn render(&self) -> Markup {
        // Radio buttons of one name are one choice; the name of the thing keeps two records on a page apart.
        let group = format!("record-part-{}", self.main.label);
        let parts = [("facts", &self.facts), ("main", &self.main), ("related", &self.related)];
        html! {
            article class="record" {
                (self.head)
                div class="record-tabs" {
                    @for (name, part) in parts {
                        label class="record-tab" {
                            input type="radio" name=(group) value=(name) checked[name == "main"] class="visually-hidden";
                            (part.label)
                        }
                    }
                }
                div class="record-columns" {
                    @for (name, part) in parts {
                        section class={ "record-part record-" (name) } aria-label=(part.label) { (part.body) }
                    }
                }
            }
        }
    }
}
