use super::*;
use proptest::prelude::*;

fn known() -> Known {
    Known { services: ["goals".to_owned()].into(), classes: ["api".to_owned(), "auth".to_owned()].into(), ..Known::default() }
}

fn faults(text: &str) -> Vec<String> {
    RouteFile::parse(text, &known()).unwrap_err().iter().map(Fault::to_string).collect()
}

fn one_fault(text: &str) -> String {
    let all = faults(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

/// A route with that line added.
fn with(line: &str) -> String {
    format!(
        "[upstreams.legacy]\nendpoints = [\"http://127.0.0.1:1\"]\n[[routes]]\nname = \"a\"\npath = \"/a/{{*rest}}\"\nupstream = \"legacy\"\n{line}\n"
    )
}

#[test]
fn a_file_without_routes_is_a_file() {
    assert!(RouteFile::parse("listen = \"127.0.0.1:1\"\n[edge]\n", &known()).unwrap().is_empty());
    assert_eq!(RouteFile::parse(&with(""), &known()).unwrap().len(), 1);
}

#[test]
fn every_fault_is_named_at_once_with_place_and_remedy() {
    let text = r#"
[upstreams.Legacy]
endpoints = ["ftp://x"]
[[routes]]
nam = "shop"
path = "/shop/:id"
upstream = "legasy"
timeout = "fast"
auth = "users"
[[routes]]
name = "b"
path = "/b"
service = "gaols"
limit = "apy"
cache = { kep = "1m" }
"#;
    let all = faults(text);
    let expected = [
        "2:",
        "3:14: `upstreams.Legacy.endpoints[0]` `ftp://x` does not begin with http:// or https://",
        "4:1: `routes[0]` has no `name`",
        "5:1: `routes[0].nam` is not known here; did you mean `name`?",
        "6:8: `routes[0].path` `:id` looks like a wildcard or a regular expression; write {id}",
        "8:11: `routes[0].timeout` `fast` is not a time; write a time with its unit",
        "9:8: `routes[0].auth` `users` is not a word that it takes; did you mean `user`?",
        "10:1: `routes.b.service` names the service `gaols`, which is not there; did you mean `goals`?",
        "10:1: `routes.b.limit` names the class of limits `apy`, which is not there; did you mean `api`?",
        "15:11: `routes.b.cache.kep` is not known here; did you mean `keep`?",
    ];
    for beginning in expected {
        assert!(all.iter().any(|fault| fault.starts_with(beginning)), "{beginning}\n{all:#?}");
    }
    assert_eq!(all.len(), expected.len(), "{all:#?}");
}

#[test]
fn what_is_no_toml_has_its_lines() {
    let all = faults("[[routes]]\nname = \npath = /a\n");
    assert!(all.len() >= 2 && all[0].starts_with("2:") && all[1].starts_with("3:"), "{all:#?}");
}

#[test]
fn values_that_cannot_be_meant_are_refused() {
    for line in [
        "methods = [\"get\"]",
        "methods = [\"TRACE\"]",
        "hosts = [\"*\"]",
        "hosts = \"a\"",
        "headers = { \"a b\" = \"x\" }",
        "headers = { x-a = { equals = \"1\", prefix = \"2\" } }",
        "priority = 5000",
        "strip_prefix = \"/b\"",
        "strip_prefix = \"/a/x\"",
        "strip_prefix = \"/\"",
        "add_prefix = \"v2\"",
        "add_prefix = \"/v2/\"",
        "add_prefix = \"/v2?x\"",
        "strip_prefix = \"/a\"\nadd_prefix = \"/a\"",
        "rewrite = \"/x/{nothing}\"",
        "rewrite = \"x\"",
        "rewrite = \"/../x\"",
        "rewrite = \"/x{tenant}\"",
        "request = { set = { \"x-a\" = \"a\\r\\nx-b: 1\" } }",
        "request = { set = { host = \"x\" } }",
        "request = { set = { \"Banyan-Caller\" = \"x\" } }",
        "request = { set = { \"transfer-encoding\" = \"x\" } }",
        "request = { set = { \"x-a\" = \"{nobody}\" } }",
        "request = { body = { drop = [\"a\"] } }",
        "request = { body = { template = { a = { \"$\" = 1 } } } }",
        "request = { body = { most = \"1GiB\" } }",
        "auth = { role = \"root\" }",
        "auth = { role = \"user\", scope = \"a\" }",
        "auth = { scope = \"a b\" }",
        "auth = true",
        "timeout = 5",
        "timeout = \"2d\"",
        "retry = { tries = 50 }",
        "cors = { origins = [\"*\"] }",
        "cors = { origins = [] }",
        "concurrency = 0",
        "version = 0",
        "deprecated = \"soon\"",
        "sunset = \"2030-01-01\"\nretired = \"2029-01-01\"",
        "deprecation_link = \"https://a>b\"",
        "service = \"goals\"",
        "host = \"a b\"",
    ] {
        assert!(!faults(&with(line)).is_empty(), "{line}");
    }
}

#[test]
fn a_redirect_leads_only_where_it_says() {
    let redirect = |to: &str| format!("[[routes]]\nname = \"a\"\npath = \"/a/{{*rest}}\"\nredirect = \"{to}\"\n");
    for good in
        ["/b/{rest}", "https://shop.example.org/{rest}", "https://{host}/b/{rest}", "{scheme}://www.example.org/", "/b?from=a"]
    {
        assert!(RouteFile::parse(&redirect(good), &known()).is_ok(), "{good}");
    }
    for bad in [
        "{rest}",
        "//evil.example/{rest}",
        "https://{rest}",
        "https://shop.example.org{rest}",
        "https://",
        "b",
        "javascript:1",
        "/{path}",
        "/b c",
    ] {
        assert!(RouteFile::parse(&redirect(bad), &known()).is_err(), "{bad}");
    }
}

#[test]
fn redirects_that_go_round_are_found() {
    let two = |first: &str, second: &str| {
        format!(
            "[[routes]]\nname = \"a\"\npath = \"/a/{{*r}}\"\nredirect = \"{first}\"\n[[routes]]\nname = \"b\"\npath = \"/b/{{*r}}\"\nredirect = \"{second}\"\n"
        )
    };
    assert_eq!(faults(&two("/b/{r}", "/a/{r}")).len(), 2);
    assert_eq!(faults(&two("/a/new/{r}", "/c")).len(), 1, "longer with each step");
    assert!(RouteFile::parse(&two("/b/{r}", "/c"), &known()).is_ok());
    let upgrade = "[[routes]]\nname = \"a\"\npath = \"/{*r}\"\nscheme = \"http\"\nredirect = \"https://{host}/{r}\"\n";
    assert!(RouteFile::parse(upgrade, &known()).is_ok());
    assert!(one_fault(&upgrade.replace("scheme = \"http\"\n", "")).contains("leads, step by step, to itself"));
    let elsewhere = "[[routes]]\nname = \"a\"\npath = \"/{*r}\"\nredirect = \"https://www.example.org/{r}\"\n";
    assert!(RouteFile::parse(elsewhere, &known()).is_ok(), "as far as the file knows that is elsewhere");
}

#[test]
fn routes_that_compete_or_are_never_reached_are_found() {
    let route = |name: &str, more: &str| format!("[[routes]]\nname = \"{name}\"\nservice = \"goals\"\n{more}\n");
    let both = |one: &str, two: &str| RouteFile::parse(&(route("one", one) + &route("two", two)), &known());
    let path = "path = \"/a/{x}\"\n";
    let error = both(path, "path = \"/a/{y}\"").unwrap_err();
    assert!(error[0].reason.contains("the same requests as `one` in line 1"), "{error:?}");
    assert!(both(&format!("{path}headers = {{ x-a = \"1\" }}"), &format!("{path}headers = {{ x-b = \"1\" }}")).is_err());
    for (one, two) in [
        ("headers = { x-a = \"1\" }", "headers = { x-a = \"2\" }"),
        ("methods = [\"GET\"]", "methods = [\"POST\"]"),
        ("version = 1", "version = 2"),
        ("priority = 1\nmethods = [\"GET\"]", ""),
        ("hosts = [\"a.example\"]", "hosts = [\"b.example\"]"),
        ("hosts = [\"a.example\"]", ""),
        ("query = { a = { present = true } }", ""),
    ] {
        assert!(both(&format!("{path}{one}"), &format!("{path}{two}")).is_ok(), "{one} | {two}");
    }
    let hidden = both("path = \"/{*rest}\"\npriority = 1", "path = \"/a/b\"\nmethods = [\"GET\"]").unwrap_err();
    assert!(hidden[0].reason.contains("never reached: `one` in line 1"), "{hidden:?}");
    assert!(both("path = \"/{*rest}\"\npriority = 1\nmethods = [\"PUT\"]", "path = \"/a/b\"").is_ok());
    assert!(one_fault(&route("probe", "path = \"/health\"")).contains("which the door answers itself"));
}

#[test]
fn an_upstream_is_private_unless_said_otherwise() {
    let access = |line: &str| RouteFile::parse(&with(line), &known()).unwrap().routes[0].policies.access.to_string();
    assert_eq!(access(""), "user");
    assert_eq!(access("auth = \"public\""), "public");
    assert_eq!(access("auth = { role = \"coach\" }"), "role coach");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read_without_panic(text in "(\\[\\[routes\\]\\]\n|\\[upstreams\\.[a-z]{1,3}\\]\n|[a-z_]{2,10} = |\"[^\"\n]{0,12}\"\n|[{}\\[\\],=.\"0-9-]|\n|auth|path = \"/[a-z{}*]{0,6}\"\n|name = \"[a-z]\"\n|PLACE){0,30}") {
        match RouteFile::parse(&text, &known()) {
            Ok(_) => {}
            Err(faults) => {
                let lines = text.lines().count() + 1;
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!((1..=lines).contains(&fault.line) && fault.column > 0, "{fault} in {text:?}");
                    prop_assert!(!fault.reason.is_empty() && !fault.remedy.is_empty());
                }
            }
        }
    }

    /// A valid file with one value exchanged is either valid or refused, and nothing else.
    #[test]
    fn any_value_is_read_without_panic(key in 0..24_usize, value in "(\"[ -~é]{0,20}\"|-?[0-9]{1,20}|true|\\[\\]|\\{\\}|\\[\"a\", 1\\]|\\{ a = \"b\" \\}|1979-05-27)") {
        const KEYS: [&str; 24] = [
            "hosts", "methods", "headers", "query", "scheme", "priority", "strip_prefix", "add_prefix", "rewrite", "query_rewrite",
            "request", "response", "authorization", "host", "limit", "timeout", "retry", "cache", "cors", "concurrency", "body_limit",
            "version", "deprecated", "deprecation_link",
        ];
        let _ = RouteFile::parse(&with(&format!("{} = {value}", KEYS[key])), &known());
    }
}
