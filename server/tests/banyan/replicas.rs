//! Reading from a replica, as an operator sets it up: two servers, a primary and a standby of it.

use banyan_testkit::PostgresServer;
use serde_json::json;

use crate::harness::{Place, Ran, Server, eventually, get};

const KEY: &str = "4b0c5b7f6b1d4b0e8f8f0d7a1c2b3a495867f6e5d4c3b2a1908f7e6d5c4b3a29";

fn execute(server: &PostgresServer, sql: &str) {
    tokio::runtime::Runtime::new().unwrap().block_on(server.execute(sql));
}

fn metrics(server: &Server) -> String {
    get(&format!("{}/metrics", server.admin), None).1.as_str().unwrap().to_owned()
}

/// The sum of all lines of a metric that have `label`.
fn metric(server: &Server, name: &str, label: &str) -> f64 {
    let text = metrics(server);
    let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

fn goals(server: &Server, token: &str) -> usize {
    let (status, goals) = server.get("/api/v1/goals", Some(token));
    assert_eq!(status, 200, "{goals}");
    goals["data"].as_array().unwrap().len()
}

#[test]
fn two_servers_read_from_a_standby_and_nobody_notices() {
    let primary = PostgresServer::start(&[], "-c max_connections=200");
    let standby = primary.standby("-c max_connections=200");
    let replica = standby.url("127.0.0.1", "");
    let variables = [("BANYAN_MASTER_KEY", KEY), ("BANYAN_DATABASE_REPLICAS", &replica), ("BANYAN_DATABASE_REPLICA_LAG", "60s")];
    let place = Place::with_database(&primary.url("127.0.0.1", ""));
    let other = Place::with_database(place.database_url());
    let (one, two) = (place.serve_with(&[], &variables), other.serve_with(&[], &variables));
    let token = one.register("ann@example.org");
    let doctor = |variables: &[(&str, &str)]| {
        Ran::from(place.command(&["doctor"]).envs(variables.iter().copied()).output().unwrap()).output
    };

    for count in 1..=6 {
        match count {
            3 => execute(&standby, "SELECT pg_wal_replay_pause()"),
            5 => execute(&standby, "SELECT pg_wal_replay_resume()"),
            _ => {}
        }
        let writer = if count % 2 == 0 { &one } else { &two };
        let goal = json!({ "title": format!("goal {count}") });
        let (status, said) = writer.post("/api/v1/goals", Some(&token), &goal);
        assert_eq!(status, 201, "{said}");
        // At once, and through both.
        assert_eq!((goals(&one, &token), goals(&two, &token)), (count, count));
    }
    let from_replica = |server: &Server| metric(server, "banyan_database_reads_total", "server=\"127.0.0.1:");
    for server in [&one, &two] {
        eventually("reads of the standby", || {
            assert_eq!(goals(server, &token), 6);
            (from_replica(server) > 0.0).then_some(())
        });
        assert!(metric(server, "banyan_database_fallbacks_total", "reason=\"behind\"") > 0.0);
    }
    assert!(metric(&one, "banyan_database_replica_state", "state=\"serving\"") > 0.0);
    assert!(!metrics(&one).contains("for this test"), "a password");
    let found = doctor(&variables);
    assert!(found.contains("follows the primary") && !found.contains("for%20this"), "{found}");

    standby.kill();
    assert_eq!((goals(&one, &token), goals(&two, &token)), (6, 6));
    eventually("its loss", || (metric(&one, "banyan_database_replica_state", "state=\"unreachable\"") > 0.0).then_some(()));
    assert_eq!(goals(&one, &token), 6);
    assert!(doctor(&variables).contains("the primary answers all reads meanwhile"));
    let said = one.stop();
    assert!(said.contains("no reads go to the replica") && !said.contains("for%20this"), "{said}");
}
