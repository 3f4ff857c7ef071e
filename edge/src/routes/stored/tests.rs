use super::*;
use banyan_kernel::{Clock, SystemClock};
use proptest::prelude::*;
use serde_json::json;

use crate::routes::Known;
use crate::routes::outbound::Outbound;

fn known() -> Known {
    Known {
        services: ["goals".to_owned(), "gateway".to_owned()].into(),
        classes: ["api".to_owned()].into(),
        kept: ["gateway".to_owned()].into(),
    }
}

fn entry(kind: EntryKind, name: &str, definition: Value) -> StoredEntry {
    let Value::Object(definition) = definition else { panic!("not an object") };
    StoredEntry { kind, name: name.to_owned(), definition }
}

fn route(name: &str, definition: Value) -> StoredEntry {
    entry(EntryKind::Route, name, definition)
}

fn upstream(name: &str, definition: Value) -> StoredEntry {
    entry(EntryKind::Upstream, name, definition)
}

fn laid(file: &str, entries: &[StoredEntry]) -> Laid {
    let base = Arc::new(RouteFile::parse(file, &known()).unwrap());
    let candidates: Vec<Candidate> = entries.iter().map(StoredEntry::read).collect();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let kept = [("gateway".into(), "/api/v1/gateway/routes/{name}".into())];
    let judge = Judge { known: &known(), outbound: &Outbound::default(), clock: &clock, kept: &kept };
    judge.lay(&base, &candidates)
}

/// `name key: reason`
fn refused(file: &str, entries: &[StoredEntry]) -> Vec<String> {
    let refusals = laid(file, entries).refusals;
    refusals.iter().map(|refusal| format!("{} {}: {}", refusal.name, refusal.key, refusal.reason)).collect()
}

