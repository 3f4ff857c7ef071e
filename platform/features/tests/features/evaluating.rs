//! What an evaluation says.

use banyan_features::{Context, LocalFlags, Reason, Snapshot};
use banyan_features::{Features, Scope};
use banyan_kernel::{Caller, RequestId, Role, Roles, TestClock, Timestamp, Uuid};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{TENANT, document, rolled_out, snapshot};

fn constrained(name: &str, constraint: Value) -> Value {
    json!({ "name": name, "enabled": true, "strategies": [{ "name": "default", "constraints": [constraint] }] })
}

#[test]
fn reasons_are_told() {
    let mut off = rolled_out("off", 100);
    off["enabled"] = json!(false);
    let flags = snapshot(
        1,
        json!([
            off,
            rolled_out("everybody", 100),
            rolled_out("half", 50),
            constrained("coaches", json!({ "contextName": "role", "operator": "IN", "values": ["coach"] })),
        ]),
    );
    let reason = |flag: &str, context: &Context| flags.evaluate(flag, context).map(|found| (found.enabled, found.reason));
    let (ann, coach) = (Context::of_user("ann"), Context::of_user("bo").with("role", "coach"));
    assert_eq!(reason("off", &ann), Some((false, Reason::Disabled)));
    assert_eq!(reason("everybody", &ann), Some((true, Reason::Static)));
    let half = (0..100).map(|user| reason("half", &Context::of_user(format!("user-{user}"))).unwrap());
    assert!(half.into_iter().all(|one| one == (true, Reason::Split) || one == (false, Reason::Default)));
    assert_eq!(reason("coaches", &ann), Some((false, Reason::Default)));
    assert_eq!(reason("coaches", &coach), Some((true, Reason::TargetingMatch)));
    assert_eq!(reason("none", &ann), None);
    assert!(!flags.enabled("none", &ann));
}

#[test]
fn a_window_of_time_opens_and_closes_by_the_clock_that_is_handed_in() {
    let window = json!({ "name": "sale", "enabled": true, "strategies": [{ "name": "default", "constraints": [
        { "contextName": "currentTime", "operator": "DATE_AFTER", "value": "2024-01-15T10:00:00Z" },
        { "contextName": "currentTime", "operator": "DATE_BEFORE", "value": "2024-01-15T12:00:00+01:00" },
    ] }] });
    let clock = TestClock::at("2024-01-15T09:59:59Z".parse::<Timestamp>().unwrap());
    let features = Features::default();
    features.put(snapshot(1, json!([window])));
    let local = LocalFlags::new(features, "development", Arc::new(clock.clone()));
    let is_open = || local.enabled(TENANT, "sale", &Context::default());
    assert!(!is_open());
    clock.advance_seconds(2);
    assert!(is_open());
    clock.advance_seconds(3_600);
    assert!(!is_open());
    assert!(!local.enabled(Uuid::nil(), "sale", &Context::default()), "another tenant has no such flag");
}

#[test]
fn a_caller_is_known_by_user_tenant_and_roles() {
    let roles = Roles::from_iter([Role::User, Role::Coach]);
    let caller = Caller::user(TENANT, Uuid::from_u128(7), roles, RequestId(Uuid::nil()));
    let context = Context::of(&caller);
    let flags = snapshot(
        1,
        json!([
            constrained("highest", json!({ "contextName": "role", "operator": "IN", "values": ["coach"] })),
            constrained("each", json!({ "contextName": "role.user", "operator": "IN", "values": ["true"] })),
            constrained("tenant", json!({ "contextName": "tenant", "operator": "IN", "values": [TENANT.to_string()] })),
            constrained("user", json!({ "contextName": "userId", "operator": "IN", "values": [Uuid::from_u128(7).to_string()] })),
            constrained("nobody", json!({ "contextName": "signedIn", "operator": "IN", "values": ["false"] })),
        ]),
    );
    let on: Vec<&str> = flags.names().filter(|name| flags.enabled(name, &context)).collect();
    assert_eq!(on, ["each", "highest", "tenant", "user"]);
    let nobody = Context::of(&Caller::anonymous(TENANT, RequestId(Uuid::nil())));
    let on: Vec<&str> = flags.names().filter(|name| flags.enabled(name, &nobody)).collect();
    assert_eq!(on, ["nobody", "tenant"]);
}

