//! The command line beside a running server.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, eventually, on_both_engines};

fn user<'a>(act: &'a str, email: &'a str) -> Vec<&'a str> {
    vec!["user", act, "--tenant", "upcoach", "--email", email]
}

on_both_engines! {
    fn a_person_made_beside_the_server_logs_in(place: Place) {
        let server = place.serve();
        let create = ["user", "create", "--tenant", "upcoach", "--email", "rosa@example.org", "--role", "user", "--role", "admin", "--name", "Rosa"];
        let made = place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        assert!(made.contains("rosa@example.org") && made.contains("user,admin"), "{made}");
        let token = server.log_in("rosa@example.org", PASSWORD);
        assert_eq!(server.get("/api/v1/admin/users", Some(&token)).0, 200);
        let again = place.run_with_input(&create, PASSWORD).failed(1);
        assert!(again.contains("has an account in this tenant already"), "{again}");
    }

    fn what_an_operator_ends_ends_at_once(place: Place) {
        let server = place.serve();
        let token = server.register("ann@example.org");
        assert_eq!(server.get("/api/v1/users/profile", Some(&token)).0, 200);
        place.run(&user("disable", "ann@example.org")).good();
        let refused = |token: &str| (server.get("/api/v1/users/profile", Some(token)).0 == 401).then_some(());
        eventually("the disabled account's token dies", || refused(&token));
        assert_eq!(server.try_log_in("ann@example.org", PASSWORD).0, 401);
        place.run(&user("enable", "ann@example.org")).good();
        let token = server.log_in("ann@example.org", PASSWORD);
        let sheet: Value = serde_json::from_str(&place.run(&[&user("show", "ann@example.org")[..], &["--json"]].concat()).good()).unwrap();
        assert_eq!((&sheet["status"], &sheet["sessions"]), (&json!("active"), &json!(1)), "{sheet}");
        place.run(&user("revoke-sessions", "ann@example.org")).good();
        eventually("the revoked session's token dies", || refused(&token));
        let token = server.log_in("ann@example.org", PASSWORD);
        place.run_with_input(&user("set-password", "ann@example.org"), "nine amber kites rise\n").good();
        eventually("the old password's session ends", || refused(&token));
        assert_eq!(server.try_log_in("ann@example.org", PASSWORD).0, 401);
        let token = server.log_in("ann@example.org", "nine amber kites rise");
        let sessions: Value = serde_json::from_str(&place.run(&[&user("sessions", "ann@example.org")[..], &["--json"]].concat()).good()).unwrap();
        assert_eq!(sessions.as_array().unwrap().len(), 1, "{sessions}");
        assert_eq!(server.get("/api/v1/admin/users", Some(&token)).0, 403);
        place.run(&[&user("set-roles", "ann@example.org")[..], &["--role", "admin"]].concat()).good();
        eventually("the token without the role dies", || refused(&token));
        let token = server.log_in("ann@example.org", "nine amber kites rise");
        assert_eq!(server.get("/api/v1/admin/users", Some(&token)).0, 200);
    }

    fn the_same_commands_work_without_a_server(place: Place) {
        place.run(&["migrate"]).good();
        let create = ["user", "create", "--tenant", "upcoach", "--email", "rosa@example.org", "--role", "owner"];
        place.run_with_input(&create, PASSWORD).good();
        let list: Value = serde_json::from_str(&place.run(&["user", "list", "--tenant", "upcoach", "--json"]).good()).unwrap();
        assert_eq!(list[0]["email"], "rosa@example.org");
        assert_eq!(list[0]["name"], "rosa");
        let last_owner = place.run(&user("disable", "rosa@example.org")).failed(1);
        assert!(last_owner.contains("without an owner"), "{last_owner}");
        let tenants: Value = serde_json::from_str(&place.run(&["tenant", "list", "--json"]).good()).unwrap();
        let names: Vec<&str> = tenants.as_array().unwrap().iter().map(|tenant| tenant["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["aaiti", "context-engine", "fittracker", "operators", "upcoach"]);
        assert_eq!(tenants[3]["registration"], "closed", "nobody makes herself an operator");
        place.serve().log_in("rosa@example.org", PASSWORD);
    }

    fn the_audit_chain_is_verified_and_a_change_is_found(place: Place) {
        let server = place.serve();
        server.register("ann@example.org");
        let held = place.run(&["audit", "verify"]).good();
        assert!(held.contains("holds") && !held.contains("BROKEN"), "{held}");
        server.stop();
        tamper(&place, "UPDATE {}audit SET action = 'nothing.happened' WHERE position = 2");
        let broken = place.run(&["audit", "verify"]);
        assert_eq!(broken.code(), 1);
        assert!(broken.output.contains("BROKEN") && broken.output.contains("was changed"), "{}", broken.output);
    }

    fn a_tail_that_was_cut_with_its_head_shows_by_the_signed_heads(place: Place) {
        let server = place.serve();
        server.register("ann@example.org");
        let elsewhere = place.folder().join("elsewhere.jsonl");
        let exported = place.run(&["audit", "export", "--to", elsewhere.to_str().unwrap()]).good();
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), exported);
        server.stop();
        let own = place.data().join("audit-heads.jsonl");
        let written = std::fs::read_to_string(&own).unwrap();
        assert_eq!(written.lines().count(), 2 * exported.lines().count(), "at the start and at the end");
        let held = place.run(&["audit", "verify"]).good();
        assert!(held.contains(&format!("{} signed heads of ", written.lines().count())), "{held}");
        tamper(&place, "DELETE FROM {}audit WHERE position = (SELECT MAX(position) FROM {}audit)");
        tamper(&place, "UPDATE {}audit_head SET position = position - 1, hash = (SELECT hash FROM {}audit ORDER BY position DESC LIMIT 1)");
        let broken = place.run(&["audit", "verify"]);
        assert_eq!(broken.code(), 1);
        assert!(broken.output.contains("it ends at") && broken.error.contains("What to do"), "{broken:?}");
        std::fs::remove_file(&own).unwrap();
        let unseen = place.run(&["audit", "verify"]).good();
        assert!(unseen.contains("No signed heads were checked"), "{unseen}");
        assert_eq!(place.run(&["audit", "verify", "--heads", elsewhere.to_str().unwrap()]).code(), 1);
        let renamed = exported.lines().find(|line| line.contains("\"identity\"")).unwrap().replace("identity", "goals");
        std::fs::write(&own, renamed).unwrap();
        let forged = place.run(&["audit", "verify"]);
        assert!(forged.code() == 1 && forged.output.contains("is not this installation's"), "{forged:?}");
        std::fs::write(&own, "hello\n").unwrap();
        let unreadable = place.run(&["audit", "verify"]).failed(1);
        assert!(unreadable.contains("line 1 of ") && unreadable.contains("verify again"), "{unreadable}");
    }
}

/// As somebody with the database in her hands would.
fn tamper(place: &Place, sql: &str) {
    let file = place.data().join("identity.db");
    if file.exists() {
        let database = rusqlite::Connection::open(file).unwrap();
        assert_eq!(database.execute(&sql.replace("{}", ""), []).unwrap(), 1);
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(place.database_url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        assert_eq!(client.execute(&sql.replace("{}", "identity."), &[]).await.unwrap(), 1);
    });
}

#[test]
fn the_socket_is_its_owners_alone_and_works_in_a_long_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::sqlite();
    let long = place.folder().join("d".repeat(120));
    let long = long.to_str().unwrap();
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off", "--data", long]);
    let mut child = command.spawn().unwrap();
    eventually("the server is ready", || std::path::Path::new(long).join("banyan.addr").exists().then_some(()));
    let socket = std::path::Path::new(long).join("banyan.sock").metadata().unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    let listed = place.run(&["tenant", "list", "--data", long]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(listed.good().contains("upcoach"));
}
