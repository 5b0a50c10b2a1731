//! How a shop is connected: the script tag, a client library, or a file.

use maud::{Markup, html};

use crate::intake::{Source, SourceKind};
use crate::kernel::App;
use crate::ui::{Fact, PageContext, Tab, code_block, facts, tabs};

const SNIPPET: &str = include_str!("../../../../../sdk/snippet.html");

/// The ways to bring events in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Site,
    Library,
    File,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Site, Way::Library, Way::File];

    pub fn code(self) -> &'static str {
        match self {
            Way::Site => "site",
            Way::Library => "library",
            Way::File => "file",
        }
    }

    /// The way that was asked for, else the one that suits the source.
    pub fn chosen(code: &str, kind: SourceKind) -> Self {
        let usual = match kind {
            SourceKind::Site => Way::Site,
            SourceKind::Server | SourceKind::Api => Way::Library,
            SourceKind::Import => Way::File,
        };
        Self::ALL.into_iter().find(|way| way.code() == code).unwrap_or(usual)
    }
}

/// Tabs with the ways, and what to do on the chosen one. `path` is the page they stand on.
pub fn ways(context: &PageContext, app: &App, source: &Source, way: Way, path: &str) -> Markup {
    let all = Way::ALL.map(|one| Tab {
        label: context.t(&format!("connect-{}", one.code())).into_owned(),
        href: format!("{path}?way={}", one.code()),
        count: None,
        is_current: one == way,
    });
    html! {
        div class="stack" {
            (tabs(&context.t("connect-ways"), &all))
            p { (context.t(&format!("connect-{}-text", way.code()))) }
            @match way {
                Way::Site => (code_block(context.language, &snippet(&app.settings.public_url, &source.ingest_key))),
                Way::Library => (library(context, app, source)),
                Way::File => (code_block(context.language, "entente import orders orders.csv")),
            }
        }
    }
}

/// The script tag with this installation's address and the source's key.
pub fn snippet(public_url: &str, key: &str) -> String {
    SNIPPET.trim().replace("{{origin}}", public_url).replace("{{key}}", key)
}

fn library(context: &PageContext, app: &App, source: &Source) -> Markup {
    facts(&[
        Fact::new(context.t("connect-host"), code_block(context.language, &app.settings.public_url)),
        Fact::new(context.t("connect-key"), code_block(context.language, &source.ingest_key)),
    ])
}
