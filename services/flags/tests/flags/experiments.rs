//! Variants compared by what people did.

use banyan_kernel::{Caller, RequestId, Role};
use banyan_testkit::{Answer, App, Bench, on_both_engines};
use futures_util::StreamExt as _;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{FLAGS, app, flag, put};

const EXPERIMENTS: &str = "/api/v1/admin/flag-experiments";
const EVENTS: &str = "/api/v1/flags/events";
const NOBODY: &str = "0190a5b0-0000-7000-8000-000000000000";

/// Half of the people get each.
fn blue_or_red() -> Value {
    json!({ "enabled": true, "variants": [{ "name": "blue", "weight": 500 }, { "name": "red", "weight": 500 }] })
}

async fn start(app: &App, admin: &Caller, name: &str) -> String {
    let body = json!({ "name": name, "flag": "button", "goal": "bought", "control": "red", "expectedEffect": 0.2 });
    let made = app.call(admin, Method::POST, EXPERIMENTS).header("x-reason", "to know").json(body).send().await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let path = format!("{EXPERIMENTS}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    path
}

async fn tell(app: &App, person: &Caller, exposures: &[&str], goals: &[&str]) {
    let told = app.post(person, EVENTS, json!({ "exposures": exposures, "goals": goals })).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT, "{told:?}");
}

async fn shown(app: &App, admin: &Caller, path: &str) -> Value {
    let answer = app.get(admin, path).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}

/// All groups together.
fn people(outcome: &Value) -> (u64, u64) {
    let sum = |member: &str| outcome["groups"].as_array().unwrap().iter().map(|group| group[member].as_u64().unwrap()).sum();
    (sum("exposed"), sum("converted"))
}

/// Their number, one after the other by eights; each is shown the button, and `wins` says who buys by the variant and the place in the line.
async fn crowd(bench: &Bench, app: &App, count: usize, wins: impl Fn(&str, usize) -> bool) {
    let one = async |place: usize| {
        let person = bench.user();
        tell(app, &person, &["button"], &[]).await;
        let feature = app.get(&person, "/api/v1/features/button").await;
        if wins(feature.body["variant"]["name"].as_str().unwrap(), place) {
            tell(app, &person, &[], &["bought"]).await;
        }
    };
    futures_util::stream::iter(0..count).map(one).buffer_unordered(8).collect::<Vec<()>>().await;
}

fn refused(answer: &Answer, field: &str, code: &str) {
    assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{answer:?}");
    assert_eq!(answer.body["errors"][0]["code"], code, "{answer:?}");
}

