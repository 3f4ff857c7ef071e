//! Routes that are split: who comes to which side, copies, roll-back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use banyan_edge::{BuiltIn, ImagePage, Known, Question, RouteFile, SplitReport, WorseBy, explain};
use banyan_features::{ClientFeatures, Snapshot};
use banyan_kernel::Uuid;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::fixture::{Answer, Door, FITTRACKER, UPCOACH, door, serve};

/// A side that can be broken, held up, and asked what it heard.
#[derive(Default)]
struct Stage {
    broken: AtomicU32,
    asked: AtomicU32,
    held: AtomicU32,
    release: Notify,
    heard: parking_lot::Mutex<Vec<Value>>,
    body: parking_lot::Mutex<Option<Value>>,
}

async fn play(State((name, stage)): State<(&'static str, Arc<Stage>)>, request: Request) -> Response {
    stage.asked.fetch_add(1, Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 24).await.unwrap_or_default();
    let shadow = parts.headers.get("banyan-shadow").map(|value| value.to_str().unwrap().to_owned());
    stage.heard.lock().push(json!({
        "method": parts.method.as_str(), "uri": parts.uri.to_string(), "body": String::from_utf8_lossy(&bytes), "shadow": shadow,
    }));
    if stage.held.load(Ordering::SeqCst) > 0 {
        stage.release.notified().await;
    }
    if stage.broken.load(Ordering::SeqCst) > 0 {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let body = stage.body.lock().clone();
    Json(body.unwrap_or_else(|| json!({ "side": name }))).into_response()
}

struct Theatre {
    door: Door,
    old: Arc<Stage>,
    new: Arc<Stage>,
    upstreams: String,
}

impl Theatre {
    async fn of(split: &str) -> Self {
        let (old, new) = (Arc::new(Stage::default()), Arc::new(Stage::default()));
        let one = serve(Router::new().fallback(play).with_state(("old", old.clone()))).await;
        let two = serve(Router::new().fallback(play).with_state(("new", new.clone()))).await;
        let never = "retry = \"off\"\nbreaker = \"off\"\nejection = \"off\"\n";
        let upstreams = format!(
            "[upstreams.old]\nendpoints = [\"http://{one}\"]\n{never}[upstreams.new]\nendpoints = [\"http://{two}\"]\n{never}"
        );
        let theatre = Self { door: door(), old, new, upstreams };
        theatre.split(split);
        theatre
    }

    fn split(&self, split: &str) {
        let text = format!(
            "{}[[routes]]\nname = \"goals\"\npath = \"/{{*rest}}\"\nupstream = \"old\"\nauth = \"optional\"\nobserve = \"on\"\nsplit = {split}\n",
            self.upstreams
        );
        let known = Known { services: ["toy".to_owned()].into(), ..Known::default() };
        let file = RouteFile::parse(&text, &known).unwrap_or_else(|faults| panic!("{faults:#?}"));
        self.door.edge.apply(file);
    }

    async fn side(&self, headers: &[(&str, &str)]) -> String {
        side(&self.door.get_with("/x", headers).await)
    }

    fn report(&self) -> SplitReport {
        let mut all = self.door.edge.splits();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// Waits for copies, which nobody waits for.
    async fn until(&self, holds: impl Fn(&SplitReport) -> bool) -> SplitReport {
        for _ in 0..1_000 {
            let report = self.report();
            if holds(&report) {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never came: {:#?}", self.report());
    }
}

fn side(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["side"].as_str().unwrap_or_default().to_owned()
}

fn variant(more: &str) -> String {
    format!("{{ variants = [{{ name = \"new\", upstream = \"new\", {more} }}] }}")
}

#[tokio::test]
async fn users_headers_and_cookies_choose() {
    let user = "00000000-0000-0000-0000-000000000007";
    let more = format!(
        "percent = 0, users = [\"{user}\"], header = {{ name = \"x-canary\", value = \"1\" }}, cookie = {{ name = \"beta\", value = \"yes\" }}"
    );
    let theatre = Theatre::of(&variant(&more)).await;
    assert_eq!(theatre.side(&[]).await, "old");
    assert_eq!(theatre.side(&[("x-canary", "1")]).await, "new");
    assert_eq!(theatre.side(&[("x-canary", "2")]).await, "old");
    assert_eq!(theatre.side(&[("cookie", "a=b; beta=yes")]).await, "new");
    assert_eq!(theatre.side(&[("cookie", "beta=no")]).await, "old");
    let person = theatre.door.edge.handle(
        crate::fixture::request("GET", "/x", &[("authorization", "Bearer ada")], Body::empty()),
        banyan_edge::Peer::in_process(),
    );
    let person = side(&Answer::of(person.await).await);
    assert!(person == "new" || person == "old");
}

#[tokio::test]
async fn a_share_is_kept_and_a_cookie_keeps_its_side() {
    let split = "{ variants = [{ name = \"new\", upstream = \"new\", percent = 30 }], sticky = \"cookie\" }";
    let theatre = Theatre::of(split).await;
    let mut news = 0;
    for _ in 0..400 {
        let answer = theatre.door.get("/x").await;
        let set = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let chosen = side(&answer);
        news += u32::from(chosen == "new");
        let again = theatre.door.get_with("/x", &[("cookie", &set)]).await;
        assert_eq!(side(&again), chosen);
        assert_eq!(again.header("set-cookie"), "", "once is enough");
    }
    // 400 draws of 0.3: five standard deviations are 46.
    assert!((74..=166).contains(&news), "{news}");
    let forged = theatre.door.get_with("/x", &[("cookie", "banyan-split-goals=0.00000000000000000000000000000000")]).await;
    assert_ne!(forged.header("set-cookie"), "", "what we did not sign counts for nothing");
}

#[tokio::test]
async fn a_variant_that_fails_is_rescued_and_loses_everything() {
    let split = "{ variants = [{ name = \"new\", upstream = \"new\", percent = 50 }], sticky = \"request\", roll_back = \"on\" }";
    let theatre = Theatre::of(split).await;
    for _ in 0..100 {
        theatre.side(&[]).await;
    }
    assert_eq!(theatre.report().rolled_back, None);
    theatre.new.broken.store(1, Ordering::SeqCst);
    theatre.door.clock.advance_seconds(120);
    let mut asked = 0;
    while theatre.report().rolled_back.is_none() {
        assert_eq!(theatre.side(&[]).await, "old", "the client never sees it");
        asked += 1;
        assert!(asked < 1_000);
    }
    let report = theatre.report();
    let evidence = report.rolled_back.clone().unwrap();
    assert_eq!((evidence.worse_by, evidence.canary.requests, evidence.canary.failures), (WorseBy::Errors, 20, 20));
    assert!(evidence.baseline.requests >= 20 && evidence.baseline.failures == 0, "{evidence:?}");
    let before = theatre.new.asked.load(Ordering::SeqCst);
    for _ in 0..50 {
        theatre.side(&[("x-canary", "1")]).await;
    }
    assert_eq!(theatre.new.asked.load(Ordering::SeqCst), before);
    theatre.door.edge.reload();
    assert!(theatre.report().rolled_back.is_some(), "a reload is no new run");
    theatre.new.broken.store(0, Ordering::SeqCst);
    theatre.split(&split.replace("roll_back", "generation = 2, roll_back"));
    assert_eq!((theatre.report().rolled_back, theatre.report().generation), (None, 2));
}

#[tokio::test]
async fn what_is_not_safe_is_not_sent_twice() {
    let split = "{ variants = [{ name = \"new\", upstream = \"new\", percent = 100 }] }";
    let theatre = Theatre::of(split).await;
    theatre.new.broken.store(1, Ordering::SeqCst);
    let answer = theatre.door.send("POST", "/x", &[], Body::from("once")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(theatre.old.asked.load(Ordering::SeqCst), 0);
    assert_eq!(side(&theatre.door.get("/x").await), "old");
}

const SHADOW: &str = "{ variants = [{ name = \"new\", upstream = \"new\", percent = 0, rewrite = \"/v2/{rest}\" }], \
    shadow = { to = \"new\", ignore = [\"/items/*/id\"], headers = [\"content-type\"], queue = 4, concurrency = 1, examples = \"shown\", deadline = \"2s\", body = \"4KiB\" } }";

#[tokio::test]
async fn copies_are_compared_and_differences_gathered() {
    let theatre = Theatre::of(SHADOW).await;
    *theatre.old.body.lock() = Some(json!({ "items": [{ "id": 1, "title": "a" }], "n": 1 }));
    *theatre.new.body.lock() = Some(json!({ "items": [{ "id": 2, "title": "b" }], "n": 1 }));
    theatre.door.get("/goals?x=1").await;
    theatre.door.send("POST", "/goals", &[], Body::from("{}")).await;
    let report = theatre.until(|report| report.shadow.as_ref().unwrap().different == 1).await;
    let shadow = report.shadow.unwrap();
    assert_eq!((shadow.sent, shadow.same, shadow.fields.len()), (1, 0, 1), "{shadow:?}");
    assert_eq!((shadow.fields[0].field.as_str(), shadow.fields[0].count), ("/items/*/title", 1));
    let example = &shadow.fields[0].examples[0];
    assert_eq!(
        (example.request.as_str(), example.baseline.as_deref(), example.shadow.as_deref()),
        ("GET /goals", Some("\"a\""), Some("\"b\""))
    );
    let heard = theatre.new.heard.lock().clone();
    assert_eq!(heard.len(), 1, "a POST is not copied unless it is said");
    assert_eq!((&heard[0]["uri"], &heard[0]["shadow"]), (&json!("/v2/goals?x=1"), &json!("goals")));
    assert_eq!(theatre.old.heard.lock()[0]["shadow"], Value::Null);
    *theatre.new.body.lock() = theatre.old.body.lock().clone();
    theatre.door.get("/goals").await;
    theatre.until(|report| report.shadow.as_ref().unwrap().same == 1).await;
}

#[tokio::test]
async fn sums_are_told_once() {
    let theatre = Theatre::of(SHADOW).await;
    let edge = &theatre.door.edge;
    assert_eq!(edge.take_split_sums(), []);
    theatre.door.get("/goals").await;
    theatre.until(|report| report.shadow.as_ref().unwrap().different == 1).await;
    let first = edge.take_split_sums();
    assert_eq!((first[0].sides[0].requests, first[0].copies.as_ref().unwrap().sent), (1, 1), "{first:?}");
    assert_eq!(edge.take_split_sums(), []);
    theatre.door.get("/goals").await;
    theatre.until(|report| report.shadow.as_ref().unwrap().different == 2).await;
    let mut all = first[0].clone();
    all.add(&edge.take_split_sums()[0]);
    assert_eq!(all.side_reports(), theatre.report().sides);
    assert_eq!(all.shadow_report(), theatre.report().shadow);
}

#[tokio::test]
async fn a_body_is_copied_where_it_is_said() {
    let theatre = Theatre::of(&SHADOW.replace("queue = 4", "queue = 4, methods = [\"POST\"]")).await;
    theatre.door.send("POST", "/goals", &[], Body::from("hello")).await;
    theatre.until(|report| report.shadow.as_ref().unwrap().different == 1).await;
    assert_eq!(theatre.new.heard.lock()[0]["body"], "hello");
    theatre.door.send("POST", "/goals", &[], Body::from("x".repeat(5_000))).await;
    assert_eq!(theatre.new.heard.lock().len(), 1, "too large for a copy");
}

#[tokio::test]
async fn a_target_that_hangs_or_says_too_much_hurts_nobody() {
    let theatre = Theatre::of(SHADOW).await;
    theatre.new.held.store(1, Ordering::SeqCst);
    for _ in 0..20 {
        assert_eq!(side(&theatre.door.get("/goals").await), "old");
    }
    let report = theatre.until(|report| report.shadow.as_ref().is_some_and(|shadow| shadow.dropped == 16)).await;
    assert_eq!(report.shadow.unwrap().different, 0);
    theatre.new.held.store(0, Ordering::SeqCst);
    theatre.new.release.notify_waiters();
    theatre.until(|report| report.shadow.as_ref().is_some_and(|shadow| shadow.different + shadow.late == 4)).await;
    *theatre.new.body.lock() = Some(json!("x".repeat(100_000)));
    theatre.door.get("/goals").await;
    theatre.until(|report| report.shadow.as_ref().is_some_and(|shadow| shadow.skipped == 1)).await;
    *theatre.old.body.lock() = Some(json!("x".repeat(100_000)));
    assert_eq!(theatre.door.get("/goals").await.json().as_str().unwrap().len(), 100_000);
    theatre.until(|report| report.shadow.as_ref().is_some_and(|shadow| shadow.skipped == 2)).await;
}

#[tokio::test]
async fn paths_are_observed_by_template() {
    let theatre = Theatre::of(&variant("percent = 0")).await;
    for path in ["/goals/1", "/goals/2", "/goals"] {
        theatre.door.get(path).await;
    }
    theatre.old.broken.store(1, Ordering::SeqCst);
    theatre.door.get("/goals/3").await;
    let seen = theatre.door.edge.observed();
    let seen: HashMap<&str, (u64, u64)> =
        seen.iter().map(|route| (route.path.as_str(), (route.requests, route.failures))).collect();
    assert_eq!(seen, HashMap::from([("/goals", (1, 0)), ("/goals/{id}", (3, 1))]));
}

impl Theatre {
    /// A tenant's flags in production, as they are from now on.
    fn flags(&self, tenant: Uuid, revision: i64, features: &Value) {
        let document: ClientFeatures = serde_json::from_value(json!({ "version": 2, "features": features })).unwrap();
        let (snapshot, warnings) = Snapshot::compile(tenant, "production", revision, document);
        assert!(warnings.is_empty(), "{warnings:?}");
        self.door.features.put(snapshot);
    }
}

const ADA: &[(&str, &str)] = &[("authorization", "Bearer ada")];
const ROOT: &[(&str, &str)] = &[("authorization", "Bearer root")];
const FAY: &[(&str, &str)] = &[("authorization", "Bearer fay")];

fn half(of: &str) -> Value {
    json!([{ "name": "flexibleRollout", "parameters": { "rollout": "50", "stickiness": "default", "groupId": of } }])
}

#[tokio::test]
async fn a_flag_chooses_and_its_kill_switch_counts_at_once() {
    let theatre = Theatre::of(&variant("flag = \"shop\"")).await;
    assert_eq!(theatre.side(ADA).await, "old", "a flag that nobody knows is off");
    let admins = json!({ "contextName": "role", "operator": "IN", "values": ["admin"] });
    let ada = json!({ "name": "userWithId", "parameters": { "userIds": "00000000-0000-0000-0000-000000000007" } });
    let strategies = json!([{ "name": "default", "constraints": [admins] }, ada]);
    theatre.flags(UPCOACH, 1, &json!([{ "name": "shop", "enabled": true, "strategies": strategies }]));
    assert_eq!((theatre.side(ADA).await, theatre.side(ROOT).await), ("new".to_owned(), "new".to_owned()));
    assert_eq!((theatre.side(&[]).await, theatre.side(FAY).await), ("old".to_owned(), "old".to_owned()), "no flag of her tenant");
    theatre.flags(FITTRACKER, 1, &json!([{ "name": "shop", "enabled": true, "strategies": [] }]));
    assert_eq!(theatre.side(FAY).await, "new");
    assert_eq!(theatre.side(&[("x-tenant", "fittracker")]).await, "new", "by the tenant that the request names");
    theatre.flags(UPCOACH, 2, &json!([{ "name": "shop", "enabled": false, "strategies": [] }]));
    assert_eq!((theatre.side(ADA).await, theatre.side(FAY).await), ("old".to_owned(), "new".to_owned()));
    let counts = theatre.door.features.take_counts();
    let sum = |tenant: Uuid| {
        let of = counts.iter().filter(|count| count.tenant == tenant);
        of.fold((0, 0), |sum, count| (sum.0 + count.yes, sum.1 + count.no))
    };
    assert_eq!((sum(UPCOACH), sum(FITTRACKER)), ((2, 2), (3, 0)), "each request counts once");
}

#[tokio::test]
async fn a_variant_of_a_flag_chooses() {
    let split = "{ variants = [{ name = \"blue\", upstream = \"old\", flag = { key = \"button\", variant = \"blue\" } }, \
        { name = \"red\", upstream = \"new\", flag = { key = \"button\", variant = \"red\" } }] }";
    let theatre = Theatre::of(split).await;
    let only = |user: &str| json!([{ "contextName": "role", "values": [user] }]);
    let variants = json!([
        { "name": "blue", "weight": 500, "overrides": only("user") }, { "name": "red", "weight": 500, "overrides": only("admin") },
    ]);
    theatre.flags(UPCOACH, 1, &json!([{ "name": "button", "enabled": true, "strategies": [], "variants": variants }]));
    assert_eq!((theatre.side(ADA).await, theatre.side(ROOT).await), ("old".to_owned(), "new".to_owned()));
    let seen = |name: &str| theatre.report().sides.iter().find(|side| side.name == name).unwrap().seen.requests;
    assert_eq!((seen("baseline"), seen("blue"), seen("red")), (0, 1, 1));
    let counts = theatre.door.features.take_counts();
    assert_eq!(counts.iter().map(|count| count.yes + count.no).sum::<u64>(), 2, "two variants ask one flag once a request");
}

#[tokio::test]
async fn a_roll_out_keeps_people_where_they_are() {
    let split = |sticky: &str| {
        format!("{{ variants = [{{ name = \"new\", upstream = \"new\", flag = \"shop\" }}], sticky = \"{sticky}\" }}")
    };
    let theatre = Theatre::of(&split("user")).await;
    theatre.flags(UPCOACH, 1, &json!([{ "name": "shop", "enabled": true, "strategies": half("shop") }]));
    for who in [ADA, ROOT, &[]] {
        let first = theatre.side(who).await;
        for _ in 0..20 {
            assert_eq!(theatre.side(who).await, first, "{who:?}");
        }
    }
    theatre.split(&split("request"));
    let mut news = 0;
    for _ in 0..200 {
        news += u32::from(theatre.side(&[]).await == "new");
    }
    // 200 draws of 0.5: five standard deviations are 35.
    assert!((65..=135).contains(&news), "{news}");
    theatre.split(&split("cookie"));
    let mut sides = std::collections::HashSet::new();
    for _ in 0..40 {
        let answer = theatre.door.get("/x").await;
        let set = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let chosen = side(&answer);
        for _ in 0..3 {
            assert_eq!(side(&theatre.door.get_with("/x", &[("cookie", &set)]).await), chosen);
        }
        sides.insert(chosen);
    }
    assert_eq!(sides.len(), 2, "some of both");
}

#[test]
fn what_cannot_be_meant_is_said() {
    let faults = |split: &str| {
        let text = format!(
            "[upstreams.old]\nendpoints = [\"http://127.0.0.1:1\"]\n[[routes]]\nname = \"a\"\npath = \"/a\"\nupstream = \"old\"\nsplit = {split}\n"
        );
        let faults = RouteFile::parse(&text, &Known::default()).map(drop).unwrap_err();
        faults.iter().map(|fault| format!("{}: {}", fault.key, fault.reason)).collect::<Vec<_>>().join("; ")
    };
    let new = "{ name = \"new\", upstream = \"old\", percent = 60 }";
    assert!(faults("{}").contains("has no variants"));
    assert!(faults(&format!("{{ variants = [{new}, {}] }}", new.replace("new", "two"))).contains("more than 100 per cent"));
    assert!(faults(&format!("{{ variants = [{new}, {new}] }}")).contains("taken"));
    assert!(faults("{ variants = [{ name = \"new\", upstream = \"nobody\" }] }").contains("`nobody`"));
    assert!(faults(&format!("{{ variants = [{new}], shadow = {{ to = \"x\" }} }}")).contains("no variant"));
    assert!(faults(&format!("{{ variants = [{new}], shadow = {{ ignore = [\"x\"] }} }}")).contains("begin with `/`"));
    assert!(faults(&format!("{{ variants = [{new}], sticky = \"x\" }}")).contains("not a word"));
    assert!(faults(&format!("{{ variants = [{new}], colour = 1 }}")).contains("not known"));
    let flagged = |flag: &str| faults(&format!("{{ variants = [{{ name = \"new\", upstream = \"old\", flag = {flag} }}] }}"));
    assert!(flagged("\"a b\"").contains("`a b` cannot be a flag"), "{}", flagged("\"a b\""));
    assert!(flagged("{ variant = \"blue\" }").contains("has no `key`"));
    assert!(flagged("{ key = \"a\", variant = \"b c\" }").contains("`b c` cannot be a flag"));
    assert!(flagged("{ key = \"a\", colour = 1 }").contains("not known"));
    assert!(flagged("1").contains("flag"));
    assert!(flagged("\"a\", percent = 5").contains("both `percent` and `flag`"));
}

#[test]
fn the_overlay_stands_beside_the_file() {
    let door = door();
    let parse = |text: &str| RouteFile::parse(text, &Known::default()).unwrap();
    let one = "[[routes]]\nname = \"one\"\npath = \"/one\"\nrespond = { status = 204 }\n";
    let two = "[[routes]]\nname = \"two\"\npath = \"/two\"\nrespond = { status = 204 }\n[[routes]]\nname = \"one\"\npath = \"/other\"\nrespond = { status = 204 }\n";
    door.edge.apply(parse(one));
    door.edge.overlay(parse(two));
    let has = |path: &str| door.edge.routes().iter().any(|route| route.path == path);
    assert!(has("/one") && has("/two") && !has("/other"));
    door.edge.apply(parse(""));
    assert!(!has("/one") && has("/two") && has("/other"));
    door.edge.overlay(RouteFile::default());
    assert!(!has("/two"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Ids that people have are spread as their share says: within five standard deviations of the binomial.
    #[test]
    fn shares_are_binomial(percent in 1_u32..100, salt in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let service = "{ name = \"toy\", service = \"toy\", rewrite = \"/api/v1/ignore\", percent = ";
            let text = format!(
                "[[routes]]\nname = \"s{salt}\"\npath = \"/s\"\nservice = \"toy\"\nrewrite = \"/api/v1/me\"\nsplit = {{ sticky = \"address\", rescue = \"off\", variants = [{service}{percent} }}] }}\n"
            );
            let known = Known { services: ["toy".to_owned()].into(), ..Known::default() };
            let door = door();
            door.edge.apply(RouteFile::parse(&text, &known).unwrap());
            let draws = 1_000_u32;
            for at in 0..draws {
                let address = std::net::Ipv4Addr::from(at.wrapping_mul(2_654_435_761).wrapping_add(salt as u32));
                let peer = banyan_edge::Peer { address: (address, 1).into(), ..banyan_edge::Peer::in_process() };
                drop(door.edge.handle(crate::fixture::request("GET", "/s", &[], Body::empty()), peer).await);
            }
            let took = door.edge.splits()[0].sides[1].seen.requests as f64;
            let share = f64::from(percent) / 100.0;
            let expected = share * f64::from(draws);
            let deviation = (expected * (1.0 - share)).sqrt();
            assert!((took - expected).abs() <= 5.0 * deviation + 1.0, "{took} of {draws} for {percent} %");
        });
    }
}

/// As the control plane writes it.
#[tokio::test]
async fn the_plan_of_the_control_plane_is_taken() {
    let upstream = serve(Router::new().fallback(play).with_state(("old", Arc::new(Stage::default())))).await;
    let old = "upstream = \"strangler-legacy\"\nauth = \"optional\"\nauthorization = \"pass\"\ncors = \"upstream\"\nsecurity_headers = \"upstream\"\n";
    let route = |name: &str, path: &str, priority: i32, answer: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\npath = \"{path}\"\nhosts = []\npriority = {priority}\nobserve = \"on\"\n{old}{answer}"
        )
    };
    let split = "split = { name = \"me\", generation = 3, sticky = \"user\", variants = [{ name = \"banyan\", service = \"toy\", strip_prefix = \"/me\", add_prefix = \"/api/v1/me\", percent = 100.00, users = [], header = { name = \"x-canary\", value = \"1\" } }], roll_back = \"on\" }\n";
    let plan = [
        format!("[upstreams.strangler-legacy]\nendpoints = [\"http://{upstream}\"]\n"),
        route("strangler", "/{*rest}", -1_000, ""),
        route("strangler.claim.0", "/api/v1/greeting", 500, ""),
        route("strangler.me", "/me", 700, split),
        route("strangler.me.below", "/me/{*rest}", 700, split),
    ];
    let door = door();
    let known = Known { services: ["toy".to_owned()].into(), ..Known::default() };
    let file = RouteFile::parse(&plan.concat(), &known).unwrap_or_else(|faults| panic!("{faults:#?}"));
    door.edge.overlay(file);
    assert_eq!(side(&door.get("/anything").await), "old");
    assert_eq!(side(&door.get("/api/v1/greeting").await), "old", "what a service has already has not moved yet");
    assert_eq!(door.get("/me").await.json()["tenant"], "upcoach");
    assert_eq!(door.edge.splits().len(), 1, "both routes are one split");
    assert_eq!(door.edge.splits()[0].sides[1].seen.requests, 1);
    assert_eq!(door.get("/health").await.json()["status"], "up");
    door.edge.overlay(RouteFile::default());
    assert_eq!(door.get("/api/v1/greeting").await.status, StatusCode::OK);
}

#[test]
fn an_explanation_names_who_goes_where() {
    let text = "[upstreams.old]\nendpoints = [\"http://127.0.0.1:1\"]\n[[routes]]\nname = \"a\"\npath = \"/a\"\nupstream = \"old\"\n\
        split = { variants = [{ name = \"new\", upstream = \"old\", flag = \"shop\" }, \
        { name = \"blue\", upstream = \"old\", flag = { key = \"button\", variant = \"blue\" } }, \
        { name = \"some\", upstream = \"old\", percent = 2.5, header = { name = \"x-canary\", value = \"1\" } }] }\n";
    let file = RouteFile::parse(text, &Known::default()).unwrap();
    let own = BuiltIn { services: Vec::new(), version: 1, images: ImagePage::None };
    let question = Question { method: http::Method::GET, uri: "/a".parse().unwrap(), headers: http::HeaderMap::new() };
    let explained = explain(&file, &own, &question).policies;
    let splits: Vec<&str> = explained.iter().map(String::as_str).filter(|policy| policy.starts_with("split: ")).collect();
    let expected = [
        "split: new (upstream old) for the flag shop",
        "split: blue (upstream old) for the flag button with its variant blue",
        "split: some (upstream old) for the header x-canary, 2.5 %",
    ];
    assert_eq!(splits, expected);
}
