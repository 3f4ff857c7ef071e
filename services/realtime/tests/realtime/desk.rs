//! What administrators and programs may do.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::client::Client;
use crate::fixture::{BOTH, Between, Node, World, bench, on_both_brokers};

on_both_brokers! {
    async fn programs_speak_look_and_disconnect(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({})).await;
        let (ann, program) = (bench.user(), bench.with_role(Role::Service));
        let session = bench.new_id().to_string();
        let (own, shared) = (format!("user:{}", ann.user_id().unwrap()), format!("session:{session}"));
        world.allow(&session, &ann, BOTH);
        let mut hears = Client::connect(&node, &world.token(&bench, &ann)).await;
        hears.subscribe(&own).await;
        hears.subscribe(&shared).await;
        let id = bench.new_id();
        for _ in 0..2 {
            let said = node.app.post(&program, "/api/v1/realtime/publish", json!({ "room": own, "data": { "n": 1 }, "id": id })).await;
            assert_eq!((said.status, &said.body["offset"]), (StatusCode::OK, &json!(1)), "{said:?}");
        }
        let said = node.app.post(&program, "/api/v1/realtime/broadcast", json!({ "rooms": [own, shared], "data": "all" })).await;
        assert_eq!((said.status, said.body["data"].as_array().unwrap().len()), (StatusCode::OK, 2), "{said:?}");
        let mut heard = Vec::new();
        for _ in 0..3 {
            let push = hears.push().await;
            heard.push((push["channel"].as_str().unwrap().to_owned(), push["pub"]["data"].to_string()));
        }
        heard.sort();
        assert_eq!(heard, [(shared.clone(), "\"all\"".to_owned()), (own.clone(), "\"all\"".to_owned()), (own.clone(), "{\"n\":1}".to_owned())]);
        let history = node.app.get(&program, &format!("/api/v1/realtime/history?room={own}&since=1")).await;
        assert_eq!((&history.body["offset"], &history.body["data"]), (&json!(2), &json!([{ "offset": 2, "data": "all", "info": null }])), "{history:?}");
        let present = node.app.get(&program, &format!("/api/v1/realtime/presence?room={shared}")).await;
        assert_eq!(present.body["data"][0]["userId"], ann.user_id().unwrap().to_string(), "{present:?}");
        assert_eq!((&present.body["clientCount"], &present.body["userCount"]), (&json!(1), &json!(1)));
        let rooms = node.app.get(&program, "/api/v1/realtime/rooms").await;
        let mut expected = vec![own.clone(), shared.clone()];
        expected.sort();
        assert_eq!(rooms.body["data"], json!(expected));
        let stranger = bench.in_other_tenant(&ann);
        let other = banyan_kernel::Caller::user(stranger.tenant, bench.new_id(), banyan_kernel::Roles::from_iter([Role::Admin]), stranger.request);
        assert_eq!(node.app.get(&other, "/api/v1/realtime/rooms").await.body["data"], json!([]));
        let leave = json!({ "userId": ann.user_id().unwrap(), "reconnect": true });
        assert_eq!(node.app.post(&other, "/api/v1/realtime/disconnect", leave.clone()).await.status, StatusCode::NO_CONTENT);
        assert!(hears.ask("ping", json!({})).await["ping"].is_object(), "another tenant's word is nothing here");
        assert_eq!(node.app.post(&program, "/api/v1/realtime/disconnect", leave).await.status, StatusCode::NO_CONTENT);
        assert_eq!(hears.closed().await, 3011);
    }
}

on_both_engines! {
    async fn who_may_not_is_refused_and_what_is_wrong_is_named(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let node = Node::start(&bench, &World::default(), Between::Memory, json!({})).await;
        let body = |path: &str| match path.rsplit('/').next().unwrap() {
            "publish" => Some(json!({ "room": "market:X", "data": 1 })),
            "broadcast" => Some(json!({ "rooms": ["market:X"], "data": 1 })),
            "disconnect" => Some(json!({ "userId": bench.new_id() })),
            _ => None,
        };
        let mut seen = 0;
        for operation in banyan_realtime::service().operations() {
            // Documents have a test of their own: the owner of the room says who may.
            if operation.access == banyan_http::openapi::Access::Anonymous || operation.path.contains("/documents/") {
                continue;
            }
            seen += 1;
            for (caller, status) in [(bench.anonymous(), StatusCode::UNAUTHORIZED), (bench.user(), StatusCode::FORBIDDEN), (bench.with_role(Role::Support), StatusCode::FORBIDDEN)] {
                let mut call = node.app.call(&caller, operation.method.clone(), &operation.path);
                if let Some(body) = body(&operation.path) {
                    call = call.json(body);
                }
                assert_eq!(call.send().await.status, status, "{operation:?}");
            }
        }
        assert_eq!(seen, 6);
        let admin = bench.with_role(Role::Admin);
        for (path, body, fields) in [
            ("publish", json!({ "room": "nobody:1", "data": 1 }), ["room"]),
            ("publish", json!({ "room": " ", "data": 1 }), ["room"]),
            ("publish", json!({ "room": "market:X", "data": "x".repeat(33_000) }), ["data"]),
            ("broadcast", json!({ "rooms": [], "data": 1 }), ["rooms"]),
            ("broadcast", json!({ "rooms": ["market:X", "market:"], "data": 1 }), ["rooms[1]"]),
            ("disconnect", json!({ "userId": "ann" }), ["userId"]),
        ] {
            let answer = node.app.post(&admin, &format!("/api/v1/realtime/{path}"), body.clone()).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, fields.map(str::to_owned).to_vec()), "{body:.100}: {answer:?}");
        }
        let answer = node.app.get(&admin, "/api/v1/realtime/history?room=market:X&limit=5000").await;
        assert_eq!(answer.bad_fields(), ["limit"]);
    }
}
