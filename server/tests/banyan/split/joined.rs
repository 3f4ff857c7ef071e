//! Nodes that know one another by their settings alone.

use serde_json::Value;

use super::cluster::{Part, start_at};
use super::load::Load;
use super::walk;
use crate::database::look;
use crate::harness::{Place, eventually, get};

/// Nobody looks anybody up.
const WITHOUT_REGISTRY: (&str, &str) = ("BANYAN_CLUSTER_REGISTRY", "off");

fn start(database: &Place, roles: &str, join: &str) -> Part {
    start_at(Place::with_database(database.database_url()), roles, &[WITHOUT_REGISTRY, ("BANYAN_CLUSTER_JOIN", join)])
}

/// The same service at the same address again.
fn again(database: &Place, roles: &str, address: &str) -> Part {
    let address = address.trim_start_matches("http://");
    let more = [WITHOUT_REGISTRY, ("BANYAN_CLUSTER_MESH_LISTEN", address)];
    start_at(Place::with_database(database.database_url()), roles, &more)
}

#[test]
fn a_list_of_addresses_is_enough() {
    let database = Place::postgres();
    let core = start(&database, "identity,content", "");
    let goals = [start(&database, "goals", ""), start(&database, "goals", "")];
    let (one, other) = (goals[0].mesh(), goals[1].mesh());
    let join = format!("identity={0}, content={0}, goals={one}, goals={other}", core.mesh());
    let door = start(&database, "edge", &join);
    walk::core(&door.server);
    let table = "SELECT to_regclass('mesh.instances')::text";
    assert_eq!(look(&database, "public", &format!("SELECT coalesce(({table}), 'none')")), ["none"]);

    let load = Load::begin(&door.server.url);
    load.more(40);
    let [first, second] = goals;
    drop(first);
    load.more(60);
    // It comes back where it was, and is found there: the other one may go.
    let first = again(&database, "goals", &one);
    eventually("both take calls", || (up(&door, "goals") == 2).then_some(()));
    drop(second);
    load.more(60);
    assert_eq!(load.end(), Vec::<String>::new());
    // Without any of it, that is said.
    drop(first);
    let token = door.server.register("ann@example.org");
    let (status, body) = door.server.get("/api/v1/goals", Some(&token));
    assert!(status == 503 || status == 502, "{status} {body}");
    assert_eq!(door.server.get("/api/v1/content/journal", Some(&token)).0, 200);
}

#[test]
fn a_service_of_which_nobody_says_where_it_is_has_no_instance() {
    let database = Place::postgres();
    let core = start(&database, "identity,content", "");
    let door = start(&database, "edge", &format!("identity={0},content={0}", core.mesh()));
    let token = door.server.register("ann@example.org");
    let (status, body) = door.server.get("/api/v1/goals", Some(&token));
    assert_eq!((status, &body["code"]), (503, &Value::from("service-unavailable")), "{body}");
    assert_eq!(door.server.get("/api/v1/content/journal", Some(&token)).0, 200);
    assert_eq!(door.server.get("/api/v1/nobodys", Some(&token)).1["code"], "not-found");
}

fn up(door: &Part, service: &str) -> usize {
    let services = get(&format!("{}/services", door.server.admin), None).1;
    let found = services["services"].as_array().unwrap().iter().find(|one| one["name"] == service).unwrap();
    found["instances"].as_array().unwrap().iter().filter(|one| one["health"] == "up").count()
}
