//! What must not be: the connection closes with the right code, and the document is what it was.

use futures_util::SinkExt as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message as Frame;
use yrs::sync::{Message, SyncMessage};
use yrs::{Map as _, MapPrelim, Text as _};

use crate::documents::session;
use crate::editor::Editor;
use crate::fixture::{Between, Node, World, bench};

/// An update as a frame.
fn update(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 2];
    let mut length = content.len();
    while length >= 0x80 {
        frame.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    frame.push(u8::try_from(length).unwrap());
    frame.extend(content);
    frame
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_nobody_writes_in_earnest_close_who_sends_them() {
    let (bench, world) = (bench().await, World::default());
    let ann = bench.user();
    let (name, _) = session(&bench, &world, &[&ann]);
    let settings = json!({ "documents": { "largest_update": 65_536 }, "connections_per_person": 1_000 });
    let node = Node::start(&bench, &world, Between::Memory, settings).await;
    let token = world.token(&bench, &ann);
    let mut one = Editor::open(&node, &name, &token, 1).await;
    one.write("sound").await;
    one.settle().await;
    let huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let head = [1, 1, 7, 0, 8, 1, 1, b't', 1];
    let cases: Vec<(&str, Frame, u16)> = vec![
        ("text", Frame::text("{}"), 1003),
        ("nothing", Frame::binary(vec![]), 1007),
        ("another protocol", Frame::binary(vec![9, 1, 2]), 1007),
        ("a strange step", Frame::binary(vec![0, 7, 0]), 1007),
        ("too large", Frame::binary(vec![0; 70_000]), 1009),
        ("a vector that is none", Frame::binary(vec![0, 0, 2, 200, 1]), 1007),
        ("a huge vector", Frame::binary([&[0, 0, 5][..], &huge].concat()), 1007),
        ("a huge announcement", Frame::binary([&[0, 2][..], &huge].concat()), 1007),
        ("an update that is none", Frame::binary(update(&[1, 2, 3])), 1007),
        ("an update of noise", Frame::binary(update(&[0xa5; 4_000])), 1007),
        ("half an update", Frame::binary(update(&[1, 1, 7, 0, 4, 1, 1, b't', 9, b'x'])), 1007),
        ("more behind it", Frame::binary([update(&[0, 0]), vec![1]].concat()), 1007),
        ("nested values", Frame::binary(update(&[&head[..], &[117, 1].repeat(20_000), &[126, 0]].concat())), 1007),
        ("many values", Frame::binary(update(&[&head[..], &[118], &huge].concat())), 1007),
        ("no UTF-8", Frame::binary(update(&[1, 1, 7, 0, 4, 1, 1, b't', 2, 0xff, 0xfe, 0])), 1007),
        ("clocks that overflow", Frame::binary(update(&[&[1, 1, 7][..], &huge, &[0, 9, 0]].concat())), 1007),
        ("a lonely awareness", Frame::binary(vec![1, 3, 1, 1, 1]), 1007),
        ("awareness of everybody", Frame::binary([&[1, 5][..], &huge].concat()), 1007),
        ("awareness that is no JSON", Frame::binary(vec![1, 5, 1, 9, 1, 1, b'{']), 1007),
    ];
    for (what, frame, expected) in cases {
        let mut bad = Editor::open(&node, &name, &token, 66).await;
        bad.socket.send(frame).await.unwrap();
        assert_eq!(bad.closed().await, expected, "{what}");
        let fresh = Editor::open(&node, &name, &token, 2).await;
        assert_eq!(fresh.text(), "sound", "{what}");
    }
    one.write("!").await;
    one.settle().await;
    assert_eq!(one.text(), "sound!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_around_sound_updates_leaves_the_server_and_the_document_whole() {
    let (bench, world) = (bench().await, World::default());
    let ann = bench.user();
    let node = Node::start(
        &bench,
        &world,
        Between::Memory,
        json!({ "documents": { "messages_per_second": 100_000 }, "connections_per_person": 10_000 }),
    )
    .await;
    let token = world.token(&bench, &ann);
    let (safe, _) = session(&bench, &world, &[&ann]);
    let mut watch = Editor::open(&node, &safe, &token, 1).await;
    watch.write("untouched").await;
    watch.settle().await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64*: the same noise each time.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    };
    for round in 0..150_u64 {
        // What a client writes in earnest, with some bytes changed.
        let (name, _) = session(&bench, &world, &[&ann]);
        let mut bad = Editor::open(&node, &name, &token, 100 + round).await;
        let (text, map) = (bad.doc.get_or_insert_text("text"), bad.doc.get_or_insert_map("map"));
        let mut updates = Vec::new();
        for _ in 0..6 {
            updates.push(bad.edit_silently(|txn| {
                text.insert(txn, 0, "ab\u{1f333}");
                map.insert(txn, "k", MapPrelim::from([("in".to_owned(), 1)]));
                text.remove_range(txn, 0, 1);
            }));
        }
        for mut content in updates {
            for _ in 0..=next() % 3 {
                let at = usize::try_from(next()).unwrap() % content.len();
                content[at] = u8::try_from(next() & 0xff).unwrap();
            }
            if bad.socket.send(Frame::binary(update(&content))).await.is_err() {
                break;
            }
        }
        drop(bad);
    }
    watch.write("!").await;
    watch.settle().await;
    assert_eq!(Editor::open(&node, &safe, &token, 3).await.text(), "untouched!");
}

/// `yrs` deletes by recursion: so deep a document would end a usual thread, and with it the process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_as_deep_as_can_be_are_deleted_and_end_nothing() {
    let (bench, world) = (bench().await, World::default());
    let ann = bench.user();
    let (name, _) = session(&bench, &world, &[&ann]);
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let token = world.token(&bench, &ann);
    let mut one = Editor::open(&node, &name, &token, 1).await;
    // A map in a map in a map, by hand: each stands under the key `k` of the one before.
    let deep = 50_000_u64;
    let mut content = vec![1];
    let number = |into: &mut Vec<u8>, mut number: u64| {
        while number >= 0x80 {
            into.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        into.push(u8::try_from(number).unwrap());
    };
    number(&mut content, deep);
    content.extend([7, 0]);
    for level in 0..deep {
        content.push(0x27);
        match level {
            0 => content.extend([1, 1, b'm']),
            _ => {
                content.extend([0, 7]);
                number(&mut content, level - 1);
            }
        }
        content.extend([1, b'k', 1]);
    }
    content.push(0);
    one.socket.send(Frame::binary(update(&content))).await.unwrap();
    one.wait().await;
    // The first goes, and with it all.
    one.socket.send(Frame::binary(update(&[0, 1, 7, 1, 0, 1]))).await.unwrap();
    one.wait().await;
    let mut two = Editor::open(&node, &name, &token, 2).await;
    two.write("here").await;
    two.settle().await;
    let other = Node::start(&bench, &world, Between::Memory, json!({})).await;
    assert_eq!(Editor::open(&other, &name, &token, 3).await.text(), "here");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_full_takes_no_more_and_can_be_emptied() {
    let (bench, world) = (bench().await, World::default());
    let ann = bench.user();
    let (name, _) = session(&bench, &world, &[&ann]);
    let node = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "largest": 20_000 } })).await;
    let token = world.token(&bench, &ann);
    let mut one = Editor::open(&node, &name, &token, 1).await;
    one.write(&"x".repeat(15_000)).await;
    one.settle().await;
    let mut more = Editor::open(&node, &name, &token, 2).await;
    more.write(&"y".repeat(10_000)).await;
    assert_eq!(more.closed().await, 4413);
    let text = one.doc.get_or_insert_text("text");
    one.edit(|txn| text.remove_range(txn, 0, 15_000)).await;
    one.settle().await;
    one.write(&"z".repeat(15_000)).await;
    one.settle().await;
    assert_eq!(Editor::open(&node, &name, &token, 3).await.text(), "z".repeat(15_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_builds_on_what_never_comes_waits_and_is_seen_by_nobody() {
    let (bench, world) = (bench().await, World::default());
    let ann = bench.user();
    let (name, _) = session(&bench, &world, &[&ann]);
    let node = Node::start(&bench, &world, Between::Memory, json!({ "documents": { "largest_update": 4_096 } })).await;
    let token = world.token(&bench, &ann);
    let mut one = Editor::open(&node, &name, &token, 1).await;
    let text = one.doc.get_or_insert_text("text");
    let first = one.edit_silently(|txn| text.push(txn, "a"));
    let second = one.edit_silently(|txn| text.push(txn, "b"));
    one.say(&Message::Sync(SyncMessage::Update(second))).await;
    one.settle().await;
    assert_eq!(Editor::open(&node, &name, &token, 2).await.text(), "");
    one.say(&Message::Sync(SyncMessage::Update(first))).await;
    one.settle().await;
    assert_eq!(Editor::open(&node, &name, &token, 3).await.text(), "ab");
    let _never = one.edit_silently(|txn| text.push(txn, "c"));
    for _ in 0..4 {
        let later = one.edit_silently(|txn| text.push(txn, &"d".repeat(2_000)));
        if one.socket.send(Frame::binary(update(&later))).await.is_err() {
            break;
        }
    }
    assert_eq!(one.closed().await, 1013, "it comes again, with all that it has");
    let mut again = Editor::open(&node, &name, &token, 4).await;
    assert_eq!(again.text(), "ab");
    again.write("!").await;
    again.settle().await;
}
