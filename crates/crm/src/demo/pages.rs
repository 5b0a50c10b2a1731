//! The pages of the shop's site: their addresses and titles, in the language of whoever reads them.

use super::catalogue::{Category, Product};
use super::names::slug;
use super::people::Language;

const SITE: &str = "https://maison-lumiere.example";

/// A page of the shop.
#[derive(Debug, Clone, Copy)]
pub enum Page {
    Home,
    Category(&'static Category),
    Product(&'static Product),
    Search(&'static str),
    Cart,
    Checkout,
    Thanks,
    Account,
    Newsletter,
}

impl Page {
    /// The name that analytics calls the page by, one for each kind of page.
    pub fn name(self) -> &'static str {
        match self {
            Page::Home => "Home",
            Page::Category(_) => "Category",
            Page::Product(_) => "Product",
            Page::Search(_) => "Search",
            Page::Cart => "Cart",
            Page::Checkout => "Checkout",
            Page::Thanks => "Order Confirmation",
            Page::Account => "Account",
            Page::Newsletter => "Newsletter",
        }
    }

    pub fn title(self, language: Language) -> String {
        let subject = match self {
            Page::Home => {
                return language
                    .choose("Maison Lumière, l'art d'éclairer la maison", "Maison Lumière, light for the home")
                    .to_owned();
            }
            Page::Category(category) => category.name(language),
            Page::Product(product) => product.name(language),
            Page::Search(words) => {
                return format!("{} « {words} » | Maison Lumière", language.choose("Résultats pour", "Results for"));
            }
            Page::Cart => language.choose("Votre panier", "Your cart"),
            Page::Checkout => language.choose("Livraison et paiement", "Delivery and payment"),
            Page::Thanks => language.choose("Merci pour votre commande", "Thank you for your order"),
            Page::Account => language.choose("Votre compte", "Your account"),
            Page::Newsletter => language.choose("La lettre de la maison", "The house letter"),
        };
        format!("{subject} | Maison Lumière")
    }

    pub fn path(self, language: Language) -> String {
        let code = language.code();
        match self {
            Page::Home => format!("/{code}/"),
            Page::Category(category) => format!("/{code}/{}", slug(category.name(language))),
            Page::Product(product) => {
                format!("/{code}/{}/{}", slug(product.category.name(language)), slug(product.name(language)))
            }
            Page::Search(_) => format!("/{code}/{}", language.choose("recherche", "search")),
            Page::Cart => format!("/{code}/{}", language.choose("panier", "cart")),
            Page::Checkout => format!("/{code}/{}", language.choose("commande", "checkout")),
            Page::Thanks => format!("/{code}/{}", language.choose("commande/merci", "checkout/thank-you")),
            Page::Account => format!("/{code}/{}", language.choose("compte", "account")),
            Page::Newsletter => format!("/{code}/newsletter"),
        }
    }

    /// The query string with its question mark, empty where there is none.
    pub fn search(self) -> String {
        match self {
            Page::Search(words) => format!("?q={}", slug(words).replace('-', "+")),
            _ => String::new(),
        }
    }

    pub fn url(self, language: Language) -> String {
        format!("{SITE}{}{}", self.path(language), self.search())
    }
}
