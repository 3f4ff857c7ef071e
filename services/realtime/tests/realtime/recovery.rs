//! Who was away misses nothing, and hears nothing twice.

use serde_json::{Value, json};

use crate::client::Client;
use crate::fixture::{BOTH, LISTEN, Node, World, bench, on_both_brokers};

const MESSAGES: u64 = 10_000;
const BATCH: u64 = 100;

/// What one listener has heard.
struct Heard {
    epoch: Value,
    numbers: Vec<u64>,
}

impl Heard {
    fn take(&mut self, publication: &Value) {
        let number = publication["data"].as_u64().unwrap();
        assert_eq!(publication["offset"], number);
        self.numbers.push(number);
    }

    /// Connects again, and hears what was missed.
    async fn come_back(&mut self, node: &Node, token: &str, room: &str) -> Client {
        let mut client = Client::connect(node, token).await;
        let asked = json!({ "channel": room, "recover": !self.epoch.is_null(), "epoch": self.epoch.as_str().unwrap_or_default(), "offset": self.numbers.len() });
        let reply = client.ask("subscribe", asked).await;
        let subscribed = &reply["subscribe"];
        if !self.epoch.is_null() {
            assert_eq!((&subscribed["recovered"], &subscribed["epoch"]), (&json!(true), &self.epoch), "{subscribed:.300}");
        }
        self.epoch = subscribed["epoch"].clone();
        for publication in subscribed["publications"].as_array().into_iter().flatten() {
            self.take(publication);
        }
        assert_eq!(subscribed["offset"], self.numbers.len());
        client
    }
}

on_both_brokers! {
    async fn listeners_cut_off_in_the_middle_miss_none_and_get_none_twice(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let settings = json!({ "commands_per_second": 1_000_000, "queue_bytes": 16_000_000, "history": { "session": { "size": 20_000, "seconds": 600 } } });
        let node = Node::start(&bench, &world, between, settings).await;
        let (speaker, session) = (bench.user(), bench.new_id().to_string());
        let room = format!("session:{session}");
        world.allow(&session, &speaker, BOTH);
        let node = std::sync::Arc::new(node);
        let mut listening = Vec::new();
        for every in [37_usize, 211, 499, 1_201] {
            let listener = bench.user();
            world.allow(&session, &listener, LISTEN);
            let (token, node, room) = (world.token(&bench, &listener), node.clone(), room.clone());
            let mut heard = Heard { epoch: Value::Null, numbers: Vec::new() };
            let mut client = heard.come_back(&node, &token, &room).await;
            listening.push(tokio::spawn(async move {
                while heard.numbers.len() < usize::try_from(MESSAGES).unwrap() {
                    let before = heard.numbers.len();
                    while heard.numbers.len() < (before + every).min(usize::try_from(MESSAGES).unwrap()) {
                        let push = client.push().await;
                        // Who comes and who goes is not heard: it was not asked for.
                        heard.take(&push["pub"]);
                    }
                    // Cut off, without a word.
                    drop(client);
                    client = heard.come_back(&node, &token, &room).await;
                }
                heard.numbers
            }));
        }
        let mut speaks = Client::connect(&node, &world.token(&bench, &speaker)).await;
        for batch in 0..MESSAGES / BATCH {
            let commands: Vec<String> = (1..=BATCH).map(|one| batch * BATCH + one).map(|number| json!({ "id": number + 1_000, "publish": { "channel": room, "data": number } }).to_string()).collect();
            speaks.say(commands.join("\n")).await;
            for _ in 0..BATCH {
                let reply = speaks.read().await;
                assert!(reply["publish"].is_object(), "{reply}");
            }
        }
        for listener in listening {
            let numbers = listener.await.unwrap();
            assert_eq!(numbers, (1..=MESSAGES).collect::<Vec<_>>());
        }
    }

    async fn who_was_away_too_long_is_told_so(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({ "history": { "market": { "size": 5, "seconds": 60 } } })).await;
        let token = world.token(&bench, &bench.user());
        let mut client = Client::connect(&node, &token).await;
        let epoch = client.subscribe("market:X").await["epoch"].clone();
        drop(client);
        let admin = bench.with_role(banyan_kernel::Role::Admin);
        for number in 1..=10 {
            let said = node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": "market:X", "data": number })).await;
            assert_eq!((said.status.as_u16(), &said.body["offset"]), (200, &json!(number)));
        }
        let mut client = Client::connect(&node, &token).await;
        let recover = |epoch: &Value, offset: u64| json!({ "channel": "market:X", "recover": true, "epoch": epoch, "offset": offset });
        for (epoch, offset, recovered, count) in [(&epoch, 0, false, 0), (&epoch, 4, false, 0), (&epoch, 5, true, 5), (&epoch, 10, true, 0), (&epoch, 11, false, 0), (&json!("other"), 5, false, 0)] {
            let reply = client.ask("subscribe", recover(epoch, offset)).await;
            let subscribed = &reply["subscribe"];
            assert_eq!((&subscribed["recovered"], &subscribed["was_recovering"], &subscribed["offset"]), (&json!(recovered), &json!(true), &json!(10)), "{reply}");
            assert_eq!(subscribed["publications"].as_array().map_or(0, Vec::len), count);
            client.ask("unsubscribe", json!({ "channel": "market:X" })).await;
        }
    }
}
