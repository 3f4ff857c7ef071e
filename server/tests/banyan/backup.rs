//! A backup is made beside the server, and brings the same answers back.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Place, Server, on_both_engines};

/// Writes something to be found again.
fn write(server: &Server) -> String {
    let token = server.register("ann@example.org");
    for title in ["One", "Two", "Three"] {
        assert_eq!(server.post("/api/v1/goals", Some(&token), &json!({ "title": title })).0, 201);
    }
    assert_eq!(server.post("/api/v1/content/journal", Some(&token), &json!({ "content": "Mine." })).0, 201);
    token
}

fn read(server: &Server, token: &str) -> [Value; 3] {
    ["/api/v1/goals?orderBy=createdAt&order=ASC", "/api/v1/content/journal", "/api/v1/users/profile"].map(|path| {
        let (status, answer) = server.get(path, Some(token));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    })
}

fn backup(place: &Place) -> PathBuf {
    let said = place.run(&["backup"]).good();
    assert!(said.contains("verified"), "{said}");
    PathBuf::from(said.lines().next().unwrap())
}

on_both_engines! {
    fn what_was_there_is_there_again(place: Place) {
        let server = place.serve();
        let token = write(&server);
        let before = read(&server, &token);
        let file = backup(&place);
        // Written afterwards, so not in it.
        assert_eq!(server.post("/api/v1/goals", Some(&token), &json!({ "title": "Later" })).0, 201);
        let running = place.run(&["restore", file.to_str().unwrap(), "--yes"]).failed(3);
        assert!(running.contains("stop the server first"), "{running}");
        server.stop();
        let asked = place.run(&["restore", file.to_str().unwrap()]).failed(2);
        assert!(asked.contains("This replaces") && asked.contains("--yes"), "{asked}");
        place.run(&["restore", file.to_str().unwrap(), "--yes"]).good();
        let server = place.serve();
        assert_eq!(read(&server, &token), before);
        assert!(place.run(&["audit", "verify"]).good().contains("holds"));
    }

    fn an_installation_moves_to_another_place(place: Place) {
        let server = place.serve();
        let token = write(&server);
        let before = read(&server, &token);
        let file = backup(&place);
        server.stop();
        let other = match place.data().join("identity.db").exists() {
            true => Place::sqlite(),
            false => Place::postgres(),
        };
        other.run(&["restore", file.to_str().unwrap()]).good();
        let server = other.serve();
        // Signed by the keys that were in the database, sealed under the key that was in the backup.
        assert_eq!(read(&server, &token), before);
    }
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_changes() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    let file = backup(&place);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = place.folder().join("damaged.backup");
    std::fs::write(&damaged, &bytes).unwrap();
    let before = files(&place.data());
    let error = place.run(&["restore", damaged.to_str().unwrap(), "--yes"]).failed(1);
    assert!(error.contains("damaged"), "{error}");
    assert_eq!(files(&place.data()), before);
    let stranger = place.file("stranger", "hello");
    let error = place.run(&["restore", stranger.to_str().unwrap(), "--yes"]).failed(1);
    assert!(error.contains("is not a backup of Banyan"), "{error}");
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_a_restore_replaces_is_kept_aside() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    let file = backup(&place);
    let said = place.run(&["restore", file.to_str().unwrap(), "--yes"]).good();
    let aside = files(&place.data()).into_iter().find(|name| name.starts_with("before-restore-")).unwrap();
    assert!(said.contains(&aside), "{said}");
    assert!(files(&place.data().join(aside)).contains(&"identity.db".to_owned()));
}

#[test]
fn a_backup_of_newer_data_is_refused() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    let database = rusqlite::Connection::open(place.data().join("goals.db")).unwrap();
    database.execute("INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)", []).unwrap();
    drop(database);
    let file = backup(&place);
    let other = Place::sqlite();
    let error = other.run(&["restore", file.to_str().unwrap()]).failed(4);
    assert!(error.contains("goals") && error.contains("9999"), "{error}");
    assert!(!other.data().join("identity.db").exists());
}

#[test]
fn the_key_can_be_left_out_and_is_then_missed() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    place.run(&["backup", "--to", "monday.backup", "--without-key"]).good();
    let other = Place::sqlite();
    let file = place.folder().join("monday.backup");
    let ran = other.run(&["restore", file.to_str().unwrap()]);
    assert!(ran.status.success() && ran.error.contains("holds no key"), "{ran:?}");
    let error = other.run(&["tenant", "list"]).failed(1);
    assert!(error.contains("bring the file back from a backup"), "{error}");
    std::fs::create_dir(other.data().join("keys")).unwrap();
    std::fs::copy(place.data().join("keys/master.key"), other.data().join("keys/master.key")).unwrap();
    assert!(other.run(&["tenant", "list"]).good().contains("upcoach"));
    let twice = place.run(&["backup", "--to", "monday.backup"]).failed(1);
    assert!(twice.contains("is there already"), "{twice}");
}
