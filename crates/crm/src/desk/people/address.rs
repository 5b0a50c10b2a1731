//! The address of the list: filter, order, columns and place, so that going back, reloading and sharing work.

use engine::lifecycle::Stage;
use words::SegmentId;

use super::columns::{Columns, ShownColumn};
use super::find::Filter;
use crate::kernel::{Problem, Sight, decode_cursor, encode_cursor};
use crate::profiles::SortBy;
use crate::profiles::store::Place;

/// What the list shows.
#[derive(Clone, Debug)]
pub struct Address {
    pub filter: Filter,
    /// The condition as JSON.
    pub condition: Option<String>,
    /// The order that somebody chose.
    chosen_sort: Option<SortBy>,
    pub columns: Columns,
    pub after: Option<Place>,
    /// Where the pages before this one began, newest last: keyset pages do not know their way back.
    trail: Vec<String>,
}

/// Pages that the address remembers; the way back from further on leads there and then to the beginning.
const MAX_TRAIL: usize = 20;

/// The orders with their words in addresses.
const SORTS: [(SortBy, &str); 5] = [
    (SortBy::LastSeen, "last_seen"),
    (SortBy::Newest, "newest"),
    (SortBy::Name, "name"),
    (SortBy::Revenue, "revenue"),
    (SortBy::Orders, "orders"),
];

impl Address {
    /// Reads the query of `/people`. Unknown words fall back to the usual list: an old link still shows people. The order of
    /// names is unknown to who may not see them: it would tell how they begin.
    pub fn parse(pairs: &[(String, String)], sight: Sight) -> Result<Self, Problem> {
        let value = |name: &str| {
            pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        let chosen_sort = SORTS.iter().find(|(_, word)| value("sort") == Some(*word)).map(|(sort, _)| *sort);
        let chosen_sort = chosen_sort.filter(|sort| !(sight.is_masked() && *sort == SortBy::Name));
        Ok(Self {
            filter: filter_of(value("q"), value("segment"), value("stage"))?,
            condition: value("condition").map(str::to_owned),
            chosen_sort,
            columns: Columns::parse(pairs),
            after: value("after").map(decode_cursor).transpose()?,
            trail: value("trail").map(|trail| trail.split('.').map(str::to_owned).collect()).unwrap_or_default(),
        })
    }

    /// The order that was chosen, where it fits; else the last visit, and for those of a segment or a condition the
    /// newest first: that is how both are kept, so that a page costs its rows only.
    pub fn sort(&self) -> SortBy {
        let usual = match self.filter.segment.is_some() || self.condition.is_some() {
            true => SortBy::Newest,
            false => SortBy::LastSeen,
        };
        self.chosen_sort.filter(|sort| fits(*sort, self.filter.stage)).unwrap_or(usual)
    }

    /// The same list from its beginning, with other filters.
    pub fn with(&self, filter: Filter) -> Self {
        Self { filter, ..self.first_page() }
    }

    pub fn with_condition(&self, condition: Option<String>) -> Self {
        Self { condition, ..self.first_page() }
    }

    pub fn sorted_by(&self, sort: SortBy) -> Self {
        Self { chosen_sort: Some(sort), ..self.first_page() }
    }

    fn first_page(&self) -> Self {
        Self { after: None, trail: Vec::new(), ..self.clone() }
    }

    pub fn is_filtered(&self) -> bool {
        self.condition.is_some() || self.filter != Filter::default()
    }

    /// The page that begins after this place.
    pub fn next_page(&self, after: Place) -> Self {
        let mut trail = self.trail.clone();
        trail.extend(self.after.as_ref().map(encode_cursor));
        let forgotten = trail.len().saturating_sub(MAX_TRAIL);
        trail.drain(..forgotten);
        Self { after: Some(after), trail, ..self.clone() }
    }

    /// The page before this one; none before the first.
    pub fn previous_page(&self) -> Option<Self> {
        self.after.as_ref()?;
        let mut trail = self.trail.clone();
        let after = trail.pop().and_then(|cursor| decode_cursor(&cursor).ok());
        Some(Self { after, trail, ..self.clone() })
    }

    /// What a form must send along besides the columns that it chooses.
    pub fn kept(&self) -> Vec<(&'static str, String)> {
        let mut kept = Vec::new();
        kept.extend(self.filter.search.iter().map(|text| ("q", text.clone())));
        kept.extend(self.filter.stage.map(|stage| ("stage", stage.as_str().to_owned())));
        kept.extend(self.filter.segment.map(|id| ("segment", id.to_string())));
        kept.extend(self.condition.iter().map(|condition| ("condition", condition.clone())));
        let word = SORTS.iter().find(|(sort, _)| self.chosen_sort == Some(*sort)).map(|(_, word)| *word);
        kept.extend(word.map(|word| ("sort", word.to_owned())));
        kept
    }

    /// The same with the columns, for a form that chooses neither; without what the form itself is about.
    pub fn kept_without(&self, own: &str) -> Vec<(&'static str, String)> {
        let mut kept = self.kept();
        kept.retain(|(name, _)| *name != own);
        let columns = self.columns.chosen().unwrap_or_default();
        kept.extend(columns.iter().map(|column| ("columns", ShownColumn::code(*column).to_owned())));
        kept
    }

    pub fn href(&self) -> String {
        let mut pairs = self.kept_without("");
        if let Some(after) = &self.after {
            pairs.push(("after", encode_cursor(after)));
        }
        if !self.trail.is_empty() {
            pairs.push(("trail", self.trail.join(".")));
        }
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { "/people".to_owned() } else { format!("/people?{}", query.join("&")) }
    }
}

fn filter_of(q: Option<&str>, segment: Option<&str>, stage: Option<&str>) -> Result<Filter, Problem> {
    let segment = segment.map(|segment| segment.parse::<SegmentId>().map_err(|_| Problem::not_found("segment")));
    let stage = stage.and_then(|stage| Stage::ALL.into_iter().find(|known| known.as_str() == stage));
    Ok(Filter { stage, segment: segment.transpose()?, search: q.map(str::to_owned) })
}

/// Who has never ordered is not sorted by orders, and who has no name not by name: the list would end before it began.
fn fits(sort: SortBy, stage: Option<Stage>) -> bool {
    !matches!(
        (stage, sort),
        (Some(Stage::Visitor), SortBy::Name | SortBy::Revenue | SortBy::Orders)
            | (Some(Stage::Prospect), SortBy::Revenue | SortBy::Orders)
    )
}

/// A value of a query (RFC 3986, section 2.1).
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(pairs: &[(&str, &str)]) -> Address {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Address::parse(&pairs, Sight::Whole).unwrap()
    }

