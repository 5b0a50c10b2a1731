//! Pages hold no inline styles and no inline scripts: the content security policy refuses both.

use super::lexer::{Token, after_closing};
use super::source::Source;
use super::{Finding, House};
use crate::rules::SCRIPT_ATTRIBUTES;

pub fn check(house: &House) -> Vec<Finding> {
    house.sources.iter().flat_map(check_source).collect()
}

fn check_source(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut at = 0;
    while at < source.tokens.len() {
        let is_markup = source.tokens[at].is_word("html")
            && source.tokens.get(at + 1).is_some_and(|token| token.is_mark('!'))
            && source.tokens.get(at + 2).is_some_and(|token| token.is_mark('{') || token.is_mark('('));
        if is_markup {
            let end = after_closing(&source.tokens, at + 2);
            findings.extend(check_markup(&source.path, &source.tokens[at + 2..end]));
            at = end;
        } else {
            at += 1;
        }
    }
    findings
}

fn check_markup(path: &str, tokens: &[Token]) -> Vec<Finding> {
    let attributes = (1..tokens.len().saturating_sub(1)).filter_map(|place| {
        let (before, token, after) = (&tokens[place - 1], &tokens[place], &tokens[place + 1]);
        let name = token.word()?;
        if name == "on" && before.is_mark('-') && place >= 2 && tokens[place - 2].is_word("hx") {
            return Some((token.line, "`hx-on` is an inline script", "listen for the event in assets/js"));
        }
        let is_compared = tokens.get(place + 2).is_some_and(|token| token.is_mark('='));
        let is_part = before.is_mark('-') || before.is_mark('.') || before.is_word("let");
        let is_attribute = after.is_mark('=') && !is_compared && !is_part;
        match name {
            "style" if is_attribute => {
                Some((token.line, "`style=` is an inline style", "give it a class in assets/css"))
            }
            _ if is_attribute && SCRIPT_ATTRIBUTES.contains(&name) => {
                Some((token.line, "an inline event handler", "listen for the event in assets/js"))
            }
            _ => None,
        }
    });
    let script_links = tokens.iter().filter(|token| token.text().is_some_and(|text| text.starts_with("javascript:")));
    let links =
        script_links.map(|token| (token.line, "a link that runs a script", "listen for the event in assets/js"));
    attributes.chain(links).map(|(line, what, remedy)| Finding::new(path, line, what, remedy)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn found(markup: &str) -> Vec<String> {
        let text = format!("fn page() -> Markup {{ html! {{ {markup} }} }}");
        places(&check(&House::of(&[("crates/crm/src/ui/page.rs", &text)])))
    }

    #[test]
    fn inline_styles_and_scripts_are_found() {
        for markup in [
            "p style=\"color: red\" { \"a\" }",
            "p style=(style) { \"a\" }",
            "button onclick=\"go()\" { \"a\" }",
            "div hx-on:click=\"go()\" {}",
            "a href=\"javascript:go()\" {}",
        ] {
            assert_eq!(found(markup).len(), 1, "{markup}");
        }
    }

    #[test]
    fn classes_data_and_hypermedia_attributes_pass() {
        for markup in [
            "p .style class=\"on\" { \"style= onclick=\" }",
            "p data-style=\"a\" hx-get=\"/a\" hx-trigger=\"click\" {}",
            "@let style = 1; (style)",
            "@if style == 1 { \"a\" }",
        ] {
            assert!(found(markup).is_empty(), "{markup}");
        }
    }

    #[test]
    fn code_outside_of_pages_may_use_the_words() {
        let house = House::of(&[("crates/crm/src/ui/page.rs", "fn f() { style = 1; onclick = 2; }")]);
        assert!(check(&house).is_empty());
    }
}
