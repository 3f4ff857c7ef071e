//! Many people at one document.

use banyan_kernel::{Caller, Role};
use banyan_testkit::{Bench, on_both_engines};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use yrs::{Array as _, GetString as _, Map as _, ReadTxn as _, Text as _, Transact as _};

use crate::editor::{Editor, dial, settle};
use crate::fixture::{BOTH, Between, LISTEN, Node, World, eventually};

/// A session that people may write in, and its document.
pub(crate) fn session(bench: &Bench, world: &World, people: &[&Caller]) -> (String, String) {
    let id = bench.new_id().to_string();
    for person in people {
        world.allow(&id, person, BOTH);
    }
    (format!("session:{id}"), id)
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, String),
    Erase(u32, u32),
    Set(u8, i64),
    Unset(u8),
    Push(i64),
    Drop(u32),
    Settle,
    /// The line is cut, something is done without it, and it comes again.
    Away(Vec<(u32, String)>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (any::<u32>(), "[a-z\u{1f333}\u{e9} ]{1,6}").prop_map(|(at, words)| Step::Insert(at, words)),
        3 => (any::<u32>(), 1_u32..8).prop_map(|(at, length)| Step::Erase(at, length)),
        2 => (0_u8..4, any::<i32>()).prop_map(|(key, value)| Step::Set(key, value.into())),
        1 => (0_u8..4).prop_map(Step::Unset),
        2 => any::<i32>().prop_map(|value| Step::Push(value.into())),
        1 => any::<u32>().prop_map(Step::Drop),
        1 => Just(Step::Settle),
        1 => proptest::collection::vec((any::<u32>(), "[A-Z]{1,4}".prop_map(String::from)), 1..4).prop_map(Step::Away),
    ]
}

/// Where a character begins, so that none is cut in two.
fn place(text: &str, at: u32) -> u32 {
    let count = u32::try_from(text.chars().count()).unwrap();
    let at = at % (count + 1);
    text.chars().take(at as usize).map(|one| u32::try_from(one.len_utf16()).unwrap()).sum()
}

async fn take(editor: &mut Editor, step: Step, node: &Node, name: &str, token: &str) {
    let (text, map, list) =
        (editor.doc.get_or_insert_text("text"), editor.doc.get_or_insert_map("map"), editor.doc.get_or_insert_array("list"));
    match step {
        Step::Insert(at, words) => {
            let at = place(&text.get_string(&editor.doc.transact()), at);
            editor.edit(|txn| text.insert(txn, at, &words)).await;
        }
        Step::Erase(at, length) => {
            let now = text.get_string(&editor.doc.transact());
            let (begin, end) = (place(&now, at), now.encode_utf16().count());
            let length = now.chars().skip(now.chars().count().min(at as usize % (now.chars().count() + 1))).take(length as usize);
            let length: u32 = length.map(|one| u32::try_from(one.len_utf16()).unwrap()).sum();
            assert!((begin + length) as usize <= end);
            if length > 0 {
                editor.edit(|txn| text.remove_range(txn, begin, length)).await;
            }
        }
        Step::Set(key, value) => editor.edit(|txn| map.insert(txn, key.to_string(), value)).await,
        Step::Unset(key) => editor.edit(|txn| map.remove(txn, &key.to_string())).await,
        Step::Push(value) => editor.edit(|txn| list.push_back(txn, value)).await,
        Step::Drop(at) => {
            let length = list.len(&editor.doc.transact());
            if length > 0 {
                editor.edit(|txn| list.remove(txn, at % length)).await;
            }
        }
        Step::Settle => editor.settle().await,
        Step::Away(all) => {
            editor.socket.close(None).await.unwrap();
            for (at, words) in all {
                let at = place(&text.get_string(&editor.doc.transact()), at);
                editor.edit_silently(|txn| text.insert(txn, at, &words));
            }
            let doc = editor.doc.clone();
            *editor = Editor::with(doc, node, name, token).await;
        }
    }
}

fn content(editor: &Editor) -> (String, Value, Value) {
    use yrs::types::ToJson as _;
    let doc = &editor.doc;
    let (map, list) = (doc.get_or_insert_map("map"), doc.get_or_insert_array("list"));
    let txn = doc.transact();
    (editor_text(editor), serde_json::to_value(map.to_json(&txn)).unwrap(), serde_json::to_value(list.to_json(&txn)).unwrap())
}

fn editor_text(editor: &Editor) -> String {
    editor.doc.transact().get_text("text").map(|text| text.get_string(&editor.doc.transact())).unwrap_or_default()
}

