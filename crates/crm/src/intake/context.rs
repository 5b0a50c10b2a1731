//! Less about the visitor: addresses cut to a network, user agents reduced to browser, system and device class.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use woothee::parser::Parser;

use crate::workspaces::ClientAddress;

/// Reduces a call's context in place; answers whether a program, not a person, made the call.
pub fn reduce_context(context: &mut Map<String, Value>, peer: ClientAddress, has_browser: bool) -> bool {
    reduce_address(context, peer, has_browser);
    reduce_user_agent(context)
}

/// `context.ip` as the client library reports it; a browser does not know its own address, so the connection's counts.
fn reduce_address(context: &mut Map<String, Value>, peer: ClientAddress, has_browser: bool) {
    let reported = match context.remove("ip") {
        Some(Value::String(text)) => text.parse::<IpAddr>().ok(),
        _ => None,
    };
    let address = reported.map(|address| ClientAddress(Some(address.to_canonical())));
    if let Some(address) = address.or(has_browser.then_some(peer)).filter(|address| address.0.is_some()) {
        context.insert("network".to_owned(), Value::from(address.network()));
    }
}

fn reduce_user_agent(context: &mut Map<String, Value>) -> bool {
    let given = context.remove("userAgent").or_else(|| context.remove("user_agent"));
    context.remove("userAgentData");
    let Some(Value::String(text)) = given else { return false };
    let Some(agent) = Parser::new().parse(&text) else { return false };
    let class = match agent.category {
        "pc" => "desktop",
        "smartphone" | "mobilephone" => "phone",
        "crawler" => "bot",
        "UNKNOWN" => "unknown",
        _ => "other",
    };
    let class = if class == "phone" && is_tablet(&text) { "tablet" } else { class };
    context.insert("client".to_owned(), json!({ "browser": agent.name, "system": agent.os, "device": class }));
    class == "bot"
}

fn is_tablet(user_agent: &str) -> bool {
    user_agent.contains("iPad") || (user_agent.contains("Android") && !user_agent.contains("Mobile"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reduced(context: Value) -> (Value, bool) {
        let Value::Object(mut context) = context else { return (Value::Null, false) };
        let peer = ClientAddress(Some("198.51.100.77".parse().unwrap()));
        let is_bot = reduce_context(&mut context, peer, true);
        (Value::Object(context), is_bot)
    }

    #[test]
    fn an_address_is_cut_before_anything_is_stored() {
        assert_eq!(reduced(json!({"ip": "203.0.113.9"})).0, json!({"network": "203.0.113.0/24"}));
        assert_eq!(reduced(json!({"ip": "2001:db8:1:2::3"})).0, json!({"network": "2001:db8:1::/48"}));
        assert_eq!(reduced(json!({})).0, json!({"network": "198.51.100.0/24"}));
        assert_eq!(reduced(json!({"ip": "nonsense"})).0, json!({"network": "198.51.100.0/24"}));
    }

    #[test]
    fn a_user_agent_becomes_browser_system_and_device_class() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        let (context, is_bot) = reduced(json!({"userAgent": agent}));
        assert_eq!(context["client"], json!({"browser": "Safari", "system": "iPhone", "device": "phone"}));
        assert!(!is_bot && context.get("userAgent").is_none());
    }

    #[test]
    fn an_obvious_bot_is_marked() {
        assert!(reduced(json!({"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})).1);
    }
}
