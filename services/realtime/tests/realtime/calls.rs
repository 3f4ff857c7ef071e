//! Methods that people call by their connection.

use serde_json::{Value, json};

use crate::client::Client;
use crate::fixture::{Between, Node, World, bench, eventually};

/// Calls of one connection that may wait.
const OF_ONE: u32 = 8;

fn called(method: &str, data: &Value) -> Value {
    json!({ "method": method, "data": data })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_is_called_in_the_persons_name() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let ann = bench.user();
    let mut client = Client::connect(&node, &world.token(&bench, &ann)).await;
    let data = json!({ "text": "\u{1f333}\n", "list": [1, null] });
    let answered = client.ask("rpc", called("context.echo", &data)).await;
    assert_eq!(answered["rpc"]["data"], json!({ "by": ann.user_id(), "data": data }));
    let nothing = client.ask("rpc", json!({ "method": "context.echo" })).await;
    assert_eq!(nothing["rpc"]["data"]["data"], Value::Null);
    assert_eq!(client.ask("rpc", json!({ "method": "context.pretty" })).await["rpc"]["data"], json!({ "a": 1 }));
    // Several in one frame, as the client sends them after it was away.
    let batch: Vec<String> =
        (101..=103).map(|id| json!({ "id": id, "rpc": called("context.echo", &json!(id)) }).to_string()).collect();
    client.say(batch.join("\n")).await;
    let mut answers: Vec<Value> = Vec::new();
    while answers.len() < 3 {
        answers.push(client.read().await);
    }
    answers.sort_by_key(|answer| answer["id"].as_u64());
    let said: Vec<&Value> = answers.iter().map(|answer| &answer["rpc"]["data"]["data"]).collect();
    assert_eq!(said, [101, 102, 103]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_called_is_told_with_the_numbers_that_clients_know() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let token = world.token(&bench, &bench.user());
    let mut client = Client::connect(&node, &token).await;
    for (method, code) in [
        ("", 104),
        ("echo", 104),
        ("nobody.echo", 104),
        ("context.", 104),
        ("context.unknown", 104),
        ("context.../echo", 104),
        ("context.echo?a", 104),
        ("context.text", 100),
        ("context.away", 100),
        ("context.huge", 106),
        ("context.hidden", 103),
        ("context.invalid", 107),
        ("context.conflict", 409),
    ] {
        assert_eq!(client.refused("rpc", called(method, &json!({}))).await, code, "{method}");
    }
    let large = json!("x".repeat(33 * 1024));
    assert_eq!(client.refused("rpc", called("context.echo", &large)).await, 106);
    let away = client.ask("rpc", called("context.away", &json!({}))).await;
    assert_eq!(away["error"]["temporary"], true);
    // In words for the person.
    let mut indonesian = Client::open_in(&node, "id").await;
    indonesian.ask("connect", json!({ "token": token })).await;
    let mut words = Vec::new();
    for client in [&mut client, &mut indonesian] {
        let refused = client.ask("rpc", called("context.invalid", &json!({}))).await;
        let message = refused["error"]["message"].as_str().unwrap().to_owned();
        words.push(message.strip_prefix("after: ").unwrap_or_else(|| panic!("{message}")).to_owned());
    }
    assert_ne!(words[0], words[1]);
    // Nobody waits for the answer to 0.
    client.say(json!({ "id": 0, "rpc": called("context.echo", &json!({})) }).to_string()).await;
    assert_eq!(client.closed().await, 3501);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_are_bounded_and_hold_nothing_up() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let mut client = Client::connect(&node, &world.token(&bench, &bench.user())).await;
    for id in 101..=100 + OF_ONE {
        client.say(json!({ "id": id, "rpc": called("context.slow", &json!(id)) }).to_string()).await;
    }
    assert_eq!(client.refused("rpc", called("context.slow", &json!(0))).await, 111);
    assert!(client.ask("ping", json!({})).await["ping"].is_object(), "what is no call does not wait");
    world.answers.add_permits(usize::try_from(OF_ONE).unwrap());
    let mut answered: Vec<u64> = Vec::new();
    while answered.len() < usize::try_from(OF_ONE).unwrap() {
        let answer = client.read().await;
        assert_eq!(answer["rpc"]["data"], answer["id"]);
        answered.push(answer["id"].as_u64().unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, (101..=100 + u64::from(OF_ONE)).collect::<Vec<_>>());
    // The place is free when the answer is on its way.
    eventually("there is place again", async || {
        client.ask("rpc", called("context.echo", &json!(1))).await["rpc"].is_object().then_some(())
    })
    .await;
}