on_both_engines! {
    async fn whatever_they_write_all_end_with_the_same(bench: Bench) {
        let world = World::default();
        let settings = json!({ "documents": { "compact_updates": 7, "messages_per_second": 10_000 }, "connections_per_person": 1_000 });
        let node = Node::start(&bench, &world, Between::Memory, settings.clone()).await;
        let people: Vec<Caller> = (0..3).map(|_| bench.user()).collect();
        let tokens: Vec<String> = people.iter().map(|one| world.token(&bench, one)).collect();
        let mut runner = TestRunner::deterministic();
        for _ in 0..12 {
            let (name, _) = session(&bench, &world, &people.iter().collect::<Vec<_>>());
            let steps = proptest::collection::vec((0_usize..3, step()), 10..40).new_tree(&mut runner).unwrap().current();
            let mut editors = Vec::new();
            for (client, token) in tokens.iter().enumerate() {
                editors.push(Editor::open(&node, &name, token, 100 + client as u64).await);
            }
            for (who, step) in steps.clone() {
                take(&mut editors[who], step, &node, &name, &tokens[who]).await;
            }
            settle(&mut editors).await;
            let expected = content(&editors[0]);
            for editor in &editors[1..] {
                assert_eq!(content(editor), expected, "{steps:?}");
            }
            // As another process has it, and so as it is stored.
            let other = Node::start(&bench, &world, Between::Memory, settings.clone()).await;
            let stored = Editor::open(&other, &name, &tokens[0], 900).await;
            assert_eq!(content(&stored), expected, "{steps:?}");
        }
    }

    async fn what_was_written_is_there_when_everybody_has_left(bench: Bench) {
        let world = World::default();
        let ann = bench.user();
        let (name, _) = session(&bench, &world, &[&ann]);
        let token = world.token(&bench, &ann);
        {
            let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
            let mut writes = Editor::open(&node, &name, &token, 1).await;
            writes.write("Hello").await;
            writes.set("n", 7).await;
            writes.settle().await;
        }
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let reads = Editor::open(&node, &name, &token, 2).await;
        assert_eq!((reads.text(), reads.map()), ("Hello".to_owned(), yrs::Any::from_json("{\"n\":7}").unwrap()));
    }

    async fn many_changes_become_one_and_nothing_is_lost(bench: Bench) {
        let world = World::default();
        let ann = bench.user();
        let (name, _) = session(&bench, &world, &[&ann]);
        let token = world.token(&bench, &ann);
        let settings = json!({ "documents": { "compact_updates": 10, "messages_per_second": 10_000 } });
        let node = Node::start(&bench, &world, Between::Memory, settings).await;
        let mut writes = Editor::open(&node, &name, &token, 1).await;
        let mut expected = String::new();
        for number in 0..95 {
            let word = format!("{number} ");
            writes.write(&word).await;
            expected.push_str(&word);
            if number % 3 == 0 {
                writes.settle().await;
            }
        }
        writes.settle().await;
        let other = Node::start(&bench, &world, Between::Memory, json!({})).await;
        assert_eq!(Editor::open(&other, &name, &token, 2).await.text(), expected);
        let copy = node.app.host.store.system(bench.tenant);
        let left = copy.read(|tx| async move {
            use sea_orm::{ConnectionTrait as _, Statement};
            let sql = "SELECT COUNT(*) AS number FROM document_updates";
            let row = tx.query_one_raw(Statement::from_string(tx.get_database_backend(), sql)).await?.unwrap();
            Ok::<i64, banyan_store::StoreError>(row.try_get("", "number")?)
        });
        let left = left.await.unwrap();
        assert!(left < 30, "{left} updates are left beside the state");
    }

    async fn who_may_only_read_reads_and_is_told_so(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, id) = session(&bench, &world, &[&ann]);
        world.allow(&id, &ben, LISTEN);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let mut writes = Editor::open(&node, &name, &world.token(&bench, &ann), 1).await;
        let mut reads = Editor::open(&node, &name, &world.token(&bench, &ben), 2).await;
        writes.write("Hello").await;
        reads.until(|reads| reads.text() == "Hello").await;
        reads.write("!!!").await;
        reads.show(2, "{\"name\":\"Ben\"}").await;
        reads.until(|reads| reads.denied == 1).await;
        settle(std::slice::from_mut(&mut writes)).await;
        assert_eq!((writes.text(), writes.shown.len()), ("Hello".to_owned(), 0));
        let again = Editor::open(&node, &name, &world.token(&bench, &ben), 3).await;
        assert_eq!((again.text(), again.denied), ("Hello".to_owned(), 0));
        // Who has changed it without a line is told as well, and nobody sees it.
        let alone = Editor::with(reads.doc.clone(), &node, &name, &world.token(&bench, &ben)).await;
        let mut alone = alone;
        alone.until(|alone| alone.denied == 1).await;
        writes.settle().await;
        assert_eq!(writes.text(), "Hello");
    }

    async fn strangers_are_refused_before_anything_is_said(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, _) = session(&bench, &world, &[&ann]);
        let node = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "most_open": 1 }, "connections_per_person": 2 })).await;
        let (hers, his) = (world.token(&bench, &ann), world.token(&bench, &ben));
        let other = Caller::user(bench.in_other_tenant(&ann).tenant, ann.user_id().unwrap(), ann.roles, ann.request);
        let elsewhere = world.token(&bench, &other);
        for (name, token, status) in [
            (&*name, &*his, 403),
            (&name, "", 401),
            (&name, "forged", 401),
            (&name, "expired", 401),
            (&name, "away", 503),
            ("session:away", &hers, 503),
            ("nobody:1", &hers, 403),
            ("~session:1", &hers, 403),
            ("session:..", &hers, 403),
        ] {
            assert_eq!(dial(&node, name, token).await.err(), Some(status), "{name} {token}");
        }
        let mut first = Editor::open(&node, &name, &hers, 1).await;
        first.write("hers").await;
        first.settle().await;
        let (second, _) = session(&bench, &world, &[&ann]);
        assert_eq!(dial(&node, &second, &hers).await.err(), Some(503), "one is open");
        let _second = Editor::open(&node, &name, &hers, 2).await;
        assert_eq!(dial(&node, &name, &hers).await.err(), Some(429));
        world.revoke(&hers);
        assert_eq!(dial(&node, &name, &hers).await.err(), Some(401));
        // The same room of another tenant is another one, with a document of its own.
        let wide = Node::start(&bench, &world, Between::Memory, json!({})).await;
        assert_eq!(Editor::open(&wide, &name, &elsewhere, 3).await.text(), "");
    }

    async fn people_see_one_another_come_and_go(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, _) = session(&bench, &world, &[&ann, &ben]);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let (hers, his) = (world.token(&bench, &ann), world.token(&bench, &ben));
        let mut one = Editor::open(&node, &name, &hers, 1).await;
        one.show(1, "{\"name\":\"Ann\"}").await;
        one.settle().await;
        let mut two = Editor::open(&node, &name, &his, 2).await;
        two.until(|two| two.shown.get(&1) == Some(&json!({ "name": "Ann" }))).await;
        // Whoever comes late, and whoever asks.
        two.shown.clear();
        two.say(&yrs::sync::Message::AwarenessQuery).await;
        two.until(|two| two.shown.len() == 1).await;
        two.show(2, "{\"name\":\"Ben\"}").await;
        one.until(|one| one.shown.contains_key(&2)).await;
        // In another's name.
        for _ in 0..3 {
            two.show(1, "{\"name\":\"Eve\"}").await;
            two.show(1, "null").await;
        }
        two.show(2, "{\"name\":\"Benjamin\"}").await;
        one.until(|one| one.shown.get(&2) == Some(&json!({ "name": "Benjamin" }))).await;
        assert!(!one.shown.contains_key(&1));
        drop(two);
        one.until(|one| !one.shown.contains_key(&2)).await;
    }

    async fn rights_and_tokens_end_while_somebody_is_there(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, id) = session(&bench, &world, &[&ann, &ben]);
        let node = Node::start(&bench, &world, Between::Memory, json!({ "recheck_seconds": 1 })).await;
        let token = world.token(&bench, &ann);
        let expired = Editor::open(&node, &name, &token, 1).await;
        world.revoke(&token);
        assert_eq!(expired.closed().await, 4401);
        let mut reads = Editor::open(&node, &name, &world.token(&bench, &ben), 2).await;
        world.allow(&id, &ben, LISTEN);
        let denied = async || {
            reads.write(".").await;
            reads.settle().await;
            (reads.denied > 0).then_some(())
        };
        eventually("who may no longer write is told so", denied).await;
        world.rights.lock().clear();
        assert_eq!(reads.closed().await, 4403);
        world.allow(&id, &ann, BOTH);
        let told = Editor::open(&node, &name, &world.token(&bench, &ann), 3).await;
        let leave = json!({ "userId": ann.user_id().unwrap() });
        let admin = bench.with_role(Role::Admin);
        assert_eq!(node.app.post(&admin, "/api/v1/realtime/disconnect", leave).await.status, 204);
        assert_eq!(told.closed().await, 4403);
    }
}
