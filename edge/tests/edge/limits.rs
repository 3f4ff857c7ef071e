//! Who may ask how often: classes and plans on one node, and counting together through a real Redis.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use banyan_contracts::limits::{LimitBook, Sight, SubjectKind};
use banyan_edge::{ClassRules, LimitPolicy, Limiter, Quota, RateLimits, RedisOptions, TenantRules, WhenApart};
use banyan_kernel::Secret;

use crate::fixture::{Door, FITTRACKER, UPCOACH, door_sharing, door_with};
use crate::redis::Redis;

fn limited() -> Door {
    door_with(|settings| settings.rate_limits = RateLimits::default())
}

async fn policy_of(door: &Door, token: &str) -> String {
    let bearer = format!("Bearer {token}");
    let headers: &[_] = if token.is_empty() { &[] } else { &[("authorization", bearer.as_str())] };
    door.get_with("/api/v1/greeting", headers).await.header("ratelimit-policy").to_owned()
}

fn rules(quota: &str) -> ClassRules {
    let quota = Some(quota.parse().unwrap());
    ClassRules { anonymous: quota, user: quota, ..ClassRules::default() }
}

fn on(classes: impl IntoIterator<Item = (&'static str, ClassRules)>) -> RateLimits {
    let classes = classes.into_iter().map(|(name, rules)| (name.to_owned(), rules)).collect();
    RateLimits::On(LimitPolicy { classes, ..LimitPolicy::default() })
}

#[tokio::test]
async fn strangers_count_by_address_people_for_themselves_and_plans_by_what_they_allow() {
    let door = limited();
    assert_eq!(policy_of(&door, "").await, "\"api\";q=100;w=900");
    assert_eq!(policy_of(&door, "ada").await, "\"api\";q=1000;w=900");
    let plan = |name: &str| door.identity.people.lock().get_mut("ada").unwrap().plan = Some(name.into());
    for (name, policy) in [("coach", 5_000), ("free", 100), ("of-another-time", 1_000)] {
        plan(name);
        assert_eq!(policy_of(&door, "ada").await, format!("\"api\";q={policy};w=900"), "{name}");
    }
    for _ in 0..120 {
        door.get("/api/v1/greeting").await;
    }
    let refused = door.get("/api/v1/greeting").await;
    assert_eq!(refused.problem(), (429, "rate-limited".into()));
    assert_eq!(refused.header("ratelimit"), "\"api\";r=0;t=9");
    assert_eq!(refused.header("retry-after"), "9");
    assert_eq!(door.get("/").await.status.as_u16(), 200, "pages do not count");
    assert_eq!(door.get("/health").await.status.as_u16(), 200);
    let person = door.get_with("/api/v1/greeting", &[("authorization", "Bearer root")]).await;
    assert_eq!(person.status.as_u16(), 200, "who is signed in does not count with strangers of the same address");
    door.clock.advance_seconds(9);
    assert_eq!(door.get("/api/v1/greeting").await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_operator_speaks_for_classes_services_tenants_and_plans() {
    let tenant = TenantRules { plan: Some("gold".into()), classes: [("api".to_owned(), rules("7/1m"))].into() };
    let gold = ClassRules { plans: BTreeMap::from([("gold".to_owned(), Quota::new(70, 60).unwrap())]), ..rules("9/1m") };
    let policy = LimitPolicy { classes: [("api".to_owned(), gold)].into(), tenants: [("fittracker".to_owned(), tenant)].into() };
    let door = door_with(|settings| settings.rate_limits = RateLimits::On(policy));
    assert_eq!(policy_of(&door, "").await, "\"api\";q=9;w=60");
    let fay = policy_of(&door, "fay").await;
    assert_eq!(fay, "\"api\";q=70;w=60", "the tenant's plan, of which the class speaks");
    let elsewhere = door.get_with("/api/v1/greeting", &[("x-tenant", "fittracker")]).await;
    assert_eq!(elsewhere.header("ratelimit-policy"), "\"api\";q=7;w=60");
    let of_service = door_with(|settings| settings.rate_limits = on([("toy", rules("3/1m"))]));
    assert_eq!(policy_of(&of_service, "ada").await, "\"toy\";q=3;w=60", "a class that is named as the service");
}

#[tokio::test]
async fn a_tenant_may_have_a_limit_together_and_a_refused_request_counts_nowhere() {
    let together = ClassRules { tenant: Quota::new(3, 60), ..rules("2/1m") };
    let door = door_with(|settings| settings.rate_limits = on([("api", together)]));
    let ask = async |token: &str| {
        let answer = door.get_with("/api/v1/greeting", &[("authorization", &format!("Bearer {token}"))]).await;
        (answer.status.as_u16(), answer.header("ratelimit").to_owned())
    };
    assert_eq!(ask("ada").await, (200, "\"api\";r=1;t=30, \"api-tenant\";r=2;t=20".into()));
    ask("ada").await;
    assert_eq!(ask("ada").await.0, 429);
    assert_eq!(ask("root").await.0, 200);
    let (status, left) = ask("root").await;
    assert_eq!((status, left.as_str()), (429, "\"api\";r=0;t=60, \"api-tenant\";r=0;t=20"), "the tenant is used up");
    door.clock.advance_seconds(20);
    assert_eq!(ask("root").await.0, 200, "what was refused for the tenant had been given back to root");
    assert_eq!(ask("fay").await.0, 200, "another tenant");
}

#[tokio::test]
async fn whoever_sends_bad_credentials_is_not_listened_to_for_a_while() {
    let door = door_with(|settings| settings.rate_limits = on([("credentials", rules("5/1m"))]));
    let send = async |token: &str| door.get_with("/api/v1/me", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(send("ada").await.status.as_u16(), 200);
    for _ in 0..5 {
        assert_eq!(send("forged").await.status.as_u16(), 401);
    }
    let verified = door.identity.verified.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(send("forged").await.problem(), (429, "rate-limited".into()));
    assert_eq!(send("root").await.status.as_u16(), 429, "nor is what might be a good one");
    assert_eq!(door.identity.verified.load(std::sync::atomic::Ordering::SeqCst), verified, "nothing more was verified");
    assert_eq!(send("ada").await.status.as_u16(), 200, "one that was good before goes on");
    assert_eq!(door.get("/api/v1/me").await.status.as_u16(), 200, "and so do strangers");
    door.clock.advance_seconds(12);
    assert_eq!(send("root").await.status.as_u16(), 200);
}

#[tokio::test]
async fn who_is_limited_is_seen_by_those_who_may_and_can_be_let_go() {
    let clock_door = door_sharing(|clock| Limiter::new(on([("api", rules("1/1m"))]), clock));
    let (door, book) = (&clock_door, clock_door.limiter.clone().unwrap());
    for token in ["ada", "ada", "ada", "fay", "fay"] {
        policy_of(door, token).await;
    }
    door.get("/api/v1/greeting").await;
    let of_tenant = book.limited(Sight::Tenant(UPCOACH), 0, 10);
    assert_eq!((of_tenant.total, of_tenant.subjects[0].refused, of_tenant.subjects[0].kind), (1, 2, SubjectKind::User));
    let all = book.limited(Sight::Operators, 0, 10);
    assert_eq!((all.total, book.limited(Sight::Operators, 2, 10).subjects.len()), (3, 1));
    let address = all.subjects.iter().find(|subject| subject.kind == SubjectKind::Address).unwrap();
    assert_eq!(address.id, "api:address:127.0.0.1");
    assert!(!book.lift(Sight::Tenant(UPCOACH), UPCOACH, &address.id).await, "a tenant does not see addresses");
    let ada = &of_tenant.subjects[0].id;
    assert!(!book.lift(Sight::Tenant(FITTRACKER), UPCOACH, ada).await, "nor others' people");
    assert!(!book.lift(Sight::Operators, UPCOACH, "api:user:nobody").await);
    assert!(book.lift(Sight::Tenant(UPCOACH), UPCOACH, ada).await);
    assert_eq!(door.get_with("/api/v1/greeting", &[("authorization", "Bearer ada")]).await.status.as_u16(), 200);
    let metrics = door.edge.metrics().render().unwrap();
    assert!(metrics.contains("rate_limit_decisions_total{class=\"api\",outcome=\"refused\"} 3"), "{metrics}");
    door.clock.advance_seconds(60);
    assert_eq!(book.limited(Sight::Operators, 0, 10).total, 0);
}

#[tokio::test]
async fn one_api_key_header_or_one_token_is_a_credential() {
    let door = limited();
    let me = async |headers: &[(&str, &str)]| door.get_with("/api/v1/me", headers).await.status.as_u16();
    assert_eq!(me(&[("x-api-key", "ada")]).await, 200);
    for bad in [
        &[("x-api-key", "ada"), ("authorization", "Bearer ada")][..],
        &[("x-api-key", "ada"), ("x-api-key", "ada")],
        &[("x-api-key", "")],
        &[("x-api-key", "a.b")],
    ] {
        assert_eq!(me(bad).await, 401, "{bad:?}");
    }
}

/// A door of a node that counts with all others at the switch.
fn node(redis: &Redis, limits: RateLimits) -> Door {
    let options = RedisOptions { url: Secret::new(redis.url()), deadline: Duration::from_secs(5) };
    door_sharing(|clock| Limiter::shared(limits, clock, &options).unwrap())
}

async fn admitted(door: &Door, token: &str, times: usize) -> usize {
    let mut passed = 0;
    for _ in 0..times {
        let answer = door.get_with("/api/v1/greeting", &[("authorization", &format!("Bearer {token}"))]).await;
        passed += usize::from(answer.status.as_u16() == 200);
    }
    passed
}

#[tokio::test]
async fn two_nodes_share_one_quota_whatever_their_clocks_say() {
    let redis = Redis::start(1).await;
    let limits = || on([("api", ClassRules { tenant: Quota::new(1_000, 3_600), ..rules("40/1h") })]);
    let (one, other) = (node(&redis, limits()), node(&redis, limits()));
    other.clock.advance_seconds(5_000);
    let (first, second) = tokio::join!(admitted(&one, "ada", 30), admitted(&other, "ada", 30));
    assert_eq!(first + second, 40);
    assert_eq!(admitted(&other, "root", 1).await, 1);
    let left = one.get_with("/api/v1/greeting", &[("authorization", "Bearer ada")]).await;
    assert!(left.header("ratelimit").starts_with("\"api\";r=0;t="), "{}", left.header("ratelimit"));
    let keys = redis.keys().await;
    let prefix = format!("rl:{{{}}}:api:", UPCOACH.simple());
    assert!(keys.len() == 3 && keys.iter().all(|key| key.starts_with(&prefix)), "{keys:?}");
}

#[tokio::test]
async fn a_flood_that_all_nodes_refuse_is_refused_without_asking() {
    let redis = Redis::start(2).await;
    let door = node(&redis, on([("api", rules("2/1h"))]));
    assert_eq!(admitted(&door, "ada", 3).await, 2);
    let before = redis.asked();
    assert_eq!(admitted(&door, "ada", 50).await, 0);
    assert_eq!(redis.asked(), before);
}

#[tokio::test]
async fn a_limit_that_was_lifted_on_one_node_is_lifted_on_all() {
    let redis = Redis::start(3).await;
    let (one, other) = (node(&redis, on([("api", rules("1/1h"))])), node(&redis, on([("api", rules("1/1h"))])));
    assert_eq!((admitted(&one, "ada", 2).await, admitted(&other, "ada", 1).await), (1, 0));
    let book = one.limiter.clone().unwrap();
    let subject = book.limited(Sight::Tenant(UPCOACH), 0, 1).subjects.remove(0);
    assert!(book.lift(Sight::Tenant(UPCOACH), UPCOACH, &subject.id).await);
    other.clock.advance_seconds(1);
    assert_eq!(admitted(&other, "ada", 2).await, 1);
}

#[tokio::test]
async fn without_redis_each_node_goes_on_from_what_it_knows_until_redis_is_back() {
    let redis = Redis::start(4).await;
    let strict = ClassRules { when_apart: Some(WhenApart::Refuse), ..rules("100/1h") };
    let door = node(&redis, on([("api", rules("10/1h")), ("auth", strict)]));
    assert_eq!(admitted(&door, "ada", 4).await, 4);
    redis.cut().await;
    assert_eq!(admitted(&door, "ada", 20).await, 6, "four had been counted together");
    let login = || door.send("POST", "/api/v1/auth/login", &[], Body::empty());
    let refused = login().await;
    assert_eq!(refused.problem(), (503, "service-unavailable".into()));
    assert_eq!(refused.header("retry-after"), "5");
    assert!(door.edge.metrics().render().unwrap().contains("rate_limit_decisions_total{class=\"auth\",outcome=\"alone\"} 1"));
    redis.mend();
    // The breaker lets one request try.
    door.clock.advance_seconds(10);
    assert_eq!(login().await.status.as_u16(), 200);
    assert_eq!(redis.keys().await.iter().filter(|key| key.contains(":auth:")).count(), 1, "it is counted together again");
}

#[tokio::test]
async fn a_redis_that_forgot_the_script_or_was_never_there_holds_nobody_up() {
    let redis = Redis::start(5).await;
    let door = node(&redis, on([("api", rules("10/1h"))]));
    assert_eq!(admitted(&door, "ada", 3).await, 3);
    redis.command(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(admitted(&door, "ada", 20).await, 7);
    let options = RedisOptions { url: Secret::new("redis://127.0.0.1:1".into()), deadline: Duration::from_secs(5) };
    let alone = door_sharing(|clock| Limiter::shared(on([("api", rules("3/1h"))]), clock, &options).unwrap());
    assert_eq!(admitted(&alone, "ada", 9).await, 3);
    let nonsense = RedisOptions { url: Secret::new("http://x".into()), deadline: Duration::from_secs(5) };
    let clock = Arc::new(banyan_kernel::SystemClock);
    let error = Limiter::shared(RateLimits::default(), clock, &nonsense).unwrap_err();
    assert!(!error.to_string().contains("http://x"), "{error}");
}
