//! Tabs: links between views of the same thing, such as the saved views above a list.

use maud::{Markup, html};

use super::context::PageContext;

/// One view.
#[derive(Debug, Clone)]
pub struct Tab {
    pub label: String,
    pub href: String,
    /// Already formatted for the reader.
    pub count: Option<String>,
    pub is_current: bool,
}

/// The tabs in a line; they scroll sideways when the room is short.
pub fn tabs(label: &str, tabs: &[Tab]) -> Markup {
    html! {
        nav class="tabs" aria-label=(label) {
            @for tab in tabs {
                a class="tab" href=(tab.href) aria-current=[tab.is_current.then_some("page")] {
                    (tab.label)
                    @if let Some(count) = &tab.count { span class="tab-count" { (count) } }
                }
            }
        }
    }
}

/// The pages of one place as tabs, by the keys of their names; those that the reader may not open are left out.
pub fn page_tabs(
    context: &PageContext,
    label: &str,
    pages: &[(&str, &str)],
    current: &str,
    may_open: impl Fn(&str) -> bool,
) -> Markup {
    let views: Vec<Tab> = pages
        .iter()
        .filter(|(_, href)| may_open(href))
        .map(|(key, href)| Tab {
            label: context.t(key).into_owned(),
            href: (*href).to_owned(),
            count: None,
            is_current: *href == current,
        })
        .collect();
    tabs(&context.t(label), &views)
}
