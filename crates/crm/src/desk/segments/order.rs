//! Which segments a list shows, in which order, page by page: what stands in its address.

use std::collections::BTreeMap;

use serde::Deserialize;
use words::SegmentId;

use crate::desk::people::encoded;
use crate::segments::{self, Definition};
use crate::ui::Sorted;

/// Segments of one page: with thirty days of each drawn, some tens of kilobytes.
pub(super) const ROWS: usize = 50;

/// The address of a list of segments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Order {
    /// Part of a name.
    q: String,
    sort: String,
    /// The last segment of the page before.
    after: Option<SegmentId>,
}

/// What a column sorts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortKey {
    Name,
    Members,
    Today,
}

/// A segment with what it is found and sorted by.
pub(super) struct Sortable<'a> {
    pub definition: &'a Definition,
    pub name: String,
    pub members: i64,
    /// Entries and exits of today.
    pub moves: i64,
}

/// One page of those that were found.
pub(super) struct Paged<'a> {
    pub rows: Vec<Sortable<'a>>,
    pub found: usize,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl SortKey {
    const ALL: [(Self, &'static str); 3] = [(Self::Name, "name"), (Self::Members, "members"), (Self::Today, "today")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(key, _)| *key == self).map_or("", |(_, word)| word)
    }

    /// Names are looked up from A on, figures from the greatest on.
    fn first(self) -> Sorted {
        if self == Self::Name { Sorted::Ascending } else { Sorted::Descending }
    }
}

impl Order {
    pub fn searched(&self) -> &str {
        self.q.trim()
    }

    /// The word of the address: `members`, or `-members` for the other way round; empty for the usual order.
    pub fn sort_word(&self) -> &str {
        if self.chosen().is_some() { &self.sort } else { "" }
    }

    fn chosen(&self) -> Option<(SortKey, Sorted)> {
        let (word, is_turned) = self.sort.strip_prefix('-').map_or((&*self.sort, false), |word| (word, true));
        let (key, _) = SortKey::ALL.into_iter().find(|(_, known)| *known == word)?;
        let way = match (key.first(), is_turned) {
            (Sorted::Ascending, true) => Sorted::Descending,
            (Sorted::Descending, true) => Sorted::Ascending,
            (way, _) => way,
        };
        Some((key, way))
    }

    /// How a column sorts now, and the list that a click on its head leads to.
    pub fn head(&self, key: SortKey) -> (String, Sorted) {
        let now = self.chosen().filter(|(chosen, _)| *chosen == key).map_or(Sorted::No, |(_, way)| way);
        let word = if now == key.first() { format!("-{}", key.word()) } else { key.word().to_owned() };
        (Self { sort: word, after: None, ..self.clone() }.href(), now)
    }

    pub fn href(&self) -> String {
        let mut parts = Vec::new();
        if !self.searched().is_empty() {
            parts.push(format!("q={}", encoded(self.searched())));
        }
        if !self.sort_word().is_empty() {
            parts.push(format!("sort={}", self.sort_word()));
        }
        if let Some(after) = self.after {
            parts.push(format!("after={after}"));
        }
        if parts.is_empty() { "/segments".to_owned() } else { format!("/segments?{}", parts.join("&")) }
    }

    /// The page of the address. A page whose beginning was deleted meanwhile is the first one.
    pub fn page<'a>(&self, mut all: Vec<Sortable<'a>>) -> Paged<'a> {
        let wanted = words::fold(self.searched());
        all.retain(|one| words::fold(&one.name).contains(&*wanted));
        self.sort(&mut all);
        let place = self.after.and_then(|after| all.iter().position(|one| one.definition.id == after));
        let start = place.map_or(0, |place| place + 1);
        let at = |after: Option<SegmentId>| Self { after, ..self.clone() }.href();
        let before = start.checked_sub(ROWS + 1).map(|place| all[place].definition.id);
        let end = all.len().min(start + ROWS);
        let next = (end < all.len()).then(|| at(Some(all[end - 1].definition.id)));
        let previous = (start > 0).then(|| at(before));
        let found = all.len();
        Paged { rows: all.into_iter().skip(start).take(ROWS).collect(), found, previous, next }
    }

    fn sort(&self, all: &mut [Sortable<'_>]) {
        let Some((key, way)) = self.chosen() else { return sort_as_usual(all) };
        // Equal figures stay in the order of their names, whichever way the figures go.
        all.sort_by_cached_key(|one| words::fold(&one.name));
        let figure = |one: &Sortable<'_>| if key == SortKey::Today { one.moves } else { one.members };
        match (key, way) {
            (SortKey::Name, Sorted::Descending) => all.reverse(),
            (SortKey::Name, _) => {}
            (_, Sorted::Ascending) => all.sort_by_key(figure),
            _ => all.sort_by_key(|one| std::cmp::Reverse(figure(one))),
        }
    }
}

/// Own segments first, by name; then the ready-made ones in their usual order.
fn sort_as_usual(all: &mut [Sortable<'_>]) {
    let order: BTreeMap<&str, usize> =
        segments::ready_made::ALL.iter().enumerate().map(|(index, ready)| (ready.code, index)).collect();
    all.sort_by_cached_key(|one| {
        let ready_made = one.definition.ready_made.as_deref();
        (ready_made.map(|code| order.get(code).copied().unwrap_or(usize::MAX)), words::fold(&one.name))
    });
}
