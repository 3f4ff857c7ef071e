//! Listening, speaking, seeing one another.

use serde_json::json;

use crate::client::Client;
use crate::fixture::{BOTH, LISTEN, Node, World, bench, eventually, on_both_brokers};

on_both_brokers! {
    async fn what_is_said_is_heard_once_in_order_by_all_who_listen(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({})).await;
        let (ann, ben) = (bench.user(), bench.user());
        let session = bench.new_id().to_string();
        let room = format!("session:{session}");
        world.allow(&session, &ann, BOTH);
        world.allow(&session, &ben, LISTEN);
        let mut ann_hears = Client::connect(&node, &world.token(&bench, &ann)).await;
        let mut ben_hears = Client::connect(&node, &world.token(&bench, &ben)).await;
        let begun = ann_hears.subscribe(&room).await;
        assert_eq!((&begun["recoverable"], &begun["positioned"], &begun["offset"]), (&json!(true), &json!(true), &json!(0)));
        ben_hears.subscribe(&room).await;
        for number in 1..=5 {
            let said = ann_hears.ask("publish", json!({ "channel": room, "data": { "n": number } })).await;
            assert!(said["publish"].is_object(), "{said}");
        }
        assert_eq!(ben_hears.refused("publish", json!({ "channel": room, "data": 1 })).await, 103);
        for hears in [&mut ann_hears, &mut ben_hears] {
            for number in 1..=5 {
                let push = hears.push().await;
                assert_eq!(push["channel"], room);
                assert_eq!((&push["pub"]["offset"], &push["pub"]["data"]["n"]), (&json!(number), &json!(number)));
                assert_eq!(push["pub"]["info"]["user"], ann.user_id().unwrap().to_string());
            }
        }
        let history = ben_hears.ask("history", json!({ "channel": room, "limit": 2, "reverse": true })).await;
        assert_eq!(history["history"]["offset"], 5);
        assert_eq!(history["history"]["publications"].as_array().unwrap().iter().map(|one| one["offset"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 4]);
        let since = ben_hears.ask("history", json!({ "channel": room, "limit": -1, "since": { "offset": 3, "epoch": begun["epoch"] } })).await;
        assert_eq!(since["history"]["publications"].as_array().unwrap().len(), 2);
        assert_eq!(ben_hears.refused("history", json!({ "channel": room, "limit": -1, "since": { "offset": 3, "epoch": "other" } })).await, 112);
        assert!(ann_hears.ask("unsubscribe", json!({ "channel": room })).await["unsubscribe"].is_object());
        assert!(ann_hears.ask("publish", json!({ "channel": room, "data": null })).await["publish"].is_object());
        assert_eq!(ben_hears.push().await["pub"]["offset"], 6);
        assert!(ann_hears.ask("ping", json!({})).await["ping"].is_object());
        assert_eq!(ann_hears.refused("rpc", json!({ "method": "x" })).await, 104);
    }

    async fn people_in_a_session_see_who_comes_and_goes(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({})).await;
        let (ann, ben) = (bench.user(), bench.user());
        let session = bench.new_id().to_string();
        let room = format!("session:{session}");
        world.allow(&session, &ann, BOTH);
        world.allow(&session, &ben, BOTH);
        let mut ann_sees = Client::connect(&node, &world.token(&bench, &ann)).await;
        ann_sees.ask("subscribe", json!({ "channel": room, "join_leave": true })).await;
        assert_eq!(ann_sees.push().await["join"]["info"]["user"], ann.user_id().unwrap().to_string());
        let mut ben_sees = Client::connect(&node, &world.token(&bench, &ben)).await;
        ben_sees.subscribe(&room).await;
        assert_eq!(ann_sees.push().await["join"]["info"]["user"], ben.user_id().unwrap().to_string());
        let present = ann_sees.ask("presence", json!({ "channel": room })).await;
        assert_eq!(present["presence"]["presence"].as_object().unwrap().len(), 2, "{present}");
        let stats = ann_sees.ask("presence_stats", json!({ "channel": room })).await;
        assert_eq!(stats["presence_stats"], json!({ "num_clients": 2, "num_users": 2 }));
        // Without a word.
        drop(ben_sees);
        assert_eq!(ann_sees.push().await["leave"]["info"]["user"], ben.user_id().unwrap().to_string());
        let gone = async || {
            let stats = ann_sees.ask("presence_stats", json!({ "channel": room })).await;
            (stats["presence_stats"]["num_clients"] == 1).then_some(())
        };
        eventually("one is left", gone).await;
    }

    async fn only_those_who_may_listen(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({ "most_subscriptions": 3 })).await;
        let (ann, ben) = (bench.user(), bench.user());
        let session = bench.new_id().to_string();
        world.allow(&session, &ann, BOTH);
        let mut ben_asks = Client::connect(&node, &world.token(&bench, &ben)).await;
        for (room, code) in [
            (format!("session:{session}"), 103),
            (format!("session:{}", bench.new_id()), 103),
            ("session:away".to_owned(), 100),
            (format!("user:{}", ann.user_id().unwrap()), 103),
            ("user:ben".to_owned(), 102),
            ("chat:1".to_owned(), 102),
            (String::new(), 102),
        ] {
            for command in ["subscribe", "publish", "history", "presence"] {
                assert_eq!(ben_asks.refused(command, json!({ "channel": room, "data": 1 })).await, code, "{command} {room}");
            }
        }
        let own = format!("user:{}", ben.user_id().unwrap());
        for room in ["market:BTC-USD", &own, "flags:"] {
            ben_asks.subscribe(room).await;
            assert_eq!(ben_asks.refused("publish", json!({ "channel": room, "data": 1 })).await, 103, "only services speak");
            assert_eq!(ben_asks.refused("presence", json!({ "channel": room })).await, 108);
        }
        assert_eq!(ben_asks.refused("subscribe", json!({ "channel": own })).await, 105);
        assert_eq!(ben_asks.refused("subscribe", json!({ "channel": "market:ETH-USD" })).await, 106);
        // The same name in another tenant is another room.
        let stranger = bench.in_other_tenant(&ben);
        let mut stranger_hears = Client::connect(&node, &world.token(&bench, &stranger)).await;
        stranger_hears.subscribe("market:BTC-USD").await;
        let admin = bench.with_role(banyan_kernel::Role::Admin);
        let said = node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": "market:BTC-USD", "data": 7 })).await;
        assert_eq!(said.status, 200, "{said:?}");
        assert_eq!(ben_asks.push().await["pub"]["data"], 7);
        let history = stranger_hears.ask("history", json!({ "channel": "market:BTC-USD", "limit": -1 })).await;
        assert_eq!((&history["history"]["offset"], &history["history"]["publications"]), (&json!(0), &json!([])));
    }

    async fn a_right_that_is_withdrawn_ends_the_subscription(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let node = Node::start(&bench, &world, between, json!({ "recheck_seconds": 1 })).await;
        let (ann, session) = (bench.user(), bench.new_id().to_string());
        let room = format!("session:{session}");
        world.allow(&session, &ann, BOTH);
        let mut hears = Client::connect(&node, &world.token(&bench, &ann)).await;
        hears.subscribe(&room).await;
        world.rights.lock().clear();
        let push = hears.push().await;
        assert_eq!((&push["channel"], &push["unsubscribe"]["code"]), (&json!(room), &json!(2000)));
        assert_eq!(hears.refused("subscribe", json!({ "channel": room })).await, 103);
        let stats = node.app.get(&bench.with_role(banyan_kernel::Role::Admin), &format!("/api/v1/realtime/presence?room={room}")).await;
        assert_eq!(stats.body["data"], json!([]));
    }
}
