//! Several front doors, each a process of its own: what is said to one counts at all of them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::harness::{PASSWORD, Server, eventually};
use crate::wire::{Reply, Request, Wire};

/// Answers everything with a text in JSON, until the test ends.
fn upstream(text: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone()?).lines();
                let mut stream = stream;
                while let Some(line) = lines.next().transpose()? {
                    if line.is_empty() {
                        let length = text.len() + 2;
                        write!(
                            stream,
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n\"{text}\""
                        )?;
                    }
                }
                std::io::Result::Ok(())
            });
        }
    });
    url
}

/// Somebody who may, at one of the doors.
struct Operator {
    wire: Wire,
    token: String,
}

impl Operator {
    fn at(server: &Server) -> Self {
        let mut wire = Wire::to(&server.url);
        let who = json!({ "email": "olga@example.org", "password": PASSWORD });
        let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who).header("x-tenant", "operators"));
        assert_eq!(welcome.status, 200, "{welcome:?}");
        Self { token: welcome.text("accessToken").to_owned(), wire }
    }

    fn ask(&mut self, request: Request) -> Reply {
        let request = request.token(&self.token).header("x-tenant", "operators").header("x-reason", "a test");
        let reply = self.wire.ask(&request);
        assert!(reply.status < 300, "{reply:?}");
        reply
    }

    fn put(&mut self, path: &str, body: &Value) {
        self.ask(Request::new("PUT", path).json(body));
    }
}

/// Two doors with the gateway in their own processes, so that each can be asked, and everything else behind them.
fn two_doors(variables: &[(&str, &str)]) -> (Cluster, super::cluster::Part) {
    let cluster = Cluster::with_doors_of("edge,gateway", variables);
    let who = ["user", "create", "--tenant", "operators", "--email", "olga@example.org", "--name", "Olga", "--role", "admin"];
    cluster.operate(&who, PASSWORD);
    let other = cluster.another("edge,gateway", variables);
    for door in [&cluster.door.server, &other.server] {
        // Asked for as often as one likes: probes count in no limit.
        eventually("the rest is found", || (door.get("/health", None).1["status"] == "up").then_some(()));
    }
    (cluster, other)
}

fn said(server: &Server, path: &str) -> (u16, String) {
    let (status, body) = server.get(path, None);
    (status, body.as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_route_that_is_stored_at_one_door_is_answered_by_the_other() {
    let (cluster, other) = two_doors(&[]);
    let (one, other) = (&cluster.door.server, &other.server);
    let (mut here, mut there) = (Operator::at(one), Operator::at(other));
    for name in ["first", "second"] {
        let endpoints = json!({ "definition": { "endpoints": [upstream(name)] } });
        here.put(&format!("/api/v1/gateway/upstreams/{name}"), &endpoints);
    }
    let to = |name: &str| json!({ "definition": { "path": "/shop", "upstream": name, "auth": "public" } });
    let shop = "/api/v1/gateway/routes/shop";
    here.put(shop, &to("first"));
    assert_eq!(said(one, "/shop"), (200, "first".to_owned()), "at once where it was said");
    eventually("the other door follows", || (said(other, "/shop").1 == "first").then_some(()));
    // And back, changed and removed at the other one.
    there.ask(Request::new("PUT", shop).json(&to("second")).header("if-match", "*"));
    assert_eq!(said(other, "/shop").1, "second");
    eventually("the first door follows", || (said(one, "/shop").1 == "second").then_some(()));
    there.ask(Request::new("DELETE", shop).header("if-match", "*"));
    assert_eq!(said(other, "/shop").0, 404);
    eventually("it is gone at the first", || (said(one, "/shop").0 == 404).then_some(()));
}

#[test]
fn a_report_is_of_all_doors_together_and_outlives_them() {
    let (cluster, other) = two_doors(&[]);
    let mut here = Operator::at(&cluster.door.server);
    here.put("/api/v1/gateway/legacy", &json!({ "url": upstream("before") }));
    let new = json!({ "name": "shop", "path": "/shop", "url": upstream("after") });
    let made = here.ask(Request::post("/api/v1/gateway/migrations", &new));
    let migration = format!("/api/v1/gateway/migrations/{}", made.text("id"));
    here.ask(Request::post(&format!("{migration}/steps"), &json!({ "act": "shadow" })));
    // The other door has the step when it copies what it is asked for.
    let mut report = |wanted: u64| {
        let report = here.ask(Request::get(&format!("{migration}/report"))).body;
        (report["now"]["shadow"]["different"].as_u64()? >= wanted).then_some(report)
    };
    eventually("the other door's copies are counted", || {
        // Not "before" as long as it has not heard of it.
        said(&other.server, "/shop/1");
        report(1)
    });
    for door in [&cluster.door.server, &other.server] {
        (0..20).for_each(|_| assert_eq!(said(door, "/shop/1").1, "before"));
    }
    let whole = eventually("both doors' copies are counted", || report(41));
    let (baseline, shadow) = (&whole["now"]["sides"][0]["requests"], &whole["now"]["shadow"]);
    assert!(baseline.as_u64() >= shadow["sent"].as_u64() && shadow["same"] == 0, "{whole}");
    assert_eq!(shadow["fields"][0]["field"], "body", "{whole}");
    // What the other one saw stays when it has gone.
    let before = shadow["different"].clone();
    other.server.stop();
    let after = eventually("the report", || report(41));
    assert!(after["now"]["shadow"]["different"].as_u64() >= before.as_u64(), "{after}");
    here.ask(Request::post(&format!("{migration}/steps"), &json!({ "act": "undo" })));
    let evidence = here.ask(Request::get(&format!("{migration}/report"))).body;
    assert!(evidence["now"].is_null() && evidence["before"]["shadow"]["different"].as_u64() >= before.as_u64(), "{evidence}");
}

/// Each door limits for itself, and says so itself: identity, which has the call, knows nobody who is limited.
#[test]
fn who_is_limited_is_said_and_lifted_at_the_door_that_limits() {
    let (cluster, other) = two_doors(&[("BANYAN_RATE_LIMITS", "on")]);
    let (one, other) = (&cluster.door.server, &other.server);
    let (mut here, mut there) = (Operator::at(one), Operator::at(other));
    // Somebody else each time: identity itself locks who is guessed at.
    let mut guesses = 0..;
    let mut guess = |server: &Server| {
        let email = format!("nobody{}@example.org", guesses.next().unwrap_or(0));
        server.try_log_in(&email, "a wrong one").0
    };
    assert_eq!([(); 6].map(|()| guess(one)), [401, 401, 401, 401, 401, 429]);
    assert_eq!(guess(other), 401);
    let of = |operator: &mut Operator| {
        let list = operator.ask(Request::get("/api/v1/admin/limits")).body["data"].as_array().cloned().unwrap();
        list.into_iter().filter(|limited| limited["class"] == "auth").collect::<Vec<_>>()
    };
    assert_eq!(of(&mut there), Vec::<Value>::new());
    let limited = of(&mut here);
    assert_eq!((limited.len(), &limited[0]["refused"]), (1, &json!(1)), "{limited:?}");
    let (id, tenant) = (limited[0]["id"].as_str().unwrap(), limited[0]["tenantId"].as_str().unwrap());
    here.ask(Request::new("DELETE", &format!("/api/v1/admin/limits/{id}?tenant={tenant}")));
    assert_eq!((guess(one), of(&mut here)), (401, Vec::new()));
}
