use super::*;
use crate::request::address::Security;
use crate::routes::condition::{HeaderTest, ValueTest};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

fn rule(path: &str) -> Rule {
    Rule { pattern: PathPattern::parse(path).unwrap(), conditions: Conditions::default(), priority: 0, origin: Origin::File }
}

fn table(routes: &[(&[&str], Rule, &'static str)]) -> Table<&'static str> {
    let mut table = Table::default();
    for (hosts, rule, name) in routes {
        let hosts: Vec<HostPattern> = hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect();
        table.insert(&hosts, rule, name);
    }
    table
}

fn asked<'r>(method: &'r Method, headers: &'r HeaderMap) -> Asked<'r> {
    Asked { method, security: Security::Plain, headers, query: None }
}

fn found(table: &Table<&'static str>, host: Option<&str>, path: &str) -> Option<&'static str> {
    let headers = HeaderMap::new();
    table.find(Place { host, path }, &asked(&Method::GET, &headers)).map(|candidate| candidate.value)
}

#[test]
fn the_more_specific_path_goes_first_whatever_the_order() {
    let mut routes: Vec<(&[&str], Rule, &'static str)> = vec![
        (&[], rule("/{*rest}"), "all"),
        (&[], rule("/a/{*rest}"), "a"),
        (&[], rule("/a/{x}"), "a-one"),
        (&[], rule("/a/b"), "a-b"),
        (&[], rule("/{x}/b"), "one-b"),
        (&[], rule("/a/"), "slash"),
    ];
    for _ in 0..routes.len() {
        routes.rotate_left(1);
        let table = table(&routes);
        for (path, name) in [
            ("/", "all"),
            ("/q", "all"),
            ("/a", "all"),
            ("/a/", "slash"),
            ("/a/b", "a-b"),
            ("/a/c", "a-one"),
            ("/a/c/d", "a"),
            ("/q/b", "one-b"),
            ("/q/c", "all"),
        ] {
            assert_eq!(found(&table, None, path), Some(name), "{path}");
        }
    }
}

#[test]
fn the_host_goes_before_everything() {
    let mut high = rule("/{*rest}");
    high.priority = 1_000;
    let table = table(&[
        (&[], high, "any"),
        (&["*.example.org"], rule("/{*rest}"), "below"),
        (&["*.shop.example.org"], rule("/{*rest}"), "deep"),
        (&["a.example.org", "b.example.org"], rule("/x"), "exact"),
    ]);
    for (host, path, name) in [
        (Some("a.example.org"), "/x", "exact"),
        (Some("b.example.org"), "/x", "exact"),
        (Some("a.example.org"), "/y", "below"),
        (Some("q.shop.example.org"), "/y", "deep"),
        (Some("shop.example.org"), "/y", "below"),
        (Some("example.org"), "/y", "any"),
        (None, "/x", "any"),
    ] {
        assert_eq!(found(&table, host, path), Some(name), "{host:?} {path}");
    }
}

#[test]
fn who_does_not_fit_makes_room_for_the_next() {
    let mut beta = rule("/a/{x}");
    beta.conditions.headers =
        [HeaderTest { name: HeaderName::from_static("x-beta"), value: ValueTest::Equals("1".into()) }].into();
    let mut post = rule("/a/b");
    post.conditions.methods = [Method::POST].into();
    let mut first = rule("/{*rest}");
    first.priority = 5;
    first.conditions.methods = [Method::DELETE].into();
    let table = table(&[(&[], beta, "beta"), (&[], post, "post"), (&[], rule("/a/{*rest}"), "rest"), (&[], first, "first")]);
    let (none, mut with) = (HeaderMap::new(), HeaderMap::new());
    with.insert("x-beta", HeaderValue::from_static("1"));
    let place = Place { host: None, path: "/a/b" };
    let name = |method: &Method, headers: &HeaderMap| table.find(place, &asked(method, headers)).map(|found| found.value);
    assert_eq!(name(&Method::POST, &with), Some("post"));
    assert_eq!(name(&Method::GET, &with), Some("beta"));
    assert_eq!(name(&Method::GET, &none), Some("rest"));
    assert_eq!(name(&Method::DELETE, &with), Some("first"), "a higher priority goes before a more specific path");
}

#[test]
fn nobody_has_a_reason() {
    let mut post = rule("/a");
    post.conditions.methods = [Method::GET, Method::POST].into();
    let mut second = rule("/v");
    second.conditions.version = Some(2);
    let table = table(&[(&[], post, "post"), (&[], second, "v2")]);
    let mut headers = HeaderMap::new();
    let nobody = |path, method: &Method, headers: &HeaderMap| table.nobody(Place { host: None, path }, &asked(method, headers));
    assert_eq!(nobody("/a", &Method::PUT, &headers), Nobody::Method(vec![Method::GET, Method::HEAD, Method::POST]));
    assert_eq!(nobody("/b", &Method::PUT, &headers), Nobody::NotFound);
    headers.insert("api-version", HeaderValue::from_static("1"));
    assert_eq!(nobody("/v", &Method::GET, &headers), Nobody::Version(vec![2]));
}

fn kinds(pattern: &PathPattern) -> Vec<u8> {
    let kind = |segment: &Segment| match segment {
        Segment::Literal(_) => 0,
        Segment::One => 1,
        Segment::Rest => 2,
    };
    pattern.segments().iter().map(kind).collect()
}

fn any_segment() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]".prop_map(|text: String| text), 2 => Just("{x}".to_owned())]
}

fn any_pattern() -> impl Strategy<Value = String> {
    let path = proptest::collection::vec(any_segment(), 0..4).prop_map(|segments| {
        let named = segments.iter().enumerate().map(|(at, segment)| segment.replace("{x}", &format!("{{x{at}}}")));
        named.map(|segment| format!("/{segment}")).collect::<String>()
    });
    (path, 0..3_u8).prop_map(|(path, end)| match end {
        0 if !path.is_empty() => path,
        1 => format!("{path}/"),
        _ => format!("{path}/{{*rest}}"),
    })
}

proptest! {
    /// Another way to the same decision: try each pattern by itself, and compare how specific those are that have the path.
    #[test]
    fn the_tree_finds_what_trying_all_finds(
        patterns in proptest::collection::vec((any_pattern(), -1..2_i32), 1..12),
        path in proptest::collection::vec("[abc]{0,1}", 0..5),
    ) {
        let path = format!("/{}", path.join("/"));
        let mut tree = Table::default();
        let mut known = Vec::new();
        for (at, (text, priority)) in patterns.iter().enumerate() {
            let mut rule = rule(text);
            rule.priority = *priority;
            let twin = known.iter().any(|(other, _): &(Rule, usize)| other.pattern.segments() == rule.pattern.segments() && other.priority == *priority);
            if !twin {
                tree.insert(&[], &rule, &at);
                known.push((rule, at));
            }
        }
        let slow = known
            .iter()
            .filter(|(rule, _)| rule.pattern.captures(&path).is_some())
            .min_by_key(|(rule, _)| (Reverse(rule.priority), kinds(&rule.pattern)))
            .map(|(_, at)| *at);
        let headers = HeaderMap::new();
        let quick = tree.find(Place { host: None, path: &path }, &asked(&Method::GET, &headers)).map(|found| found.value);
        prop_assert_eq!(quick, slow, "{} in {:?}", path, patterns);
    }

    #[test]
    fn patterns_that_cover_do_so_for_every_path(one in any_pattern(), two in any_pattern(), path in "/[ab/]{0,6}") {
        let (one, two) = (PathPattern::parse(&one).unwrap(), PathPattern::parse(&two).unwrap());
        let (first, second) = (one.captures(&path).is_some(), two.captures(&path).is_some());
        prop_assert!(!one.covers(&two) || !second || first);
    }
}