#[test]
fn segments_come_as_a_list_or_inside_of_strategies() {
    let segment = json!({ "id": 3, "constraints": [{ "contextName": "plan", "operator": "IN", "values": ["gold"] }] });
    let flag =
        json!({ "name": "gold", "enabled": true, "project": "shop", "strategies": [{ "name": "default", "segments": [3] }] });
    let (flags, warnings) = Snapshot::compile(TENANT, "production", 4, document(json!([flag]), json!([segment])));
    assert_eq!(warnings, []);
    assert!(flags.enabled("gold", &Context::default().with("plan", "gold")));
    assert!(!flags.enabled("gold", &Context::default().with("plan", "free")));
    let read = |scope: &Scope| serde_json::from_slice::<Value>(&flags.document(scope).body).unwrap();
    let listed = read(&Scope::default());
    assert_eq!((&listed["segments"][0]["id"], &listed["features"][0]["strategies"][0]["segments"][0]), (&json!(3), &json!(3)));
    let inlined = read(&Scope { segments: banyan_features::Segments::Inlined, ..Scope::default() });
    assert_eq!((inlined.get("segments"), inlined["features"][0]["strategies"][0].get("segments")), (None, None));
    assert_eq!(inlined["features"][0]["strategies"][0]["constraints"][0]["contextName"], "plan");
    let elsewhere = Scope { projects: Some(["blog".to_owned()].into()), ..Scope::default() };
    assert_eq!(read(&elsewhere)["features"], json!([]));
    let (one, other) = (flags.document(&Scope::default()), flags.document(&elsewhere));
    assert_ne!(one.etag, other.etag);
    assert_eq!(
        (flags.document(&Scope::default()).etag.as_str(), listed["meta"]["revisionId"].as_i64()),
        (one.etag.as_str(), Some(4))
    );
}

#[test]
fn one_revision_with_another_content_has_another_tag() {
    let (one, other) = (snapshot(1, json!([rolled_out("a", 10)])), snapshot(1, json!([rolled_out("a", 20)])));
    assert_ne!(one.document(&Scope::default()).etag, other.document(&Scope::default()).etag);
}

#[test]
fn what_stands_in_for_a_session_holds_an_answer_together_and_is_no_session() {
    let variants =
        json!([{ "name": "a", "weight": 500, "stickiness": "default" }, { "name": "b", "weight": 500, "stickiness": "default" }]);
    let mut half = rolled_out("half", 50);
    half["variants"] = variants;
    let by_session = json!({ "name": "by-session", "enabled": true, "strategies": [
        { "name": "gradualRolloutSessionId", "parameters": { "percentage": "100", "groupId": "g" } },
    ] });
    let flags = snapshot(1, json!([half, by_session]));
    let mut on = 0;
    for number in 0..1_000 {
        let nobody = Context::default().or_session(number.to_string());
        let found = flags.evaluate("half", &nobody).unwrap();
        assert_eq!(found.enabled, found.variant.is_some(), "on and variant are of one draw");
        assert_eq!(Some(found.clone()), flags.evaluate("half", &nobody));
        assert!(!flags.enabled("by-session", &nobody));
        on += u32::from(found.enabled);
    }
    // Five standard deviations of 1,000 draws at 0.5.
    assert!((420..=580).contains(&on), "{on}");
    let session = Context { session_id: Some("s".into()), ..Context::default() };
    assert!(flags.enabled("by-session", &session));
}
