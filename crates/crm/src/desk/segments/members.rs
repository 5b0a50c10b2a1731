//! The people of a segment as a table.

use maud::html;

use crate::desk::people::{person_label, revenue, row_avatar, stage_badge};
use crate::profiles::store::ListedPerson;
use crate::ui::{Column, PageContext, Pager, Row, Table, Tone, badge, dash, shown, time_ago};
use words::{Currency, Timestamp};

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

/// Somebody who was a member, and since when he is one today.
pub(super) struct MemberThen {
    /// The profile that was the person then.
    pub number: i64,
    /// The person it belongs to today.
    pub person: ListedPerson,
    pub member_since: Option<Timestamp>,
}

/// One page of those who were members. Figures of today would mislead here, so only who it is and where he stands.
pub(super) fn members_then_table(context: &PageContext, members: &[MemberThen], pager: Pager) -> maud::Markup {
    let columns = vec![
        Column::text(context.t("segment-person")),
        Column::text(context.t("segment-person-email")),
        Column::text(context.t("as-of-today")),
    ];
    let rows = members.iter().map(|member| row_then(context, member)).collect();
    Table::new(context.t("as-of-members"), columns, rows).pager(pager).render(context.language)
}

fn row_then(context: &PageContext, member: &MemberThen) -> Row {
    let person = &member.person;
    let name = person_label(context, &person.row, person.number);
    let today = match member.member_since {
        Some(since) => html! {
            (badge(Tone::Good, &context.t("as-of-still"))) " "
            span class="as-of-since" { (context.t("as-of-since")) " " (time_ago(context, since)) }
        },
        None => badge(Tone::Neutral, &context.t("as-of-gone")),
    };
    let is_merged = member.number != person.number;
    let today = html! { (today) @if is_merged { " " (badge(Tone::Neutral, &context.t("as-of-merged"))) } };
    Row::new(vec![
        html! { (row_avatar(context, &person.row)) span { (name) } },
        shown(context, person.row.email(context.sight)),
        today,
    ])
    .link(format!("/people/{}", person.id))
}

fn row(context: &PageContext, currency: Currency, person: &ListedPerson) -> Row {
    let name = person_label(context, &person.row, person.number);
    let row = &person.row;
    Row::new(vec![
        html! { (row_avatar(context, row)) span { (name) } },
        shown(context, row.email(context.sight)),
        if row.stage.is_empty() { dash() } else { stage_badge(context, &row.stage) },
        if row.last_seen_at == Timestamp::UNIX_EPOCH { dash() } else { time_ago(context, row.last_seen_at) },
        html! { (context.integer(row.orders_count)) },
        revenue(context, currency, row),
    ])
    .link(format!("/people/{}", person.id))
}
