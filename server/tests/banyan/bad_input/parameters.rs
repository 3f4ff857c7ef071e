//! Queries, ids in paths, and header fields that nobody can take.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::calls::{Call, calls};
use super::{Scene, speaks_anothers_protocol};
use crate::harness::{Place, on_both_engines};
use crate::wire::Request;

on_both_engines! {
    fn every_list_refuses_pages_that_are_none_and_ends_in_empty_ones(place: Place) {
        let mut scene = Scene::set(&place);
        let calls = calls(&place);
        let lists: Vec<&Call> = calls.iter().filter(|call| call.query.contains("page")).collect();
        assert!(lists.len() > 8, "{} lists", lists.len());
        for call in lists {
            let path = scene.path(&call.pattern);
            for query in [
                "page=0", "page=-1", "page=abc", "page=1.5", "page=", "page=%00", "page=1&page=2", "page=99999999999999999999", "page=+1",
                "page=0x1", "limit=0", "limit=-1", "limit=101", "limit=1000000000", "limit=ten", "limit=9223372036854775808",
                "order=SIDEWAYS", "orderBy=nonsense", "orderBy=tenant_id", "orderBy=title%27%3B--", "order=", "page=1%00",
            ] {
                let request = scene.may(&call.pattern, Request::get(&format!("{path}?{query}")));
                scene.refuses(&format!("{}?{query}", call.name()), &request, &[422]);
            }
            for query in ["page=%ff", "%ff=1"] {
                let request = scene.may(&call.pattern, Request::get(&format!("{path}?{query}")));
                scene.refuses(&format!("{}?{query}", call.name()), &request, &[400, 422]);
            }
            let request = scene.may(&call.pattern, Request::get(&format!("{path}?page=1000000000&limit=100")));
            let empty = scene.takes(&format!("{} page 1000000000", call.name()), &request, 200);
            if let Some(page) = empty {
                let rows = [&page.body["data"], &page.body["personalizedContent"]].into_iter().find(|rows| rows.is_array());
                assert_eq!((rows, &page.body["pagination"]["hasNext"]), (Some(&json!([])), &json!(false)), "{}", call.name());
            }
        }
        scene.close(150);
    }

    fn every_query_parameter_refuses_what_is_no_value_of_it(place: Place) {
        let mut scene = Scene::set(&place);
        // Where a mail's link leads, people are answered with a page.
        let pages = ["/api/v1/notifications/unsubscribe"];
        let called = |call: &&Call| call.pattern.starts_with("/api/") && !speaks_anothers_protocol(&call.pattern) && !pages.contains(&call.pattern.as_str());
        for call in calls(&place).iter().filter(called) {
            let path = scene.path(&call.pattern);
            for name in call.query.iter().filter(|name| !["page", "limit", "order", "orderBy"].contains(&name.as_str())) {
                for value in ["%00", "a%00b", "%ff"] {
                    let request = scene.may(&call.pattern, Request::new(&call.method, &format!("{path}?{name}={value}")));
                    scene.refuses(&format!("{}?{name}={value}", call.name()), &request, &[400, 422]);
                }
            }
        }
        scene.close(40);
    }

    fn ids_that_are_none_are_refused_and_ids_of_nothing_are_hidden(place: Place) {
        let mut scene = Scene::set(&place);
        // Rooms have names, which are tried where realtime is.
        let with_ids = |call: &&Call| call.pattern.contains("{id}") && !call.pattern.contains("/admin/") && !call.pattern.contains("/realtime/");
        for call in calls(&place).iter().filter(with_ids) {
            let with = |id: &str| {
                let path = call.pattern.replace("{id}", id).replace("{milestoneId}", id).replace("{itemId}", id).replace("{userId}", id).replace("{suggestionId}", id).replace("{version}", "1").replace("{delivery}", id).replace("{date}", "2024-01-14").replace("{user}", id);
                let request = Request::new(&call.method, &path);
                match &call.body {
                    Some(body) => request.json(&Value::from(body.example.clone())),
                    None => request,
                }
            };
            for id in ["x", "0", "-1", "null", "%00", "%20", "..%2f..%2fetc", "%7B0190a5b0-0000-7000-8000-000000000000%7D", &"9".repeat(4_000), "0190a5b0"] {
                let what = format!("{} with {}", call.name(), id.chars().take(40).collect::<String>());
                let request = scene.may(&call.pattern, with(id));
                scene.refuses(&what, &request, &[400, 403, 404, 422]);
            }
            let mut codes = BTreeSet::new();
            for id in ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0190a5b0-0000-7000-8000-000000000000"] {
                let request = scene.may(&call.pattern, with(id));
                let reply = scene.refuses(&format!("{} with {id}", call.name()), &request, &[403, 404]);
                codes.extend(reply.map(|reply| reply.code().to_owned()));
            }
            assert!(codes.len() <= 1, "{}: {codes:?}", call.name());
        }
        scene.close(300);
    }

    fn header_fields_that_nobody_can_take_are_refused(place: Place) {
        let mut scene = Scene::set(&place);
        let token = scene.token.clone();
        let goal = || Request::post("/api/v1/goals", &json!({ "title": "Never" })).token(&token);
        for key in ["", " ", "a b", "\u{e9}", &"k".repeat(256), "tab\there"] {
            scene.refuses(&format!("Idempotency-Key: {key:?}"), &goal().header("idempotency-key", key), &[400, 422]);
        }
        scene.refuses("two keys", &goal().header("idempotency-key", "a").header("idempotency-key", "b"), &[422]);
        for tenant in ["nobody", "../upcoach", "", "upcoach,fittracker", "\u{e9}", "0190a5b0-0000-7000-8000-000000000000", &"t".repeat(5_000)] {
            scene.refuses(&format!("X-Tenant: {tenant:?}"), &goal().header("x-tenant", tenant), &[400, 401, 404]);
        }
        scene.refuses("another tenant", &goal().header("x-tenant", "fittracker"), &[401]);
        scene.refuses("two tenants", &goal().header("x-tenant", "upcoach").header("x-tenant", "upcoach"), &[400]);
        scene.refuses("host and header differ", &goal().header("host", "fittracker.localhost").header("x-tenant", "upcoach"), &[401]);
        scene.refuses("a tenant that is not there", &goal().header("host", "nobody.localhost"), &[404]);
        let path = scene.path("/api/v1/goals/{id}");
        let change = || Request::new("PATCH", &path).json(&json!({ "title": "Never" })).token(&token);
        scene.refuses("If-Match of another version", &change().header("if-match", "\"0\""), &[412]);
        for tag in ["", "\"", "W/", "no quotes", "\"a\" \"b\"", "\u{e9}"] {
            scene.refuses(&format!("If-Match: {tag:?}"), &change().header("if-match", tag), &[400, 412, 422]);
        }
        // Wishes are no commands: what cannot be understood of them is left aside.
        let wishes = ["zz-ZZ;q=9", ";;;,,,", "*", "en;q=nonsense", &"en,".repeat(1_000), "\u{e9}"];
        for wish in wishes {
            let request = Request::get("/api/v1/content/landing").header("accept-language", wish);
            scene.takes(&format!("Accept-Language: {}", wish.chars().take(20).collect::<String>()), &request, 200);
        }
        // What programs call themselves is kept with a session, whatever it is.
        for agent in ["", "\u{e9}\u{fffd}", "'; DROP TABLE sessions; --", &"a".repeat(6_000)] {
            let who = json!({ "email": "owner@example.org", "password": crate::harness::PASSWORD });
            let request = Request::post("/api/v1/auth/login", &who).header("user-agent", agent);
            scene.takes(&format!("User-Agent: {}", agent.chars().take(20).collect::<String>()), &request, 200);
        }
        scene.close(30);
    }
}
