//! The front door and each service in processes of their own, on one PostgreSQL.

pub(crate) mod cluster;
mod doors;
mod joined;
mod keyed;
mod live;
pub(crate) mod load;
mod refused;
mod torture;
mod walk;

use serde_json::json;

use crate::database::postgres;
use crate::harness::{PASSWORD, Place, SERVICES, eventually, pause};
use cluster::Cluster;
use load::Load;

#[test]
fn people_in_a_session_hear_of_one_another_although_rooms_and_sessions_are_in_processes_of_their_own() {
    let cluster = Cluster::of(1);
    crate::realtime::two_hear_of_one_another(&cluster.door.server);
}

#[test]
fn the_core_of_every_service_answers_through_the_mesh() {
    let cluster = Cluster::of(1);
    walk::whole(&cluster);
    let listed = cluster.door.list();
    for service in SERVICES {
        let row = listed.lines().find(|line| line.starts_with(service)).unwrap_or_else(|| panic!("{listed}"));
        assert!(row.contains("127.0.0.1:") && row.contains(" up "), "{row}");
    }
}

#[test]
fn two_instances_of_each_share_the_work_and_the_death_of_one_loses_nothing_that_can_be_repeated() {
    let mut cluster = Cluster::of(2);
    walk::whole(&cluster);
    let load = Load::begin(&cluster.door.server.url);
    for service in SERVICES {
        load.more(40);
        drop(cluster.take(service));
        load.more(60);
    }
    assert_eq!(load.end(), Vec::<String>::new());
}

#[test]
fn what_is_posted_with_a_key_while_an_instance_dies_is_there_once() {
    let mut cluster = Cluster::of(2);
    let posts = keyed::Posts::begin(&cluster.door.server.url);
    for service in ["goals", "content"] {
        for _ in 0..3 {
            posts.more(30);
            drop(cluster.take(service));
            posts.more(30);
            cluster.add(service);
            eventually("two instances", || (cluster.instances(service) == 2).then_some(()));
        }
    }
    posts.end_and_count();
}

#[test]
fn a_rolling_restart_of_all_services_fails_no_request() {
    let mut cluster = Cluster::of(2);
    let load = Load::begin(&cluster.door.server.url);
    for service in SERVICES {
        // Both of what the load asks; of what it does not, one shows that nobody notices.
        let instances = if ["identity", "content", "goals"].contains(&service) { 2 } else { 1 };
        for _ in 0..instances {
            let part = cluster.take(service);
            load.more(20);
            part.server.stop();
            cluster.add(service);
            // The newcomer has to be found before the next one goes.
            eventually("two instances", || (cluster.instances(service) == 2).then_some(()));
            load.more(20);
        }
    }
    assert_eq!(load.end(), Vec::<String>::new());
}

#[test]
fn a_service_that_is_down_takes_down_what_needs_it_and_nothing_else() {
    let mut cluster = Cluster::of(1);
    let url = cluster.door.server.url.clone();
    let token = cluster.door.server.register("ann@example.org");
    let cores = [("identity", "/api/v1/users/profile"), ("content", "/api/v1/content/journal"), ("goals", "/api/v1/goals")];
    let ask = |path: &str| crate::harness::get(&format!("{url}{path}"), Some(&token));
    for (down, _) in cores {
        drop(cluster.take(down));
        for (service, path) in cores {
            let (status, body) = ask(path);
            if service == down {
                assert!(status >= 500, "{path}: {status} {body}");
            } else {
                assert_eq!(status, 200, "{path} while `{down}` is down: {body}");
            }
        }
        // One call that found nobody is enough, though the registration holds for some seconds more.
        assert_eq!(ask("/health").1["status"], "degraded", "{down}");
        eventually("the registry forgets it", || {
            (ask(cores.iter().find(|core| core.0 == down).unwrap().1).1["code"] == "service-unavailable").then_some(())
        });
        assert_eq!(ask("/health").1["status"], "degraded", "{down}");
        // What nobody offers is something else.
        assert_eq!(ask("/api/v1/nothing").0, 404);
        cluster.add(down);
        let path = cores.iter().find(|core| core.0 == down).unwrap().1;
        eventually("it is back", || (ask(path).0 == 200).then_some(()));
    }
}

