//! The paths through the shop: which pages, products and forms a visit passes, by its purpose.

use super::catalogue::{CATEGORIES, Category, Product, products_of, search_words};
use super::diary::{Face, Purpose, Standing, Visit};
use super::order::{Line, Order, decimal, id_of, lines_value, object, product_properties};
use super::pages::Page;
use super::people::{Language, Person};
use super::random::mix;
use super::teller::{Teller, email_consent, traits_of};
use super::{DemoEvent, Shop};
use serde_json::{Map, Value};

/// All events of one visit in time order. `run` tells the past and each live run apart.
pub fn events_of(shop: &Shop, run: u64, person: &Person, visit: &Visit) -> Vec<DemoEvent> {
    let mut journey = Journey {
        shop,
        person,
        visit,
        language: person.language(),
        cart_id: format!("cart-{:010x}", mix(&[run, person.index, visit.number]) >> 24),
        teller: Teller::new(run, person, visit),
    };
    journey.go();
    journey.teller.finish()
}

struct Journey<'a> {
    shop: &'a Shop,
    person: &'a Person,
    visit: &'a Visit,
    language: Language,
    cart_id: String,
    teller: Teller<'a>,
}

impl Journey<'_> {
    fn go(&mut self) {
        match self.visit.purpose {
            Purpose::Glance => self.glance(),
            Purpose::Browse => self.browse(),
            Purpose::Search => self.search(),
            Purpose::FillCart => drop(self.fill_cart()),
            Purpose::LeaveCheckout => self.leave_checkout(),
            Purpose::SignUp => self.sign_up(),
            Purpose::JoinNewsletter => self.join_newsletter(),
            Purpose::LeaveNewsletter => self.leave_newsletter(),
            Purpose::Buy(number) => self.buy(number),
            Purpose::BuyInStore(number) => self.buy_in_store(number),
            Purpose::Refund(number) => self.refund(number),
            Purpose::Cancel(number) => self.cancel(number),
            Purpose::Crawl => self.crawl(),
        }
    }

    fn glance(&mut self) {
        self.land();
        if self.teller.random.chance(0.4) {
            self.look_at_any();
        }
    }

    fn browse(&mut self) {
        self.land();
        self.sign_in();
        for _ in 0..self.teller.random.between(1..=2) {
            let category = self.category();
            self.list(category);
            for _ in 0..self.teller.random.between(1..=2) {
                self.look_at_any();
            }
        }
    }

    fn search(&mut self) {
        self.land();
        self.sign_in();
        let words = *self.teller.random.pick(search_words(self.language));
        self.teller.open(Page::Search(words));
        self.teller.track("Products Searched", object([("query", words.into())]));
        for _ in 0..self.teller.random.between(0..=2) {
            self.look_at_any();
        }
    }

    /// Leaves the cart as it is shown at the end.
    fn fill_cart(&mut self) -> Vec<Line> {
        self.land();
        self.sign_in();
        let mut lines = self.shop.taste.lines(&mut self.teller.random, self.person);
        self.choose(&lines);
        if lines.len() > 1 && self.teller.random.chance(0.2) {
            let removed = lines.remove(0);
            self.teller.track("Product Removed", self.cart_line(removed));
        }
        self.view_cart(&lines);
        lines
    }

    fn leave_checkout(&mut self) {
        let lines = self.fill_cart();
        self.start_checkout(&lines);
    }

    fn sign_up(&mut self) {
        self.land();
        self.teller.open(Page::Account);
        self.teller.identify(traits_of(self.person, self.visit));
        self.teller.track("Signed Up", object([("method", "email".into())]));
        self.ask_for_consent(Page::Account);
    }

    fn join_newsletter(&mut self) {
        self.land();
        self.look_at_any();
        self.teller.open(Page::Newsletter);
        self.teller.identify(traits_of(self.person, self.visit));
        self.teller.track("Newsletter Subscribed", object([("list", "nouveautes".into())]));
        self.teller.track("Consent Updated", email_consent("granted", Page::Newsletter));
    }

    /// Only someone the shop knows can take back what she gave.
    fn leave_newsletter(&mut self) {
        if !self.teller.is_known() {
            return self.glance();
        }
        self.teller.open(Page::Account);
        self.teller.track("Consent Updated", email_consent("withdrawn", Page::Account));
    }

    fn buy(&mut self, number: u64) {
        let order = self.order(number);
        self.land();
        self.choose(&order.lines);
        self.view_cart(&order.lines);
        self.start_checkout(&order.lines);
        if self.visit.standing == Standing::Introduces {
            self.teller.identify(traits_of(self.person, self.visit));
            self.ask_for_consent(Page::Checkout);
        }
        if let Some(coupon) = order.coupon {
            self.teller.track(
                "Coupon Applied",
                object([("coupon_id", coupon.into()), ("discount", decimal(order.discount_cents))]),
            );
        }
        self.teller.track("Payment Info Entered", object([("payment_method", "card".into())]));
        self.teller.open(Page::Thanks);
        self.teller.track("Order Completed", order.properties(self.language));
    }

    fn buy_in_store(&mut self, number: u64) {
        let order = self.order(number);
        let mut properties = order.properties(self.language);
        properties.insert("affiliation".into(), "Boutique Paris Marais".into());
        properties.insert("channel".into(), "store".into());
        self.teller.track_on_server("Order Completed", properties);
    }

    fn refund(&mut self, number: u64) {
        let order = self.order(number);
        let (refunded_cents, lines) = order.refund();
        let properties = object([
            ("order_id", id_of(number).into()),
            ("total", decimal(refunded_cents)),
            ("currency", "EUR".into()),
            ("products", lines_value(lines, self.language)),
        ]);
        self.teller.track_on_server("Order Refunded", properties);
    }

    fn cancel(&mut self, number: u64) {
        let order = self.order(number);
        let mut properties = order.properties(self.language);
        properties.insert("reason".into(), "customer".into());
        self.teller.track_on_server("Order Cancelled", properties);
    }

    fn crawl(&mut self) {
        for _ in 0..self.teller.random.between(3..=9) {
            let product = self.shop.taste.product(&mut self.teller.random, self.person);
            self.teller.open(Page::Product(product));
        }
    }

    /// The first page of a visit.
    fn land(&mut self) {
        match self.teller.random.below(10) {
            0..=4 => self.teller.open(Page::Home),
            5..=7 => {
                let category = self.category();
                self.list(category);
            }
            _ => self.look_at_any(),
        }
    }

    /// A customer on a device that does not know her yet says who she is.
    fn sign_in(&mut self) {
        if self.visit.standing == Standing::Introduces && !self.teller.is_known() {
            self.teller.open(Page::Account);
            self.teller.identify(traits_of(self.person, self.visit));
            self.teller.track("Signed In", object([("method", "email".into())]));
        }
    }

    fn category(&mut self) -> &'static Category {
        if self.teller.random.chance(0.5) { self.person.favourite } else { self.teller.random.pick(&CATEGORIES) }
    }

    fn list(&mut self, category: &'static Category) {
        self.teller.open(Page::Category(category));
        let first: Vec<Value> = products_of(category)
            .take(4)
            .map(|product| {
                object([("product_id", product.id().into()), ("price", decimal(product.price_cents))]).into()
            })
            .collect();
        let properties =
            object([("list_id", category.id.into()), ("category", category.id.into()), ("products", first.into())]);
        self.teller.track("Product List Viewed", properties);
    }

    fn look_at_any(&mut self) {
        let product = self.shop.taste.product(&mut self.teller.random, self.person);
        self.look_at(product);
    }

    fn look_at(&mut self, product: &'static Product) {
        self.teller.open(Page::Product(product));
        self.teller.track("Product Viewed", product_properties(product, self.language));
    }

    fn choose(&mut self, lines: &[Line]) {
        for line in lines {
            self.look_at(line.product);
            self.teller.track("Product Added", self.cart_line(*line));
        }
    }

    fn cart_line(&self, line: Line) -> Map<String, Value> {
        let mut properties = product_properties(line.product, self.language);
        properties.insert("cart_id".into(), self.cart_id.as_str().into());
        properties.insert("quantity".into(), line.quantity.into());
        properties
    }

    fn view_cart(&mut self, lines: &[Line]) {
        self.teller.open(Page::Cart);
        self.teller.track("Cart Viewed", self.cart(lines));
    }

    fn start_checkout(&mut self, lines: &[Line]) {
        self.teller.open(Page::Checkout);
        self.teller.track("Checkout Started", self.cart(lines));
    }

    fn cart(&self, lines: &[Line]) -> Map<String, Value> {
        let goods_cents: i64 = lines.iter().map(|line| line.product.price_cents * line.quantity).sum();
        object([
            ("cart_id", self.cart_id.as_str().into()),
            ("value", decimal(goods_cents)),
            ("currency", "EUR".into()),
            ("products", lines_value(lines, self.language)),
        ])
    }

    fn ask_for_consent(&mut self, page: Page) {
        if self.person.wants_news && self.visit.face == Face::Own {
            self.teller.track("Consent Updated", email_consent("granted", page));
        }
    }

    fn order(&self, number: u64) -> Order {
        Order::of(self.shop.seed, number, self.person, &self.shop.taste)
    }
}
