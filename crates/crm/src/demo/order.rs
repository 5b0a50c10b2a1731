//! What is in an order, and what it comes to: told again from its number alone, so a refund next month knows the same
//! lines.

use super::catalogue::{PRODUCTS, Product, products_of};
use super::pages::Page;
use super::people::{Country, Kind, Language, Person};
use super::random::Random;
use super::zipf::Zipf;
use serde_json::{Map, Value, json};

/// One order; all amounts are euro cents with tax.
#[derive(Debug)]
pub struct Order {
    pub number: u64,
    pub lines: Vec<Line>,
    pub coupon: Option<&'static str>,
    pub discount_cents: i64,
    pub shipping_cents: i64,
    pub tax_cents: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub product: &'static Product,
    pub quantity: i64,
}

impl Order {
    /// The order of that number, which `person` makes.
    pub fn of(seed: u64, number: u64, person: &Person, taste: &Taste) -> Order {
        let mut random = Random::of(&[seed, number, ORDER_STREAM]);
        let lines = taste.lines(&mut random, person);
        let goods_cents: i64 = lines.iter().map(|line| line.product.price_cents * line.quantity).sum();
        let coupon = random.chance(0.18).then(|| *random.pick(&COUPONS));
        let discount_cents = coupon.map_or(0, |(_, percent)| goods_cents * percent / 100);
        let paid_cents = goods_cents - discount_cents;
        let shipping_cents = shipping_cents(person.country, paid_cents);
        let tax_percent = tax_percent(person.country);
        let tax_cents = (paid_cents + shipping_cents) * tax_percent / (100 + tax_percent);
        Order { number, lines, coupon: coupon.map(|(code, _)| code), discount_cents, shipping_cents, tax_cents }
    }

    pub fn id(&self) -> String {
        id_of(self.number)
    }

    pub fn total_cents(&self) -> i64 {
        let goods_cents: i64 = self.lines.iter().map(|line| line.product.price_cents * line.quantity).sum();
        goods_cents - self.discount_cents + self.shipping_cents
    }

    /// The properties of "Order Completed" in Segment's e-commerce specification, version 2.
    pub fn properties(&self, language: Language) -> Map<String, Value> {
        let mut properties = object([
            ("order_id", self.id().into()),
            ("checkout_id", format!("chk-{}", self.number).into()),
            ("affiliation", "maison-lumiere.example".into()),
            ("total", decimal(self.total_cents())),
            ("revenue", decimal(self.total_cents() - self.shipping_cents - self.tax_cents)),
            ("shipping", decimal(self.shipping_cents)),
            ("tax", decimal(self.tax_cents)),
            ("discount", decimal(self.discount_cents)),
            ("currency", "EUR".into()),
            ("products", lines_value(&self.lines, language)),
        ]);
        if let Some(coupon) = self.coupon {
            properties.insert("coupon".into(), coupon.into());
        }
        properties
    }

    /// What goes back: the first line of an order of several, else the whole order.
    pub fn refund(&self) -> (i64, &[Line]) {
        match self.lines.as_slice() {
            [first, _, ..] => {
                (first.product.price_cents * first.quantity * self.paid_share_percent() / 100, &self.lines[..1])
            }
            lines => (self.total_cents(), lines),
        }
    }

    fn paid_share_percent(&self) -> i64 {
        let paid_cents = self.total_cents() - self.shipping_cents;
        paid_cents * 100 / (paid_cents + self.discount_cents).max(1)
    }
}

/// The number of a person's order by its place in her history; room for 64 orders each.
pub fn number_of(person_index: u64, ordinal: u64) -> u64 {
    person_index * 64 + ordinal
}

/// Numbers of orders that happen live, apart from all of the past: one block of a billion for each of 900 seeds.
pub fn live_number(live_seed: u64, count: u64) -> u64 {
    (100 + live_seed % 900) * NUMBERS_A_BLOCK + count
}

/// The id that customers see. Within a block of a billion the numbers are shuffled one to one (3^18 has no factor in
/// common with it), so that ids do not tell who ordered.
pub fn id_of(number: u64) -> String {
    let (block, place) = (number / NUMBERS_A_BLOCK, number % NUMBERS_A_BLOCK);
    format!("LUM-{:09}", block * NUMBERS_A_BLOCK + place * 387_420_489 % NUMBERS_A_BLOCK)
}

/// What people like: a few products sell most, and each person has a favourite category.
#[derive(Debug, Clone)]
pub struct Taste {
    popularity: Zipf,
}

