//! `kill -9` amid a restore: what is there afterwards is of one moment, or nobody works with it until the restore was run again.

use std::process::{Child, Stdio};
use std::time::Instant;

use serde_json::json;

use super::dice::Dice;
use super::{QUIET, die_after, rounds};
use crate::harness::{PASSWORD, Place, Server, on_both_engines};

on_both_engines! {
    fn a_restore_that_was_killed_leaves_nothing_of_two_days(place: Place) {
        let mut dice = Dice::of(Dice::new_seed());
        let server = place.serve_with(&[], QUIET);
        let token = server.register("ann@example.org");
        write(&server, &token, "Before");
        place.run(&["backup", "--to", "monday.backup"]).good();
        let file = place.folder().join("monday.backup");
        let restore = ["restore", file.to_str().unwrap(), "--yes"];
        write(&server, &token, "After");
        server.stop();
        let begun = Instant::now();
        Place::on(place.kind()).run(&restore).good();
        let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
        for round in 0..rounds(6, 60) {
            let child = place.command(&restore).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            if round % 2 == 0 {
                kill_when_it_begins_to_change(&place, child, dice.below(3_000));
            } else {
                die_after(child, dice.below(whole));
            }
            let next = place.run(&["tenant", "list"]);
            if !next.status.success() {
                assert!(next.error.contains("run the same `banyan restore` again"), "{next:?}");
                place.run(&restore).good();
            }
            let server = place.serve_with(&[], QUIET);
            let token = server.log_in("ann@example.org", PASSWORD);
            let found = ["/api/v1/goals", "/api/v1/content/journal"].map(|path| server.get(path, Some(&token)).1["pagination"]["total"].as_u64());
            assert!(found == [Some(1); 2] || found == [Some(2); 2], "{found:?} of two services");
            if found == [Some(1); 2] {
                write(&server, &token, "After");
            }
            server.stop();
        }
        let left = std::fs::read_dir(place.data()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let stages = left.filter(|name| name.starts_with(".restore-")).count();
        assert!(stages <= 1, "{stages} folders of restores that were killed");
    }
}

/// In two services' databases.
fn write(server: &Server, token: &str, text: &str) {
    assert_eq!(server.post("/api/v1/goals", Some(token), &json!({ "title": text })).0, 201);
    assert_eq!(server.post("/api/v1/content/journal", Some(token), &json!({ "content": text })).0, 201);
}

/// The moment that matters is short: it is watched for.
fn kill_when_it_begins_to_change(place: &Place, mut child: Child, micros: u64) {
    let mark = place.data().join("restore.unfinished");
    while !mark.exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    die_after(child, micros);
}
