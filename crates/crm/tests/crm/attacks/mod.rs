//! Attacks generated from the route table: another shop's ids, another site's pages, other fields, other keys.

mod answers;
mod cookies;
mod cross_site;
mod fields;
mod masks;
mod public_key;
mod races;
mod swap;
mod tenant;
