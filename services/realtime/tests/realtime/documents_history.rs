//! What a document was, and how it becomes that again.

use banyan_kernel::{Caller, Role};
use banyan_testkit::on_both_engines;
use http::StatusCode;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use yrs::{
    Any, Array as _, GetString as _, Map as _, MapPrelim, Text as _, Transact as _, XmlElementPrelim, XmlFragment as _,
    XmlTextPrelim,
};

use crate::documents::session;
use crate::editor::{Editor, settle};
use crate::fixture::{BOTH, Between, LISTEN, Node, World};

async fn name_version(node: &Node, caller: &Caller, document: &str, name: &str) -> String {
    let made = node.app.post(caller, &format!("/api/v1/realtime/documents/{document}/versions"), json!({ "name": name })).await;
    assert_eq!((made.status, &made.body["name"]), (StatusCode::CREATED, &json!(name)), "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}

async fn restore(node: &Node, caller: &Caller, document: &str, version: &str) {
    let path = format!("/api/v1/realtime/documents/{document}/versions/{version}/restore");
    let restored = node.app.post(caller, &path, json!({})).await;
    assert_eq!(restored.status, StatusCode::OK, "{restored:?}");
}

/// Everything that can be in a document, at random.
fn change(txn: &mut yrs::TransactionMut<'_>, kind: u8, at: u32) {
    use yrs::WriteTxn as _;
    let (text, map, list) = (txn.get_or_insert_text("text"), txn.get_or_insert_map("map"), txn.get_or_insert_array("list"));
    let page = txn.get_or_insert_xml_fragment("page");
    let length = u32::try_from(text.get_string(txn).encode_utf16().count()).unwrap();
    match kind % 11 {
        0..=2 => text.insert(txn, at % (length + 1), &format!("<{at}>")),
        3 if length > 3 => text.remove_range(txn, at % (length - 3), 3),
        4 if length > 3 => text.format(
            txn,
            at % (length - 3),
            2,
            [("bold".into(), if at.is_multiple_of(2) { Any::Bool(true) } else { Any::Null })].into(),
        ),
        5 => drop(map.insert(txn, format!("k{}", at % 3), i64::from(at))),
        6 => drop(map.remove(txn, &format!("k{}", at % 3))),
        7 => drop(map.insert(txn, format!("k{}", at % 3), MapPrelim::from([("deep".to_owned(), i64::from(at))]))),
        8 => drop(list.push_back(txn, i64::from(at))),
        9 if list.len(txn) > 0 => list.remove(txn, at % list.len(txn)),
        10 if page.len(txn) > 2 => page.remove_range(txn, at % page.len(txn), 1),
        _ => {
            let element = page.push_back(txn, XmlElementPrelim::empty("p"));
            element.push_back(txn, XmlTextPrelim::new(format!("p{at}")));
        }
    }
}

fn content(editor: &Editor) -> (String, serde_json::Value, serde_json::Value, String) {
    use yrs::types::ToJson as _;
    let doc = &editor.doc;
    let (text, map, list) = (doc.get_or_insert_text("text"), doc.get_or_insert_map("map"), doc.get_or_insert_array("list"));
    let page = doc.get_or_insert_xml_fragment("page");
    let txn = doc.transact();
    let pieces = text.diff(&txn, yrs::types::text::YChange::identity);
    let text = format!(
        "{:?}",
        pieces.iter().map(|piece| (piece.insert.clone().to_string(&txn), piece.attributes.clone())).collect::<Vec<_>>()
    );
    (
        text,
        serde_json::to_value(map.to_json(&txn)).unwrap(),
        serde_json::to_value(list.to_json(&txn)).unwrap(),
        page.get_string(&txn),
    )
}

on_both_engines! {
    async fn a_version_comes_back_for_those_who_are_there(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, id) = session(&bench, &world, &[&ann]);
        world.allow(&id, &ben, LISTEN);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let path = format!("/api/v1/realtime/documents/{name}/versions");
        let early = node.app.post(&ann, &path, json!({ "name": "nothing" })).await;
        assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "conflict"), "{early:?}");
        let mut one = Editor::open(&node, &name, &world.token(&bench, &ann), 1).await;
        let mut reads = Editor::open(&node, &name, &world.token(&bench, &ben), 2).await;
        one.write("first").await;
        one.set("n", 1).await;
        one.settle().await;
        let first = name_version(&node, &ann, &name, "First").await;
        let text = one.doc.get_or_insert_text("text");
        one.edit(|txn| text.remove_range(txn, 0, 5)).await;
        one.write("second").await;
        one.set("n", 2).await;
        one.set("m", 3).await;
        one.settle().await;
        let second = name_version(&node, &ann, &name, "Second").await;
        restore(&node, &ann, &name, &first).await;
        reads.until(|reads| reads.text() == "first").await;
        settle(std::slice::from_mut(&mut one)).await;
        assert_eq!((one.text(), one.map()), ("first".to_owned(), Any::from_json("{\"n\":1}").unwrap()));
        one.write("!").await;
        reads.until(|reads| reads.text() == "first!").await;
        restore(&node, &ann, &name, &second).await;
        reads.until(|reads| reads.text() == "second").await;
        assert_eq!(reads.map(), Any::from_json("{\"n\":2,\"m\":3}").unwrap());
        // What it was can be read by who may read, in pages, and only by them.
        let listed = node.app.get(&ben, &format!("{path}?limit=1")).await;
        assert_eq!((listed.body["data"][0]["name"].as_str(), &listed.body["pagination"]["total"]), (Some("Second"), &json!(2)), "{listed:?}");
        let whole = node.app.get(&ben, &format!("{path}/{first}")).await;
        let content = base64_of(whole.body["content"].as_str().unwrap());
        let copy = crate::editor::document(9);
        copy.transact_mut().apply_update(yrs::updates::decoder::Decode::decode_v1(&content).unwrap()).unwrap();
        assert_eq!(copy.get_or_insert_text("text").get_string(&copy.transact()), "first");
        assert_eq!((&whole.body["authorId"], whole.body["size"].as_u64()), (&json!(ann.user_id()), Some(content.len() as u64)));
        // Nobody else does anything; who may read does no more.
        let eve = bench.user();
        let other = Caller::user(bench.in_other_tenant(&ann).tenant, bench.new_id(), ann.roles, ann.request);
        for (caller, reading) in [(&bench.anonymous(), 401), (&eve, 403), (&other, 403), (&ben, 200)] {
            let writing = if reading == 200 { 403 } else { reading };
            for (answer, status) in [
                (node.app.get(caller, &path).await, reading),
                (node.app.get(caller, &format!("{path}/{first}")).await, reading),
                (node.app.post(caller, &path, json!({ "name": "x" })).await, writing),
                (node.app.post(caller, &format!("{path}/{first}/restore"), json!({})).await, writing),
                (node.app.delete(caller, &format!("{path}/{first}")).await, writing),
            ] {
                assert_eq!(answer.status.as_u16(), status, "{caller:?} {answer:?}");
            }
        }
        let (elsewhere, id) = session(&bench, &world, &[&ann]);
        world.allow(&id, &ann, BOTH);
        let foreign = node.app.get(&ann, &format!("/api/v1/realtime/documents/{elsewhere}/versions/{first}")).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "a version of another document");
        assert_eq!(node.app.delete(&ann, &format!("{path}/{first}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(node.app.get(&ann, &format!("{path}/{first}")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(node.app.post(&ann, &path, json!({ "name": " " })).await.bad_fields(), ["name"]);
    }

    async fn whatever_happened_since_a_version_comes_back_as_it_was(bench: Bench) {
        let world = World::default();
        let ann = bench.user();
        let token = world.token(&bench, &ann);
        let node = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "compact_updates": 9, "messages_per_second": 10_000 } })).await;
        let mut runner = TestRunner::deterministic();
        let steps = || proptest::collection::vec((0_usize..2, any::<u8>(), any::<u16>()), 1..25);
        for _ in 0..20 {
            let (name, _) = session(&bench, &world, &[&ann]);
            let (before, after) = (steps(), steps()).new_tree(&mut runner).unwrap().current();
            let mut editors = [Editor::open(&node, &name, &token, 1).await, Editor::open(&node, &name, &token, 2).await];
            for (who, kind, at) in &before {
                edit(&mut editors[*who], *kind, u32::from(*at)).await;
            }
            settle(&mut editors).await;
            let expected = content(&editors[0]);
            let version = name_version(&node, &ann, &name, "then").await;
            for (who, kind, at) in &after {
                edit(&mut editors[*who], *kind, u32::from(*at)).await;
            }
            settle(&mut editors).await;
            let later = content(&editors[0]);
            let now = name_version(&node, &ann, &name, "now").await;
            restore(&node, &ann, &name, &version).await;
            settle(&mut editors).await;
            assert_eq!(content(&editors[0]), expected, "{before:?} {after:?}");
            assert_eq!(content(&editors[1]), expected, "{before:?} {after:?}");
            restore(&node, &ann, &name, &now).await;
            settle(&mut editors).await;
            assert_eq!(content(&editors[1]), later, "{before:?} {after:?}");
        }
    }

    async fn a_version_is_kept_from_time_to_time(bench: Bench) {
        let world = World::default();
        let ann = bench.user();
        let (name, _) = session(&bench, &world, &[&ann]);
        let node = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "version_seconds": 0 } })).await;
        let mut one = Editor::open(&node, &name, &world.token(&bench, &ann), 1).await;
        one.write("a").await;
        let path = format!("/api/v1/realtime/documents/{name}/versions");
        let kept = async || {
            let listed = node.app.get(&ann, &path).await;
            (listed.body["data"][0]["name"].is_null() && listed.body["data"][0]["seq"] == 1).then_some(())
        };
        crate::fixture::eventually("a version is kept", kept).await;
    }

    async fn who_is_erased_leaves_what_they_wrote_without_their_name(bench: Bench) {
        let world = World::default();
        let (ann, ben) = (bench.user(), bench.user());
        let (name, _) = session(&bench, &world, &[&ann, &ben]);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let mut one = Editor::open(&node, &name, &world.token(&bench, &ann), 1).await;
        one.write("hers").await;
        one.settle().await;
        let version = name_version(&node, &ann, &name, "Hers").await;
        let identity = Caller::system(bench.tenant, "identity", banyan_kernel::RequestId(bench.new_id()));
        let person = format!("/internal/people/{}", ann.user_id().unwrap());
        let mut told = String::new();
        for table in 0..2 {
            told.push_str(&node.app.get(&identity, &format!("{person}/copy?table={table}")).await.body.to_string());
        }
        assert!(told.contains("document_updates") && told.contains("\"Hers\""), "{told}");
        assert_eq!(node.app.delete(&identity, &person).await.status, StatusCode::NO_CONTENT);
        let whole = node.app.get(&ben, &format!("/api/v1/realtime/documents/{name}/versions/{version}")).await;
        assert_eq!((&whole.body["authorId"], &whole.body["name"]), (&json!(null), &json!("Hers")), "{whole:?}");
        let again = Editor::open(&node, &name, &world.token(&bench, &ben), 2).await;
        assert_eq!(again.text(), "hers");
    }

    async fn a_version_that_is_named_again_with_its_key_is_one(bench: Bench) {
        let world = World::default();
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let (ann, ben) = (bench.user(), bench.user());
        let (document, _) = session(&bench, &world, &[&ann, &ben]);
        let mut editor = Editor::open(&node, &document, &world.token(&bench, &ann), 1).await;
        editor.write("one").await;
        editor.settle().await;
        let path = format!("/api/v1/realtime/documents/{document}/versions");
        let name = async |who: &Caller, name: &str| {
            let call = node.app.call(who, http::Method::POST, &path).header("idempotency-key", "k-1");
            call.json(json!({ "name": name })).send().await
        };
        let first = name(&ann, "First").await;
        assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
        editor.write("two").await;
        editor.settle().await;
        let again = name(&ann, "First").await;
        assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body), "what it was then");
        let other = name(&ann, "Second").await;
        assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
        let theirs = name(&ben, "First").await;
        assert_eq!(theirs.status, StatusCode::CREATED, "keys are a person's own");
        assert_ne!(theirs.body["id"], first.body["id"]);
        name_version(&node, &ann, &document, "Without a key").await;
        name_version(&node, &ann, &document, "Without a key").await;
        assert_eq!(node.app.get(&ann, &path).await.body["pagination"]["total"], 4);
        // Nobody was sent away by it.
        editor.settle().await;
    }

    async fn a_document_that_is_deleted_is_gone(bench: Bench) {
        let world = World::default();
        let ann = bench.user();
        let (name, _) = session(&bench, &world, &[&ann]);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let other = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "look_seconds": 1 } })).await;
        let token = world.token(&bench, &ann);
        let mut one = Editor::open(&node, &name, &token, 1).await;
        one.write("a").await;
        one.settle().await;
        let elsewhere = Editor::open(&other, &name, &token, 2).await;
        name_version(&node, &ann, &name, "kept").await;
        let path = format!("/api/v1/realtime/documents/{name}");
        for (caller, status) in [(bench.anonymous(), 401), (ann.clone(), 403), (bench.with_role(Role::Support), 403)] {
            assert_eq!(node.app.delete(&caller, &path).await.status.as_u16(), status);
        }
        let stranger = bench.in_other_tenant(&bench.with_role(Role::Admin));
        assert_eq!(node.app.delete(&stranger, &path).await.status.as_u16(), 204, "their own, of which there is none");
        one.settle().await;
        assert_eq!(node.app.delete(&bench.with_role(Role::Admin), &path).await.status, StatusCode::NO_CONTENT);
        assert_eq!((one.closed().await, elsewhere.closed().await), (4410, 4410));
        let listed = node.app.get(&ann, &format!("{path}/versions")).await;
        assert_eq!(listed.body["data"], json!([]), "{listed:?}");
        assert_eq!(Editor::open(&node, &name, &token, 3).await.text(), "");
    }
}

async fn edit(editor: &mut Editor, kind: u8, at: u32) {
    editor.edit(|txn| change(txn, kind, at)).await;
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
