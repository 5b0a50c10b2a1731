//! The palette: one box that finds people, segments and pages from anywhere (Ctrl/⌘-K).

use maud::{Markup, html};

use super::badge::kbd;
use super::context::PageContext;
use super::icon::{Icon, icon};

/// Results of one kind.
#[derive(Debug, Clone)]
pub struct PaletteGroup {
    pub title: String,
    pub items: Vec<PaletteItem>,
}

/// One result.
#[derive(Debug, Clone)]
pub struct PaletteItem {
    pub label: String,
    /// A second word or two: the email of a person, the count of a segment.
    pub note: String,
    pub href: String,
    pub icon: Icon,
}

/// What `GET /palette?q=…` answers: groups of results, or nothing at all.
pub fn palette_results(groups: &[PaletteGroup]) -> Markup {
    html! { @for (index, found) in groups.iter().enumerate() { (group(&format!("palette-group-{index}"), found)) } }
}

fn group(id: &str, group: &PaletteGroup) -> Markup {
    html! {
        div class="palette-group" role="group" aria-labelledby=(id) {
            p class="palette-title" id=(id) { (group.title) }
            @for item in &group.items {
                a class="palette-item" role="option" tabindex="-1" aria-selected="false" href=(item.href) {
                    (icon(item.icon))
                    span class="palette-label" { (item.label) }
                    span class="palette-note" { (item.note) }
                }
            }
        }
    }
}

/// The dialog of the palette. Without a script it is a search form for people and a list of places.
pub(super) fn palette(context: &PageContext) -> Markup {
    let places = PaletteGroup {
        title: context.t("palette-go").into_owned(),
        items: context
            .places
            .iter()
            .map(|item| PaletteItem {
                label: context.t(item.label_key()).into_owned(),
                note: String::new(),
                href: item.href().to_owned(),
                icon: item.icon(),
            })
            .collect(),
    };
    html! {
        dialog class="palette" id="palette" aria-label=(context.t("palette-label")) closedby="any" {
            entente-palette {
                form class="palette-form" method="get" action="/people" role="search" {
                    (icon(Icon::Search))
                    input class="palette-input" type="search" name="q" autocomplete="off" spellcheck="false" autofocus
                        role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
                        aria-label=(context.t("palette-label")) placeholder=(context.t("palette-placeholder"));
                }
                div class="palette-list" id="palette-list" role="listbox" aria-label=(context.t("palette-label")) {
                    div class="palette-found" role="presentation" {}
                    div class="palette-places" role="presentation" { (group("palette-places", &places)) }
                }
                p class="palette-nothing" role="status" hidden { (context.t("palette-nothing")) }
                div class="palette-foot" aria-hidden="true" {
                    span { (kbd(&["↑", "↓"])) (context.t("palette-hint-move")) }
                    span { (kbd(&["↵"])) (context.t("palette-hint-open")) }
                    span { (kbd(&["Esc"])) (context.t("palette-hint-close")) }
                }
            }
        }
    }
}

/// The list of shortcuts, opened by `?`.
pub(super) fn shortcuts(context: &PageContext) -> Markup {
    let line = |keys: &[&str], label: &str| html! { div class="shortcut" { dt { (label) } dd { (kbd(keys)) } } };
    html! {
        div class="shortcuts" {
            section {
                h3 { (context.t("shortcut-group-page")) }
                dl {
                    (line(&["Ctrl", "K"], &context.t("shortcut-palette")))
                    (line(&["/"], &context.t("shortcut-search")))
                    (line(&["e"], &context.t("shortcut-edit")))
                    (line(&["Esc"], &context.t("shortcut-close")))
                    (line(&["?"], &context.t("shortcut-help")))
                }
                h3 { (context.t("shortcut-group-list")) }
                dl {
                    (line(&["j"], &context.t("shortcut-next")))
                    (line(&["k"], &context.t("shortcut-previous")))
                    (line(&["↵"], &context.t("shortcut-open")))
                }
            }
            section {
                h3 { (context.t("shortcut-group-go")) }
                dl { @for item in &context.places { (line(&["g", item.shortcut()], &context.t(item.label_key()))) } }
            }
        }
    }
}
