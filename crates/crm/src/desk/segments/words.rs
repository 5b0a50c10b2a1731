//! Conditions in words: as a list for reading, as one line for a chip or a tooltip.

use std::collections::HashMap;

use ::words::{Currency, SegmentId, WorkspaceId};
use db::{DbError, Tx};
use engine::condition::Condition;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::speaker::Speaker;
use crate::desk::segment_label;
use crate::kernel::Sight;
use crate::segments;
use crate::ui::PageContext;

/// What words need beside the condition: how segments are called, who reads, and in what the shop counts.
#[derive(Clone, Debug)]
pub struct SegmentNames {
    names: HashMap<SegmentId, String>,
    sight: Sight,
    currency: Option<Currency>,
}

impl SegmentNames {
    pub fn read(
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        context: &PageContext,
        currency: Currency,
    ) -> Result<Self, DbError> {
        Ok(Self::of(context, &segments::store::definitions(tx, workspace)?, currency))
    }

    pub fn of(context: &PageContext, definitions: &[segments::Definition], currency: Currency) -> Self {
        let named = |one: &segments::Definition| (one.id, segment_label(context, &one.name, one.ready_made.as_deref()));
        Self { names: definitions.iter().map(named).collect(), sight: context.sight, currency: Some(currency) }
    }

    pub(super) fn name(&self, id: SegmentId) -> Option<String> {
        self.names.get(&id).cloned()
    }

    /// How much of who people are the reader of the words sees.
    pub(super) fn sight(&self) -> Sight {
        self.sight
    }

    /// In what the shop counts.
    pub(super) fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Without a segment, which cannot refer to itself.
    pub(super) fn without(mut self, id: SegmentId) -> Self {
        self.names.remove(&id);
        self
    }

    /// As a list to choose from, by name.
    pub(super) fn choices(&self) -> Vec<Value> {
        let mut named: Vec<(&SegmentId, &String)> = self.names.iter().collect();
        named.sort_by_key(|(_, name)| ::words::fold(name));
        named.into_iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
    }
}

/// A condition as nested lists of sentences.
pub fn condition_in_words(context: &PageContext, condition: &Condition, names: &SegmentNames) -> Markup {
    let speaker = Speaker { context, names };
    match condition {
        Condition::All(parts) if parts.is_empty() => html! { (context.t("segment-words-everybody")) },
        Condition::All(parts) if parts.len() == 1 => condition_in_words(context, &parts[0], names),
        Condition::Any(parts) if parts.len() == 1 => condition_in_words(context, &parts[0], names),
        Condition::Any(parts) if parts.is_empty() => html! { (context.t("segment-words-nobody")) },
        Condition::All(parts) => group(&speaker, "segment-words-all", parts),
        Condition::Any(parts) => group(&speaker, "segment-words-any", parts),
        Condition::Not(part) => match &**part {
            Condition::Any(parts) if !parts.is_empty() => group(&speaker, "segment-words-not", parts),
            part => group(&speaker, "segment-words-not", std::slice::from_ref(part)),
        },
        leaf => html! { (speaker.leaf(leaf)) },
    }
}

fn group(speaker: &Speaker<'_>, key: &str, parts: &[Condition]) -> Markup {
    html! {
        div class="condition-words" {
            p class="condition-words-head" { (speaker.context.t(key)) }
            ul { @for part in parts { li { (condition_in_words(speaker.context, part, speaker.names)) } } }
        }
    }
}

/// A condition in one line.
pub fn condition_in_a_line(context: &PageContext, condition: &Condition, names: &SegmentNames) -> String {
    let inner = |part: &Condition| {
        let line = condition_in_a_line(context, part, names);
        let is_group = matches!(part, Condition::All(parts) | Condition::Any(parts) if parts.len() > 1);
        if is_group { format!("({line})") } else { line }
    };
    let joined = |parts: &[Condition], key: &str| {
        parts.iter().map(inner).collect::<Vec<_>>().join(&format!(" {} ", context.t(key)))
    };
    match condition {
        Condition::All(parts) if parts.is_empty() => context.t("segment-words-everybody").into_owned(),
        Condition::Any(parts) if parts.is_empty() => context.t("segment-words-nobody").into_owned(),
        Condition::All(parts) => joined(parts, "segment-words-and"),
        Condition::Any(parts) => joined(parts, "segment-words-or"),
        Condition::Not(part) => format!("{} {}", context.t("segment-words-no"), inner(part)),
        leaf => Speaker { context, names }.leaf(leaf).plain(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use words::Timestamp;

    use super::*;
    use crate::kernel::Language;

    fn said(language: Language, condition: &Value) -> String {
        let context = PageContext::new(language, Timestamp::UNIX_EPOCH);
        let names = SegmentNames { names: HashMap::new(), sight: Sight::Whole, currency: "EUR".parse().ok() };
        let condition = Condition::parse(condition).unwrap();
        condition_in_a_line(&context, &condition, &names).replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn conditions_are_said_in_both_languages() {
        let check = |condition: Value, english: &str, french: &str| {
            assert_eq!(said(Language::English, &condition), english);
            assert_eq!(said(Language::French, &condition), french);
        };
        check(json!({"all": []}), "Everybody", "Tout le monde");
        check(json!({"trait": "country", "op": "eq", "value": "FR"}), "Country is France", "Pays est France");
        check(
            json!({"metric": "revenue", "op": "gte", "value": 500}),
            "Revenue ≥ €500.00",
            "Chiffre d’affaires ≥ 500,00 €",
        );
        check(
            json!({"metric": "last_order_at", "op": "not_within_last", "value": "90d"}),
            "Last order not in the last 90 days",
            "Dernière commande pas dans les 90 derniers jours",
        );
        check(
            json!({"event": "Product Viewed", "where": [{"property": "category", "op": "in", "value": ["a", "b"]}],
                "count": {"op": "gte", "value": 3}, "within": "1w"}),
            "Product viewed at least 3 times where category is one of a, b, in the last 7 days",
            "Produit consulté au moins 3 fois où catégorie est parmi a, b, dans les 7 derniers jours",
        );
        check(
            json!({"any": [{"not": {"event": "Order Completed"}},
                {"all": [{"metric": "cart_items", "op": "gt", "value": 0}, {"trait": "email", "op": "exists"}]}]}),
            "not Order placed at least once or (Items in the cart > 0 and Email address is known)",
            "pas Commande passée au moins 1 fois ou (Articles dans le panier > 0 et Adresse e-mail existe)",
        );
    }
}
