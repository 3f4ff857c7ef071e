//! The SDKs of Unleash and OpenFeature, unmodified, ask a server: they register, evaluate, hear of a change, and what they count is seen.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, client, eventually, on_both_engines};

const REMEDY: &str = "run `cargo xtask flag-clients` first (`cargo xtask test` does it by itself)";
const FLAG: &str = "new-checkout";
/// The environment of a server that says nothing else.
const ENVIRONMENT: &str = "development";
/// A program has so much time for each line. It waits for a change meanwhile.
const PATIENCE: Duration = Duration::from_secs(90);

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/flag-clients");
    assert!(folder.join("node_modules/unleash-client").exists(), "{}: no libraries: {REMEDY}", folder.display());
    folder
}

/// Python with the libraries, where `cargo xtask flag-clients` puts it: beside the profile's folder.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_banyan")).parent().and_then(Path::parent).unwrap();
    let program = target.join("flag-clients-venv/bin/python");
    assert!(program.exists(), "{}: no such program: {REMEDY}", program.display());
    program
}

/// A server with an administrator, a flag that is off, and tokens.
struct Flags {
    server: Server,
    admin: String,
    client: String,
    frontend: String,
}

impl Flags {
    fn of(place: &Place) -> Self {
        drop(place.serve());
        let who = ["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"];
        place.run_with_input(&who, PASSWORD).good();
        let server = place.serve();
        let admin = server.log_in("ada@example.org", PASSWORD);
        let token = |kind: &str| {
            let wanted = json!({ "name": kind, "kind": kind, "environment": ENVIRONMENT });
            let (status, made) = server.post("/api/v1/admin/flag-tokens", Some(&admin), &wanted);
            assert_eq!(status, 201, "{made}");
            made["secret"].as_str().unwrap().to_owned()
        };
        let (client, frontend) = (token("client"), token("frontend"));
        let gold = json!([{ "contextName": "plan", "operator": "IN", "values": ["gold"] }]);
        let strategies = json!([{ "name": "default", "constraints": gold }]);
        let settings = json!({ ENVIRONMENT: { "enabled": false, "strategies": strategies } });
        let (status, made) = server.post("/api/v1/admin/flags", Some(&admin), &json!({ "key": FLAG, "environments": settings }));
        assert_eq!(status, 201, "{made}");
        Self { server, admin, client, frontend }
    }

    fn turn(&self, to: &str) {
        let path = format!("/api/v1/admin/flags/{FLAG}/environments/{ENVIRONMENT}/{to}");
        let (status, body) = self.server.post(&path, Some(&self.admin), &json!({}));
        assert_eq!(status, 200, "{body}");
    }

    /// How often the flag was on, as the analytics have it.
    fn counted(&self) -> u64 {
        let path = format!("/api/v1/admin/flags/{FLAG}/usage?environment={ENVIRONMENT}");
        let (status, usage) = self.server.get(&path, Some(&self.admin));
        assert_eq!(status, 200, "{usage}");
        usage["yes"].as_u64().unwrap()
    }
}

/// A program whose lines are read.
struct Program {
    child: Child,
    lines: Receiver<Value>,
}

impl Program {
    fn start(place: &Place, flags: &Flags, token: &str, program: &Path, arguments: &[&str]) -> Self {
        let environment = place.command(&[]);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder()).env_clear();
        command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("BANYAN_URL", &flags.server.url).env("TOKEN", token).env("FLAG", FLAG);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (said, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _nobody_listens = said.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
        });
        Self { child, lines }
    }

    /// The next line, which must say this.
    fn says(&self, expected: &Value) {
        let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{error}: instead of {expected}"));
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name} of {line}");
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Lets the program see the flag go on; `first` and `then` are what it says before and after.
fn asks(place: &Place, flags: &Flags, token: &str, program: (&Path, &[&str]), first: &Value, then: &Value) -> Program {
    flags.turn("off");
    let program = Program::start(place, flags, token, program.0, program.1);
    program.says(first);
    flags.turn("on");
    program.says(then);
    program
}

