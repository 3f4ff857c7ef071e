//! From nothing to a server, and what keeps it from starting.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::harness::{Place, SERVICES, eventually, get, on_both_engines};

on_both_engines! {
    fn a_first_start_needs_nothing(place: Place) {
        let server = place.serve();
        let mode = place.data().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(place.data().join("keys/master.key").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        // On a machine with much else to do a check may miss its deadline once.
        eventually("ready", || (server.get("/readyz", None).0 == 200).then_some(()));
        let health = eventually("all is up", || Some(server.get("/health", None).1).filter(|health| health["status"] == "up"));
        for service in SERVICES {
            assert_eq!(health["services"][service]["status"], "up", "{health}");
        }
        let token = server.register("ann@example.org");
        assert_eq!(server.get("/api/v1/goals", Some(&token)).0, 200);
        assert_eq!(server.get("/api/v1/goals", None).0, 401);
        let (status, metrics) = get(&format!("{}/metrics", server.admin), None);
        let metrics = metrics.as_str().unwrap();
        assert_eq!(status, 200);
        assert!(metrics.contains(r#"http_requests_total{method="GET",route="/api/v1/goals",status="200"} 1"#), "{metrics}");
        assert!(metrics.contains(r#"db_statement_duration_seconds_count{service="goals",kind="select"}"#), "{metrics}");
        server.stop();
    }

    fn what_was_written_is_there_after_a_restart(place: Place) {
        let server = place.serve();
        let token = server.register("ann@example.org");
        let (status, made) = server.post("/api/v1/goals", Some(&token), &json!({ "title": "Stay" }));
        assert_eq!(status, 201, "{made}");
        server.stop();
        let server = place.serve();
        // The token still counts: the signing keys were kept, under the same master key.
        let (status, list) = server.get("/api/v1/goals", Some(&token));
        assert_eq!((status, &list["data"][0]["title"]), (200, &json!("Stay")), "{list}");
    }

    fn the_demo_can_be_used_as_the_banner_says_and_is_made_once(place: Place) {
        let server = place.serve_with(&["--demo"], &[]);
        let (email, password) = ("maya@upcoach.example", "seven quiet figs at dawn");
        assert!(server.banner.contains(email) && server.banner.contains(password), "{}", server.banner);
        let token = server.log_in(email, password);
        let (_, before) = server.get("/api/v1/goals", Some(&token));
        assert!(before["pagination"]["total"].as_i64().unwrap() > 0, "{before}");
        server.stop();
        let server = place.serve_with(&["--demo"], &[]);
        let (_, after) = server.get("/api/v1/goals", Some(&server.log_in(email, password)));
        assert_eq!(before["pagination"], after["pagination"]);
    }

    fn a_new_tenant_is_a_place_of_its_own(place: Place) {
        let server = place.serve();
        place.run(&["tenant", "create", "acme", "--app", "upcoach"]).good();
        let ask = || {
            let request = crate::harness::client().get(format!("{}/api/v1/content/landing", server.url)).header("X-Tenant", "acme");
            Some(request.call().unwrap().status().as_u16()).filter(|status| *status == 200)
        };
        eventually("the new tenant", ask);
        let token = server.register("ann@example.org");
        let request = crate::harness::client().get(format!("{}/api/v1/goals", server.url));
        let request = request.header("X-Tenant", "acme").header("Authorization", format!("Bearer {token}"));
        assert_eq!(request.call().unwrap().status().as_u16(), 401);
    }
}

#[test]
fn the_demo_is_refused_in_production() {
    let place = Place::sqlite();
    let ran = crate::harness::Ran::from(place.command(&["serve", "--demo"]).env("NODE_ENV", "production").output().unwrap());
    let error = ran.failed(2);
    assert!(error.contains("everybody can know"), "{error}");
    assert!(!place.data().exists());
}

#[test]
fn a_wrong_setting_stops_the_start_before_anything_is_made() {
    let place = Place::sqlite();
    place.file("banyan.toml", "listn = \"127.0.0.1:0\"\n");
    let error = place.run(&["serve"]).failed(2);
    assert!(error.contains("banyan.toml:1: `listn` is not a setting; did you mean `listen`?"), "{error}");
    assert!(!place.data().exists());
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_a_killed_one_leaves_no_lock() {
    let place = Place::sqlite();
    let server = place.serve();
    let error = place.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]).failed(3);
    assert!(error.contains(&format!("process {}, {}", server.pid(), server.url)), "{error}");
    server.signal(rustix::process::Signal::KILL);
    let _killed = server.wait();
    assert_eq!(place.serve().get("/readyz", None).0, 200);
}

#[test]
fn an_address_in_use_is_named() {
    let place = Place::sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = place.run(&["serve", "--listen", &address, "--admin-listen", "off"]).failed(1);
    assert!(error.contains(&address) && error.contains("Another program listens there"), "{error}");
}

#[test]
fn data_of_a_newer_version_is_refused() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    let database = rusqlite::Connection::open(place.data().join("goals.db")).unwrap();
    database.execute("INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)", []).unwrap();
    drop(database);
    let error = place.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]).failed(4);
    assert!(error.contains("`goals`") && error.contains("9999") && error.contains("newer Banyan"), "{error}");
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code(), 1);
    assert!(doctor.output.contains("goals: version 9999, newer than this program's"), "{}", doctor.output);
}

#[test]
fn a_lost_key_is_not_made_anew() {
    let place = Place::sqlite();
    place.run(&["migrate"]).good();
    std::fs::remove_file(place.data().join("keys/master.key")).unwrap();
    let error = place.run(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]).failed(1);
    assert!(error.contains("bring the file back from a backup"), "{error}");
    let other = "ab".repeat(32);
    let ran =
        place.command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"]).env("BANYAN_MASTER_KEY", &other).output();
    let error = crate::harness::Ran::from(ran.unwrap()).failed(1);
    assert!(error.contains("cannot be opened"), "{error}");
    assert!(!error.contains(&other), "{error}");
}
