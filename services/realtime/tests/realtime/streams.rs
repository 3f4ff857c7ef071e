//! The same conversation by server-sent events, across processes.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::Client;
use crate::fixture::{BOTH, Node, PATIENCE, World, bench, on_both_brokers};

/// Who reads a stream and sends requests.
pub(crate) struct Streamed {
    answer: reqwest::Response,
    text: String,
    early: VecDeque<Value>,
}

impl Streamed {
    pub(crate) async fn open(node: &Node, token: &str) -> Self {
        let connect = json!({ "id": 1, "connect": { "token": token } }).to_string();
        let mut url: reqwest::Url = format!("http://{}/api/v1/realtime/connection/sse", node.address).parse().unwrap();
        url.query_pairs_mut().append_pair("cf_connect", &connect);
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { answer, text: String::new(), early: VecDeque::new() }
    }

    /// The next frame that is no ping; nothing at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(found) = self.early.pop_front() {
                return Some(found);
            }
            let chunk = timeout(PATIENCE, self.answer.chunk()).await.expect("something comes").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let frame: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
                self.early.extend((frame != json!({})).then_some(frame));
                self.text = rest.to_owned();
            }
        }
    }
}

async fn say(node: &Node, connected: &Value, command: Value) -> u16 {
    let body = json!({ "session": connected["session"], "node": connected["node"], "data": command.to_string() });
    let url = format!("http://{}/api/v1/realtime/emulation", node.address);
    reqwest::Client::new().post(url).json(&body).send().await.unwrap().status().as_u16()
}

on_both_brokers! {
    async fn a_stream_and_requests_are_as_good_as_a_socket(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({ "ping_seconds": 1, "pong_seconds": 1 })).await;
        let (ann, session) = (bench.user(), bench.new_id().to_string());
        let room = format!("session:{session}");
        world.allow(&session, &ann, BOTH);
        let token = world.token(&bench, &ann);
        let mut stream = Streamed::open(&node, &token).await;
        let connected = stream.next().await.unwrap()["connect"].clone();
        assert_eq!((connected["session"].as_str().unwrap().len(), &connected["pong"]), (32, &Value::Null));
        // Another process takes the request, where there are several.
        let other = Node::start(&bench, &world, between, json!({})).await;
        let through = if matches!(between, Between::Redis) { &other } else { &node };
        assert_eq!(say(through, &connected, json!({ "id": 2, "subscribe": { "channel": room } })).await, 204);
        assert_eq!(stream.next().await.unwrap()["subscribe"]["recoverable"], true);
        let mut speaks = Client::connect(&node, &world.token(&bench, &ann)).await;
        for number in 1..=20 {
            let data = format!("a\nb{number}");
            assert!(speaks.ask("publish", json!({ "channel": room, "data": data })).await["publish"].is_object());
            let push = stream.next().await.unwrap()["push"].clone();
            assert_eq!((&push["pub"]["offset"], &push["pub"]["data"]), (&json!(number), &json!(data)));
        }
        // What is said by who does not know the name, or to nobody, changes nothing.
        let guessed = json!({ "session": "0".repeat(32), "node": connected["node"] });
        assert_eq!(say(&node, &guessed, json!({ "id": 3, "unsubscribe": { "channel": room } })).await, 204);
        if matches!(between, Between::Memory) {
            assert_eq!(say(&other, &connected, json!({ "id": 3, "ping": {} })).await, 404);
        }
        world.revoke(&token);
        let last = stream.next().await.unwrap();
        assert_eq!(last["push"]["disconnect"]["code"], 3005, "{last}");
        assert_eq!(stream.next().await, None);
        let mut refused = Streamed::open(&node, "forged").await;
        assert_eq!(refused.next().await.unwrap()["error"]["code"], 109);
    }
}
