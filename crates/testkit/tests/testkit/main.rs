//! Real Chromium in front of the product and of a shop; and the line to a mail server.
#![allow(clippy::unwrap_used, reason = "a test ends with the first surprise")]

mod browser;
mod mail;
mod passkeys;
mod screens;
mod script_tag;
mod sdk_in_chromium;
mod shop;
mod sign_in;
