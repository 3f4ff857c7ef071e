//! What must not be: the connection closes with the right code, and the server goes on.

use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::Client;
use crate::fixture::{Between, Node, PATIENCE, World, bench};
use crate::raw::{FIN, Raw, frame};

async fn raw(node: &Node) -> Raw {
    Raw::open(node, "/connection/websocket", "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames_are_closed_with_the_code_of_their_kind() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let unmasked = [FIN | 1, 2, b'{', b'}'].to_vec();
    let huge_announced = [vec![FIN | 1, 0x80 | 127], u64::MAX.to_be_bytes().to_vec(), vec![0; 4]].concat();
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("unmasked", unmasked, 1002),
        ("reserved bit 1", frame(FIN | 0x40 | 1, b"{}"), 1002),
        ("reserved bits", frame(FIN | 0x70 | 1, b"{}"), 1002),
        ("reserved opcode", frame(FIN | 3, b"{}"), 1002),
        ("reserved control opcode", frame(FIN | 0xb, b""), 1002),
        ("fragmented ping", frame(9, b""), 1002),
        ("long ping", frame(FIN | 9, &[b'x'; 126]), 1002),
        ("continuation of nothing", frame(FIN, b"{}"), 1002),
        ("a text in a text", [frame(1, b"{"), frame(FIN | 1, b"}")].concat(), 1002),
        ("wrong UTF-8", frame(FIN | 1, &[0xff, 0xfe]), 1007),
        ("a surrogate", frame(FIN | 1, &[0xed, 0xa0, 0x80]), 1007),
        ("wrong UTF-8 in parts", [frame(1, &[0xce]), frame(FIN, &[0xce])].concat(), 1007),
        ("too large", frame(FIN | 1, &vec![b' '; 65_537]), 1009),
        ("too large in parts", [frame(1, &vec![b' '; 40_000]), frame(FIN, &vec![b' '; 40_000])].concat(), 1009),
        ("announced as huge", huge_announced, 1009),
        ("binary", frame(FIN | 2, b"{}"), 1003),
        ("empty text", frame(FIN | 1, b""), 3501),
        ("no JSON", frame(FIN | 1, b"hello"), 3501),
        ("half an object", frame(FIN | 1, b"{\"id\":1"), 3501),
        ("a list", frame(FIN | 1, b"[]"), 3501),
        ("a command first", frame(FIN | 1, b"{\"id\":1,\"subscribe\":{\"channel\":\"market:X\"}}"), 3501),
        ("two commands in one", frame(FIN | 1, b"{\"id\":1,\"connect\":{},\"ping\":{}}"), 3501),
        ("no id", frame(FIN | 1, b"{\"connect\":{\"token\":\"x\"}}"), 3501),
        ("an id below nothing", frame(FIN | 1, b"{\"id\":-1,\"connect\":{}}"), 3501),
        ("deep", frame(FIN | 1, format!("{{\"id\":1,\"connect\":{{\"data\":{}", "[".repeat(30_000)).as_bytes()), 3501),
        ("many commands", frame(FIN | 1, "{}\n".repeat(20_000).as_bytes()), 3501),
        ("a close", frame(FIN | 8, &1000_u16.to_be_bytes()), 1000),
        ("a close of one byte", frame(FIN | 8, &[3]), 1002),
        ("a close with a forbidden code", frame(FIN | 8, &1005_u16.to_be_bytes()), 1002),
    ];
    for (what, bytes, expected) in cases {
        let mut stream = raw(&node).await;
        stream.send(&bytes, bytes.len()).await;
        assert_eq!(stream.code().await, expected, "{what}");
    }
    // In parts, with a ping between them, is right.
    let token = world.token(&bench, &bench.user());
    let text = json!({ "id": 1, "connect": { "token": token } }).to_string();
    let (left, right) = text.as_bytes().split_at(9);
    let mut stream = raw(&node).await;
    let bytes = [frame(1, left), frame(FIN | 9, b"?"), frame(FIN, right)].concat();
    stream.send(&bytes, bytes.len()).await;
    assert_eq!(stream.read().await, Some((10, b"?".to_vec())));
    assert_eq!(stream.read().await.unwrap().0, 1);
}

#[tokio::test]
async fn requests_that_ask_for_no_websocket_are_refused() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
    let good =
        ["connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="];
    let without = |index: usize| {
        good.iter().enumerate().filter(move |(at, _)| *at != index).map(|(_, line)| (*line).to_owned()).collect::<Vec<_>>()
    };
    let with = |index: usize, line: &str| {
        let mut lines = without(index);
        lines.push(line.to_owned());
        lines
    };
    for lines in [
        without(1),
        without(2),
        without(3),
        with(1, "upgrade: h2c"),
        with(2, "sec-websocket-version: 8"),
        with(3, "sec-websocket-key: short"),
        with(4, "sec-websocket-protocol: centrifuge-protobuf"),
    ] {
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        let request = format!("GET /connection/websocket HTTP/1.1\r\nhost: localhost\r\n{}\r\n\r\n", lines.join("\r\n"));
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 400", "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_closes_connections_and_leaves_the_server_untouched() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({ "commands_per_second": 100_000 })).await;
    let token = world.token(&bench, &bench.user());
    let mut hears = Client::connect(&node, &token).await;
    hears.subscribe("market:X").await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64*: the same noise each time.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let words = [
        "{",
        "}",
        "[",
        "]",
        "\"id\":",
        "\"connect\":",
        "\"subscribe\":",
        "\"channel\":",
        "\"market:X\"",
        "\"publish\":",
        "\"data\":",
        "1",
        "-1",
        "18446744073709551616",
        "null",
        ",",
        "\n",
        "\"",
        "\\u0000",
        "\u{0}",
        "é",
        "\"recover\":true",
        "\"offset\":",
        "\"since\":",
    ];
    for _ in 0..200 {
        let mut client = Client::connect(&node, &token).await;
        let text: String = (0..next() % 30).map(|_| words[usize::try_from(next()).unwrap_or_default() % words.len()]).collect();
        client.say(text).await;
        client.say(json!({ "id": 7, "ping": {} }).to_string()).await;
        loop {
            match timeout(PATIENCE, client.socket.next()).await.expect("an answer") {
                Some(Ok(Message::Text(text))) if text.contains("\"id\":7") => break,
                Some(Ok(Message::Close(frame))) => {
                    assert_eq!(u16::from(frame.unwrap().code), 3501);
                    break;
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let said = node
        .app
        .post(&bench.with_role(banyan_kernel::Role::Admin), "/api/v1/realtime/publish", json!({ "room": "market:X", "data": 7 }))
        .await;
    assert_eq!(said.status, 200);
    assert_eq!(hears.push().await["pub"]["data"], 7);
}