impl Taste {
    pub fn new() -> Self {
        Self { popularity: Zipf::new(PRODUCTS.len() as u64, 0.7) }
    }

    pub fn product(&self, random: &mut Random, person: &Person) -> &'static Product {
        if random.chance(0.45) {
            let favourites: Vec<&'static Product> = products_of(person.favourite).collect();
            return random.pick::<&'static Product>(&favourites);
        }
        // 23 and 60 have no factor in common: the ranks spread over all categories, and none is left out.
        let rank = self.popularity.draw(random) as usize;
        &PRODUCTS[(rank * 23 + 6) % PRODUCTS.len()]
    }

    /// One to five different products, in small quantities.
    pub fn lines(&self, random: &mut Random, person: &Person) -> Vec<Line> {
        let extra = if person.kind == Kind::Vip { 1.5 } else { 0.8 };
        let count = 1 + random.wait(extra).min(4.0) as usize;
        let mut lines: Vec<Line> = Vec::with_capacity(count);
        for _ in 0..count {
            let product = self.product(random, person);
            if lines.iter().all(|line| line.product.place != product.place) {
                lines.push(Line { product, quantity: *random.weighted(&[(80, 1), (15, 2), (5, 4)]) });
            }
        }
        lines
    }
}

/// The fields of a product as the specification's product events carry them.
pub fn product_properties(product: &'static Product, language: Language) -> Map<String, Value> {
    object([
        ("product_id", product.id().into()),
        ("sku", product.sku().into()),
        ("name", product.name(language).into()),
        ("category", product.category.id.into()),
        ("brand", "Maison Lumière".into()),
        ("price", decimal(product.price_cents)),
        ("currency", "EUR".into()),
        ("url", Page::Product(product).url(language).into()),
    ])
}

pub fn lines_value(lines: &[Line], language: Language) -> Value {
    let line_value = |line: &Line| {
        json!({
            "product_id": line.product.id(),
            "sku": line.product.sku(),
            "name": line.product.name(language),
            "category": line.product.category.id,
            "price": decimal(line.product.price_cents),
            "quantity": line.quantity,
            "url": Page::Product(line.product).url(language),
        })
    };
    Value::Array(lines.iter().map(line_value).collect())
}

/// Cents as the specification writes amounts: a JSON number of the currency's main unit.
pub fn decimal(cents: i64) -> Value {
    (cents as f64 / 100.0).into()
}

pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

const ORDER_STREAM: u64 = 4;
const NUMBERS_A_BLOCK: u64 = 1_000_000_000;

/// Codes with their discount in percent.
const COUPONS: [(&str, i64); 4] = [("BIENVENUE10", 10), ("LUMIERE15", 15), ("SOLDES20", 20), ("FIDELITE5", 5)];

fn shipping_cents(country: Country, paid_cents: i64) -> i64 {
    match country {
        Country::France if paid_cents >= 6_000 => 0,
        Country::France => 490,
        Country::Belgium | Country::Germany => 790,
        Country::UnitedKingdom | Country::Ireland => 1_290,
        Country::UnitedStates => 2_490,
    }
}

/// The standard rate where the parcel goes; none on exports outside the Union.
fn tax_percent(country: Country) -> i64 {
    match country {
        Country::France => 20,
        Country::Belgium => 21,
        Country::Germany => 19,
        Country::Ireland => 23,
        Country::UnitedKingdom | Country::UnitedStates => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn different_numbers_have_different_ids() {
        let past = (0..3_000).flat_map(|person| (0..64).map(move |ordinal| number_of(person, ordinal)));
        let live = (0..50_000).map(|count| live_number(3, count));
        let ids: HashSet<String> = past.chain(live).map(id_of).collect();
        assert_eq!(ids.len(), 3_000 * 64 + 50_000);
    }

    #[test]
    fn the_parts_of_an_order_add_up_and_a_refund_never_exceeds_it() {
        let taste = Taste::new();
        for number in 0..5_000 {
            let order = Order::of(1, number, &Person::of(1, number), &taste);
            let goods: i64 = order.lines.iter().map(|line| line.product.price_cents * line.quantity).sum();
            assert_eq!(order.total_cents(), goods - order.discount_cents + order.shipping_cents);
            assert!(order.tax_cents >= 0 && order.tax_cents < order.total_cents());
            assert!((1..=order.total_cents()).contains(&order.refund().0));
        }
    }
}
