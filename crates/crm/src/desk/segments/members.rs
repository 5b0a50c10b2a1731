//! The people of a segment as a table.

use maud::html;

use crate::desk::people::person_name;
use crate::profiles::store::ListedPerson;
use crate::ui::{Column, PageContext, Pager, Row, Table, Tone, avatar, badge, time_ago};
use words::{Currency, Money, Timestamp};

/// One page of members; `pager` leads on.
pub(super) fn members_table(
    context: &PageContext,
    currency: Currency,
    people: &[ListedPerson],
    pager: Pager,
) -> maud::Markup {
    let columns = vec![
        Column::text(context.t("segment-person")),
        Column::text(context.t("segment-person-email")).minor(),
        Column::text(context.t("segment-person-stage")),
        Column::text(context.t("segment-person-seen")).minor(),
        Column::number(context.t("segment-person-orders")),
        Column::number(context.t("segment-person-revenue")),
    ];
    let rows = people.iter().map(|person| row(context, currency, person)).collect();
    Table::new(context.t("segment-members"), columns, rows).pager(pager).render(context.language)
}

fn row(context: &PageContext, currency: Currency, person: &ListedPerson) -> Row {
    let name = person_name(context, &person.row, person.number);
    let row = &person.row;
    let dash = || html! { span class="nothing" { "—" } };
    Row::new(vec![
        html! { (avatar(&name)) span { (name) } },
        if row.email.is_empty() {
            dash()
        } else {
            html! { (row.email) }
        },
        if row.stage.is_empty() {
            dash()
        } else {
            badge(tone_of(&row.stage), &context.t(&format!("event-stage-{}", row.stage)))
        },
        if row.last_seen_at == Timestamp::UNIX_EPOCH { dash() } else { time_ago(context, row.last_seen_at) },
        html! { (context.integer(row.orders_count)) },
        html! { (context.money(Money { minor: row.revenue_minor, currency })) },
    ])
    .link(format!("/people/{}", person.id))
}

fn tone_of(stage: &str) -> Tone {
    match stage {
        "prospect" => Tone::New,
        "customer" => Tone::Good,
        "loyal" => Tone::Loyal,
        "dormant" => Tone::Dormant,
        _ => Tone::Neutral,
    }
}
