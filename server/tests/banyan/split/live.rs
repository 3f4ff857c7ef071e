//! What is switched, published or chosen at one process counts in the others. Three of them: one with everything, one that answers for flags and
//! content itself, and a front door that asks the others.

use serde_json::json;

use super::cluster::{Part, operate_at, start_at};
use crate::harness::{PASSWORD, Place, SERVICES, Server, eventually};
use crate::wire::{Request, Wire};

const FLAG: &str = "new-checkout";
const ENVIRONMENT: &str = "development";
const MESSAGE: &str = "/api/v1/admin/translations/messages/id-ID/landing-title?application=upcoach";

struct Three {
    database: Place,
    nodes: [Part; 3],
}

impl Three {
    fn start() -> Self {
        let database = Place::postgres();
        let start = |roles: &str| start_at(Place::with_database(database.database_url()), roles, &[]);
        let all = std::iter::once("edge").chain(SERVICES).collect::<Vec<_>>().join(",");
        let nodes = [start(&all), start("edge,content,flags,translations"), start("edge")];
        let three = Self { database, nodes };
        // The door has heard of the others.
        three.each("the services are found", |server| server.get("/api/v1/content/landing", None).0 == 200);
        three
    }

    fn server(&self, number: usize) -> &Server {
        &self.nodes[number].server
    }

    fn each(&self, what: &str, holds: impl Fn(&Server) -> bool) {
        for node in &self.nodes {
            eventually(what, || holds(&node.server).then_some(()));
        }
    }

    /// Makes somebody by the first process.
    fn make(&self, tenant: &str, email: &str, role: &str) {
        let who = ["user", "create", "--tenant", tenant, "--email", email, "--name", "Ada", "--role", role];
        operate_at(&self.database, &who, PASSWORD);
    }
}

#[test]
fn a_flag_that_is_switched_at_one_process_is_switched_at_all() {
    let three = Three::start();
    three.make("upcoach", "ada@example.org", "admin");
    let admin = three.server(0).log_in("ada@example.org", PASSWORD);
    let made = three.server(0).post("/api/v1/admin/flags", Some(&admin), &json!({ "key": FLAG }));
    assert_eq!(made.0, 201, "{}", made.1);
    let token = json!({ "name": "x", "kind": "client", "environment": ENVIRONMENT });
    let (status, token) = three.server(1).post("/api/v1/admin/flag-tokens", Some(&admin), &token);
    assert_eq!(status, 201, "{token}");
    let secret = token["secret"].as_str().unwrap();
    let on = |server: &Server, wanted: bool| {
        let (status, found) = server.get(&format!("/api/v1/features/{FLAG}"), Some(&admin));
        let request = Request::get("/api/client/features").header("authorization", secret);
        let document = Wire::to(&server.url).ask(&request);
        let flags = document.body["features"].as_array().cloned().unwrap_or_default();
        let told = flags.iter().find(|flag| flag["name"] == FLAG).map(|flag| flag["enabled"].clone());
        (status, &found["enabled"], told) == (200, &json!(wanted), Some(json!(wanted)))
    };
    for number in [0, 1, 2] {
        for (to, wanted) in [("on", true), ("off", false)] {
            let path = format!("/api/v1/admin/flags/{FLAG}/environments/{ENVIRONMENT}/{to}");
            let (status, body) = three.server(number).post(&path, Some(&admin), &json!({}));
            assert_eq!(status, 200, "{body}");
            three.each(&format!("it is {to}"), |server| on(server, wanted));
        }
    }
    let revoke = format!("/api/v1/admin/flag-tokens/{}", token["token"]["id"].as_str().unwrap());
    let revoked = Wire::to(&three.server(2).url).ask(&Request::new("DELETE", &revoke).token(&admin));
    assert_eq!(revoked.status / 100, 2, "{revoked:?}");
    three.each("the token is revoked", |server| {
        Wire::to(&server.url).ask(&Request::get("/api/client/features").header("authorization", secret)).status == 401
    });
}

#[test]
fn texts_that_are_published_at_one_process_are_shown_by_all() {
    let three = Three::start();
    three.make("operators", "owner@example.org", "owner");
    three.make("operators", "other@example.org", "owner");
    let log_in = |email: &str| {
        let who = json!({ "email": email, "password": PASSWORD });
        let welcome =
            Wire::to(&three.server(0).url).ask(&Request::post("/api/v1/auth/login", &who).header("x-tenant", "operators"));
        welcome.text("accessToken").to_owned()
    };
    let (writes, reviews) = (log_in("owner@example.org"), log_in("other@example.org"));
    let ask = |number: usize, request: Request, token: &str| {
        Wire::to(&three.server(number).url).ask(&request.header("x-tenant", "operators").token(token))
    };
    let title = |server: &Server| {
        let landing = Wire::to(&server.url).ask(&Request::get("/api/v1/content/landing").header("accept-language", "id"));
        landing.body["title"].as_str().unwrap_or_default().to_owned()
    };
    for (number, text) in ["Halo dari satu", "Halo dari dua", "Halo dari tiga"].into_iter().enumerate() {
        let proposal = Request::new("PUT", MESSAGE).json(&json!({ "text": text }));
        // The first one changes nothing that is there.
        let proposal = if number == 0 { proposal } else { proposal.header("if-match", "*") };
        let proposed = ask(number, proposal, &writes);
        assert_eq!(proposed.status / 100, 2, "{proposed:?}");
        let step = |step: &str| {
            let path = MESSAGE.replace("landing-title", &format!("landing-title/{step}"));
            Request::new("POST", &path).header("if-match", "*")
        };
        let asked = ask(number, step("request-review"), &writes);
        assert_eq!(asked.status / 100, 2, "{asked:?}");
        let approved = ask(number, step("approve"), &reviews);
        assert_eq!((approved.status, approved.text("state")), (200, "approved"), "{approved:?}");
        let publication = json!({ "locale": "id-ID", "application": "upcoach" });
        let published = ask(number, Request::post("/api/v1/admin/translations/publications", &publication), &writes);
        assert_eq!(published.status / 100, 2, "{published:?}");
        three.each(&format!("the landing page says `{text}`"), |server| title(server) == text);
    }
}

#[test]
fn a_language_that_a_person_chooses_at_one_process_counts_at_all() {
    let three = Three::start();
    let person = three.server(0).register("ann@example.org");
    let language = |server: &Server| {
        let answer =
            Wire::to(&server.url).ask(&Request::get("/api/v1/goals/nothing").token(&person).header("accept-language", "en"));
        answer.header("content-language").to_owned()
    };
    for (number, wanted) in ["id-ID", "en-US", "id-ID"].into_iter().enumerate() {
        let (status, body) =
            three.server(number).post("/api/v1/users/preferences", Some(&person), &json!({ "language": wanted }));
        assert_eq!(status, 200, "{body}");
        three.each(&format!("people read {wanted}"), |server| language(server) == wanted);
    }
}
