//! An account is erased in every service, although the process is killed in the middle.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, eventually, on_both_engines};

/// How many rows of a person a table has, past all rules.
fn rows_of(place: &Place, service: &str, table: &str, user: &str) -> i64 {
    let file = place.data().join(format!("{service}.db"));
    if file.exists() {
        let database = rusqlite::Connection::open(file).unwrap();
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE LOWER(HEX(user_id)) = ?1");
        return database.query_row(&sql, [user.replace('-', "")], |row| row.get(0)).unwrap();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(place.database_url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let sql = format!("SELECT COUNT(*) FROM {service}.{table} WHERE user_id::text = $1");
        client.query_one(&sql, &[&user]).await.unwrap().get(0)
    })
}

fn sagas(place: &Place) -> Vec<Value> {
    serde_json::from_str(&place.run(&["saga", "list", "--json"]).good()).unwrap()
}

on_both_engines! {
    fn an_erased_account_is_gone_from_every_service_although_the_process_was_killed(place: Place) {
        let server = place.serve();
        let create = ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
        place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        let admin = server.log_in("admin@example.org", PASSWORD);
        let (ann, ben) = (server.register("ann@example.org"), server.register("ben@example.org"));
        for token in [&ann, &ben] {
            assert_eq!(server.post("/api/v1/goals", Some(token), &json!({ "title": "Run" })).0, 201);
            assert_eq!(server.post("/api/v1/content/journal", Some(token), &json!({ "content": "Mine." })).0, 201);
        }
        let id = |token: &str| server.get("/api/v1/users/profile", Some(token)).1["id"].as_str().unwrap().to_owned();
        let (ann_id, ben_id) = (id(&ann), id(&ben));
        let grant = json!({ "granteeId": ben_id, "kinds": ["goals"] });
        assert_eq!(server.post("/api/v1/goals/grants", Some(&ann), &grant).0, 201);
        let grant = json!({ "granteeId": ann_id, "kinds": ["goals"] });
        assert_eq!(server.post("/api/v1/goals/grants", Some(&ben), &grant).0, 201);
        // He was asked in, and came by himself.
        let invitation = json!({ "email": "carl@example.org", "name": "Carl" });
        assert_eq!(server.post("/api/v1/admin/invitations", Some(&admin), &invitation).0, 201);
        let carl_id = id(&server.register("carl@example.org"));
        let erase_carl = server.post(&format!("/api/v1/admin/users/{carl_id}/erase"), Some(&admin), &json!({}));
        assert_eq!(erase_carl.0, 204, "{}", erase_carl.1);
        let erase = format!("/api/v1/admin/users/{ann_id}/erase");
        assert_eq!(server.post(&erase, Some(&ben), &json!({})).0, 403, "she is nobody who may");
        assert_eq!(server.get(&format!("/internal/people/{ann_id}"), Some(&admin)).0, 404, "the door knows no such path");
        let (status, body) = server.post(&erase, Some(&admin), &json!({}));
        assert_eq!(status, 204, "{body}");
        server.signal(Signal::KILL);
        server.wait();
        let server = place.serve();
        eventually("all services have erased it", || sagas(&place).iter().all(|saga| saga["state"] == "done").then_some(()));
        for (service, table) in [("goals", "goals"), ("content", "journals"), ("identity", "sessions"), ("identity", "credentials")] {
            assert_eq!(rows_of(&place, service, table, &ann_id), 0, "{service}.{table}");
            assert!(rows_of(&place, service, table, &ben_id) > 0, "another person's {service}.{table} stay");
        }
        assert_eq!(crate::database::look(&place, "goals", "SELECT COUNT(*) FROM grants"), ["0"]);
        let invited = "SELECT COUNT(*) FROM invitations WHERE email = 'carl@example.org'";
        assert_eq!(crate::database::look(&place, "identity", invited), ["0"]);
        let heard = "SELECT COUNT(*) FROM outbox WHERE type = 'identity.user.erased'";
        assert_eq!(crate::database::look(&place, "identity", heard), ["2"], "others may erase what they keep");
        assert_eq!(server.get("/api/v1/users/profile", Some(&ann)).0, 401);
        assert_eq!(server.try_log_in("ann@example.org", PASSWORD).0, 401);
        server.register("ann@example.org");
        let saga = sagas(&place).remove(0);
        assert_eq!((&saga["service"], &saga["name"]), (&json!("identity"), &json!("erase-account")));
        let saga = saga["id"].as_str().unwrap().to_owned();
        let story = place.run(&["saga", "show", &saga]).good();
        assert!(story.contains("content done") && story.contains("goals done") && story.contains("identity done"), "{story}");
        assert!(place.run(&["saga", "resume", &saga]).failed(1).contains("it is done"));
        assert!(place.run(&["saga", "compensate", &ann_id]).failed(1).contains("no service has a saga"));
        let jobs: Value = serde_json::from_str(&place.run(&["jobs", "list", "--service", "identity", "--json"]).good()).unwrap();
        assert_eq!((&jobs[0]["kind"], &jobs[0]["payload"]), (&json!("banyan.saga"), &Value::Null));
        let job = jobs[0]["id"].as_str().unwrap();
        assert!(place.run(&["jobs", "show", job]).good().contains(&saga));
        assert!(place.run(&["jobs", "list", "--state", "lost"]).failed(2).contains("cancelled"));
        assert!(place.run(&["jobs", "list", "--service", "nobody"]).failed(1).contains("identity"));
        assert!(place.run(&["jobs", "cancel", &ann_id]).failed(1).contains("no service has a job"));
    }
}
