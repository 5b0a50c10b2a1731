//! Where a reader can go: the navigation at the left, the header with search and account.

use maud::{Markup, html};

use super::badge::{avatar, kbd};
use super::button::Button;
use super::context::{Density, PageContext, Theme};
use super::icon::{Icon, icon};
use super::menu::{Menu, MenuItem};
use crate::kernel::texts::Language;

/// A place of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NavItem {
    Home,
    Live,
    People,
    Segments,
    Sources,
    Members,
    Settings,
    Audit,
    Privacy,
}

impl NavItem {
    pub const ALL: [Self; 9] = [
        Self::Home,
        Self::Live,
        Self::People,
        Self::Segments,
        Self::Sources,
        Self::Members,
        Self::Settings,
        Self::Audit,
        Self::Privacy,
    ];

    pub fn href(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Live => "/live",
            Self::People => "/people",
            Self::Segments => "/segments",
            Self::Sources => "/sources",
            Self::Members => "/members",
            Self::Settings => "/settings",
            Self::Audit => "/audit",
            Self::Privacy => "/privacy/erasures",
        }
    }

    /// The key of its name in the locale files.
    pub fn label_key(self) -> &'static str {
        match self {
            Self::Home => "nav-home",
            Self::Live => "nav-live",
            Self::People => "nav-people",
            Self::Segments => "nav-segments",
            Self::Sources => "nav-sources",
            Self::Members => "nav-members",
            Self::Settings => "nav-general",
            Self::Audit => "nav-audit",
            Self::Privacy => "nav-privacy",
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Self::Home => Icon::House,
            Self::Live => Icon::Activity,
            Self::People => Icon::Users,
            Self::Segments => Icon::Layers,
            Self::Sources => Icon::Plug,
            Self::Members => Icon::IdCard,
            Self::Settings => Icon::Settings,
            Self::Audit => Icon::History,
            Self::Privacy => Icon::ShieldCheck,
        }
    }

    /// The key that follows `g`.
    pub fn shortcut(self) -> &'static str {
        match self {
            Self::Home => "h",
            Self::Live => "l",
            Self::People => "p",
            Self::Segments => "s",
            Self::Sources => "c",
            Self::Members => "m",
            Self::Settings => "r",
            Self::Audit => "a",
            Self::Privacy => "y",
        }
    }
}

const GROUPS: [(&str, &[NavItem]); 3] = [
    ("nav-overview", &[NavItem::Home, NavItem::Live]),
    ("nav-customers", &[NavItem::People, NavItem::Segments]),
    ("nav-settings", &[NavItem::Sources, NavItem::Members, NavItem::Settings, NavItem::Audit, NavItem::Privacy]),
];

/// The left column; on a phone it is a popover that the header's button opens.
pub(super) fn nav(context: &PageContext) -> Markup {
    html! {
        div class="nav" id="nav" popover="auto" {
            nav class="nav-groups" aria-label=(context.t("nav-label")) {
                a class="nav-shop" href="/" { (mark()) span class="nav-shop-name" { (context.shop_name) } }
                @for (title, items) in GROUPS {
                    @let shown: Vec<NavItem> = items.iter().copied().filter(|item| context.places.contains(item)).collect();
                    @if !shown.is_empty() {
                        div class="nav-group" {
                            p class="nav-title" { (context.t(title)) }
                            ul { @for item in shown { li { (entry(context, item)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn entry(context: &PageContext, item: NavItem) -> Markup {
    let current = (context.active == Some(item)).then_some("page");
    html! {
        a class="nav-item" href=(item.href()) aria-current=[current] data-shortcut={ "g " (item.shortcut()) } {
            (icon(item.icon()))
            span class="nav-item-label" { (context.t(item.label_key())) }
            span class="nav-item-keys" aria-hidden="true" { (kbd(&["g", item.shortcut()])) }
        }
    }
}

/// The product's sign: two circles that meet.
pub(super) fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" {
            rect class="mark-ground" width="32" height="32" rx="9" {}
            circle class="mark-line" cx="12.5" cy="16" r="6.5" {}
            circle class="mark-line mark-line-far" cx="19.5" cy="16" r="6.5" {}
        }
    }
}

/// The line above the page.
pub(super) fn header(context: &PageContext) -> Markup {
    html! {
        header class="header" {
            div class="header-menu" {
                (Button::ghost(context.t("nav-open")).icon_only(Icon::Menu).inert().attribute("popovertarget", "nav"))
            }
            button class="header-search" type="button" command="show-modal" commandfor="palette" aria-haspopup="dialog" {
                (icon(Icon::Search))
                span { (context.t("palette-open")) }
                span class="header-search-keys" aria-hidden="true" { (kbd(&["Ctrl", "K"])) }
            }
            div class="header-end" {
                (theme_menu(context))
                @if context.user.is_some() { (account_menu(context)) }
            }
        }
    }
}

/// Light, dark or as the device says; each line posts to `/preferences`, the script makes it happen at once.
pub(super) fn theme_menu(context: &PageContext) -> Markup {
    let items = Theme::ALL.map(|theme| {
        let (key, picture) = match theme {
            Theme::Auto => ("theme-auto", Icon::Monitor),
            Theme::Light => ("theme-light", Icon::Sun),
            Theme::Dark => ("theme-dark", Icon::Moon),
        };
        MenuItem::post_value(context.t(key), "/preferences", "theme", theme.code())
            .icon(picture)
            .current(context.theme == theme)
    });
    let languages = Language::ALL.map(|language| {
        MenuItem::post_value(language.own_name(), "/preferences", "language", language.code())
            .current(context.language == language)
    });
    let densities = Density::ALL.map(|density| {
        let key = match density {
            Density::Comfortable => "density-comfortable",
            Density::Compact => "density-compact",
        };
        MenuItem::post_value(context.t(key), "/preferences", "density", density.code())
            .current(context.density == density)
    });
    let button = Button::ghost(context.t("appearance")).icon_only(Icon::Sun);
    let mut menu = Menu::new("appearance-menu", button).group(Some(&context.t("theme")), &items);
    if context.user.is_some() {
        menu = menu.group(Some(&context.t("density")), &densities);
    }
    html! { entente-preferences { (menu.group(Some(&context.t("language")), &languages)) } }
}

fn account_menu(context: &PageContext) -> Markup {
    let Some(user) = &context.user else { return Markup::default() };
    let who = html! {
        div class="account" {
            (avatar(&user.name))
            div class="account-text" {
                span class="account-name" { (user.name) }
                span class="account-email" { (user.email) }
                span class="account-role" { (user.role_label) }
            }
        }
    };
    html! {
        div class="menu-anchor" {
            button type="button" class="account-button" popovertarget="account-menu" aria-haspopup="true" {
                span class="visually-hidden" { (context.t("account-menu")) }
                (avatar(&user.name))
            }
            div class="menu" id="account-menu" popover="auto" {
                div class="menu-group" { (who) }
                div class="menu-group" {
                    (MenuItem::link(context.t("account-open"), "/account").icon(Icon::User))
                    @if context.has_other_shops {
                        (MenuItem::link(context.t("shops-change"), "/account/shops").icon(Icon::Store))
                    }
                    (MenuItem::opens_dialog(context.t("shortcuts"), "shortcuts").icon(Icon::Keyboard))
                }
                div class="menu-group" hx-boost="false" hx-inherit="hx-boost" { (MenuItem::post(context.t("sign-out"), "/sign-out").icon(Icon::LogOut)) }
            }
        }
    }
}
