//! Whatever people and programs send: a clear 4xx with a problem, never a 5xx, and nothing is lost. Through the real socket, every call
//! of the program's own document, on both engines.

mod bodies;
mod calls;
mod parameters;
mod races;
mod spoken;
mod tokens;
mod tricks;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, Server, get};
use crate::wire::{Reply, Request, Wire};

fn migration(server: &Server, operator: &str) -> Value {
    let legacy = json!({ "url": "http://127.0.0.1:9", "hosts": ["old.example.org"] });
    let mut wire = Wire::to(&server.url);
    let mut ask = |request: Request| wire.ask(&request.token(operator).header("x-tenant", "operators"));
    let put = ask(Request::new("PUT", "/api/v1/gateway/legacy").json(&legacy));
    assert_eq!(put.status, 200, "{put:?}");
    let new = json!({ "name": "stay", "path": "/stay", "service": "goals" });
    let made = ask(Request::post("/api/v1/gateway/migrations", &new));
    assert_eq!(made.status, 201, "{made:?}");
    for (path, definition) in [
        ("upstreams", json!({ "endpoints": ["http://127.0.0.1:9"] })),
        ("routes", json!({ "path": "/stay", "hosts": ["stay.example.org"], "upstream": "stay" })),
    ] {
        let put = Request::new("PUT", &format!("/api/v1/gateway/{path}/stay"));
        let put = ask(put.json(&json!({ "definition": definition })));
        assert_eq!(put.status, 201, "{put:?}");
    }
    made.body
}

/// Clients of feature flags speak Unleash's protocol and OFREP, and those of rooms Centrifugo's, whose errors and patience are not ours; the tests of
/// those services send them nonsense.
fn speaks_anothers_protocol(pattern: &str) -> bool {
    let theirs = [
        "/api/client/",
        "/api/frontend",
        "/ofrep/",
        "/connection/",
        "/api/v1/realtime/connection/",
        "/api/v1/realtime/emulation",
        "/realtime/doc/",
    ];
    theirs.iter().any(|start| pattern.starts_with(start))
}

/// A server with something in it, and somebody who may call everything.
struct Scene<'p> {
    place: &'p Place,
    server: Server,
    wire: Wire,
    /// The token of an owner of the tenant.
    token: String,
    /// The token of an operator; see [`Scene::may`].
    operator: String,
    user: String,
    goal: Value,
    task: Value,
    habit: Value,
    entry: Value,
    spoken: Value,
    organisation: Value,
    webhook: Value,
    ticket: Value,
    session: Value,
    item: Value,
    /// What a client of feature flags shows.
    flag_token: String,
    /// For a host that nobody here asks, so that it moves nothing.
    migration: Value,
    wrong: Vec<String>,
    attempts: u32,
}

impl<'p> Scene<'p> {
    fn set(place: &'p Place) -> Self {
        Self::set_with(place, &[])
    }

