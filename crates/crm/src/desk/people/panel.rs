//! A person in the side panel of a list: who he is and what he did last; the rest is on his page.

use maud::{Markup, html};
use words::Money;

use super::person::{avatar_of, name_of, status_line};
use super::sheet::Sheet;
use super::timeline::{Events, first_days};
use super::words_of::kind_word;
use crate::desk::segment_label;
use crate::ui::{Button, Fact, Icon, PageContext, Tone, badge, button_row, facts, panel, shown, side_panel};

/// Events in the panel.
const SHOWN_EVENTS: usize = 15;

pub fn panel_of(context: &PageContext, sheet: &Sheet, events: &Events) -> Markup {
    let name = name_of(context, sheet);
    let href = format!("/people/{}", sheet.profile.id);
    let body = html! {
        div class="stack" {
            div class="record-line" { (avatar_of(sheet)) (status_line(context, sheet)) }
            (button_row(&[Button::secondary(context.t("person-open")).small().icon(Icon::ArrowRight).link(&href)]))
            (facts(&known(context, sheet)))
            @if !sheet.segments.is_empty() {
                div class="badges" {
                    @for (definition, _) in &sheet.segments {
                        (badge(Tone::Neutral, &segment_label(context, &definition.name, definition.ready_made.as_deref())))
                    }
                }
            }
            (panel(&context.t("person-timeline"), &Markup::default(), &first_days(context, sheet.profile.id, events, SHOWN_EVENTS)))
        }
    };
    side_panel(context.language, &name, &href, "/people", &body)
}

fn known(context: &PageContext, sheet: &Sheet) -> Vec<Fact> {
    let told = sheet.identifiers().filter(|one| one.kind != "anonymous_id");
    let mut known: Vec<Fact> =
        told.map(|one| Fact::new(kind_word(context, one.kind), shown(context, one.value))).collect();
    let (figures, currency) = (sheet.figures(), sheet.shop.currency);
    let orders = i64::try_from(figures.orders_count).unwrap_or(i64::MAX);
    let revenue = Money { minor: sheet.sales(currency).net_minor, currency };
    known.push(Fact::text(context.t("figure-orders"), &context.integer(orders)));
    known.push(Fact::text(context.t("figure-revenue"), &context.money(revenue)));
    known
}
