//! What services say in the transaction of a change is heard by who listens: once, in order.

use banyan_contracts::context::{SessionDeleted, SessionEnded};
use banyan_contracts::flags::FlagChanged;
use banyan_contracts::realtime::{RoomAddressed, session_room};
use banyan_http::Service;
use banyan_kernel::Uuid;
use banyan_store::migrate::Schema;
use banyan_store::{Store, StoreError};
use banyan_testkit::on_both_engines;
use serde_json::json;

use crate::client::Client;
use crate::documents::session;
use crate::editor::Editor;
use crate::fixture::{Between, LISTEN, Node, World};

async fn publish<E: banyan_contracts::Event>(store: &Store, tenant: Uuid, events: Vec<E>) {
    let (rows, events) = (store.system(tenant), &events);
    let written = rows.write(move |tx| async move {
        for event in events {
            tx.publish(event).await?;
        }
        Ok::<_, StoreError>(())
    });
    written.await.unwrap();
}

on_both_engines! {
    async fn the_document_of_a_session_that_is_deleted_goes_with_it(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let world = World::default();
        let context = bench.store(Service::new("context", Schema::new("context", Vec::new())).schema).await;
        let mut resources = http::Extensions::new();
        resources.insert(vec![context.log()]);
        let settings = json!({ "documents": { "look_seconds": 1 } });
        let node = Node::with(&bench, &world, Between::Memory, settings, resources).await;
        node.app.deliver().await;
        let ann = bench.user();
        let (gone, id) = session(&bench, &world, &[&ann]);
        let (over, over_id) = session(&bench, &world, &[&ann]);
        let token = world.token(&bench, &ann);
        let mut editor = Editor::open(&node, &gone, &token, 1).await;
        editor.write("words").await;
        editor.settle().await;
        let mut other = Editor::open(&node, &over, &token, 2).await;
        other.write("kept").await;
        other.settle().await;
        let versions = |name: &str| format!("/api/v1/realtime/documents/{name}/versions");
        let named = node.app.post(&ann, &versions(&gone), json!({ "name": "First" })).await;
        assert_eq!(named.status, 201, "{named:?}");
        let session_id = id.parse().unwrap();
        let ended = SessionEnded { session_id: over_id.parse().unwrap(), ended_by: ann.user_id().unwrap() };
        publish(&context, bench.tenant, vec![ended]).await;
        publish(&context, bench.new_id(), vec![SessionDeleted { session_id: over_id.parse().unwrap() }]).await;
        publish(&context, bench.tenant, vec![SessionDeleted { session_id }]).await;
        node.app.deliver().await;
        assert_eq!(editor.closed().await, 4410);
        assert_eq!(node.app.get(&ann, &versions(&gone)).await.body["pagination"]["total"], 0, "with its versions");
        // One that is over stays, and so does that of another tenant.
        other.settle().await;
        assert_eq!(Editor::open(&node, &over, &token, 3).await.text(), "kept");
    }

    async fn events_reach_rooms_once_in_the_order_of_their_commits(bench: Bench) {
        let mut bench = bench;
        bench.stay_in_one_process().await;
        let world = World::default();
        let publisher = |name| Service::new(name, Schema::new(name, Vec::new())).schema;
        let (context, flags) = (bench.store(publisher("context")).await, bench.store(publisher("flags")).await);
        let mut resources = http::Extensions::new();
        resources.insert(vec![context.log(), flags.log()]);
        let node = Node::with(&bench, &world, Between::Memory, json!({}), resources).await;
        // What was said before the service began is not said.
        node.app.deliver().await;
        let (ann, session) = (bench.user(), bench.new_id());
        world.allow(&session.to_string(), &ann, LISTEN);
        let mut hears = Client::connect(&node, &world.token(&bench, &ann)).await;
        hears.subscribe(&session_room(session)).await;
        hears.subscribe("flags:").await;
        let said = |number: u64| RoomAddressed { room: session_room(session), data: json!({ "n": number }) };
        publish(&context, bench.tenant, (1..=20).map(said).collect()).await;
        publish(&context, bench.new_id(), vec![said(99)]).await;
        node.app.deliver().await;
        for number in 1..=20 {
            let push = hears.push().await;
            assert_eq!((&push["pub"]["offset"], &push["pub"]["data"]), (&json!(number), &json!({ "n": number })), "{push}");
        }
        let changed = FlagChanged { flag_id: bench.new_id(), key: "new-checkout".to_owned(), act: "switched-on".to_owned(), environment: Some("production".to_owned()), version: 3, changed_by: ann.user_id() };
        publish(&flags, bench.tenant, vec![changed]).await;
        node.app.deliver().await;
        let push = hears.push().await;
        assert_eq!(push["channel"], "flags:");
        assert_eq!(push["pub"]["data"], json!({ "key": "new-checkout", "act": "switched-on", "environment": "production", "version": 3 }));
        let history = hears.ask("history", json!({ "channel": session_room(session), "limit": -1 })).await;
        assert_eq!(history["history"]["offset"], 20, "nothing of the other tenant, and nothing twice");
    }
}