fn one(file: &str, entry: StoredEntry) -> String {
    let all = refused(file, &[entry]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

const FILE: &str = "[upstreams.legacy]\nendpoints = [\"http://127.0.0.1:1\"]\n[[routes]]\nname = \"shop\"\npath = \"/shop\"\nupstream = \"legacy\"\n";

#[test]
fn an_entry_says_what_a_file_can_say() {
    let definition = json!({
        "path": "/a/{*rest}", "hosts": ["a.example.org"], "upstream": "legacy", "priority": 5, "timeout": "5s", "strip_prefix": "/a",
        "request": { "set": { "x-a": "\"q\" \\ {host}" }, "body": { "template": { "n": 1.5, "t": true, "l": [1, { "a": "b" }] } } },
        "auth": { "scope": "a.read" }, "limit": "api", "cache": { "keep": "1m" },
    });
    let laid =
        laid(FILE, &[route("a", definition), upstream("b", json!({ "endpoints": ["http://127.0.0.1:2"], "retry": "off" }))]);
    assert_eq!(laid.refusals, []);
    let a = laid.file.routes.iter().find(|route| &*route.name == "a").unwrap();
    assert_eq!((a.declared, a.priority, a.policies.limit.as_deref()), (Declared::Api, 5, Some("api")));
    assert!(laid.file.upstream("b").is_some() && laid.file.len() == 2);
}

#[test]
fn what_is_wrong_is_named_by_its_key() {
    let cases = [
        (json!({ "path": "/a", "service": "goals", "timeout": "fast" }), "a timeout: `fast` is not a time"),
        (json!({ "path": "/a", "service": "gaols" }), "a service: names the service `gaols`"),
        (json!({ "path": "/a", "upstream": "gone" }), "a upstream: names the upstream `gone`"),
        (json!({ "path": "/a", "service": "goals", "limit": "apy" }), "a limit: names the class of limits `apy`"),
        (json!({ "path": "/a", "service": "goals", "cache": { "kep": "1m" } }), "a cache.kep: is not known here"),
        (json!({ "path": "/a", "service": "goals", "name": "b" }), "a name: is said by the address"),
        (json!({ "path": "/a", "service": "goals", "hosts": [null] }), "a hosts[0]: is null"),
        (json!({ "path": "/a" }), "a : says not who answers"),
        (json!({ "path": "/shop", "service": "goals" }), "a : answers the same requests as `shop` in line 3"),
        (
            json!({ "path": "/{*rest}", "service": "goals", "priority": 9 }),
            "a priority: answers all requests of the file's `shop`",
        ),
        (json!({ "path": "/api/{*rest}", "service": "goals", "priority": 1 }), "a path: answers `/api/v1/gateway/routes/{name}`"),
        (
            json!({ "path": "/a", "respond": { "status": 200, "body": "\u{7f}\u{1}" }, "priority": 99_999_999_999_999_999_999_f64 }),
            "a priority:",
        ),
    ];
    for (definition, expected) in cases {
        let found = one(FILE, route("a", definition.clone()));
        assert!(found.starts_with(expected), "{definition}\n{found}");
    }
    assert!(one(FILE, route("shop", json!({ "path": "/b", "service": "goals" }))).contains("file's route in line 3"));
    assert!(one("", route("strangler.x", json!({ "path": "/b", "service": "goals" }))).contains("migrations"));
    assert!(one("", route("A b", json!({ "path": "/b", "service": "goals" }))).starts_with("A b name: `A b` cannot be a name"));
}

#[test]
fn an_upstream_is_neither_a_service_nor_the_machine_itself() {
    let at = |url: &str| json!({ "endpoints": [url] });
    assert!(one("", upstream("goals", at("http://127.0.0.1:1"))).contains("name of a service"));
    assert!(one(FILE, upstream("legacy", at("http://127.0.0.1:1"))).contains("file's upstream in line 1"));
    assert!(one("", upstream("strangler-legacy", at("http://127.0.0.1:1"))).contains("migrations"));
    assert!(!one("", upstream("a", at("https://a.example"))).is_empty(), "no certificates are known here");
    assert!(one("", upstream("a", json!({ "endpoints": [] }))).starts_with("a endpoints: names no endpoint"));
    for url in [
        "http://169.254.169.254",
        "http://[fe80::1]:80",
        "http://2852039166",
        "http://[::ffff:169.254.169.254]",
        "http://0.0.0.0:1",
    ] {
        assert!(one("", upstream("a", at(url))).starts_with("a endpoints[0]: names an address that the API may not"), "{url}");
    }
    assert!(one("", upstream("a", json!({ "dns": "http://169.254.169.254:80" }))).starts_with("a dns: "));
    // A file may.
    assert!(RouteFile::parse(&FILE.replace("127.0.0.1", "169.254.169.254"), &known()).is_ok());
}

#[test]
fn what_leads_to_something_left_out_is_left_out() {
    let entries = [
        upstream("gone", json!({ "endpoints": ["http://169.254.0.1"] })),
        route("a", json!({ "path": "/a", "upstream": "gone" })),
        route("b", json!({ "path": "/b", "service": "goals" })),
    ];
    let laid = laid("", &entries);
    assert_eq!(laid.refusals.iter().map(|refusal| refusal.name.as_str()).collect::<Vec<_>>(), ["gone", "a"]);
    assert_eq!(laid.file.len(), 1);
}

#[test]
fn of_two_that_do_not_go_together_the_later_is_left_out() {
    let same = |name: &str| route(name, json!({ "path": "/x/{a}", "service": "goals" }));
    assert_eq!(
        refused("", &[same("b"), same("a")]),
        ["a : answers the same requests as `b` of the API, and none of them goes first"]
    );
    let round = |name: &str, path: &str, to: &str| route(name, json!({ "path": path, "redirect": to }));
    assert_eq!(refused("", &[round("a", "/a", "/b"), round("b", "/b", "/a")]).len(), 2);
}

#[test]
fn a_host_leaves_the_way_back() {
    let all = |hosts: Value| route("a", json!({ "path": "/{*rest}", "service": "goals", "priority": 9, "hosts": hosts }));
    assert_eq!(refused("", &[all(json!(["shop.example.org"]))]), Vec::<String>::new());
    assert_eq!(refused("", &[all(json!([]))]).len(), 1);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        "[\\x00-\\x7f]{0,8}".prop_map(Value::from),
        Just(json!("/x")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "(path|service|hosts|headers|request|set|body|endpoints|tls|split|cache|redirect|name)".prop_map(String::from),
        ".{0,6}"
    ]
}

proptest! {
    /// Whatever is stored, each entry is either there or refused, and no other one suffers.
    #[test]
    fn anything_is_taken_or_refused(definition in proptest::collection::btree_map(key(), any_json(), 0..6), is_route in any::<bool>()) {
        let kind = if is_route { EntryKind::Route } else { EntryKind::Upstream };
        let odd = StoredEntry { kind, name: "odd".to_owned(), definition: definition.into_iter().collect() };
        let good = route("good", json!({ "path": "/good", "service": "goals" }));
        let laid = laid(FILE, &[good, odd]);
        let there = laid.file.routes.iter().any(|route| &*route.name == "odd") || laid.file.upstream("odd").is_some();
        prop_assert_eq!(there, !laid.refusals.iter().any(|refusal| refusal.name == "odd"));
        prop_assert!(laid.file.routes.iter().any(|route| &*route.name == "good"));
    }

    /// A text comes out as it went in.
    #[test]
    fn texts_keep_their_characters(body in any::<String>()) {
        let laid = laid("", &[route("a", json!({ "path": "/a", "respond": { "status": 200, "body": body } }))]);
        let crate::routes::TargetEntry::Respond(respond) = &laid.file.routes[0].target else { panic!() };
        prop_assert_eq!(&respond.body[..], body.as_bytes());
    }
}