on_both_engines! {
    async fn an_experiment_begins_shows_and_ends(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        flag(&app, &admin, "button", blue_or_red()).await;
        let path = start(&app, &admin, "Colour").await;
        let ann = bench.user();
        tell(&app, &ann, &["button", "no-such-flag"], &["bought", "nothing"]).await;
        let outcome = shown(&app, &admin, &path).await;
        assert_eq!(people(&outcome), (1, 1));
        let experiment = &outcome["experiment"];
        assert_eq!((&experiment["control"], &experiment["endedAt"], &experiment["full"]), (&json!("red"), &Value::Null, &json!(false)));
        assert_eq!(experiment["weights"], json!({ "blue": 500, "red": 500 }));
        assert_eq!((&outcome["sizePValue"], &outcome["weightsChanged"]), (&Value::Null, &json!(false)), "one person says nothing");
        let list = app.get(&admin, &format!("{EXPERIMENTS}?orderBy=name")).await;
        assert_eq!(list.body["data"], json!([experiment]), "{list:?}");
        let end = app.call(&admin, Method::POST, &format!("{path}/end")).header("x-reason", "known").send().await;
        assert_eq!(end.status, StatusCode::OK, "{end:?}");
        assert!(end.body["endedAt"].is_string());
        assert_eq!(app.post(&admin, &format!("{path}/end"), Value::Null).await.body, end.body, "twice is once");
        tell(&app, &bench.user(), &["button"], &["bought"]).await;
        let after = shown(&app, &admin, &path).await;
        assert_eq!((people(&after), &after["experiment"]), ((1, 1), &end.body));
        banyan_flags::purge(&app.store, bench.tenant).await.unwrap();
        assert_eq!(people(&shown(&app, &admin, &path).await), (1, 1), "what it has shown stays without its people");
        let again = start(&app, &admin, "Colour").await;
        assert_eq!(people(&shown(&app, &admin, &again).await), (0, 0));
        let audit = app.get(&admin, &format!("{FLAGS}/audit?limit=100")).await.body;
        let acts: Vec<&str> = audit["data"].as_array().unwrap().iter().filter_map(|one| one["action"].as_str()).collect();
        let count = |act: &str| acts.iter().filter(|one| **one == act).count();
        assert_eq!((count("flag-experiment.started"), count("flag-experiment.ended")), (2, 1), "{acts:?}");
    }

    async fn a_person_counts_once_and_a_goal_after_the_exposure(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let flag = flag(&app, &admin, "button", blue_or_red()).await;
        let path = start(&app, &admin, "Colour").await;
        let (ann, ben) = (bench.user(), bench.user());
        tell(&app, &ann, &[], &["bought"]).await;
        assert_eq!(people(&shown(&app, &admin, &path).await), (0, 0), "nobody was shown anything");
        let at_once = (0..8).map(|_| tell(&app, &ann, &["button"], &[]));
        futures_util::future::join_all(at_once).await;
        assert_eq!(people(&shown(&app, &admin, &path).await), (1, 0), "what was reached before has no part in it");
        for _ in 0..2 {
            tell(&app, &ann, &["button"], &["bought"]).await;
        }
        assert_eq!(people(&shown(&app, &admin, &path).await), (1, 1));
        // Whoever was given a variant stays with it, whatever is given now.
        let group = |outcome: &Value| outcome["groups"][0]["variant"].as_str().unwrap().to_owned();
        let given = group(&shown(&app, &admin, &path).await);
        let other = if given == "red" { json!([{ "name": "blue", "weight": 1000 }]) } else { json!([{ "name": "red", "weight": 1000 }]) };
        put(&app, &admin, &flag, json!({ "enabled": true, "variants": other })).await;
        tell(&app, &ann, &["button"], &[]).await;
        let outcome = shown(&app, &admin, &path).await;
        assert_eq!((people(&outcome), group(&outcome), &outcome["weightsChanged"]), ((1, 1), given, &json!(true)));
        put(&app, &admin, &flag, json!({ "enabled": false })).await;
        tell(&app, &ben, &["button"], &["bought"]).await;
        assert_eq!(people(&shown(&app, &admin, &path).await), (1, 1), "who gets no variant takes no part");
        assert_eq!(people(&shown(&app, &admin, &path).await), (1, 1));
        let elsewhere = bench.in_other_tenant(&ben);
        assert_eq!(app.post(&elsewhere, EVENTS, json!({ "exposures": ["button"] })).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.get(&bench.in_other_tenant(&admin), &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.post(&bench.anonymous(), EVENTS, json!({ "goals": ["bought"] })).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_difference_is_found_and_none_is_not(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        flag(&app, &admin, "button", blue_or_red()).await;
        let path = start(&app, &admin, "Colour").await;
        crowd(&bench, &app, 300, |variant, place| if variant == "blue" { place % 5 < 3 } else { place % 5 == 0 }).await;
        let outcome = shown(&app, &admin, &path).await;
        let (red, blue) = (&outcome["groups"][0], &outcome["groups"][1]);
        assert_eq!((&red["variant"], &red["comparison"], &blue["variant"]), (&json!("red"), &Value::Null, &json!("blue")), "{outcome}");
        assert_eq!(people(&outcome).0, 300);
        let said = &blue["comparison"];
        assert_eq!(said["significant"], true, "{outcome}");
        assert!(said["low"].as_f64().unwrap() > 0.0 && said["pValue"].as_f64().unwrap() < 0.001, "{outcome}");
        assert_eq!((&outcome["sizesMismatch"], &outcome["weightsChanged"]), (&json!(false), &json!(false)), "{outcome}");
        let before = outcome["groups"].clone();
        app.post(&admin, &format!("{path}/end"), Value::Null).await;
        banyan_flags::purge(&app.store, bench.tenant).await.unwrap();
        assert_eq!(shown(&app, &admin, &path).await["groups"], before, "as it was at the end");
    }

    async fn groups_that_the_weights_do_not_give_are_warned_of(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let everybody = json!([{ "contextName": "tenant", "values": [bench.tenant.to_string()] }]);
        let variants = json!([{ "name": "blue", "weight": 500, "overrides": everybody }, { "name": "red", "weight": 500 }]);
        flag(&app, &admin, "button", json!({ "enabled": true, "variants": variants })).await;
        let path = start(&app, &admin, "Colour").await;
        crowd(&bench, &app, 120, |_, _| false).await;
        let outcome = shown(&app, &admin, &path).await;
        assert_eq!((&outcome["sizesMismatch"], &outcome["weightsChanged"]), (&json!(true), &json!(false)), "{outcome}");
        assert!(outcome["sizePValue"].as_f64().unwrap() < 1e-6, "{outcome}");
    }

    async fn what_cannot_be_compared_is_refused(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        let ask = async |more: Value| {
            let mut body = json!({ "name": "A", "flag": "button", "goal": "bought", "control": "red" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            app.post(&admin, EXPERIMENTS, body).await
        };
        refused(&ask(json!({})).await, "flag", "unknown-flag");
        let path = flag(&app, &admin, "button", json!({ "enabled": true })).await;
        refused(&ask(json!({})).await, "flag", "no-variants");
        let of = |name: &str| json!({ "name": "default", "variants": [{ "name": name, "weight": 500 }, { "name": "red", "weight": 500 }] });
        put(&app, &admin, &path, json!({ "enabled": true, "strategies": [of("blue"), of("green")] })).await;
        refused(&ask(json!({})).await, "flag", "no-variants");
        put(&app, &admin, &path, json!({ "enabled": true, "strategies": [of("blue"), of("blue")] })).await;
        assert!(!ask(json!({ "control": "green" })).await.bad_fields().is_empty());
        assert_eq!(ask(json!({ "environment": "nowhere" })).await.bad_fields(), ["environment"]);
        refused(&ask(json!({ "environment": "development" })).await, "flag", "no-variants");
        assert_eq!(ask(json!({ "expectedEffect": 0.6 })).await.bad_fields(), ["expectedEffect"]);
        assert_eq!(ask(json!({ "name": " ", "goal": "a b" })).await.bad_fields(), ["goal", "name"]);
        assert_eq!(ask(json!({ "more": 1 })).await.bad_fields(), ["more"]);
        assert_eq!(ask(json!({})).await.status, StatusCode::CREATED);
        refused(&ask(json!({})).await, "name", "taken");
        for place in 1..50 {
            assert_eq!(ask(json!({ "name": format!("{place}") })).await.status, StatusCode::CREATED);
        }
        let full = ask(json!({ "name": "One more" })).await;
        assert_eq!(full.status, StatusCode::CONFLICT);
        assert!(full.body["detail"].as_str().unwrap().contains("50"), "{full:?}");
        let person = bench.user();
        let many: Vec<String> = (0..101).map(|place| format!("g{place}")).collect();
        assert_eq!(app.post(&person, EVENTS, json!({ "goals": many })).await.bad_fields(), ["goals"]);
        assert_eq!(app.post(&person, EVENTS, json!({ "exposures": ["a b"] })).await.bad_fields(), ["exposures[0]"]);
        assert_eq!(app.get(&admin, &format!("{EXPERIMENTS}/{NOBODY}")).await.status, StatusCode::FORBIDDEN);
        app.post(&admin, &format!("{path}/archive"), Value::Null).await;
        refused(&ask(json!({ "name": "Late" })).await, "flag", "archived");
        assert_eq!(app.delete(&admin, &path).await.status, StatusCode::NO_CONTENT);
        let list = app.get(&admin, &format!("{EXPERIMENTS}?limit=100")).await;
        assert!(list.body["data"].as_array().unwrap().iter().all(|one| one["endedAt"].is_string()), "they end with their flag");
    }

    async fn an_erased_person_leaves_no_trace(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        flag(&app, &admin, "button", blue_or_red()).await;
        let (one, two) = (start(&app, &admin, "One").await, start(&app, &admin, "Two").await);
        let (ann, ben) = (bench.user(), bench.user());
        for person in [&ann, &ben] {
            tell(&app, person, &["button"], &["bought"]).await;
        }
        let identity = Caller::system(bench.tenant, "identity", RequestId(bench.new_id()));
        let erase = format!("/internal/people/{}", ann.user_id().unwrap());
        for _ in 0..2 {
            assert_eq!(app.call(&identity, Method::DELETE, &erase).send().await.status, StatusCode::NO_CONTENT);
        }
        for path in [&one, &two] {
            assert_eq!(people(&shown(&app, &admin, path).await), (1, 1), "another person stays");
        }
        tell(&app, &ann, &["button"], &[]).await;
        assert_eq!(people(&shown(&app, &admin, &one).await), (2, 1), "she was forgotten");
    }
}