    /// With variables of the server's environment.
    fn set_with(place: &'p Place, variables: &[(&str, &str)]) -> Self {
        let server = place.serve_apart(&[&[("LOG_LEVEL", "error")], variables].concat());
        let mut wire = Wire::to(&server.url);
        let mut owner_of = |tenant: &str| {
            let who = ["user", "create", "--tenant", tenant, "--email", "owner@example.org", "--name", "Owner"];
            let create = [&who[..], &["--role", "owner", "--role", "user"]].concat();
            place.run_with_input(&create, PASSWORD).good();
            let who = json!({ "email": "owner@example.org", "password": PASSWORD });
            let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who).header("x-tenant", tenant));
            assert_eq!(welcome.status, 200, "{welcome:?}");
            welcome
        };
        let operator = owner_of("operators").text("accessToken").to_owned();
        let migration = migration(&server, &operator);
        let welcome = owner_of("upcoach");
        let token = welcome.text("accessToken").to_owned();
        let mut make = |path: &str, body: Value| {
            let made = wire.ask(&Request::post(path, &body).token(&token));
            assert_eq!(made.status, 201, "{path}: {made:?}");
            made.body
        };
        let goal = make("/api/v1/goals", json!({ "title": "Stay", "milestones": [{ "title": "First" }] }));
        let task = make("/api/v1/tasks", json!({ "title": "Stay" }));
        let habit = make("/api/v1/habits", json!({ "title": "Stay" }));
        let entry = make("/api/v1/content/journal", json!({ "content": "Stay" }));
        let spoken = make("/api/v1/content/voice-journal", json!({ "transcription": "Stay", "mood": 5 }));
        let organisation = make("/api/v1/admin/organisations", json!({ "name": "Stay" }));
        // Nothing is ever sent there.
        let webhook = make("/api/v1/events/webhooks", json!({ "url": "https://hooks.example.org/", "enabled": false }));
        let ask = json!({ "category": "question", "subject": "Stay", "text": "Stay" });
        let ticket = make("/api/v1/support/tickets", ask);
        let session = make("/api/v1/context/sessions", json!({ "title": "Stay" }));
        let items = format!("/api/v1/context/sessions/{}/items", session["id"].as_str().unwrap());
        let item = make(&items, json!({ "kind": "note", "value": { "text": "Stay" } }));
        make("/api/v1/admin/flags", json!({ "key": "stay" }));
        let flag_token = make("/api/v1/admin/flag-tokens", json!({ "name": "Stay", "kind": "admin" }));
        let flag_token = flag_token["secret"].as_str().unwrap().to_owned();
        let user = welcome.body["user"]["id"].as_str().unwrap().to_owned();
        let (wrong, attempts) = (Vec::new(), 0);
        Self {
            place,
            server,
            wire,
            token,
            operator,
            user,
            goal,
            task,
            habit,
            entry,
            spoken,
            organisation,
            webhook,
            ticket,
            session,
            item,
            flag_token,
            migration,
            wrong,
            attempts,
        }
    }

    /// The request with a credential of somebody who may make this call: the door and what all tenants use are for operators alone, all else is not for them.
    fn may(&self, pattern: &str, request: Request) -> Request {
        if speaks_anothers_protocol(pattern) {
            return request.token(&self.flag_token);
        }
        let for_operators =
            pattern.split('/').any(|part| part == "gateway" || part == "services") || pattern.ends_with("/usage/tenants");
        if for_operators { request.token(&self.operator).header("x-tenant", "operators") } else { request.token(&self.token) }
    }

    /// The path with things that are there in the places of its parameters.
    fn path(&self, pattern: &str) -> String {
        let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
        let things = [
            ("/api/v1/goals/{id}", id(&self.goal)),
            ("/api/v1/tasks/{id}", id(&self.task)),
            ("/api/v1/habits/{id}", id(&self.habit)),
            ("/api/v1/content/journal/{id}", id(&self.entry)),
            ("/api/v1/content/voice-journal/{id}", id(&self.spoken)),
            ("/api/v1/admin/content/{id}", id(&self.entry)),
            ("/api/v1/admin/organisations/{id}", id(&self.organisation)),
            ("/api/v1/admin/users/{id}", self.user.clone()),
            ("/api/v1/events/webhooks/{id}/deliveries", id(&self.webhook)),
            ("/api/v1/gateway/migrations/{id}", id(&self.migration)),
            ("/api/v1/support/tickets/{id}", id(&self.ticket)),
            ("/api/v1/admin/support/tickets/{id}", id(&self.ticket)),
            ("/api/v1/context/sessions/{id}", id(&self.session)),
            ("/api/v1/realtime/documents/{id}", format!("session:{}", id(&self.session))),
        ];
        let of = |start: &str| things.iter().find(|(known, _)| start.starts_with(known)).map(|(_, id)| id.clone());
        let nobody = || "0190a5b0-0000-7000-8000-000000000000".to_owned();
        let path = pattern
            .replace("{id}", &of(pattern).unwrap_or_else(nobody))
            .replace("{user}", &self.user)
            .replace("{date}", "2024-01-14");
        let path = path
            .replace("{milestoneId}", self.goal["milestones"][0]["id"].as_str().unwrap())
            .replace("{locale}/{key}", "id-ID/landing-title")
            .replace("/flags/{key}", "/flags/stay")
            .replace("{key}", "anything")
            .replace("{kind}", "privacy")
            .replace("{number}", "2")
            .replace("{template}", "first-page")
            .replace("{locale}", "id-ID")
            .replace("{name}", "stay")
            .replace("{service}", "identity")
            .replace("{consumer}", "mails")
            .replace("{reader}", "nobody.reads")
            .replace("{itemId}", self.item["id"].as_str().unwrap())
            .replace("{userId}", &self.user)
            .replace("{suggestionId}", "0190a5b0-0000-7000-8000-000000000000")
            .replace("{versionId}", "0190a5b0-0000-7000-8000-000000000000")
            .replace("{delivery}", "0190a5b0-0000-7000-8000-000000000000")
            .replace("{provider}", "standard")
            .replace("{environment}", "production")
            .replace("{version}", "1");
        assert!(!path.contains('{'), "{path}: nobody says what stands there");
        path
    }

    /// The request must be refused, clearly, with one of these statuses.
    fn refuses(&mut self, what: &str, request: &Request, statuses: &[u16]) -> Option<Reply> {
        self.attempts += 1;
        let told = match self.wire.send(request) {
            Err(error) => format!("no answer ({error})"),
            Ok(reply) if !statuses.contains(&reply.status) => format!("{} {}", reply.status, reply.body),
            Ok(reply) => match reply.is_a_problem() {
                Ok(()) => return Some(reply),
                Err(error) => error,
            },
        };
        self.wrong.push(format!("{what}: {}", told.chars().take(400).collect::<String>()));
        None
    }

    /// The request must do.
    fn takes(&mut self, what: &str, request: &Request, status: u16) -> Option<Reply> {
        self.attempts += 1;
        let told = match self.wire.send(request) {
            Err(error) => format!("no answer ({error})"),
            Ok(reply) if reply.status != status => format!("{} {}", reply.status, reply.body),
            Ok(reply) => return Some(reply),
        };
        self.wrong.push(format!("{what}: {}", told.chars().take(400).collect::<String>()));
        None
    }

    /// Nothing went wrong, nothing is lost, nothing was added, and the program has neither failed nor stumbled.
    #[track_caller]
    fn close(mut self, least: u32) {
        assert!(self.wrong.is_empty(), "{} of {} attempts:\n{}", self.wrong.len(), self.attempts, self.wrong.join("\n"));
        assert!(self.attempts >= least, "{} attempts only", self.attempts);
        let things = [
            ("/api/v1/goals", &self.goal),
            ("/api/v1/tasks", &self.task),
            ("/api/v1/habits", &self.habit),
            ("/api/v1/content/journal", &self.entry),
            ("/api/v1/content/voice-journal", &self.spoken),
        ];
        for (path, thing) in things {
            let list = self.wire.ask(&Request::get(path).token(&self.token));
            assert_eq!(list.body["data"], json!([thing]), "{path}");
        }
        let (status, metrics) = get(&format!("{}/metrics", self.server.admin), None);
        assert_eq!(status, 200);
        let failed = |line: &&str| line.starts_with("http_requests_total") && line.contains("status=\"5");
        let failures: Vec<&str> = metrics.as_str().unwrap().lines().filter(failed).collect();
        assert!(failures.is_empty(), "{failures:?}");
        let log = self.server.stop();
        assert!(!log.contains("panic") && !log.contains("ERROR"), "{log}");
        assert!(self.place.run(&["audit", "verify"]).good().contains("holds"));
    }
}
