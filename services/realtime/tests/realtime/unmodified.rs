//! Centrifugo's clients, unmodified: they connect, hear, speak, see one another, call methods, and miss nothing when the line is cut or the process
//! ends.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use banyan_kernel::{Caller, Role};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::fixture::{BOTH, Between, Node, PATIENCE, World, bench};
use crate::line::Line;

const REMEDY: &str = "run `cargo xtask realtime-clients` first (`cargo xtask test` does it by itself)";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/realtime-clients")
}

/// Python with the libraries, where `cargo xtask realtime-clients` puts it: beside the profile's folder.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("realtime-clients-venv/bin/python")
}

/// A program whose lines are read.
struct Program {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(program: &Path, file: &str, url: &str, token: &str, room: &str) -> Self {
        let mut command = Command::new(program);
        command.arg(file).current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.env("URL", url).env("TOKEN", token).env("ROOM", room);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}: {REMEDY}", program.display()));
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { _child: child, input, lines: BufReader::new(output).lines() }
    }

    async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn line(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("it says something");
        serde_json::from_str(&line.unwrap().unwrap_or_else(|| panic!("it ended: {REMEDY}"))).unwrap()
    }

    /// The next line that has the field, whatever comes before.
    async fn says(&mut self, field: &str) -> Value {
        loop {
            let line = self.line().await;
            if !line[field].is_null() {
                return line;
            }
        }
    }
}

/// What services answer, and what they refuse in words.
async fn calls(program: &mut Program, person: &Caller) {
    program.tell("call context.echo {\"tree\":\"\u{1f333}\"}").await;
    let answered = program.says("with").await;
    assert_eq!(answered["with"], json!({ "by": person.user_id(), "data": { "tree": "\u{1f333}" } }));
    for (method, code) in [("context.unknown", 104), ("context.invalid", 107), ("context.conflict", 409)] {
        program.tell(&format!("call {method} {{}}")).await;
        assert_eq!(program.says("refused").await["refused"], code);
    }
}

