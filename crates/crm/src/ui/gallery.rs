//! Every piece of furniture on one page, in both themes: where a new piece is looked at first.

use maud::{Markup, html};
use words::Timestamp;

use super::*;
use crate::kernel::Shown;
use crate::kernel::texts::{format_decimal, format_percent};

/// The page behind `/ui-gallery` of debug builds. Its samples are made up and stand in the language of the developers.
pub fn gallery(context: &PageContext) -> Markup {
    let head = PageHead::new(context.t("gallery-title"))
        .count(context.integer(i64::try_from(SECTIONS.len()).unwrap_or(i64::MAX)))
        .note(html! { (context.t("gallery-intro")) })
        .actions(html! { (Button::secondary("Export").icon(Icon::Download)) (Button::primary("New segment").icon(Icon::Plus)) });
    let body = html! {
        div class="gallery" {
            @for theme in ["light", "dark"] {
                div class="gallery-theme" data-theme=(theme) {
                    @for (name, sample) in SECTIONS {
                        section class="gallery-section" { h2 class="gallery-name" { (name) } (sample(context, theme)) }
                    }
                }
            }
        }
        (dialog(
            context.language,
            "sample-dialog",
            "Rename segment",
            &html! { (Field::text("segment-name", "Name").value("VIP").hint("People see this name in lists and reports.")) },
            &html! { (Button::ghost("Cancel").closes_dialog("sample-dialog")) (Button::primary("Rename")) },
        ))
    };
    page(context, &head, &body)
}

type Sample = fn(&PageContext, &str) -> Markup;

const SECTIONS: &[(&str, Sample)] = &[
    ("Buttons", buttons),
    ("Badges, avatars, keys", marks),
    ("Stats", stats),
    ("Chart", chart),
    ("Tally", figures),
    ("Tabs, filters, table", list),
    ("Fields", fields),
    ("Choices", choices),
    ("Timeline", events),
    ("Facts and code", about),
    ("Alerts and toasts", messages),
    ("Empty state", nothing),
    ("Progress", waiting),
    ("Record", record),
    ("QR code", camera_picture),
    ("Icons", icons),
];

fn camera_picture(_: &PageContext, _: &str) -> Markup {
    let squares: Vec<Vec<bool>> = (0..21).map(|y| (0..21).map(|x| (x * y + x / 3) % 2 == 0).collect()).collect();
    qr_code("A sample that means nothing", &squares)
}

fn buttons(_: &PageContext, theme: &str) -> Markup {
    let menu = format!("sample-menu-{theme}");
    html! {
        (button_row(&[
            Button::primary("Save").icon(Icon::Check),
            Button::secondary("Duplicate"),
            Button::ghost("Cancel"),
            Button::danger("Delete").icon(Icon::Trash2),
            Button::secondary("Disabled").disabled(),
        ]))
        div class="button-row" {
            (Button::primary("Small").small())
            (Button::secondary("Open dialog").small().opens_dialog("sample-dialog"))
            (Button::ghost("Refresh").small().icon_only(Icon::RefreshCw))
            (Menu::new(&menu, Button::secondary("More").small().end_icon(Icon::ChevronDown))
                .group(Some("Segment"), &[
                    MenuItem::link("Open", "#").icon(Icon::ExternalLink),
                    MenuItem::post("Duplicate", "#").icon(Icon::Copy),
                    MenuItem::link("Current choice", "#").current(true),
                ])
                .group(None, &[MenuItem::post("Delete", "#").icon(Icon::Trash2).danger()]))
        }
    }
}

fn marks(_: &PageContext, _: &str) -> Markup {
    let names = ["Neutral", "Accent", "Good", "Warning", "Bad", "New", "Loyal", "VIP", "At risk", "Dormant"];
    let people =
        ["Ana Martin", "Luc Petit", "Zoé Durand", "Karim Benali", "Mei Chen", "Sam Okafor", "Inès Moreau", "Paul"];
    html! {
        div class="button-row" { @for (tone, name) in Tone::ALL.into_iter().zip(names) { (badge(tone, name)) } }
        div class="button-row" { (dot(Tone::Good, "Live")) (dot(Tone::Warning, "Building")) (dot(Tone::Bad, "Refused")) (dot(Tone::Neutral, "Quiet")) }
        div class="button-row" { @for name in people { (avatar(name)) } (kbd(&["Ctrl", "K"])) (kbd(&["g", "p"])) }
    }
}

