//! Who gets in, and for how long.

use serde_json::json;

use crate::client::Client;
use crate::fixture::{Between, Node, World, bench};

async fn memory(settings: serde_json::Value) -> (banyan_testkit::Bench, World, Node) {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, settings).await;
    (bench, world, node)
}

#[tokio::test]
async fn a_token_lets_in_and_nothing_else_does() {
    let (bench, world, node) = memory(json!({})).await;
    let token = world.token(&bench, &bench.user());
    let mut client = Client::open(&node).await;
    let connected = client.ask("connect", json!({ "token": token, "name": "js", "data": { "x": 1 } })).await;
    let result = &connected["connect"];
    assert_eq!(
        (&result["ping"], &result["pong"], &result["expires"], &result["ttl"]),
        (&json!(25), &json!(true), &json!(true), &json!(3600))
    );
    for (token, code) in [("", 101), ("expired", 109), ("forged", 109), ("away", 100)] {
        assert_eq!(Client::open(&node).await.refused("connect", json!({ "token": token })).await, code, "{token}");
    }
    client.say(json!({ "id": 9, "connect": { "token": token } }).to_string()).await;
    assert_eq!(client.closed().await, 3501, "nobody connects twice");
}

#[tokio::test]
async fn what_comes_behind_a_refused_connect_is_passed_over_and_another_token_counts() {
    let (bench, world, node) = memory(json!({})).await;
    let mut client = Client::open(&node).await;
    let commands =
        [json!({ "id": 1, "connect": { "token": "expired" } }), json!({ "id": 2, "subscribe": { "channel": "user:1" } })];
    client.say(commands.map(|command| command.to_string()).join("\n")).await;
    let refused = client.read().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(1), &json!(109)), "{refused}");
    let token = world.token(&bench, &bench.user());
    client.say(json!({ "id": 3, "connect": { "token": token } }).to_string()).await;
    let connected = client.read().await;
    assert_eq!(connected["id"], 3, "the subscription has no answer: {connected}");
    assert!(connected["connect"].is_object(), "{connected}");
    let mut hasty = Client::open(&node).await;
    hasty.say(json!({ "id": 1, "subscribe": { "channel": "user:1" } }).to_string()).await;
    assert_eq!(hasty.closed().await, 3501, "nobody was asked who it is");
}

#[tokio::test]
async fn a_connection_ends_with_its_session_and_with_its_token() {
    let (bench, world, node) = memory(json!({})).await;
    let ann = bench.user();
    let (first, second, third) = (world.token(&bench, &ann), world.token(&bench, &ann), world.token(&bench, &ann));
    let revoked = Client::connect(&node, &first).await;
    let expiring = Client::connect(&node, &second).await;
    let mut refreshed = Client::connect(&node, &third).await;
    world.revoke(&first);
    assert_eq!(revoked.closed().await, 3005);
    assert_eq!(Client::open(&node).await.refused("connect", json!({ "token": first })).await, 109);
    bench.clock.advance_seconds(3_000);
    let newer = world.token(&bench, &ann);
    let refreshing = refreshed.ask("refresh", json!({ "token": newer })).await;
    assert_eq!(refreshing["refresh"]["ttl"], 3600, "{refreshing}");
    bench.clock.advance_seconds(601);
    assert_eq!(expiring.closed().await, 3005);
    assert!(refreshed.ask("ping", json!({})).await["ping"].is_object());
    assert_eq!(refreshed.refused("refresh", json!({ "token": "expired" })).await, 109);
    let other = world.token(&bench, &bench.user());
    refreshed.say(json!({ "id": 90, "refresh": { "token": other } }).to_string()).await;
    assert_eq!(refreshed.closed().await, 3500, "a token of somebody else");
}

#[tokio::test]
async fn who_does_not_answer_pings_is_closed_and_who_says_nothing_too() {
    let (bench, world, node) = memory(json!({ "ping_seconds": 1, "pong_seconds": 1 })).await;
    let silent = Client::connect(&node, &world.token(&bench, &bench.user())).await;
    let mut answering = Client::connect(&node, &world.token(&bench, &bench.user())).await;
    answering.subscribe("market:X").await;
    let reading = tokio::spawn(async move { answering.push().await });
    assert_eq!(silent.closed().await, 3012);
    assert!(!reading.is_finished(), "who answers stays");
    let stale = Client::open(&node).await;
    assert_eq!(stale.closed().await, 3502);
    reading.abort();
}

#[tokio::test]
async fn a_person_has_so_many_connections_and_commands() {
    let (bench, world, node) = memory(json!({ "connections_per_person": 2, "commands_per_second": 1 })).await;
    let (ann, ben) = (bench.user(), bench.user());
    let first = Client::connect(&node, &world.token(&bench, &ann)).await;
    let _second = Client::connect(&node, &world.token(&bench, &ann)).await;
    let mut third = Client::open(&node).await;
    third.say(json!({ "id": 1, "connect": { "token": world.token(&bench, &ann) } }).to_string()).await;
    assert_eq!(third.closed().await, 3504);
    let mut flood = Client::connect(&node, &world.token(&bench, &ben)).await;
    assert!(flood.ask("ping", json!({})).await["ping"].is_object());
    assert_eq!(flood.refused("ping", json!({})).await, 111);
    let pings: Vec<String> = (10..60).map(|id| json!({ "id": id, "ping": {} }).to_string()).collect();
    flood.say(pings.join("\n")).await;
    assert_eq!(flood.closed().await, 3013);
    drop(first);
    let again = async || {
        let mut client = Client::open(&node).await;
        client.say(json!({ "id": 1, "connect": { "token": world.token(&bench, &ann) } }).to_string()).await;
        matches!(client.frame().await, Some(tokio_tungstenite::tungstenite::Message::Text(_))).then_some(())
    };
    crate::fixture::eventually("there is room again", again).await;
}

#[tokio::test]
async fn who_does_not_read_is_closed_and_others_hear_on() {
    let (bench, world, node) = memory(json!({ "queue_bytes": 65_536 })).await;
    let (slow, quick) = (bench.user(), bench.user());
    let mut slow = Client::connect(&node, &world.token(&bench, &slow)).await;
    let mut quick = Client::connect(&node, &world.token(&bench, &quick)).await;
    slow.subscribe("market:X").await;
    quick.subscribe("market:X").await;
    let admin = bench.with_role(banyan_kernel::Role::Admin);
    let filler = "x".repeat(30_000);
    // More than the sockets' own buffers take.
    for number in 1..=600 {
        let said =
            node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": "market:X", "data": [number, filler] })).await;
        assert_eq!(said.status, 200);
        assert_eq!(quick.push().await["pub"]["offset"], number);
    }
    assert_eq!(slow.closed().await, 3008);
}
