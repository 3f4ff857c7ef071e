//! Centrifugo's client, unmodified, behind the front door: it is let in by the token of a log-in, hears, and goes with its session; people in
//! a session of the context engine hear of one another.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, client, eventually, on_both_engines};

const REMEDY: &str = "run `cargo xtask realtime-clients` first (`cargo xtask test` does it by itself)";
const OTHER: &str = "nine quiet otters swim";
/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that listens, whose lines are read.
struct Listener {
    child: Child,
    lines: Receiver<Value>,
}

impl Listener {
    fn start(server: &Server, token: &str, room: &str) -> Self {
        let url = server.url.replace("http://", "ws://");
        Self::by(&format!("{url}/api/v1/realtime/connection/websocket"), token, room)
    }

    /// Where no WebSocket goes through.
    fn by_stream(server: &Server, token: &str, room: &str) -> Self {
        Self::by(&format!("{}/api/v1/realtime/connection/sse", server.url), token, room)
    }

    fn by(url: &str, token: &str, room: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/realtime-clients");
        assert!(folder.join("node_modules/centrifuge").exists(), "{}: no libraries: {REMEDY}", folder.display());
        let mut command = Command::new("node");
        command.arg("listen.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("URL", url).env("TOKEN", token).env("ROOM", room);
        let mut child = command.spawn().unwrap();
        let (said, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _nobody_listens = said.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
        });
        Self { child, lines }
    }