fn stats(context: &PageContext, _: &str) -> Markup {
    let week = [12.0, 14.0, 9.0, 18.0, 22.0, 19.0, 27.0, 25.0, 31.0];
    let percent = |ratio: f64| format_percent(ratio, 0, context.language);
    stat_row(
        context.language,
        &[
            Stat::new("Visitors today", context.integer(1284))
                .delta(Delta { direction: Direction::Up, amount: percent(0.12), tone: Tone::Good })
                .note("than yesterday")
                .chart(sparkline("Visitors of nine days, rising", &week)),
            Stat::new("Revenue", "€4,210.50")
                .delta(Delta { direction: Direction::Down, amount: percent(0.04), tone: Tone::Bad })
                .note("than yesterday")
                .chart(sparkline("Revenue of nine days", &[5.0, 6.0, 4.0, 4.5, 7.0, 6.0, 5.0, 4.0, 4.2])),
            Stat::new("Orders", "38").delta(Delta {
                direction: Direction::Same,
                amount: percent(0.0),
                tone: Tone::Neutral,
            }),
            Stat::new("New customers", "12").link("#").note("of 38 orders"),
        ],
    )
}

fn chart(context: &PageContext, _: &str) -> Markup {
    let values = [8.0, 12.0, 5.0, 19.0, 24.0, 31.0, 16.0, 22.0, 28.0, 35.0, 30.0, 41.0, 38.0, 26.0];
    let days = values.iter().enumerate().map(|(day, value)| (format!("{} Nov", day + 1), *value)).collect();
    let written = |value: f64| format_decimal(value, 0, context.language);
    BarChart::new("Orders a day, 1 to 14 November", ["Day", "Orders"], days, written).render(context.language)
}

fn figures(context: &PageContext, theme: &str) -> Markup {
    let lines =
        [("Cart left", 34, 76), ("New visitors", 24, 35), ("VIP", 0, 12)].map(|(label, entered, members)| TallyLine {
            label: label.to_owned(),
            href: Some("#".to_owned()),
            marks: if entered > 0 { badge(Tone::Good, &format!("+{entered}")) } else { Markup::default() },
            figure: context.integer(members),
        });
    panel("Movement", &Markup::default(), &tally(&format!("Segments ({theme})"), &lines))
}

fn list(context: &PageContext, theme: &str) -> Markup {
    let views =
        [("All", "12,408", true), ("Customers", "3,120", false), ("VIP", "86", false), ("At risk", "412", false)].map(
            |(label, count, is_current)| Tab {
                label: label.to_owned(),
                href: "#".to_owned(),
                count: Some(count.to_owned()),
                is_current,
            },
        );
    let chips = ["Country is France", "Orders at least 2"]
        .map(|label| FilterChip { label: label.to_owned(), remove_href: "#".to_owned() });
    let columns = vec![
        Column::text("Name").sorts("#", Sorted::Ascending),
        Column::text("Class"),
        Column::text("Email").minor(),
        Column::number("Orders").sorts("#", Sorted::No),
        Column::number("Revenue"),
        Column::text("Last seen").minor(),
    ];
    let table = Table::new(format!("People ({theme})"), columns, people_rows(context))
        .bulk(html! { (Button::secondary("Add to segment").small().icon(Icon::Layers)) })
        .pager(Pager { previous: None, next: Some("#".to_owned()), summary: Some("12,408 people".to_owned()) });
    let add = Button::ghost("Filter").small().icon(Icon::Plus).inert();
    html! {
        (tabs(&format!("Views ({theme})"), &views))
        div class="toolbar" {
            (search_field("/people", "q", &format!("Search people ({theme})"), ""))
            (filter_chips(context.language, &chips, &html! { (add) }, "#"))
        }
        (table.render(context.language))
    }
}

