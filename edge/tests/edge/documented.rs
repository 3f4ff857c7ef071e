//! The example of `docs/front-door.md` is valid, and does what the page says.

use banyan_edge::{BuiltIn, Explanation, HouseRoute, ImagePage, Known, Question, RouteFile, explain};

const PAGE: &str = include_str!("../../../docs/front-door.md");

fn example() -> RouteFile {
    let text = PAGE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    RouteFile::parse(text, &Known::default()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn explained(method: &str, uri: &str, headers: &[(&'static str, &str)]) -> Explanation {
    let services = vec![HouseRoute { service: "goals".into(), pattern: "/api/v1/goals/{id}".into() }];
    let own = BuiltIn { services, version: 1, images: ImagePage::None };
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let question = Question { method: method.parse().unwrap(), uri: uri.parse().unwrap(), headers };
    explain(&example(), &own, &question)
}

#[test]
fn the_example_does_what_the_page_says() {
    for (method, uri, headers, route, forwarded) in [
        ("GET", "/anything?x=1", &[][..], "legacy", "GET upstream legacy /anything?x=1"),
        ("POST", "https://a.shop.example.org/shop/cart/7?x", &[], "shop", "POST upstream legacy /v2/cart/7?x"),
        ("GET", "https://other.example.org/shop/cart", &[], "legacy", "GET upstream legacy /shop/cart"),
        ("GET", "/api/v1/goals/7", &[], "goals-of-before", "GET upstream legacy /goals/7"),
        ("GET", "/api/goals/7", &[], "goals", "GET service goals/api/goals/7"),
        ("GET", "/find?q=x&debug=1", &[("api-version", "1")], "search-1", "GET upstream legacy /search?term=x"),
        ("GET", "/find?q=x", &[], "search-2", "GET upstream search /find?q=x"),
        ("GET", "/help/a/b", &[], "old-help", "301 to https://docs.example.org/a/b"),
        ("GET", "/beta", &[], "closed", "404 with 24 bytes"),
        ("GET", "/beta", &[("x-beta", "1")], "legacy", "GET upstream legacy /beta"),
        ("GET", "/health", &[], "door", "the door itself answers /health"),
    ] {
        let explanation = explained(method, uri, headers);
        let found = explanation.route.as_ref().map(|route| route.name.as_str());
        assert_eq!((found, explanation.forwarded.as_deref()), (Some(route), Some(forwarded)), "{method} {uri}: {explanation:#?}");
    }
}

#[test]
fn policies_are_named_in_their_order() {
    let shop = explained("GET", "https://shop.example.org/shop/x", &[]);
    assert_eq!(shop.policies, ["concurrency: 200 requests at a time, then 503", "auth: public", "body: at most 262144 bytes"]);
    let search = explained("GET", "/find", &[]);
    assert_eq!(search.policies[..2], ["cors: https://app.example.org", "auth: scope search.read"]);
    let usual = explained("GET", "/anything", &[]);
    assert_eq!(usual.policies, ["auth: user", "authorization: not passed on"]);
}

#[test]
fn who_has_no_route_is_told_why() {
    let refused = explained("DELETE", "https://shop.example.org/shop/x", &[]);
    assert_eq!(refused.route.unwrap().name, "legacy", "the general route takes what the special one does not");
    let shop = refused.considered.iter().find(|one| one.name == "shop").unwrap();
    assert_eq!(shop.misfit.as_deref(), Some("takes GET, POST"));
    let twisted = explained("GET", "/a/%2e%2e/b", &[]);
    assert!(twisted.refusal.unwrap().starts_with("400 malformed-request"));
    assert_eq!(explained("GET", "/%61nything", &[]).path, "/anything");
}

#[test]
fn every_key_of_the_page_is_read() {
    let table = PAGE.split("## What a route may say").nth(1).unwrap().split("\n\n").nth(1).unwrap();
    let keys = table.lines().skip(2).flat_map(|line| line.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2));
    let mut seen = 0;
    for key in keys {
        let text = format!("[[routes]]\nname = \"a\"\npath = \"/\"\nrespond = {{ status = 204 }}\n{key} = 1\n");
        let faults = RouteFile::parse(&text, &Known::default()).err().unwrap_or_default();
        assert!(!faults.iter().any(|fault| fault.reason.contains("is not known here")), "{key}: {faults:#?}");
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}
