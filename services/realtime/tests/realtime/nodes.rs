//! Several processes with one Redis, which may be cut off.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::client::Client;
use crate::fixture::{BOTH, Between, Node, World, bench, eventually, redis};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_are_one_and_the_dead_leave_no_ghosts() {
    let (bench, world) = (bench().await, World::default());
    let settings = json!({ "present_seconds": 3 });
    let first = Node::start(&bench, &world, Between::Redis, settings.clone()).await;
    let second = Node::start(&bench, &world, Between::Redis, settings).await;
    let (ann, ben) = (bench.user(), bench.user());
    let session = bench.new_id().to_string();
    let room = format!("session:{session}");
    world.allow(&session, &ann, BOTH);
    world.allow(&session, &ben, BOTH);
    let mut ann_hears = Client::connect(&first, &world.token(&bench, &ann)).await;
    let mut ben_hears = Client::connect(&second, &world.token(&bench, &ben)).await;
    let (one, other) = (ann_hears.subscribe(&room).await, ben_hears.subscribe(&room).await);
    assert_eq!(one["epoch"], other["epoch"]);
    for number in 1..=50 {
        let speaks = if number % 2 == 0 { &mut ann_hears } else { &mut ben_hears };
        assert!(speaks.ask("publish", json!({ "channel": room, "data": number })).await["publish"].is_object());
    }
    for hears in [&mut ann_hears, &mut ben_hears] {
        for number in 1..=50 {
            let push = hears.push().await;
            assert_eq!((&push["pub"]["data"], &push["pub"]["offset"]), (&json!(number), &json!(number)), "{push}");
        }
    }
    let stats = ann_hears.ask("presence_stats", json!({ "channel": room })).await;
    assert_eq!(stats["presence_stats"]["num_clients"], 2);
    // Somebody of a process that died without a word.
    let client = redis::Client::open(redis()).unwrap();
    let mut direct = client.get_multiplexed_async_connection().await.unwrap();
    let ghost = bench.new_id().to_string();
    let info = json!({ "user": ghost, "client": ghost }).to_string();
    let key = |end: &str| format!("banyan:rt:{{{}:{room}}}{end}", bench.tenant);
    let time: (u64, u64) = redis::cmd("TIME").query_async(&mut direct).await.unwrap();
    redis::cmd("ZADD").arg(key(":z")).arg(time.0 + 2).arg(&ghost).query_async::<()>(&mut direct).await.unwrap();
    redis::cmd("HSET").arg(key(":h")).arg(&ghost).arg(info).query_async::<()>(&mut direct).await.unwrap();
    let is_gone = async || {
        let present = ann_hears.ask("presence", json!({ "channel": room })).await;
        let present = present["presence"]["presence"].as_object().unwrap().clone();
        (!present.contains_key(&ghost) && present.len() == 2).then_some(())
    };
    eventually("the ghost goes, and those who are there stay", is_gone).await;
    let admin = bench.with_role(banyan_kernel::Role::Admin);
    let rooms = first.app.get(&admin, "/api/v1/realtime/rooms").await;
    assert_eq!(rooms.body["data"], json!([room]));
    let leave = json!({ "userId": ben.user_id().unwrap() });
    assert_eq!(first.app.post(&admin, "/api/v1/realtime/disconnect", leave).await.status, 204);
    assert_eq!(ben_hears.closed().await, 3503, "a process hears of what another one is told");
}

/// A way to Redis that can be cut.
struct Line {
    url: String,
    cut: Arc<watch::Sender<bool>>,
}

impl Line {
    async fn new() -> Self {
        let target = redis();
        let (server, database) =
            target.trim_start_matches("redis://").split_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/{database}", listener.local_addr().unwrap());
        let cut = Arc::new(watch::Sender::new(false));
        let switch = cut.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (mut is_cut, server) = (switch.subscribe(), server.clone());
                tokio::spawn(async move {
                    if *is_cut.borrow() {
                        return;
                    }
                    let mut server = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = is_cut.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
        Self { url, cut }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_away_keeps_connections_and_who_missed_something_recovers() {
    let (bench, world, line) = (bench().await, World::default(), Line::new().await);
    let cut = Node::start(&bench, &world, Between::Redis, json!({ "redis_url": line.url })).await;
    let whole = Node::start(&bench, &world, Between::Redis, json!({})).await;
    let admin = bench.with_role(banyan_kernel::Role::Admin);
    let mut hears = Client::connect(&cut, &world.token(&bench, &bench.user())).await;
    let begun = hears.subscribe("market:X").await;
    let say = async |node: &Node, number: u64| {
        node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": "market:X", "data": number })).await
    };
    assert_eq!(say(&cut, 1).await.status, 200);
    assert_eq!(hears.push().await["pub"]["data"], 1);
    line.cut.send_replace(true);
    for number in 2..=4 {
        assert_eq!(say(&whole, number).await.status, 200);
    }
    let refused = say(&cut, 5).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (503, "service-unavailable"), "{refused:?}");
    assert!(hears.ask("ping", json!({})).await["ping"].is_object(), "the connection stays");
    assert_eq!(hears.refused("subscribe", json!({ "channel": "market:Y" })).await, 100);
    line.cut.send_replace(false);
    let push = hears.push().await;
    assert_eq!((&push["channel"], &push["unsubscribe"]["code"]), (&json!("market:X"), &json!(2500)), "{push}");
    let recover = json!({ "channel": "market:X", "recover": true, "epoch": begun["epoch"], "offset": 1 });
    let reply = hears.ask("subscribe", recover).await;
    assert_eq!((&reply["subscribe"]["recovered"], &reply["subscribe"]["offset"]), (&json!(true), &json!(4)), "{reply}");
    let missed: Vec<&serde_json::Value> =
        reply["subscribe"]["publications"].as_array().unwrap().iter().map(|one| &one["data"]).collect();
    assert_eq!(missed, [2, 3, 4]);
    let again = async || (say(&cut, 5).await.status == 200).then_some(());
    eventually("publications go again", again).await;
    assert_eq!(hears.push().await["pub"]["offset"], 5);
    let subscribed = async || {
        let reply = hears.ask("subscribe", json!({ "channel": "market:Y" })).await;
        reply["subscribe"].is_object().then_some(())
    };
    tokio::time::timeout(Duration::from_secs(60), eventually("rooms are heard again", subscribed)).await.unwrap();
}
