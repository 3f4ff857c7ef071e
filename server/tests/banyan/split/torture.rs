//! Sagas and their jobs in three processes, which are killed one after the other, and whose connections to PostgreSQL break: none is done by
//! halves, none twice. With `BANYAN_LONG_TESTS` for five minutes, and with crashes of PostgreSQL itself.

use std::time::{Duration, Instant};

use serde_json::json;

use super::cluster::{Cluster, Part};
use crate::database::postgres;
use crate::harness::{PASSWORD, pause};
use crate::kill_9::{crash_postgres_at, durable_database, is_long};

const ROLES: &str = "identity,content,goals";
/// After the last disturbance. A step that met one is tried again after 5, 10, 20 … seconds.
const PATIENCE: Duration = Duration::from_secs(240);

struct Person {
    id: String,
    token: String,
}

struct Torture {
    cluster: Cluster,
    others: Vec<Part>,
    admin: String,
    url: String,
    turn: usize,
}

impl Torture {
    fn begin(url: Option<&str>) -> Self {
        let cluster = url.map_or_else(Cluster::of_three, Cluster::of_three_on);
        let others = (0..2).map(|_| cluster.another(ROLES, &[])).collect();
        let create =
            ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
        cluster.operate(&create, &format!("{PASSWORD}\n"));
        let admin = cluster.door.server.log_in("admin@example.org", PASSWORD);
        let url = cluster.database_url().to_owned();
        Self { cluster, others, admin, url, turn: 0 }
    }

    /// Somebody who has something in each service.
    fn person(&self, number: usize) -> Person {
        let door = &self.cluster.door.server;
        let token = door.register(&format!("person-{number}@example.org"));
        let goal = self.repeat(|| door.post("/api/v1/goals", Some(&token), &json!({ "title": "Run" })).0, &[201]);
        let entry = self.repeat(|| door.post("/api/v1/content/journal", Some(&token), &json!({ "content": "Mine." })).0, &[201]);
        assert_eq!((goal, entry), (201, 201));
        let id = door.get("/api/v1/users/profile", Some(&token)).1["id"].as_str().unwrap().to_owned();
        Person { id, token }
    }

    fn repeat(&self, act: impl Fn() -> u16, good: &[u16]) -> u16 {
        let begun = Instant::now();
        loop {
            let status = act();
            if good.contains(&status) || begun.elapsed() > PATIENCE {
                return status;
            }
            pause();
        }
    }

    /// Asks until it is taken: sent again, it is the same.
    fn erase(&self, person: &Person) {
        let path = format!("/api/v1/admin/users/{}/erase", person.id);
        // Gone already is as good: then an answer before was lost.
        let status = self.repeat(|| self.cluster.door.server.post(&path, Some(&self.admin), &json!({})).0, &[204, 403]);
        assert!([204, 403].contains(&status), "{status}");
    }

    /// `kill -9` for the process that has lived longest, and a new one in its place; each second time all connections break, too.
    fn disturb(&mut self, crash: impl Fn(&str)) {
        drop(self.others.remove(0));
        if self.turn % 2 == 1 {
            crash(&self.url);
        }
        self.turn += 1;
        self.others.push(self.cluster.another(ROLES, &[]));
    }

    fn count(&self, sql: &str) -> i64 {
        postgres(&self.url, sql)[0].parse().unwrap()
    }

    fn all_are_done(&self, erased: &[Person]) {
        let begun = Instant::now();
        let done = "SELECT count(*) FROM identity.sagas WHERE name = 'erase-account' AND state = 'done'";
        while self.count(done) != i64::try_from(erased.len()).unwrap() {
            let states = postgres(&self.url, "SELECT state || ' ' || history::text FROM identity.sagas WHERE state <> 'done'");
            assert!(begun.elapsed() < PATIENCE, "not done: {states:#?}");
            pause();
        }
        for person in erased {
            let id = &person.id;
            for (table, column) in [("goals.goals", "user_id"), ("content.journals", "user_id"), ("identity.users", "id")] {
                assert_eq!(self.count(&format!("SELECT count(*) FROM {table} WHERE {column} = '{id}'")), 0, "{table}");
            }
            let heard = format!("SELECT count(*) FROM identity.outbox WHERE type = 'identity.user.erased' AND subject = '{id}'");
            assert_eq!(self.count(&heard), 1, "it is said once");
        }
        let twice = "SELECT count(*) FROM (SELECT 1 FROM identity.audit WHERE action = 'user.erased' GROUP BY subject_id HAVING count(*) > 1) t";
        assert_eq!(self.count(twice), 0, "nobody is erased twice");
        assert_eq!(
            self.count("SELECT count(*) FROM identity.jobs WHERE state NOT IN ('done', 'cancelled')"),
            0,
            "no job is left"
        );
    }
}

/// As a restart of the server shows itself to a client.
fn break_connections(url: &str) {
    let sql =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    postgres(url, sql);
}

#[test]
fn sagas_in_three_processes_outlive_kills_and_broken_connections() {
    let long = is_long();
    let durable = long.then(durable_database);
    let mut torture = Torture::begin(durable.as_deref());
    let kept = torture.person(0);
    let (begun, mut erased, mut number) = (Instant::now(), Vec::new(), 0);
    loop {
        let some: Vec<Person> = (0..3)
            .map(|_| {
                number += 1;
                torture.person(number)
            })
            .collect();
        some.iter().for_each(|person| torture.erase(person));
        erased.extend(some);
        torture.disturb(|url| if long { crash_postgres_at(url) } else { break_connections(url) });
        if if long { begun.elapsed() > Duration::from_secs(300) } else { erased.len() >= 9 } {
            break;
        }
    }
    torture.all_are_done(&erased);
    for table in ["goals.goals", "content.journals"] {
        assert_eq!(torture.count(&format!("SELECT count(*) FROM {table}")), 1, "{table}: another person's stays");
    }
    assert_eq!(torture.cluster.door.server.get("/api/v1/goals", Some(&kept.token)).1["pagination"]["total"], 1);
}
