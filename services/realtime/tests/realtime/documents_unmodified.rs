//! The client of Yjs, unmodified: `y-websocket` of npm.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use banyan_testkit::on_both_engines;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::documents::session;
use crate::fixture::{Between, LISTEN, Node, PATIENCE, World, eventually};

const REMEDY: &str = "run `cargo xtask realtime-clients` first (`cargo xtask test` does it by itself)";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/shared-documents")
}

struct Program {
    _child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    async fn start(node: &Node, token: &str, name: &str) -> Self {
        let mut command = Command::new("node");
        command.arg("edit.mjs").current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.env("URL", format!("ws://{}/realtime/doc", node.address)).env("TOKEN", token).env("DOCUMENT", name);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("node: {error}: {REMEDY}"));
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut program = Self { _child: child, input, lines: BufReader::new(output).lines() };
        assert_eq!(program.says("synced").await["synced"], true);
        program
    }

    async fn tell(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// The next line that has the field, whatever comes before.
    async fn says(&mut self, field: &str) -> Value {
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.unwrap_or_else(|_| panic!("nothing of {field}"));
            let line = line.unwrap().unwrap_or_else(|| panic!("it ended before {field}: {REMEDY}"));
            let line: Value = serde_json::from_str(&line).unwrap();
            if !line[field].is_null() {
                return line;
            }
        }
    }

    async fn ask(&mut self, question: &str) -> Value {
        self.tell(question).await;
        self.says(question).await
    }
}

on_both_engines! {
    async fn two_at_a_time_and_one_without_a_line_end_with_the_same_bytes(bench: Bench) {
        let world = World::default();
        let (ann, ben, eve) = (bench.user(), bench.user(), bench.user());
        let (name, id) = session(&bench, &world, &[&ann, &ben]);
        world.allow(&id, &eve, LISTEN);
        let node = Node::start(&bench, &world, Between::Memory, json!({})).await;
        let (hers, his) = (world.token(&bench, &ann), world.token(&bench, &ben));
        let mut one = Program::start(&node, &hers, &name).await;
        let mut two = Program::start(&node, &his, &name).await;
        let mut away = Program::start(&node, &his, &name).await;
        away.tell("offline").await;
        while away.says("status").await["status"] != "disconnected" {}
        away.tell("type OFFLINE").await;
        away.tell("set away 1").await;
        for number in 0..50 {
            one.tell(&format!("type a{number} ")).await;
            two.tell(&format!("insert 0 b{number} ")).await;
            if number % 5 == 4 {
                two.tell("erase 1 3").await;
                one.tell(&format!("set key{number} {{\"of\":[{number}]}}")).await;
            }
        }
        away.tell("online").await;
        let mut programs = [one, two, away];
        let same = async || {
            let mut states = Vec::new();
            for program in &mut programs {
                states.push(program.ask("state").await);
            }
            let (text, count) = (states[0]["text"].as_str().unwrap(), states[0]["map"].as_object().unwrap().len());
            let is_whole = text.contains("OFFLINE") && text.contains("a49 ") && count == 11;
            (is_whole && states.iter().all(|state| *state == states[0])).then(|| states[0].clone())
        };
        let state = eventually("all have the same bytes", same).await;
        assert_eq!(state["map"]["away"], 1, "{state}");
        // Somebody new has it from the server; who may only read changes it for nobody.
        let mut reads = Program::start(&node, &world.token(&bench, &eve), &name).await;
        let read = reads.ask("state").await;
        assert_eq!((&read["text"], &read["map"]), (&state["text"], &state["map"]));
        reads.tell("type no").await;
        assert!(reads.says("warning").await["warning"].as_str().unwrap().contains("Permission denied"));
        let [one, two, away] = &mut programs;
        one.tell("show {\"name\":\"Ann\"}").await;
        let sees = async || {
            let who = two.ask("who").await;
            who["who"].as_array().unwrap().contains(&json!({ "name": "Ann" })).then_some(())
        };
        eventually("a cursor is seen", sees).await;
        one.tell("offline").await;
        let gone = async || {
            let who = away.ask("who").await;
            (!who["who"].as_array().unwrap().contains(&json!({ "name": "Ann" }))).then_some(())
        };
        eventually("who has left is seen no more", gone).await;
        world.rights.lock().clear();
        drop(reads);
        assert_eq!(one.ask("state").await["text"], state["text"]);
    }
}
