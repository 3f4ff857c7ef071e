//! Commands that need no server.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::harness::{PASSWORD, Place};

#[test]
fn config_shows_values_places_and_no_secrets() {
    let place = Place::sqlite();
    place.file("banyan.toml", "region = \"west\"\n");
    let mut command = place.command(&["config", "--json", "--data", "elsewhere"]);
    let output =
        command.env("DATABASE_URL", "postgres://me:hunter2@db/app").env("JWT_SECRET", "hunter3".repeat(5)).output().unwrap();
    let shown = crate::harness::Ran::from(output).good();
    assert!(!shown.contains("hunter"), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["engine"], "postgres");
    assert_eq!(shown["settings"]["region"]["value"], "west");
    assert!(shown["settings"]["region"]["from"].as_str().unwrap().ends_with("banyan.toml:1"), "{shown}");
    assert_eq!(shown["settings"]["data"]["from"], "flag --data");
    assert_eq!(shown["settings"]["database.url"]["value"], "postgres://me:***@db/app");
    assert_eq!(shown["settings"]["identity.legacy_secret"]["effective"], true);
    assert!(!place.folder().join("elsewhere").exists(), "looking makes nothing");
}

#[test]
fn openapi_needs_no_installation() {
    let place = Place::sqlite();
    let document: Value = serde_json::from_str(&place.run(&["openapi"]).good()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/api/v1/goals"]["get"].is_object());
    assert!(!place.data().exists());
}

#[test]
fn completions_are_made_for_every_shell() {
    let place = Place::sqlite();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.run(&["completions", shell]).good().contains("audit"), "{shell}");
    }
}

#[test]
fn commands_say_what_is_missing() {
    let place = Place::sqlite();
    let error = place.run(&["tenant", "list"]).failed(1);
    assert!(error.contains("there is no data directory") && error.contains("--data"), "{error}");
    place.run(&["migrate"]).good();
    let role = place.run(&["user", "create", "--tenant", "upcoach", "--email", "a@b.c", "--role", "king"]).failed(2);
    assert!(role.contains("user, coach, analyst"), "{role}");
    let tenant =
        place.run_with_input(&["user", "create", "--tenant", "nobody", "--email", "a@b.c", "--role", "user"], PASSWORD).failed(1);
    assert!(tenant.contains("there is no tenant `nobody`"), "{tenant}");
    let address =
        place.run_with_input(&["user", "create", "--tenant", "upcoach", "--email", "ann", "--role", "user"], PASSWORD).failed(1);
    assert!(address.contains("ann is not an e-mail address"), "{address}");
    let empty = place.run(&["user", "create", "--tenant", "upcoach", "--email", "a@b.c", "--role", "user"]).failed(1);
    assert!(empty.contains("standard input, which is empty"), "{empty}");
    let weak = place
        .run_with_input(&["user", "create", "--tenant", "upcoach", "--email", "a@b.c", "--role", "user"], "password\n")
        .failed(1);
    assert!(weak.contains("too weak"), "{weak}");
    let app = place.run(&["tenant", "create", "acme", "--app", "upcouch"]).failed(1);
    assert!(app.contains("aaiti, context-engine, fittracker, upcoach"), "{app}");
    let name = place.run(&["tenant", "create", "Acme!", "--app", "upcoach"]).failed(1);
    assert!(name.contains("lower-case letters"), "{name}");
    let health = place.run(&["health", "--address", "127.0.0.1:1"]).failed(1);
    assert!(health.contains("nobody listens on 127.0.0.1:1"), "{health}");
}

#[test]
fn doctor_finds_what_is_wrong_and_says_the_remedy() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    let fine = place.run(&["doctor"]);
    assert_eq!(fine.code(), 0, "{}", fine.output);
    let data = place.data();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = place.run(&["doctor"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.output.contains("chmod go="), "{}", ran.output);
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o700)).unwrap();
    let output =
        place.command(&["doctor", "--json"]).env("NODE_ENV", "production").env("BANYAN_RATE_LIMITS", "off").output().unwrap();
    let ran = crate::harness::Ran::from(output);
    assert_eq!(ran.code(), 1);
    let findings: Value = serde_json::from_str(&ran.output).unwrap();
    for check in ["mail", "rate-limits"] {
        let finding = findings.as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap();
        assert_eq!(finding["severity"], "wrong", "{finding}");
        assert!(finding["remedy"].is_string(), "{finding}");
    }
}

#[test]
fn health_speaks_of_the_running_server() {
    let place = Place::sqlite();
    let server = place.serve();
    assert_eq!(place.run(&["health"]).good().trim(), "ready, up");
    server.stop();
    assert_eq!(place.run(&["health"]).code(), 1);
}
