//! What operators see: slow statements, logs for programs.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, eventually, on_both_engines};

on_both_engines! {
    fn slow_statements_are_logged_without_values(place: Place) {
        let server = place.serve_with(&[], &[("BANYAN_DATABASE_SLOW_STATEMENT", "0s"), ("LOG_LEVEL", "warn")]);
        let token = server.register("ann@example.org");
        let secret = "nobody else reads this";
        assert_eq!(server.post("/api/v1/content/journal", Some(&token), &json!({ "content": secret })).0, 201);
        let log = server.stop();
        assert!(log.contains("slow statement") && log.contains("INSERT INTO"), "{log}");
        for private in [secret, "ann@example.org", PASSWORD, &token] {
            assert!(!log.contains(private), "{private} is in the log:\n{log}");
        }
    }
}

#[test]
fn statements_are_logged_for_developers_only() {
    let place = Place::sqlite();
    let logged = [("BANYAN_DATABASE_LOG_STATEMENTS", "on")];
    let log = place.serve_with(&[], &logged).stop();
    assert!(log.contains("SELECT"), "{log}");
    let staging = [("BANYAN_DATABASE_LOG_STATEMENTS", "on"), ("NODE_ENV", "test")];
    assert!(place.serve_with(&[], &staging).stop().contains("SELECT"));
}

#[test]
fn in_production_each_line_is_json() {
    let place = Place::sqlite();
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]);
    let child =
        command.env("NODE_ENV", "production").env("BANYAN_DATABASE_LOG_STATEMENTS", "on").stdout(Stdio::piped()).spawn().unwrap();
    eventually("the server is ready", || place.data().join("banyan.addr").exists().then_some(()));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"", "no banner where programs read");
    let log = String::from_utf8(output.stderr).unwrap();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["message"].is_string() || line["msg"].is_string(), "{line}");
    }
    assert!(log.contains("ready") && !log.contains("SELECT"), "{log}");
}
