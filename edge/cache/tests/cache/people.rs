//! What is for somebody is for nobody else.

use banyan_http_cache::{CookieRule, Person, Policy, Scope};
use http::Method;

use crate::fixture::{ANYONE, SOMEBODY, bench, bench_with, request};

const MINUTE: (&str, &str) = ("cache-control", "max-age=60");

#[tokio::test]
async fn an_answer_for_a_person_is_never_shared() {
    let bench = bench_with(Policy::usual());
    for (headers, name) in [(&[][..], "says nothing"), (&[MINUTE][..], "fresh")] {
        bench.next(200, headers, "for ana").next(200, headers, "for budi").next(200, headers, "for nobody");
        let path = format!("/{}", name.replace(' ', "-"));
        assert_eq!(bench.send(request(Method::GET, &path, &[]), SOMEBODY).await.body, "for ana", "{name}");
        assert_eq!(bench.send(request(Method::GET, &path, &[]), SOMEBODY).await.body, "for budi", "{name}");
        assert_eq!(bench.get(&path).await.body, "for nobody", "{name}");
    }
    // And what nobody got is not for a person either: the origin may say more to them.
    bench.next(200, &[MINUTE], "for ana");
    assert_eq!(bench.send(request(Method::GET, "/fresh", &[]), SOMEBODY).await.body, "for ana");
}

#[tokio::test]
async fn authorization_is_a_person_unless_the_answer_says_otherwise() {
    let who = [("authorization", "Basic x")];
    let bench = bench();
    bench.next(200, &[MINUTE], "secret").next(200, &[MINUTE], "open");
    bench.get_with("/a", &who).await;
    assert_eq!(bench.get("/a").await.body, "open");
    for (number, field) in ["public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"].into_iter().enumerate() {
        let path = format!("/{number}");
        bench.next(200, &[("cache-control", field)], "shared");
        bench.get_with(&path, &who).await;
        assert!(bench.get(&path).await.is_hit(), "{field}");
        assert!(bench.get_with(&path, &who).await.is_hit(), "{field}");
    }
}

#[tokio::test]
async fn tenants_and_locales_do_not_see_one_another() {
    let bench = bench();
    let scopes = [("t", Some("id-ID")), ("t", Some("en-US")), ("u", Some("id-ID")), ("t", None)];
    let scopes = scopes.map(|(tenant, locale)| Scope { tenant, locale, person: Person::Nobody });
    for scope in scopes {
        bench.next(200, &[MINUTE], "x");
        assert!(!bench.send(request(Method::GET, "/a", &[]), scope).await.is_hit(), "{scope:?}");
    }
    for scope in scopes {
        assert!(bench.send(request(Method::GET, "/a", &[]), scope).await.is_hit(), "{scope:?}");
    }
    let other = request(Method::GET, "http://other.org/a", &[]);
    bench.next(200, &[MINUTE], "x");
    assert!(!bench.send(other, ANYONE).await.is_hit(), "another host");
}

#[tokio::test]
async fn a_page_for_who_has_cookies_is_kept_only_if_it_says_so() {
    let cookies = [("cookie", "session=1")];
    let bench = bench_with(Policy::usual());
    bench.next(200, &[], "ana's page").next(200, &[], "the page");
    bench.get_with("/a", &cookies).await;
    assert_eq!(bench.get("/a").await.body, "the page");
    bench.next(200, &[MINUTE], "for all");
    bench.get_with("/b", &cookies).await;
    assert!(bench.get("/b").await.is_hit());

    let bench = bench_with(Policy { cookies: CookieRule::Ignore, ..Policy::usual() });
    bench.next(200, &[("set-cookie", "colour=blue")], "the page");
    bench.get_with("/a", &cookies).await;
    assert!(bench.get("/a").await.is_hit());
}

#[tokio::test]
async fn a_route_adds_fields_to_the_key() {
    let bench = bench_with(Policy { headers: vec!["x-plan".parse().unwrap()], ..Policy::usual() });
    bench.next(200, &[], "free").next(200, &[], "paid");
    bench.get_with("/a", &[("x-plan", "free")]).await;
    assert_eq!(bench.get_with("/a", &[("x-plan", "paid")]).await.body, "paid");
    assert_eq!(bench.get_with("/a", &[("x-plan", "free")]).await.body, "free");
}
