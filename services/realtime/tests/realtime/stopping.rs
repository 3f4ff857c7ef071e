//! A process that ends: clients are told to come again, and miss nothing.

use std::time::Duration;

use banyan_kernel::Role;
use banyan_realtime::Shared;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::Client;
use crate::documents::session;
use crate::editor::{Editor, dial};
use crate::fixture::{BOTH, Between, Node, PATIENCE, World, bench, on_both_brokers};
use crate::streams::Streamed;

const WITHIN: Duration = Duration::from_millis(200);

impl Node {
    /// As the server does it with SIGTERM.
    pub(crate) fn stop(&self) -> tokio::task::JoinHandle<()> {
        let shared = self.app.host.resource::<Shared>().unwrap();
        tokio::spawn(async move { shared.stop(WITHIN).await })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_told_comes_again_elsewhere_and_misses_nothing() {
    let (bench, world) = (bench().await, World::default());
    let first = Node::start(&bench, &world, Between::Redis, json!({})).await;
    let second = Node::start(&bench, &world, Between::Redis, json!({})).await;
    let (ann, id, admin) = (bench.user(), bench.new_id().to_string(), bench.with_role(Role::Admin));
    let room = format!("session:{id}");
    world.allow(&id, &ann, BOTH);
    let token = world.token(&bench, &ann);
    let mut hears = Client::connect(&first, &token).await;
    let begun = hears.subscribe(&room).await;
    let mut stream = Streamed::open(&first, &token).await;
    assert!(stream.next().await.unwrap()["connect"].is_object());
    let say = async |number: u64| {
        let said = second.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": room, "data": number })).await;
        assert_eq!(said.status, 200, "{said:?}");
    };
    say(1).await;
    let stopping = first.stop();
    for number in 2..=20 {
        say(number).await;
    }
    let mut last = begun["offset"].as_u64().unwrap();
    loop {
        match timeout(PATIENCE, hears.socket.next()).await.expect("it is closed") {
            Some(Ok(Message::Close(Some(frame)))) => {
                assert_eq!((u16::from(frame.code), frame.reason.as_str()), (3001, "shutdown"));
                break;
            }
            Some(Ok(Message::Text(text))) => {
                let push: Value = serde_json::from_str(&text).unwrap();
                if let Some(offset) = push["push"]["pub"]["offset"].as_u64() {
                    assert_eq!(offset, last + 1);
                    last = offset;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let told = loop {
        let frame = stream.next().await.unwrap();
        if frame["push"]["disconnect"].is_object() {
            break frame["push"]["disconnect"].clone();
        }
    };
    assert_eq!(told, json!({ "code": 3001, "reason": "shutdown" }));
    assert_eq!(stream.next().await, None);
    timeout(PATIENCE, stopping).await.expect("it ends").unwrap();
    // Who comes although the process ends is told so.
    assert_eq!(Client::open(&first).await.closed().await, 3001);
    let mut again = Client::connect(&second, &token).await;
    let wish = json!({ "channel": room, "recover": true, "epoch": begun["epoch"], "offset": last });
    let recovered = again.ask("subscribe", wish).await["subscribe"].clone();
    assert_eq!(recovered["recovered"], true);
    let missed = recovered["publications"].as_array().cloned().unwrap_or_default();
    let offsets: Vec<u64> = missed.iter().map(|one| one["offset"].as_u64().unwrap()).collect();
    assert_eq!(offsets, (last + 1..=20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_many_are_told_and_have_gone_when_it_is_done() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({ "connections_per_person": 100 })).await;
    let token = world.token(&bench, &bench.user());
    let mut clients = Vec::new();
    for _ in 0..60 {
        clients.push(Client::connect(&node, &token).await);
    }
    let closing = clients.into_iter().map(|client| tokio::spawn(client.closed())).collect::<Vec<_>>();
    timeout(PATIENCE, node.stop()).await.expect("it ends").unwrap();
    for one in closing {
        assert_eq!(one.await.unwrap(), 3001);
    }
    // Nobody is there: nothing to wait for.
    timeout(PATIENCE, node.stop()).await.expect("it ends").unwrap();
}

on_both_brokers! {
    async fn editors_go_elsewhere_with_all_that_they_wrote(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let (ann, ben) = (bench.user(), bench.user());
        let (name, _) = session(&bench, &world, &[&ann, &ben]);
        let settings = json!({ "documents": { "look_seconds": 1 } });
        let first = Node::start(&bench, &world, between, settings.clone()).await;
        let second = Node::start(&bench, &world, between, settings).await;
        let mut one = Editor::open(&first, &name, &world.token(&bench, &ann), 1).await;
        let mut two = Editor::open(&second, &name, &world.token(&bench, &ben), 2).await;
        one.write("before ").await;
        two.until(|editor| editor.text() == "before ").await;
        one.write("meanwhile ").await;
        let doc = one.doc.clone();
        let stopping = first.stop();
        assert_eq!(one.closed().await, 1012);
        timeout(PATIENCE, stopping).await.expect("it ends").unwrap();
        assert_eq!(dial(&first, &name, &world.token(&bench, &ann)).await.err(), Some(503));
        let _again = Editor::with(doc, &second, &name, &world.token(&bench, &ann)).await;
        two.until(|editor| editor.text() == "before meanwhile ").await;
    }
}