    #[test]
    fn an_address_keeps_what_was_chosen_and_nothing_else() {
        assert_eq!(parsed(&[]).href(), "/people");
        assert_eq!(parsed(&[("sort", "revenue"), ("stage", "loyal")]).href(), "/people?stage=loyal&sort=revenue");
        let all = [("condition", "{}"), ("stage", "loyal"), ("q", "Ana"), ("sort", "name")];
        assert_eq!(parsed(&all).href(), "/people?q=Ana&stage=loyal&condition=%7B%7D&sort=name");
        assert_eq!(parsed(&[("q", "Ana & Luc")]).href(), "/people?q=Ana%20%26%20Luc");
        assert_eq!(parsed(&[("columns", "email"), ("columns", "city")]).href(), "/people?columns=email&columns=city");
        assert_eq!(parsed(&[("sort", "nonsense"), ("stage", "king"), ("columns", "shoes")]).href(), "/people");
    }

    #[test]
    fn pages_lead_forward_and_back_again() {
        let place = |number| Place { value: 7, text: String::new(), number };
        let first = parsed(&[("stage", "loyal")]);
        let third = first.next_page(place(2)).next_page(place(3));
        let second = third.previous_page().unwrap();
        assert_eq!(second.href(), first.next_page(place(2)).href());
        assert_eq!(second.previous_page().unwrap().href(), first.href());
        assert!(first.previous_page().is_none());
    }

    #[test]
    fn a_stage_without_orders_is_not_sorted_by_orders() {
        assert_eq!(parsed(&[("stage", "visitor"), ("sort", "revenue")]).sort(), SortBy::LastSeen);
        assert_eq!(parsed(&[("stage", "customer"), ("sort", "revenue")]).sort(), SortBy::Revenue);
    }
}