async fn works(program: &Path, file: &str) {
    let (bench, world) = (bench().await, World::default());
    let settings = json!({ "commands_per_second": 10_000 });
    let node = Node::start(&bench, &world, Between::Memory, settings).await;
    let (ann, ben, session) = (bench.user(), bench.user(), bench.new_id().to_string());
    let room = format!("session:{session}");
    world.allow(&session, &ann, BOTH);
    world.allow(&session, &ben, BOTH);
    let url = format!("ws://{}/connection/websocket", node.address);
    let mut hears = Program::start(program, file, &url, &world.token(&bench, &ann), &room);
    assert_eq!(hears.says("subscribed").await["wasRecovering"], false);
    let mut speaks = Program::start(program, file, &url, &world.token(&bench, &ben), &room);
    speaks.says("subscribed").await;
    while hears.says("join").await["join"] != ben.user_id().unwrap().to_string() {}
    hears.tell("who").await;
    assert_eq!(hears.says("who").await["who"].as_array().unwrap().len(), 2);
    calls(&mut hears, &ann).await;
    speaks.tell("say {\"hello\":\"\u{1f333}\"}").await;
    let heard = hears.says("data").await;
    assert_eq!((&heard["data"], &heard["offset"]), (&json!({ "hello": "\u{1f333}" }), &json!(1)));
    // Cut off again and again, while much is said.
    let admin = bench.with_role(Role::Admin);
    for number in 2..=600_u64 {
        if number % 100 == 0 {
            hears.tell("cut").await;
        }
        let said = node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": room, "data": number })).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    for number in 2..=600_u64 {
        let heard = hears.says("data").await;
        assert_eq!((&heard["data"], &heard["offset"]), (&json!(number), &json!(number)));
    }
    hears.tell("cut").await;
    assert_eq!(hears.says("subscribed").await["recovered"], true);
    world.rights.lock().insert((session, ann.user_id().unwrap()), crate::fixture::LISTEN);
    let refused = async || {
        hears.tell("say 1").await;
        let answer = timeout(PATIENCE, hears.lines.next_line()).await.unwrap().unwrap().unwrap();
        answer.replace(' ', "").contains("\"refused\":103").then_some(())
    };
    crate::fixture::eventually("a right that is withdrawn counts", refused).await;
    drop(speaks);
    hears.says("leave").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn centrifuge_for_javascript() {
    works(Path::new("node"), "listen.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn centrifuge_for_python() {
    works(&python(), "listen.py").await;
}

/// Where no WebSocket goes through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn centrifuge_for_javascript_by_server_sent_events() {
    let (bench, world) = (bench().await, World::default());
    let node = Node::start(&bench, &world, Between::Memory, json!({ "commands_per_second": 10_000 })).await;
    let line = Line::to(node.address).await;
    let (ann, admin, session) = (bench.user(), bench.with_role(Role::Admin), bench.new_id().to_string());
    let room = format!("session:{session}");
    world.allow(&session, &ann, BOTH);
    let url = format!("http://{}/api/v1/realtime/connection/sse", line.address);
    let mut hears = Program::start(Path::new("node"), "listen.mjs", &url, &world.token(&bench, &ann), &room);
    assert_eq!(hears.says("connected").await["connected"], "sse");
    assert_eq!(hears.says("subscribed").await["wasRecovering"], false);
    hears.tell("who").await;
    assert_eq!(hears.says("who").await["who"], json!([ann.user_id()]));
    calls(&mut hears, &ann).await;
    hears.tell("say {\"hello\":\"\u{1f333}\"}").await;
    assert_eq!(hears.says("data").await["data"], json!({ "hello": "\u{1f333}" }));
    for number in 2..=300_u64 {
        if number % 50 == 0 {
            line.cut();
        }
        let said = node.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": room, "data": number })).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    for number in 2..=300_u64 {
        let heard = hears.says("data").await;
        assert_eq!((&heard["data"], &heard["offset"]), (&json!(number), &json!(number)));
    }
    line.cut();
    assert_eq!(hears.says("subscribed").await["recovered"], true);
}

/// A process is replaced by another one: by WebSocket and by server-sent events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn centrifuge_for_javascript_goes_on_where_a_process_ends() {
    let (bench, world) = (bench().await, World::default());
    let first = Node::start(&bench, &world, Between::Redis, json!({})).await;
    let second = Node::start(&bench, &world, Between::Redis, json!({})).await;
    let line = Line::to(first.address).await;
    let (ann, admin, session) = (bench.user(), bench.with_role(Role::Admin), bench.new_id().to_string());
    let room = format!("session:{session}");
    world.allow(&session, &ann, BOTH);
    let urls = [
        format!("ws://{}/connection/websocket", line.address),
        format!("http://{}/api/v1/realtime/connection/sse", line.address),
    ];
    let mut programs = Vec::new();
    for url in urls {
        let mut program = Program::start(Path::new("node"), "listen.mjs", &url, &world.token(&bench, &ann), &room);
        program.says("subscribed").await;
        programs.push(program);
    }
    line.lead(second.address);
    let stopping = first.stop();
    for number in 1..=50_u64 {
        let said = second.app.post(&admin, "/api/v1/realtime/publish", json!({ "room": room, "data": number })).await;
        assert_eq!(said.status, 200, "{said:?}");
    }
    timeout(PATIENCE, stopping).await.expect("it ends").unwrap();
    // The connections that a client keeps for requests end with the process.
    line.cut_to(first.address);
    for program in &mut programs {
        let mut told = Vec::new();
        for number in 1..=50_u64 {
            let heard = loop {
                let line = program.line().await;
                if !line["data"].is_null() {
                    break line;
                }
                told.push(line);
            };
            assert_eq!((&heard["data"], &heard["offset"]), (&json!(number), &json!(number)));
        }
        while !told.iter().any(|line| line["recovered"] == true) {
            told.push(program.line().await);
        }
        assert!(told.iter().any(|line| line["connecting"] == 3001), "{told:?}");
    }
}