#[test]
fn an_account_is_erased_by_services_apart_although_one_is_away_and_operators_see_it_over_the_door() {
    let mut cluster = Cluster::of(1);
    let create = ["user", "create", "--tenant", "upcoach", "--email", "admin@example.org", "--role", "admin", "--name", "Ada"];
    cluster.operate(&create, &format!("{PASSWORD}\n"));
    let url = cluster.database_url().to_owned();
    let admin = cluster.door.server.log_in("admin@example.org", PASSWORD);
    let ann = cluster.door.server.register("ann@example.org");
    assert_eq!(cluster.door.server.post("/api/v1/goals", Some(&ann), &json!({ "title": "Run" })).0, 201);
    assert_eq!(cluster.door.server.post("/api/v1/content/journal", Some(&ann), &json!({ "content": "Mine." })).0, 201);
    let id = cluster.door.server.get("/api/v1/users/profile", Some(&ann)).1["id"].as_str().unwrap().to_owned();
    let left = |table: &str| postgres(&url, &format!("SELECT count(*) FROM {table} WHERE user_id = '{id}'")).remove(0);
    drop(cluster.take("goals"));
    let erase = format!("/api/v1/admin/users/{id}/erase");
    assert_eq!(cluster.door.server.post(&erase, Some(&admin), &json!({})).0, 204);
    eventually("content has erased it", || (left("content.journals") == "0").then_some(()));
    let sagas = "/api/v1/admin/services/identity/sagas";
    let saga = || cluster.door.server.get(&format!("{sagas}?name=erase-account"), Some(&admin)).1["data"][0].clone();
    assert_eq!(saga()["state"], "running");
    assert_eq!(left("goals.goals"), "1");
    // The door hears within a second that the session is no more; the account's roles gave no right to this anyway.
    assert_eq!(cluster.door.server.get(sagas, Some(&ann)).0 / 100, 4);
    eventually("the session is known to be over", || (cluster.door.server.get(sagas, Some(&ann)).0 == 401).then_some(()));
    let away = cluster.door.server.get("/api/v1/admin/services/goals/jobs", Some(&admin));
    assert!(away.0 >= 500, "each service answers for itself: {away:?}");
    cluster.add("goals");
    let begun = std::time::Instant::now();
    // It is tried again after 5, 10, 20 … seconds.
    while cluster.door.server.get(&format!("{sagas}?state=done"), Some(&admin)).1["pagination"]["total"] != 1 {
        assert!(begun.elapsed().as_secs() < 180, "the saga does not end");
        pause();
    }
    assert_eq!(left("goals.goals"), "0");
    assert_eq!(cluster.door.server.get("/api/v1/admin/services/goals/dead-letters", Some(&admin)).0, 200);
    assert_eq!(cluster.door.server.get("/api/v1/admin/services/content/consumers", Some(&admin)).0, 403, "she is no operator");
}

#[test]
fn a_process_without_a_front_door_answers_other_nodes_alone() {
    let cluster = Cluster::of(1);
    let goals = cluster.part("goals");
    assert_eq!(goals.server.url, "");
    let mesh = goals.mesh();
    for headers in [vec![], vec![("banyan-service", "goals")], vec![("banyan-service", "goals"), ("banyan-caller", "e30")]] {
        let mut request = crate::harness::client().get(format!("{mesh}/api/v1/goals"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut response = request.call().unwrap();
        let status = response.status().as_u16();
        assert!([401, 502].contains(&status), "{status} {}", response.body_mut().read_to_string().unwrap());
    }
    assert_eq!(crate::harness::get(&format!("{}/readyz", goals.server.admin), None), (200, json!({ "status": "ready" })));
    // And the door takes nobody's word for who calls.
    let mut request = crate::harness::client().get(format!("{}/api/v1/goals", cluster.door.server.url));
    for (name, value) in [("banyan-caller", "e30"), ("banyan-service", "goals"), ("signature", "banyan=:AAAA:")] {
        request = request.header(name, value);
    }
    assert_eq!(request.call().unwrap().status().as_u16(), 401);
}

#[test]
fn nodes_with_certificates_speak_tls_and_refuse_who_has_none() {
    let first = Place::postgres();
    let second = Place::with_database(first.database_url());
    first.run(&["certs", "init"]).good();
    for node in ["one", "two"] {
        first.run(&["certs", "node", node]).good();
    }
    let certs = second.data().join("certs");
    std::fs::create_dir_all(second.data()).unwrap();
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-r").arg(first.data().join("certs")).arg(&certs).status().unwrap().success());
    let services = cluster::start_at(first, "identity,content,goals,gateway,notifications", &[("BANYAN_CLUSTER_NODE", "one")]);
    let door = cluster::start_at(second, "edge", &[("BANYAN_CLUSTER_NODE", "two")]);
    eventually("the services are found", || {
        (crate::harness::get(&format!("{}/api/v1/content/landing", door.server.url), None).0 == 200).then_some(())
    });
    let token = door.server.register("ann@example.org");
    assert_eq!(door.server.get("/api/v1/goals", Some(&token)).0, 200);
    // Without a certificate there is no connection, and without TLS no answer.
    assert_eq!(crate::harness::try_get(&format!("{}/api/v1/goals", services.mesh())), None);
    assert_eq!(crate::harness::try_get(&services.mesh().replace("http:", "https:")), None);
}

#[test]
fn the_split_run_of_the_documents_works() {
    let place = Place::postgres();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/split-run.sh");
    let environment = place.command(&[]);
    let mut command = std::process::Command::new("sh");
    command.arg(script).arg(env!("CARGO_BIN_EXE_banyan")).current_dir(place.folder()).env_clear();
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let said = crate::harness::Ran::from(command.output().unwrap()).good();
    assert!(said.trim_end().ends_with("Done.\u{1b}[0m"), "{said}");
}
