//! PostgreSQL goes away under a server, and is away when one starts: flags go on as they were, and nothing is let in that was not known.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, client, eventually, get};
use crate::split::cluster::{self, Cluster};

const FLAG: &str = "new-checkout";
/// The environment of a server that says nothing else.
const ENVIRONMENT: &str = "development";

/// What stands between the servers and PostgreSQL, and can be taken away.
struct Way {
    address: SocketAddr,
    url: String,
    to: String,
    open: Option<Open>,
}

struct Open {
    ends: Arc<AtomicBool>,
    accepting: std::thread::JoinHandle<Vec<TcpStream>>,
}

impl Way {
    /// To the database of the URL.
    fn to(url: &str) -> Self {
        let (before, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
        let (who, rest) = rest.split_once('@').map_or(("", rest), |(who, rest)| (who, rest));
        let (to, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let at = if who.is_empty() { String::new() } else { format!("{who}@") };
        let mut way = Self { address, url: format!("{before}://{at}{address}/{database}"), to: to.to_owned(), open: None };
        way.serve(listener);
        way
    }

    fn serve(&mut self, listener: TcpListener) {
        let ends = Arc::new(AtomicBool::new(false));
        let (to, told) = (self.to.clone(), ends.clone());
        let accepting = std::thread::spawn(move || {
            let mut streams = Vec::new();
            for near in listener.incoming().map_while(Result::ok) {
                if told.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(far) = TcpStream::connect(&to) else { continue };
                for (from, into) in [(&near, &far), (&far, &near)] {
                    let (from, into) = (from.try_clone().unwrap(), into.try_clone().unwrap());
                    std::thread::spawn(move || copy(from, into));
                }
                streams.extend([near, far]);
            }
            streams
        });
        self.open = Some(Open { ends, accepting });
    }

    /// Nobody listens any more, and what was connected is cut.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        open.ends.store(true, Ordering::SeqCst);
        let _wakes_it = TcpStream::connect(self.address);
        for stream in open.accepting.join().unwrap() {
            let _cut = stream.shutdown(Shutdown::Both);
        }
    }

    fn reopen(&mut self) {
        let address = self.address;
        let listener = eventually("the address is free again", || TcpListener::bind(address).ok());
        self.serve(listener);
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.close();
    }
}

fn copy(mut from: TcpStream, mut into: TcpStream) {
    let mut buffer = [0; 8 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if into.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _cut = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
}

/// A call with a token as clients of flags show it.
fn ask(server: &Server, path: &str, token: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("{}{path}", server.url);
    let mut response = match body {
        Some(body) => client().post(url).header("Authorization", token).send_json(body).unwrap(),
        None => client().get(url).header("Authorization", token).call().unwrap(),
    };
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// An administrator, her token, and tokens of clients.
struct Known {
    admin: String,
    client: String,
    frontend: String,
}

impl Known {
    /// Makes them, and a flag that is on for who pays.
    fn made_at(server: &Server) -> Self {
        let admin = server.log_in("ada@example.org", PASSWORD);
        let token = |kind: &str| {
            let wanted = json!({ "name": kind, "kind": kind, "environment": ENVIRONMENT });
            let (status, made) = server.post("/api/v1/admin/flag-tokens", Some(&admin), &wanted);
            assert_eq!(status, 201, "{made}");
            made["secret"].as_str().unwrap().to_owned()
        };
        let (client, frontend) = (token("client"), token("frontend"));
        let gold = json!([{ "contextName": "plan", "operator": "IN", "values": ["gold"] }]);
        let settings = json!({ ENVIRONMENT: { "enabled": true, "strategies": [{ "name": "default", "constraints": gold }] } });
        let (status, made) = server.post("/api/v1/admin/flags", Some(&admin), &json!({ "key": FLAG, "environments": settings }));
        assert_eq!(status, 201, "{made}");
        Self { admin, client, frontend }
    }

    /// All protocols give the flag as it is.
    #[track_caller]
    fn see(&self, server: &Server) {
        let (status, document) = ask(server, "/api/client/features", &self.client, None);
        assert_eq!(status, 200, "{document}");
        assert!(document["features"].as_array().unwrap().iter().any(|flag| flag["name"] == FLAG), "{document}");
        let (status, values) = ask(server, "/api/frontend?plan=gold", &self.frontend, None);
        assert_eq!(status, 200, "{values}");
        assert!(values["toggles"].as_array().unwrap().iter().any(|flag| flag["name"] == FLAG), "{values}");
        for (plan, value) in [("gold", true), ("free", false)] {
            let context = json!({ "context": { "targetingKey": "ann", "plan": plan } });
            let (status, found) = ask(server, &format!("/ofrep/v1/evaluate/flags/{FLAG}"), &self.frontend, Some(&context));
            assert_eq!((status, &found["value"]), (200, &json!(value)), "{plan}: {found}");
        }
        // The page's own call, of who is not signed in.
        let (status, found) = get(&format!("{}/api/v1/features/{FLAG}", server.url), None);
        assert_eq!((status, &found["enabled"]), (200, &json!(false)), "{found}");
    }

    /// Both tokens and the flag are on disk.
    fn wait_until_kept(&self, place: &Place) {
        let folder = place.data().join("flags");
        eventually("flags are kept", || {
            let clients: Value = serde_json::from_slice(&std::fs::read(folder.join("clients.kept")).ok()?).ok()?;
            let files = std::fs::read_dir(&folder).ok()?.flatten();
            let mut texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
            (clients["tokens"].as_array()?.len() == 2 && texts.any(|text| text.contains(FLAG))).then_some(())
        });
    }
}

const ADA: [&str; 9] = ["user", "create", "--tenant=upcoach", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"];

#[test]
fn flags_go_on_without_postgres_and_a_start_without_it_has_them_until_it_is_back() {
    let direct = Place::postgres();
    let mut way = Way::to(direct.database_url());
    let place = Place::with_database(&way.url);
    let quiet = [("LOG_LEVEL", "off")];
    let server = place.serve_with(&[], &quiet);
    place.run_with_input(&ADA, PASSWORD).good();
    let known = Known::made_at(&server);
    known.see(&server);
    known.wait_until_kept(&place);

    way.close();
    known.see(&server);
    eventually("it says that it has no store", || (get(&format!("{}/readyz", server.url), None).0 == 503).then_some(()));
    let path = format!("/api/v1/admin/flags/{FLAG}/kill");
    let (status, problem) = server.post(&path, Some(&known.admin), &json!({}));
    assert_eq!(status, 503, "what cannot be written is not done: {problem}");
    known.see(&server);
    // It dies, and nobody brings PostgreSQL back.
    drop(server);

    let server = place.serve_with(&[], &quiet);
    assert!(server.banner.contains("waits for PostgreSQL"), "{}", server.banner);
    known.see(&server);
    assert_eq!(get(&format!("{}/readyz", server.url), None).0, 503);
    assert_eq!(get(&format!("{}/livez", server.url), None).0, 200);
    let (status, health) = get(&format!("{}/health", server.admin), None);
    assert_eq!((status, &health["services"]["store"]["status"]), (200, &json!("down")), "{health}");
    // Whatever was not known is not let in, and is not said to be wrong.
    let strange = "*:development.0000000000000000000000000000000000000000000000000000000000000000";
    for token in [strange, "x"] {
        assert_eq!(ask(&server, "/api/client/features", token, None).0, 503, "{token}");
    }
    assert_eq!(ask(&server, "/api/frontend", &known.client, None).0, 403, "a token of the other kind stays one");
    let closed = ["/api/v1/goals", "/api/v1/users/profile", "/api/v1/admin/flags", "/api/v1/content/landing"];
    for (path, token) in closed.into_iter().flat_map(|path| [(path, None), (path, Some(&known.admin))]) {
        let (status, problem) = server.get(path, token.map(String::as_str));
        assert!(status == 503 || (token.is_none() && status == 401), "{path}: {status} {problem}");
    }
    assert_eq!(server.try_log_in("ada@example.org", PASSWORD).0, 503);
    assert_eq!(server.get("/api/v1/nothing", None).0, 404);
    // What SDKs tell meanwhile is not lost.
    let bucket = json!({ "start": "2026-01-01T00:00:00Z", "stop": "2026-01-01T00:01:00Z", "toggles": { FLAG: { "yes": 7000, "no": 0, "variants": {} } } });
    let metrics = json!({ "appName": "shop", "instanceId": "1", "bucket": bucket });
    let (status, answer) = ask(&server, "/api/client/metrics", &known.client, Some(&metrics));
    assert_eq!(status / 100, 2, "{answer}");

    way.reopen();
    eventually("it is all there again", || (get(&format!("{}/readyz", server.url), None).0 == 200).then_some(()));
    known.see(&server);
    let admin = server.log_in("ada@example.org", PASSWORD);
    eventually("what was told meanwhile is counted", || {
        let path = format!("/api/v1/admin/flags/{FLAG}/usage?environment={ENVIRONMENT}");
        (server.get(&path, Some(&admin)).1["yes"].as_u64()? >= 7_000).then_some(())
    });
    assert_eq!(ask(&server, "/api/client/features", strange, None).0, 401, "now it is known to be unknown");
    assert_eq!(server.post(&path, Some(&admin), &json!({})).0, 200);
    let (_, found) = ask(
        &server,
        &format!("/ofrep/v1/evaluate/flags/{FLAG}"),
        &known.frontend,
        Some(&json!({ "context": { "plan": "gold" } })),
    );
    assert_eq!(found["reason"], "DISABLED", "{found}");
}

#[test]
fn a_front_door_of_several_processes_starts_without_postgres_and_joins() {
    let cluster = Cluster::of_three();
    let create = ["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--role", "admin", "--name", "Ada"];
    cluster.operate(&create, &format!("{PASSWORD}\n"));
    let mut way = Way::to(cluster.database_url());
    let place = Place::with_database(&way.url);
    let again = Place::with_database(&way.url);
    let door = cluster::start_at(place, "edge", &[]);
    eventually("the new door finds the services", || {
        (door.server.try_log_in("ada@example.org", PASSWORD).0 == 200).then_some(())
    });
    let known = eventually("the door finds flags", || {
        let found = get(&format!("{}/api/v1/features/voice-journal", door.server.url), None).0;
        (found == 200).then(|| Known::made_at(&door.server))
    });
    eventually("the door follows", || (ask(&door.server, "/api/client/features", &known.client, None).0 == 200).then_some(()));
    known.wait_until_kept(door.place());
    way.close();
    known.see(&door.server);
    // What it kept goes to the place of a new process.
    let kept = again.data().join("flags");
    std::fs::create_dir_all(&kept).unwrap();
    for file in std::fs::read_dir(door.place().data().join("flags")).unwrap().flatten() {
        std::fs::copy(file.path(), kept.join(file.file_name())).unwrap();
    }
    drop(door);
    let door = cluster::start_at(again, "edge", &[]);
    assert!(door.server.banner.contains("waits for PostgreSQL"), "{}", door.server.banner);
    known.see(&door.server);
    assert_eq!(door.server.get("/api/v1/goals", Some(&known.admin)).0, 503);
    way.reopen();
    eventually("it is part of the cluster", || (door.server.get("/api/v1/goals", Some(&known.admin)).0 == 200).then_some(()));
    known.see(&door.server);
}

#[test]
fn without_anything_kept_a_start_without_postgres_fails_and_the_bootstrap_file_is_enough() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let place = Place::with_database(&format!("postgres://nobody@{address}/nothing"));
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).failed(1);
    assert!(said.contains("PostgreSQL does not answer"), "{said}");

    let file = place.file(
        "flags.json",
        &json!({ "version": 2, "features": [{ "name": "early", "enabled": true, "strategies": [] }] }).to_string(),
    );
    let server = place.serve_with(&[], &[("BANYAN_FLAGS_BOOTSTRAP", file.to_str().unwrap())]);
    let (status, found) = server.get("/api/v1/features/early", None);
    assert_eq!((status, &found["enabled"]), (200, &json!(true)), "{found}");
    assert_eq!(server.get("/api/v1/features/other", None).0, 404);
    assert_eq!(ask(&server, "/api/client/features", "*:development.x", None).0, 503, "nobody knows whose it is");
    server.stop();
}
