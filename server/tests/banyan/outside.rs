//! Programs outside, in their own languages, read what happens from NATS, Redis and RabbitMQ; and the document that tells them what they find there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use banyan_testkit::Broker;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Ran, Server, client, eventually, get, on_both_engines};

const REMEDY: &str = "run `cargo xtask outside` first (`cargo xtask test` does it by itself)";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folder() -> PathBuf {
    let folder = root().join("docs/examples/outside");
    assert!(folder.join("node_modules/nats").exists(), "{}: no libraries: {REMEDY}", folder.display());
    folder
}

/// Python with the libraries of the programs, where `cargo xtask outside` puts it: beside the profile's folder.
fn python() -> PathBuf {
    let program =
        Path::new(env!("CARGO_BIN_EXE_banyan")).parent().and_then(Path::parent).unwrap().join("outside-venv/bin/python");
    assert!(program.exists(), "{}: no such program: {REMEDY}", program.display());
    program
}

/// What a program prints, a JSON value a line.
fn lines(place: &Place, broker: (&str, &Broker), program: &Path, arguments: &[&str], count: usize) -> Vec<Value> {
    let environment = place.command(&[]);
    // A program that hears too little would wait for ever.
    let mut command = Command::new("timeout");
    command.arg("120").arg(program).args(arguments).current_dir(folder()).env_clear();
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env(broker.0, broker.1.url()).env("COUNT", count.to_string());
    let said = Ran::from(command.output().unwrap()).good();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn status(place: &Place) -> Vec<Value> {
    serde_json::from_str(&place.run(&["events", "relay", "--json"]).good()).unwrap()
}

fn everything_has_left(place: &Place) {
    eventually("everything has left", || {
        let done = |state: &Value| state["lag"] == 0 && state["here"]["trouble"].is_null();
        status(place).iter().all(done).then_some(())
    });
}

#[test]
fn the_document_of_events_is_a_good_one() {
    let said =
        Ran::from(Command::new("node").args(["asyncapi.mjs", "../../asyncapi.json"]).current_dir(folder()).output().unwrap())
            .good();
    // From NATS, Redis and RabbitMQ.
    let count = 3 * banyan_contracts::catalogue::event_types().len();
    assert!(said.contains(&format!("{count} channels, {count} operations, version 3.0.0")), "{said}");
    // The same program finds a fault.
    let broken = tempfile::NamedTempFile::new().unwrap();
    let text = std::fs::read_to_string(root().join("docs/asyncapi.json")).unwrap();
    std::fs::write(broken.path(), text.replace("\"action\": \"send\"", "\"action\": \"shout\"")).unwrap();
    let path = broken.path().to_str().unwrap();
    assert!(!Command::new("node").args(["asyncapi.mjs", path]).current_dir(folder()).output().unwrap().status.success());
}

/// Lines of a stream that does not end.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(server: &Server, path: &str, token: &str, last: Option<&str>) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n{last}\r\n"
        )
        .unwrap();
        let mut stream = Self(BufReader::new(connection));
        assert!(stream.line().starts_with("HTTP/1.1 200"));
        let mut head = Vec::new();
        loop {
            match stream.line() {
                line if line.is_empty() => break,
                line => head.push(line.to_ascii_lowercase()),
            }
        }
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        assert!(!head.iter().any(|line| line.starts_with("content-encoding")), "{head:?}");
        stream
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next event: its id, its type, its data.
    fn next(&mut self) -> (String, String, Value) {
        let (mut id, mut kind) = (String::new(), String::new());
        loop {
            let line = self.line();
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.to_owned();
            } else if let Some(text) = line.strip_prefix("event: ") {
                kind = text.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                return (id, kind, serde_json::from_str(text).unwrap());
            }
        }
    }
}