    /// The next line that has the field.
    fn says(&self, field: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error}: nothing of {field}"));
            if !line[field].is_null() {
                return line[field].clone();
            }
        }
    }

    /// Reads on until this is said in the room.
    fn hears(&self, wanted: impl Fn(&Value) -> bool) {
        while !wanted(&self.says("data")) {}
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Yjs' own client, unmodified, at the document of a session.
struct Editor {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Value>,
}

impl Editor {
    fn start(server: &Server, token: &str, room: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/shared-documents");
        assert!(folder.join("node_modules/y-websocket").exists(), "{}: no libraries: {REMEDY}", folder.display());
        let mut command = Command::new("node");
        command.arg("edit.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("URL", documents_of(server)).env("TOKEN", token).env("DOCUMENT", room);
        let mut child = command.spawn().unwrap();
        let (said, lines) = channel();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _nobody_listens = said.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
        });
        let editor = Self { child, input, lines };
        while editor.says("synced")["synced"] != true {}
        editor
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// The next line that has the field.
    fn says(&self, field: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error}: nothing of {field}"));
            if !line[field].is_null() {
                return line;
            }
        }
    }

    fn state(&mut self) -> Value {
        self.tell("state");
        self.says("state")
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn documents_of(server: &Server) -> String {
    format!("{}/realtime/doc", server.url.replace("http://", "ws://"))
}

/// Two at a time and one without a line, and the server killed while they write: all end with the same bytes.
fn three_end_with_the_same_document(place: &Place) {
    let server = place.serve();
    let ann = server.register("ann@example.org");
    let (status, session) = server.post("/api/v1/context/sessions", Some(&ann), &json!({ "title": "Moving house" }));
    assert_eq!(status, 201, "{session}");
    let room = format!("session:{}", session["id"].as_str().unwrap());
    let mut editors: Vec<Editor> = (0..3).map(|_| Editor::start(&server, &ann, &room)).collect();
    editors[2].tell("offline");
    editors[2].tell("type OFFLINE");
    for number in 0..20 {
        editors[0].tell(&format!("type a{number} "));
        editors[1].tell(&format!("insert 0 b{number} "));
    }
    // What another one sees is stored.
    eventually("both see what both wrote", || {
        let (one, other) = (editors[0].state(), editors[1].state());
        let text = one["text"].as_str().unwrap();
        (text.contains("a19 ") && text.contains("b19 ") && one["text"] == other["text"]).then_some(())
    });
    server.signal(rustix::process::Signal::KILL);
    let _killed = server.wait();
    editors[0].tell("type DURING");
    let server = place.serve();
    for editor in &mut editors {
        editor.tell(&format!("move {}", documents_of(&server)));
    }
    editors[2].tell("online");
    let state = eventually("all have the same bytes", || {
        let states: Vec<Value> = editors.iter_mut().map(Editor::state).collect();
        let text = states[0]["text"].as_str().unwrap();
        let is_whole = ["OFFLINE", "DURING", "a19 ", "b19 "].iter().all(|part| text.contains(part));
        (is_whole && states.iter().all(|state| *state == states[0])).then(|| states[0].clone())
    });
    let mut fresh = Editor::start(&server, &ann, &room);
    assert_eq!(fresh.state()["text"], state["text"]);
    let stranger = server.register("eve@example.org");
    let versions = format!("/api/v1/realtime/documents/{room}/versions");
    assert_eq!(server.post(&versions, Some(&stranger), &json!({ "name": "x" })).0, 403);
    let (status, named) = server.post(&versions, Some(&ann), &json!({ "name": "Whole" }));
    assert_eq!(status, 201, "{named}");
    fresh.tell("erase 0 20");
    let restore = format!("{versions}/{}/restore", named["id"].as_str().unwrap());
    eventually("the change is there", || (editors[0].state()["text"] != state["text"]).then_some(()));
    assert_eq!(server.post(&restore, Some(&ann), &json!({})).0, 200);
    eventually("the version is back", || (editors[0].state()["text"] == state["text"]).then_some(()));
}

/// Clients are told that the process ends, which ends in good order although none of them went by itself; the next one has what they were at.
fn clients_go_on_at_the_next_process(place: &Place) {
    let server = place.serve();
    let ann = server.register("ann@example.org");
    let (status, session) = server.post("/api/v1/context/sessions", Some(&ann), &json!({ "title": "Moving house" }));
    assert_eq!(status, 201, "{session}");
    let room = format!("session:{}", session["id"].as_str().unwrap());
    let listeners = [Listener::start(&server, &ann, &room), Listener::by_stream(&server, &ann, &room)];
    listeners.iter().for_each(|listener| assert_eq!(listener.says("subscribed"), room));
    let mut editor = Editor::start(&server, &ann, &room);
    editor.tell("type before ");
    server.signal(rustix::process::Signal::TERM);
    for listener in &listeners {
        while listener.says("connecting") != 3001 {}
    }
    while editor.says("status")["status"] != "disconnected" {}
    let (status, log) = server.wait();
    assert!(status.success(), "{status}: {log}");
    editor.tell("type after");
    let server = place.serve();
    editor.tell(&format!("move {}", documents_of(&server)));
    let mut other = Editor::start(&server, &ann, &room);
    eventually("all is there", || (other.state()["text"] == "before after").then_some(()));
}

/// Two people in one session of the context engine, each with a client: both hear all that happens, in the same order, and strangers nothing.
pub(crate) fn two_hear_of_one_another(server: &Server) {
    const SESSIONS: &str = "/api/v1/context/sessions";
    let (ann, bob) = (server.register("ann@example.org"), server.register("bob@example.org"));
    let (_, profile) = server.get("/api/v1/users/profile", Some(&bob));
    let (status, session) = server.post(SESSIONS, Some(&ann), &json!({ "title": "Moving house" }));
    assert_eq!(status, 201, "{session}");
    let session = format!("{SESSIONS}/{}", session["id"].as_str().unwrap());
    let room = format!("session:{}", session.rsplit('/').next().unwrap());
    let stranger = Listener::start(server, &bob, &room);
    assert_eq!(stranger.says("unsubscribed"), 103);
    let seat = format!("{}{session}/participants/{}", server.url, profile["id"].as_str().unwrap());
    let seat = client().put(seat).header("Authorization", format!("Bearer {ann}")).send_json(json!({ "role": "editor" }));
    assert!(seat.unwrap().status().is_success());
    let listeners = [Listener::start(server, &ann, &room), Listener::start(server, &bob, &room)];
    listeners.iter().for_each(|listener| assert_eq!(listener.says("subscribed"), room));
    let texts =
        ["The annual budget is with Budi Santoso.", "Please ask Budi Santoso about the annual budget before 12 March 2032."];
    for text in texts {
        let item = json!({ "kind": "note", "value": { "text": text } });
        let (status, made) = server.post(&format!("{session}/items"), Some(&ann), &item);
        assert_eq!(status, 201, "{made}");
    }
    let heard = listeners.each_ref().map(|listener| {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last: &Value| last["event"] != "suggestion_generated") {
            heard.push(listener.says("data"));
        }
        heard
    });
    for heard in &heard {
        let numbers: Vec<u64> = heard.iter().map(|one| one["seq"].as_u64().unwrap()).collect();
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "nothing is left out: {numbers:?}");
    }
    // Who comes early may hear of the beginning, too.
    let item = |heard: &[Value]| heard.iter().find(|one| one["action"] == "item.created").cloned();
    assert!(item(&heard[0]).is_some());
    assert_eq!(item(&heard[0]), item(&heard[1]));
}