on_both_engines! {
    fn sdks_ask_evaluate_hear_of_changes_and_count(place: Place) {
        let flags = Flags::of(&place);
        let node = PathBuf::from("node");
        let (off, on) = (json!({ "enabled": false }), json!({ "changed": true, "enabled": true }));
        let sent = json!({ "sent": true });
        for mode in ["polling", "delta", "streaming"] {
            let registered = json!({ "registered": true, "enabled": false, "variant": "disabled" });
            let program = asks(&place, &flags, &flags.client, (&node, &["unleash.mjs", mode]), &registered, &on);
            program.says(&sent);
        }
        let page = asks(&place, &flags, &flags.frontend, (&node, &["frontend.mjs"]), &off, &on);
        page.says(&sent);
        let python = python();
        let first = json!({ "enabled": false, "value": false, "variant": "disabled" });
        let then = json!({ "changed": true, "enabled": true, "value": true, "variant": "enabled" });
        asks(&place, &flags, &flags.client, (&python, &["clients.py"]), &first, &then).says(&sent);

        let first = json!({ "value": false, "reason": "DISABLED", "variant": "disabled" });
        let missing = json!({ "value": false, "reason": "DISABLED", "missing": "FLAG_NOT_FOUND", "missingValue": true });
        let then = json!({ "changed": true, "value": true, "reason": "TARGETING_MATCH", "variant": "enabled" });
        drop(asks(&place, &flags, &flags.client, (&node, &["openfeature.mjs"]), &missing, &then));
        drop(asks(&place, &flags, &flags.frontend, (&node, &["openfeature-web.mjs"]), &first, &then));

        // Three modes, the page, Python and OpenFeature's provider have each seen it on at least once.
        eventually("what was counted is seen", || (flags.counted() >= 6).then_some(()));
        let (_, programs) = flags.server.get("/api/v1/admin/flag-clients", Some(&flags.admin));
        let names: Vec<&str> = programs["data"].as_array().unwrap().iter().filter_map(|one| one["appName"].as_str()).collect();
        assert_eq!(names, ["example-delta", "example-page", "example-polling", "example-python", "example-streaming"]);
    }
}

/// A request to a path of clients; the status and the header fields.
fn ask(url: &str, method: &str, headers: &[(&str, &str)]) -> (u16, ureq::http::HeaderMap) {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client().run(request.body(()).unwrap()).unwrap();
    (response.status().as_u16(), response.headers().clone())
}

#[test]
fn tokens_of_clients_open_their_paths_alone_and_pages_of_any_origin_may_ask() {
    let place = Place::sqlite();
    let flags = Flags::of(&place);
    let url = &flags.server.url;
    let status = |path: &str, headers: &[(&str, &str)]| ask(&format!("{url}{path}"), "GET", headers).0;
    let person = format!("Bearer {}", flags.admin);
    let key = ("authorization", flags.client.as_str());
    assert_eq!(status("/api/client/features", &[key]), 200);
    assert_eq!(status("/api/client/features", &[key, ("x-tenant", "fittracker")]), 401);
    assert_eq!(status("/api/client/features", &[("authorization", &person)]), 401);
    assert_eq!(status("/api/frontend", &[key]), 403);
    for closed in [
        "/api/v1/users/profile",
        "/api/v1/admin/flags",
        "/api/v1/features/new-checkout",
        "/api/clients",
        "/api/v1/client/features",
    ] {
        let found = status(closed, &[key]);
        assert!(found == 401 || found == 404, "{closed}: {found}");
    }
    // A page asks beforehand, and then.
    let origin = ("origin", "https://shop.example.org");
    let wants =
        [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization,content-type")];
    for path in ["/api/frontend", "/api/frontend/client/metrics", "/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/x"] {
        let (status, headers) = ask(&format!("{url}{path}"), "OPTIONS", &wants);
        assert_eq!(
            (status, &headers["access-control-allow-headers"]),
            (204, &"authorization,content-type".parse().unwrap()),
            "{path}"
        );
        assert_eq!(headers["access-control-allow-origin"], "*");
    }
    let (status, headers) = ask(&format!("{url}/api/frontend"), "GET", &[origin, ("authorization", &flags.frontend)]);
    assert_eq!((status, &headers["access-control-allow-origin"]), (200, &"*".parse().unwrap()));
    let (_, headers) = ask(&format!("{url}/api/client/features"), "OPTIONS", &wants);
    assert!(!headers.contains_key("access-control-allow-origin"));
    let (_, headers) = ask(&format!("{url}/api/v1/users/profile"), "OPTIONS", &wants);
    assert!(!headers.contains_key("access-control-allow-origin"));
}
