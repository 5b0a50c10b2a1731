//! The whole document: head, navigation, header, content, and what floats above it.

use maud::{DOCTYPE, Markup, html};

use super::assets::{asset_url, module_urls};
use super::context::PageContext;
use super::dialog::dialog;
use super::icon::{Icon, icon};
use super::nav::{header, mark, nav, theme_menu};
use super::palette::{palette, shortcuts};
use crate::kernel::texts::browser_texts;

/// The head of a page: its name, how many things it holds, where it came from, what can be done.
#[derive(Debug, Clone, Default)]
pub struct PageHead {
    title: String,
    count: Option<String>,
    note: Option<Markup>,
    back: Option<(String, String)>,
    actions: Markup,
    is_hidden: bool,
}

impl PageHead {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Already formatted for the reader.
    pub fn count(mut self, count: impl Into<String>) -> Self {
        self.count = Some(count.into());
        self
    }

    /// A sentence under the title.
    pub fn note(mut self, note: Markup) -> Self {
        self.note = Some(note);
        self
    }

    /// The list this page was opened from.
    pub fn back(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.back = Some((label.into(), href.into()));
        self
    }

    /// One primary action, and few others.
    pub fn actions(mut self, actions: Markup) -> Self {
        self.actions = actions;
        self
    }

    /// For pages that bring their own heading, such as a record; the title still names the window.
    pub fn hidden(mut self) -> Self {
        self.is_hidden = true;
        self
    }
}

/// A page of the product for somebody who is signed in.
pub fn page(context: &PageContext, page_head: &PageHead, body: &Markup) -> Markup {
    let content = html! {
        a class="skip-link" href="#main" { (context.t("skip-to-content")) }
        div class="frame" {
            (nav(context))
            div class="frame-content" {
                (header(context))
                main class="main" id="main" tabindex="-1" {
                    (back_link(context, page_head))
                    @if !page_head.is_hidden { (heading(page_head)) }
                    (body)
                }
            }
            aside class="side-panel" id="side-panel" aria-live="off" {}
        }
        (toasts(context))
        (palette(context))
        (dialog(context.language, "shortcuts", &context.t("shortcuts"), &shortcuts(context), &Markup::default()))
    };
    document(context, &page_head.title, &content)
}

/// A page with one thing on it: sign-in, set-up, an error.
pub fn bare_page(context: &PageContext, title: &str, body: &Markup) -> Markup {
    let content = html! {
        div class="bare" hx-boost="false" hx-inherit="hx-boost" {
            header class="bare-head" {
                span class="bare-brand" { (mark()) "Entente" }
                (theme_menu(context))
            }
            main class="bare-main" id="main" tabindex="-1" { h1 class="bare-title" { (title) } (body) }
        }
        (toasts(context))
    };
    document(context, title, &content)
}

fn document(context: &PageContext, title: &str, content: &Markup) -> Markup {
    let place = if context.shop_name.is_empty() { "Entente" } else { &context.shop_name };
    html! {
        (DOCTYPE)
        html lang=(context.language.code()) data-theme=(context.theme.code()) data-density=(context.density.code()) {
            head {
                meta charset="utf-8";
                title { (title) " · " (place) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX_CONFIG);
                meta name="entente-texts" content=(browser_texts(context.language));
                link rel="icon" href=(asset_url("favicon.svg")) type="image/svg+xml";
                link rel="preload" href=(asset_url("inter-latin.woff2")) as="font" type="font/woff2" crossorigin;
                link rel="stylesheet" href=(asset_url("app.css"));
                script src=(asset_url("vendor.js")) defer {}
                @for module in module_urls() { link rel="modulepreload" href=(module); }
                script src=(asset_url("js/app.js")) type="module" {}
            }
            body hx-boost="true" hx-ext="morph, sse" hx-swap="morph:innerHTML" hx-inherit="hx-boost hx-swap" { (content) }
        }
    }
}

/// htmx keeps to what the CSP allows: no evaluated text, no style element of its own, no foreign address. What an element
/// says of its own requests does not hold for what stands in it, unless `hx-inherit` says so: a link in a part that asks for
/// itself leads to a page.
const HTMX_CONFIG: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"allowScriptTags":false,"globalViewTransitions":true,"disableInheritance":true,"scrollBehavior":"instant","historyCacheSize":0,"refreshOnHistoryMiss":true,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"4(00|03|04|09|22)","swap":true,"error":false},{"code":"[45]..","swap":false,"error":true}]}"#;

fn back_link(context: &PageContext, page_head: &PageHead) -> Markup {
    let Some((label, href)) = &page_head.back else { return Markup::default() };
    let title = context.t_with("back-to", &[("place", label.as_str().into())]);
    html! { a class="back-link" href=(href) title=(title) { (icon(Icon::ChevronLeft)) (label) } }
}

fn heading(page_head: &PageHead) -> Markup {
    html! {
        header class="page-head" {
            div class="page-heading" {
                h1 class="page-title" {
                    (page_head.title)
                    @if let Some(count) = &page_head.count { " " span class="page-count" { (count) } }
                }
                @if let Some(note) = &page_head.note { p class="page-note" { (note) } }
            }
            @if !page_head.actions.0.is_empty() { div class="page-actions" { (page_head.actions) } }
        }
    }
}

fn toasts(context: &PageContext) -> Markup {
    html! { div class="toasts" id="toasts" { @for toast in &context.toasts { (toast) } } }
}