on_both_engines! {
    fn events_are_streamed_and_taken_up_where_the_connection_broke(place: Place) {
        let server = place.serve();
        let create = ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
        place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        let admin = server.log_in("admin@example.org", PASSWORD);
        let ann = server.register("ann@example.org");
        assert_eq!(server.get("/api/v1/events/stream", Some(&ann)).0, 403);
        let add = |title: &str| {
            let (status, body) = server.post("/api/v1/goals", Some(&ann), &json!({ "title": title }));
            assert_eq!(status, 201, "{body}");
            body["id"].clone()
        };
        add("Before");
        let mut stream = Stream::open(&server, "/api/v1/events/stream?types=goals.*", &admin, None);
        let first = add("One");
        // On PostgreSQL "now" is where no transaction runs any more: the one before may be told, too.
        let (last, kind, event) = loop {
            let told = stream.next();
            if told.2["data"]["goalId"] == first {
                break told;
            }
        };
        assert_eq!((&*kind, &event["specversion"]), ("goals.goal.created", &json!("1.0")));
        drop(stream);
        let (second, third) = (add("Two"), add("Three"));
        let mut stream = Stream::open(&server, "/api/v1/events/stream?types=goals.goal.created", &admin, Some(&last));
        assert_eq!(stream.next().2["data"]["goalId"], second);
        assert_eq!(stream.next().2["data"]["goalId"], third);
        // What programs outside publish is streamed, too.
        let account = server.get("/api/v1/users/profile", Some(&admin)).1["id"].clone();
        let declared = server.post("/api/v1/admin/events/publishers", Some(&admin), &json!({ "accountId": account, "prefix": "com.acme" }));
        assert_eq!(declared.0, 201, "{}", declared.1);
        let mut stream = Stream::open(&server, "/api/v1/events/stream?types=com.acme.*", &admin, None);
        let event = json!({ "specversion": "1.0", "id": "1", "source": "/shop", "type": "com.acme.order.paid", "data": { "order": 7 } });
        let sent = client()
            .post(format!("{}/api/v1/events", server.url))
            .header("Authorization", format!("Bearer {admin}"))
            .header("Content-Type", "application/cloudevents+json")
            .send(event.to_string())
            .unwrap();
        assert_eq!(sent.status(), 202);
        let (_, kind, event) = stream.next();
        assert_eq!((&*kind, &event["data"]["data"], &event["source"]), ("com.acme.order.paid", &json!({ "order": 7 }), &json!("/services/events")));
    }

    fn programs_in_other_languages_read_events(place: Place) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut nats = Broker::nats();
        place.file("banyan.toml", &format!("[events.nats]\nurl = \"{}\"\n", nats.url()));
        let server = place.serve();
        // While there is no broker, everything else goes on.
        let ann = server.register("ann@example.org");
        let of = |states: &[Value], service: &str| states.iter().find(|state| state["service"] == service).unwrap().clone();
        eventually("it says that nothing leaves", || {
            let state = of(&status(&place), "identity");
            (state["lag"] != 0 && state["here"]["trouble"].is_string()).then_some(())
        });
        runtime.block_on(nats.run());
        for title in ["One", "Two", "Three"] {
            let (status, body) = server.post("/api/v1/goals", Some(&ann), &json!({ "title": title }));
            assert_eq!(status, 201, "{body}");
        }
        everything_has_left(&place);
        assert!(place.run(&["events", "relay"]).good().contains("relay.nats"));

        let heard = lines(&place, ("NATS_URL", &nats), Path::new("node"), &["read.mjs", "banyan.*.goals.>", "node-reader"], 3);
        let tenant = heard[0]["subject"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        for one in &heard {
            assert_eq!(one["subject"], format!("banyan.{tenant}.goals.goal.created"));
            assert_eq!(one["about"], one["data"]["goalId"]);
        }
        let events = lines(&place, ("NATS_URL", &nats), Path::new("node"), &["cloudevents.mjs", "banyan.*.identity.user.registered"], 1);
        assert_eq!((&events[0]["type"], &events[0]["source"]), (&json!("identity.user.registered"), &json!("/services/identity")));
        assert_eq!(events[0]["tenant"], tenant);
        let in_python = lines(&place, ("NATS_URL", &nats), &python(), &["read.py", "banyan.*.goals.>", "python-reader"], 3);
        let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&in_python), ids(&heard));
        // Where the durable reader stands, JetStream knows.
        assert_eq!(server.post("/api/v1/goals", Some(&ann), &json!({ "title": "Four" })).0, 201);
        let more = lines(&place, ("NATS_URL", &nats), Path::new("node"), &["read.mjs", "banyan.*.goals.>", "node-reader"], 1);
        assert!(!ids(&heard).contains(&more[0]["id"]));
        let metrics = get(&format!("{}/metrics", server.admin), None).1.as_str().unwrap().to_owned();
        assert!(metrics.contains("banyan_relay_sent_total{service=\"goals\",sink=\"relay.nats\"} 4"), "{metrics}");
    }

    fn programs_read_from_redis_and_rabbitmq(place: Place) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut redis = runtime.block_on(Broker::redis().started());
        let rabbitmq = runtime.block_on(Broker::rabbitmq().started());
        let sections = format!(
            "[events.redis]\nurl = \"{}\"\n[events.rabbitmq]\nurl = \"{}\"\nqueues = [\"reader=*.goals.#\"]\n",
            redis.url(),
            rabbitmq.url()
        );
        place.file("banyan.toml", &sections);
        let server = place.serve();
        let ann = server.register("ann@example.org");
        let add = |title: &str| assert_eq!(server.post("/api/v1/goals", Some(&ann), &json!({ "title": title })).0, 201);
        ["One", "Two", "Three"].into_iter().for_each(add);
        everything_has_left(&place);
        let shown = place.run(&["events", "relay"]).good();
        assert!(shown.contains("relay.redis") && shown.contains("relay.rabbitmq"), "{shown}");
        let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
        let arguments = ["read_redis.py", "events:goals.goal.created", "group"];
        let from_redis = lines(&place, ("REDIS_URL", &redis), &python(), &arguments, 3);
        assert!(from_redis.iter().all(|event| event["type"] == "goals.goal.created"));
        let arguments = ["read_rabbitmq.py", "reader", "*.goals.#"];
        let from_rabbitmq = lines(&place, ("AMQP_URL", &rabbitmq), &python(), &arguments, 3);
        assert_eq!(ids(&from_rabbitmq), ids(&from_redis));
        let tenant = from_redis[0]["tenant"].as_str().unwrap();
        assert_eq!(from_rabbitmq[0]["key"], format!("{tenant}.goals.goal.created"));
        // One that is away keeps the other from nothing, and whoever asks for the server's health is told.
        redis.kill();
        add("Four");
        assert_eq!(lines(&place, ("AMQP_URL", &rabbitmq), &python(), &arguments, 1).len(), 1);
        let health = || get(&format!("{}/health", server.admin), None);
        eventually("it says that nothing leaves to Redis", || {
            let (status, body) = health();
            let relay = &body["services"]["relay.redis"];
            let is_said = relay["status"] == "degraded" && relay["reason"].as_str()?.contains("127.0.0.1");
            (status == 200 && is_said).then_some(())
        });
        assert_eq!(health().1["services"]["relay.rabbitmq"]["status"], "up");
        runtime.block_on(redis.run());
        everything_has_left(&place);
        eventually("it is well again", || (health().1["services"]["relay.redis"]["status"] == "up").then_some(()));
    }
}
