//! From a script tag to a live profile: a visitor's browser in a shop, and beside it a member's in front of the product.

use std::error::Error;
use std::time::{Duration, Instant};

use crate::shop::Shop;
use crm::kernel::{Language, Role};
use crm::workspaces::{self, ShopSettings};
use testkit::browser::Browser;
use testkit::member;
use testkit::running::RunningApp;

type Outcome = Result<(), Box<dyn Error>>;

/// What a visitor does, as the shop's pages say it, and how the timeline calls it.
const VISIT: [(&str, &str); 6] = [
    ("track('Products Searched', {query: 'lamp'})", "Products searched"),
    (
        "track('Product Added', {product_id: '7', name: 'Brass lamp', price: 40, quantity: 1, currency: 'EUR'})",
        "Added to cart",
    ),
    (
        "track('Cart Viewed', {products: [{product_id: '7', name: 'Brass lamp', price: 40, quantity: 1}]})",
        "Cart viewed",
    ),
    ("track('Checkout Started', {value: 40, currency: 'EUR'})", "Checkout started"),
    ("identify('c-1', {email: 'ana@example.com', first_name: 'Ana', last_name: 'Martin'})", "Identified"),
    ("track('Order Completed', {order_id: 'A-1', total: 40, currency: 'EUR'})", "Order placed"),
];

/// The snippet as the product shows it to a member who has said where his shop is.
async fn copied_snippet(member: &Browser, running: &RunningApp, shop: &Shop) -> Result<String, Box<dyn Error>> {
    member.goto(&format!("{}/welcome", running.url)).await?;
    member.fill("[name=origins]", &shop.url("")).await?;
    member.click("main form[action='/welcome/origins'] button[type=submit]").await?;
    let shown = format!("document.querySelector('main pre')?.textContent.includes('{}/sdk.js')", running.url);
    member.wait_until(&shown).await?;
    Ok(member.text("main pre").await?)
}

/// Until the member sees it, and how long that took after the visitor's act.
async fn seen(member: &Browser, css: &str, text: &str, acted: Instant) -> Result<Duration, Box<dyn Error>> {
    member.wait_for_text(css, text).await?;
    Ok(acted.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_script_tells_a_whole_visit_and_every_screen_follows_by_itself() -> Outcome {
    let Some(member) = Browser::start().await? else { return Ok(()) };
    let Some(visitor) = Browser::start().await? else { return Ok(()) };
    let running = RunningApp::start().await;
    let settings = ShopSettings::of_a_new_installation(Language::English);
    let workspace = workspaces::create_workspace(&running.app, settings).await?;
    member::sign_in(&member, &running, workspace, Role::Owner).await?;
    let shop = Shop::with_head(|_| String::new()).await;
    shop.paste(&copied_snippet(&member, &running, &shop).await?);
    let mut waits = Vec::new();

    // Who is in the shop, on which page, with what in the cart.
    member.goto(&format!("{}/live", running.url)).await?;
    visitor.goto(&shop.url("/p/7")).await?;
    visitor.wait_until("window.entente && entente.consent.open && !Array.isArray(entente)").await?;
    let acted = Instant::now();
    visitor.eval("entente.consent({analytics: true})").await?;
    waits.push(seen(&member, "main td", "Red shoes", acted).await?);
    let acted = Instant::now();
    visitor
        .eval(
            "entente.track('Product Added', {product_id: '9', name: 'Vase', price: 25, quantity: 1, currency: 'EUR'})",
        )
        .await?;
    waits.push(seen(&member, "main td", "€25.00", acted).await?);

    // His timeline, from the first page on.
    let person = member.eval("document.querySelector(\"main a[href^='/people/prf_']\").href.split('?')[0]").await?;
    let person = person.as_str().unwrap();
    member.goto(person).await?;
    member.wait_for_text(".timeline-title", "Page viewed").await?;
    for (call, title) in VISIT {
        let acted = Instant::now();
        visitor.eval(&format!("entente.{call}")).await?;
        waits.push(seen(&member, ".timeline-title", title, acted).await?);
    }
    member.goto(person).await?;
    for text in ["Ana Martin", "ana@example.com", "c-1", "A-1", "Customer"] {
        member.wait_for_text("main", text).await?;
    }
    assert_eq!(member.eval("document.querySelectorAll('.timeline-title').length > 8").await?, true);

    // The day's figures, and the rows behind one of them.
    member.goto(&format!("{}/", running.url)).await?;
    member.wait_for_text(".stat-value", "€40.00").await?;
    let acted = Instant::now();
    visitor.eval("entente.track('Order Completed', {order_id: 'A-2', total: 60, currency: 'EUR'})").await?;
    waits.push(seen(&member, ".stat-value", "€100.00", acted).await?);
    member.click("main a[href='/orders']").await?;
    member.wait_for_text("main", "A-2").await?;

    assert_eq!(visitor.console_errors().await?, [""; 0]);
    assert_eq!(member.console_errors().await?, [""; 0]);
    println!("from an act in the shop to the screen: {waits:?}");
    Ok(())
}
