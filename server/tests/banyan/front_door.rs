//! Routes of the file, from the command line and while a server runs.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, eventually};

const ROUTE: &str = "[[routes]]\nname = \"first\"\npath = \"/first\"\nrespond = { status = 200, json = { route = \"first\" } }\n";

/// Asking until an answer changes would meet the limits.
fn unlimited(routes: &str) -> String {
    format!("rate_limits = \"off\"\n{routes}")
}

#[test]
fn a_route_file_is_checked_and_explained_without_a_server() {
    let place = Place::sqlite();
    place.file("good.toml", ROUTE);
    place.file("bad.toml", "[[routes]]\nnam = \"a\"\npath = \"/:a\"\n");
    assert!(place.run(&["routes", "check", "good.toml"]).good().contains("1 routes, nothing is wrong"));
    let output = place.command(&["routes", "check", "bad.toml"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("bad.toml:2:1: `routes[0].nam` is not known here; did you mean `name`?"), "{said}");
    assert!(said.contains("bad.toml:3:8: ") && said.lines().count() == 4, "{said}");
    let explained = place.run(&["routes", "explain", "GET", "/first", "--file", "good.toml", "--json"]).good();
    let explained: Value = serde_json::from_str(&explained).unwrap();
    assert_eq!((&explained["route"]["name"], &explained["route"]["line"]), (&Value::from("first"), &Value::from(1)));
    assert!(place.run(&["routes", "explain", "GET", "/api/goals"]).good().contains("service goals"));
    assert_eq!(place.command(&["routes", "explain", "GET", "/nothing"]).output().unwrap().status.code(), Some(1));
    assert!(!place.data().exists(), "looking makes nothing");
}

#[test]
fn a_running_server_follows_the_file() {
    let place = Place::sqlite();
    place.file("banyan.toml", &unlimited(ROUTE));
    let server = place.serve();
    assert_eq!(server.get("/first", None).1["route"], "first");
    place.file("banyan.toml", &unlimited(&ROUTE.replace("first", "second")));
    eventually("the new route", || (server.get("/second", None).0 == 200).then_some(()));
    assert_eq!(server.get("/first", None).0, 404);
    let listed = place.run(&["routes", "list", "--json"]).good();
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    assert!(
        listed.iter().any(|route| route["name"] == "second") && listed.iter().any(|route| route["target"] == "service goals")
    );
    place.file("banyan.toml", "[[routes]]\nname = \"broken\"\n");
    server.signal(rustix::process::Signal::HUP);
    eventually("a server that goes on", || (server.get("/second", None).0 == 200).then_some(()));
    let log = server.stop();
    assert!(log.contains("the routes stay as they are"), "{log}");
}

#[test]
fn a_server_does_not_begin_with_a_bad_file() {
    let place = Place::sqlite();
    place.file("banyan.toml", "[[routes]]\nname = \"a\"\npath = \"/a\"\nservice = \"gaols\"\n");
    let error = place.run(&["serve"]).failed(2);
    assert!(error.contains("banyan.toml:1: `routes.a.service` names the service `gaols`"), "{error}");
}

#[test]
fn a_call_takes_as_large_a_body_as_it_says_and_others_a_mebibyte() {
    let place = Place::sqlite();
    let server = place.serve();
    let who = ["user", "create", "--tenant", "upcoach", "--email", "ada@example.org", "--name", "Ada", "--role", "admin"];
    place.run_with_input(&who, PASSWORD).good();
    let token = server.log_in("ada@example.org", PASSWORD);
    let flag = |number: usize| json!({ "name": format!("flag-{number}"), "description": "x".repeat(400) });
    let features: Vec<Value> = (0..3_000).map(flag).collect();
    let document = json!({ "environment": "production", "dryRun": true, "data": { "features": features } });
    assert!(document.to_string().len() > 1024 * 1024);
    let (status, answer) = server.post("/api/v1/admin/flag-import", Some(&token), &document);
    assert_eq!((status, answer["created"].as_array().map(Vec::len)), (200, Some(3_000)), "{answer}");
    let (status, answer) = server.post("/api/v1/goals", Some(&token), &document);
    assert_eq!((status, &answer["code"]), (413, &Value::from("payload-too-large")), "{answer}");
}