fn people_rows(context: &PageContext) -> Vec<Row> {
    let people = [
        ("Ana Martin", Tone::Vip, "VIP", "ana.martin@example.com", "14", "€1,234.50", 3),
        ("Luc Petit", Tone::Loyal, "Loyal", "luc@example.com", "5", "€310.00", 47),
        ("Zoé Durand", Tone::New, "New", "zoe.durand@example.org", "1", "€49.90", 240),
        ("Karim Benali", Tone::AtRisk, "At risk", "karim@example.com", "3", "€182.00", 60 * 24 * 63),
        ("Mei Chen", Tone::Dormant, "Dormant", "mei.chen@example.net", "2", "€95.20", 60 * 24 * 300),
    ];
    people
        .into_iter()
        .map(|(name, tone, class, email, orders, revenue, minutes)| {
            Row::new(vec![
                html! { (avatar(name)) (name) },
                badge(tone, class),
                html! { (email) },
                html! { (orders) },
                html! { (revenue) },
                time_ago(context, minutes_before(context, minutes)),
            ])
            .panel("#")
            .selectable(email, name)
        })
        .collect()
}

fn minutes_before(context: &PageContext, minutes: i64) -> Timestamp {
    Timestamp::from_millis(context.now.as_millis() - minutes * 60_000)
}

fn fields(context: &PageContext, theme: &str) -> Markup {
    let name = |base: &str| format!("{base}-{theme}");
    let countries = vec![("FR".to_owned(), "France".to_owned()), ("BE".to_owned(), "Belgium".to_owned())];
    html! {
        div class="form-grid" {
            (Field::text(&name("shop"), "Shop name").value("Maison Lumière").required())
            (Field::email(&name("email"), "Email").value("ana@").error(Some("write the whole address, such as ana@example.com".to_owned())))
            (Field::password(context.language, &name("password"), "Password").value("correct horse").hint("At least 12 characters.").attribute("autocomplete", "new-password"))
            (Field::select(&name("country"), "Country", countries).value("FR"))
            (Field::number(&name("count"), "Orders").value("3").optional(context.language))
            (Field::date(&name("from"), "From").value("2025-11-22"))
            (Field::date_time(&name("as-of"), "As of (Europe/Paris time)").value("2025-11-22T14:20"))
        }
        (Field::area(&name("origins"), "Origins", 3).value("https://shop.example.com").hint("One address a line."))
    }
}

fn choices(_: &PageContext, theme: &str) -> Markup {
    let card = |value: &str, label: &str, hint: &str, icon: Icon| RadioCard {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: Some(hint.to_owned()),
        icon: Some(icon),
    };
    html! {
        (radio_cards(&format!("kind-{theme}"), "Kind of key", &[
            card("ingest", "For the shop", "Adds events, reads nothing. May stand in public pages.", Icon::Globe),
            card("api", "For your servers", "Reads and writes. Keep it secret.", Icon::KeyRound),
        ], "ingest"))
        div class="choice-list" {
            (checkbox("a", "1", "Send a summary every Monday", Checked(true)))
            (checkbox("b", "1", "Include people without consent", Checked(false)))
            (switch("c", "Show visitors on the map", Checked(true)))
            (switch("d", "Quiet hours", Checked(false)))
        }
    }
}

fn events(context: &PageContext, _: &str) -> Markup {
    let item = |icon, tone, title: Markup, note: &str, minutes| TimelineItem {
        icon,
        tone,
        title,
        note: (!note.is_empty()).then(|| html! { (note) }),
        time: time_ago(context, minutes_before(context, minutes)),
        details: None,
    };
    let mut order = item(
        Icon::ShoppingBag,
        Tone::Good,
        html! { strong { "Order completed" } " €129.90" },
        "No. 10482, 2 articles",
        4,
    );
    order.details = Some(facts(&[Fact::text("Article", "Wool scarf, blue"), Fact::text("Discount", "WINTER10")]));
    timeline(&[
        TimelineDay {
            label: "Today".to_owned(),
            items: vec![
                order,
                item(Icon::ShoppingCart, Tone::Neutral, html! { strong { "Added to cart" } " Wool scarf" }, "", 9),
                item(
                    Icon::Eye,
                    Tone::Neutral,
                    html! { strong { "Viewed" } " Wool scarf, blue" },
                    "from newsletter",
                    11,
                ),
                item(
                    Icon::Layers,
                    Tone::Accent,
                    html! { strong { "Entered segment" } " VIP" },
                    "third order within 90 days",
                    12,
                ),
            ],
        },
        TimelineDay {
            label: "Yesterday".to_owned(),
            items: vec![item(
                Icon::Merge,
                Tone::Warning,
                html! { strong { "Profiles merged" } },
                "same email, rule 2",
                60 * 25,
            )],
        },
    ])
}

