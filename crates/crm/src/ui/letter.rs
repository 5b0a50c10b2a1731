//! A letter as mail programs show it: paragraphs and one link, and nothing that is fetched.

use maud::{DOCTYPE, Markup, html};

use crate::kernel::Language;

pub fn letter(
    language: Language,
    subject: &str,
    before: &[String],
    link: Option<(&str, &str)>,
    after: &[String],
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="color-scheme" content="light dark";
                title { (subject) }
            }
            body {
                @for paragraph in before { p { (paragraph) } }
                @if let Some((label, url)) = link {
                    p { a href=(url) { strong { (label) } } }
                    p { small { (url) } }
                }
                @for paragraph in after { p { (paragraph) } }
            }
        }
    }
}