on_both_engines! {
    fn a_client_hears_what_is_said_to_its_person_and_goes_with_the_session(place: Place) {
        drop(place.serve());
        let who = ["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"];
        place.run_with_input(&who, PASSWORD).good();
        let server = place.serve();
        let admin = server.log_in("ada@example.org", PASSWORD);
        let token = server.register("ann@example.org");
        let (_, profile) = server.get("/api/v1/users/profile", Some(&token));
        let room = format!("user:{}", profile["id"].as_str().unwrap());
        let listener = Listener::start(&server, &token, &room);
        assert_eq!(listener.says("subscribed"), room);
        let (status, said) = server.post("/api/v1/realtime/publish", Some(&admin), &json!({ "room": room, "data": { "n": 1 } }));
        assert_eq!(status, 200, "{said}");
        listener.hears(|data| *data == json!({ "n": 1 }));
        // Of what reaches her inbox the page is told by the same room.
        let inbox = server.get("/api/v1/notifications", Some(&token)).1;
        let before = inbox["data"].as_array().unwrap().len();
        let hello = json!({ "userIds": [profile["id"]], "topic": "messages", "arguments": { "title": "Hello", "body": "All is well." } });
        let (status, told) = server.post("/api/v1/notifications", Some(&admin), &hello);
        assert_eq!(status, 201, "{told}");
        listener.hears(|data| data["event"] == "inbox_changed" && data["seq"].as_u64().unwrap() > before as u64);
        assert_eq!(server.post("/api/v1/realtime/publish", Some(&token), &json!({ "room": room, "data": 1 })).0, 403);
        let stranger = Listener::start(&server, &admin, &room);
        assert_eq!(stranger.says("unsubscribed"), 103);
        // Which signs out all other devices: the client comes again, and its token counts no longer.
        let other = server.log_in("ann@example.org", PASSWORD);
        let body = json!({ "currentPassword": PASSWORD, "password": OTHER });
        let (status, changed) = server.post("/api/v1/auth/password/change", Some(&other), &body);
        assert!((200..300).contains(&status), "{status} {changed}");
        assert_eq!(listener.says("disconnected"), 1, "the client gives up by itself: it has no other token");
    }

    fn editors_end_with_the_same_document_when_the_server_was_killed(place: Place) {
        three_end_with_the_same_document(&place);
    }

    fn clients_are_told_that_the_process_ends_and_go_on_at_the_next(place: Place) {
        clients_go_on_at_the_next_process(&place);
    }

    fn two_people_in_a_session_hear_of_a_change_and_of_what_it_suggests(place: Place) {
        two_hear_of_one_another(&place.serve());
    }
}