fn about(context: &PageContext, _: &str) -> Markup {
    let more = Button::ghost("Edit").small().icon_only(Icon::Pencil);
    html! {
        (panel("Identity", &html! { (more) }, &facts(&[
            Fact::text("Email", "ana.martin@example.com"),
            Fact::text("Phone", "+33 6 12 34 56 78"),
            Fact::new("Class", badge(Tone::Vip, "VIP")),
            Fact::text("Birthday", ""),
            Fact::new("Loyalty card", shown(context, Shown::Hidden)),
        ])))
        (code_block(context.language, "<script async src=\"https://crm.example.com/sdk.js\" data-key=\"ik_4f…\"></script>"))
    }
}

fn messages(context: &PageContext, _: &str) -> Markup {
    html! {
        (alert(Tone::Accent, "We are listening to your shop", &html! { "The first event will appear here by itself." }))
        (alert(Tone::Good, "We hear your shop", &Markup::default()))
        (alert(Tone::Warning, "Two identities disagree", &html! { "Decide which one is right on the page of the person." }))
        (alert(Tone::Bad, "The key was refused", &html! { "It was revoked on 3 Nov 2025. Create a new one." }))
        (Toast::success(context.language, "Segment saved").undo("#"))
        (Toast::error(context.language, "The segment could not be saved: the name is taken"))
    }
}

fn nothing(_: &PageContext, _: &str) -> Markup {
    html! {
        (Empty::new(Icon::Layers, "No segments yet", "A segment is a group of people that keeps itself up to date, such as “bought twice within 90 days”.")
            .action(Button::primary("New segment").icon(Icon::Plus).link("#")))
    }
}

fn waiting(context: &PageContext, _: &str) -> Markup {
    html! { (progress(context.language, "Building segment", 312_000, 500_000)) (skeleton(context.language, 3)) }
}

fn record(context: &PageContext, theme: &str) -> Markup {
    let actions = html! { (Button::secondary("Merge").small().icon(Icon::Merge)) (Button::ghost("More").small().icon_only(Icon::Ellipsis)) };
    let line = html! { (badge(Tone::Vip, "VIP")) span { "Customer since 3 Nov 2024" } };
    let known = html! { (panel("Identity", &Markup::default(), &facts(&[Fact::text("Email", "ana.martin@example.com"), Fact::text("City", "Lyon")]))) };
    let related = html! { (panel("Segments", &Markup::default(), &html! { (badge(Tone::Vip, "VIP")) " " (badge(Tone::Loyal, "Loyal")) })) };
    html! {
        (Record {
            head: Record::head(&avatar("Ana Martin"), "Ana Martin", &line, &actions),
            facts: RecordPart::new(format!("Facts ({theme})"), known),
            main: RecordPart::new(format!("Timeline ({theme})"), events(context, theme)),
            related: RecordPart::new(format!("Related ({theme})"), related),
        })
    }
}

fn icons(_: &PageContext, _: &str) -> Markup {
    html! { div class="gallery-icons" { @for picture in Icon::ALL { span class="gallery-icon" title=(picture.name()) { (icon(*picture)) } } } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kernel::texts::Language;

    fn rendered(language: Language) -> String {
        let mut context = PageContext::new(language, Timestamp::from_millis(1_763_800_000_000));
        context.user = Some(UserBadge {
            name: "Ana".to_owned(),
            email: "ana@example.com".to_owned(),
            role_label: "Owner".to_owned(),
        });
        gallery(&context).into_string()
    }

    #[test]
    fn no_page_carries_inline_style_or_script() {
        let html = rendered(Language::French);
        for forbidden in [" style=", " onclick=", " hx-on", "javascript:"] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        let inline_scripts = html.split("<script").skip(1).filter(|script| !script.starts_with(" src=")).count();
        assert_eq!(inline_scripts, 0);
    }

    #[test]
    fn every_id_stands_once() {
        let html = rendered(Language::English);
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
