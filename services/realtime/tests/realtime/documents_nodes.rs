//! One document in several processes.

use std::time::Duration;

use serde_json::json;
use yrs::Transact as _;
use yrs::types::ToJson as _;

use crate::documents::session;
use crate::editor::{Editor, settle};
use crate::fixture::{Between, Node, World, bench, on_both_brokers, redis};

on_both_brokers! {
    /// Without Redis by what is stored alone.
    async fn processes_end_with_the_same(between: Between) {
        let (bench, world) = (bench().await, World::default());
        let (ann, ben) = (bench.user(), bench.user());
        let (name, _) = session(&bench, &world, &[&ann, &ben]);
        let settings = json!({ "documents": { "look_seconds": 1, "compact_updates": 10, "messages_per_second": 10_000 } });
        let first = Node::start(&bench, &world, between, settings.clone()).await;
        let second = Node::start(&bench, &world, between, settings).await;
        let mut one = Editor::open(&first, &name, &world.token(&bench, &ann), 1).await;
        let mut two = Editor::open(&second, &name, &world.token(&bench, &ben), 2).await;
        for number in 0..60 {
            one.write(&format!("a{number} ")).await;
            two.set(&format!("b{number}"), number).await;
            if number % 7 == 0 {
                two.write(&format!("b{number} ")).await;
            }
        }
        let is_whole = |editor: &Editor| {
            let map = editor.doc.get_or_insert_map("map");
            let count = match map.to_json(&editor.doc.transact()) {
                yrs::Any::Map(map) => map.len(),
                _ => 0,
            };
            let text = editor.text();
            count == 60 && text.contains("a59 ") && text.contains("b56 ")
        };
        one.until(is_whole).await;
        two.until(is_whole).await;
        let mut both = [one, two];
        settle(&mut both).await;
        assert_eq!(both[0].text(), both[1].text());
        assert_eq!(both[0].map(), both[1].map());
        let late = Editor::open(&second, &name, &world.token(&bench, &ann), 3).await;
        assert_eq!((late.text(), late.map()), (both[0].text(), both[0].map()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_in_one_process_is_heard_at_once_in_another() {
    let (bench, world) = (bench().await, World::default());
    let (ann, ben) = (bench.user(), bench.user());
    let (name, _) = session(&bench, &world, &[&ann, &ben]);
    // Nothing is found by looking.
    let settings = json!({ "documents": { "look_seconds": 1_000_000 } });
    let first = Node::start(&bench, &world, Between::Redis, settings.clone()).await;
    let second = Node::start(&bench, &world, Between::Redis, settings).await;
    let mut one = Editor::open(&first, &name, &world.token(&bench, &ann), 1).await;
    one.show(1, "{\"name\":\"Ann\"}").await;
    one.write("a").await;
    one.settle().await;
    let mut two = Editor::open(&second, &name, &world.token(&bench, &ben), 2).await;
    two.until(|two| two.shown.contains_key(&1)).await;
    two.show(2, "{\"name\":\"Ben\"}").await;
    one.until(|one| one.shown.contains_key(&2)).await;
    two.write("b").await;
    one.until(|one| one.text().contains('b')).await;
    one.write(&"c".repeat(100_000)).await;
    two.until(|two| two.text().len() == 100_002).await;
    // Something that was never told, as when Redis forgets it: the next one says that it is missing.
    let client = redis::Client::open(redis()).unwrap();
    let mut direct = client.get_multiplexed_async_connection().await.unwrap();
    let channel = format!("banyan:rt:{{{}:~{name}}}", bench.tenant);
    let noise = ["l:", "l:x", "l:n u", "l:n a AAAA", "l:n u 7 7 AAAA"];
    for noise in noise {
        redis::cmd("PUBLISH").arg(&channel).arg(noise).query_async::<()>(&mut direct).await.unwrap();
    }
    two.write("d").await;
    one.until(|one| one.text().contains('d')).await;
    drop(two);
    one.until(|one| one.shown.is_empty()).await;
    let admin = bench.with_role(banyan_kernel::Role::Admin);
    let rooms = first.app.get(&admin, "/api/v1/realtime/rooms").await;
    assert_eq!(rooms.body["data"], json!([]), "a document is no room");
    let deleted = second.app.delete(&admin, &format!("/api/v1/realtime/documents/{name}")).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), one.closed()).await.unwrap(), 4410);
}
