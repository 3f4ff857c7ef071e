//! A service that is stopped takes nothing else with it: each in turn, with every other one still answering.

use std::collections::BTreeMap;
use std::sync::Arc;

use banyan_edge::{Listen, Sockets};
use banyan_store::EngineKind;
use banyan_testkit::TestDatabase;
use http::Method;
use serde_json::{Value, json};

use crate::data::DataDirectory;
use crate::house::House;
use crate::settings::{Flags, Loaded, Sources, Variables, load};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_service_degrades_only_itself_on_sqlite() {
    each_service_in_turn(EngineKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_service_degrades_only_itself_on_postgres() {
    each_service_in_turn(EngineKind::Postgres).await;
}

async fn each_service_in_turn(kind: EngineKind) {
    let database = TestDatabase::new(kind).await;
    let loaded = settings(&database);
    let data = DataDirectory::open_or_create(&loaded.data).unwrap();
    let house = Arc::new(House::open(&loaded, &data, banyan_store::migrate::Upkeep::Migrate).await.unwrap());
    let listen = Listen { public: loaded.settings.general.listen, tls: None, admin: None };
    let (_, running) = super::open_door(&loaded, &house, Sockets::default(), listen).unwrap();
    let client = Client::new(format!("http://{}", running.local_addr()));
    let before = client.look(&house);
    assert!(before.len() > 10, "{} calls", before.len());
    assert!(before.values().all(|(status, _)| *status < 500), "{before:?}");
    for room in &house.rooms {
        let name = room.service.name;
        let service = house.mesh.service(name).unwrap();
        service.stop();
        let health = client.get("/health").1;
        assert_eq!((&health["status"], &health["degraded"]), (&json!("degraded"), &json!([name])), "{health}");
        let stopped = (503, json!("service-unavailable"));
        for ((owner, path), answer) in client.look(&house) {
            let expected = if owner == name { &stopped } else { &before[&(owner, path.clone())] };
            assert_eq!(&answer, expected, "{path} while `{name}` is stopped");
        }
        service.resume();
        assert_eq!(client.look(&house), before, "after `{name}` went on");
        assert_eq!(client.get("/health").1["status"], "up");
    }
}

fn settings(database: &TestDatabase) -> Loaded {
    let folder = database.directory();
    let mut values = BTreeMap::from([
        ("data", folder.join("data").to_string_lossy().into_owned()),
        ("listen", "127.0.0.1:0".to_owned()),
        ("admin_listen", "off".to_owned()),
    ]);
    if let Some(url) = database.postgres_url() {
        values.insert("database.url", url.to_owned());
    }
    let flags = Flags { config: None, values };
    // One person asks more than anybody may.
    let variables = Variables::new([("BANYAN_RATE_LIMITS".into(), "off".into())]);
    load(&Sources { flags: &flags, variables: &variables, working_directory: folder }).unwrap()
}

/// Every call that reads, names no row, comes to an end and needs one service, with that service.
fn reads(house: &House) -> impl Iterator<Item = (&'static str, String)> {
    house.rooms.iter().flat_map(|room| {
        // A copy of a person's data asks all services.
        let ends = |path: &str| !path.contains('{') && !path.ends_with("/stream") && path != "/api/v1/users/data";
        let reads = room.service.operations().into_iter().filter(move |call| call.method == Method::GET && ends(&call.path));
        reads.map(|call| (room.service.name, call.path))
    })
}

/// Somebody who is signed in. The door has threads of its own, so the test may wait for its answers.
struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

impl Client {
    fn new(url: String) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let who = json!({ "email": "ann@example.org", "password": "three grey herons wade", "name": "Ann" });
        let welcome =
            agent.post(format!("{url}/api/v1/auth/register")).send_json(&who).unwrap().body_mut().read_to_string().unwrap();
        let welcome: Value = serde_json::from_str(&welcome).unwrap();
        Self { agent, url, token: welcome["accessToken"].as_str().unwrap().to_owned() }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let request = self.agent.get(format!("{}{path}", self.url)).header("authorization", format!("Bearer {}", self.token));
        let mut response = request.call().unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    /// The status of each call, and what its problem is called.
    fn look(&self, house: &House) -> BTreeMap<(&'static str, String), (u16, Value)> {
        let answer = |path: &str| {
            let (status, body) = self.get(path);
            (status, if status < 400 { Value::Null } else { body["code"].clone() })
        };
        reads(house).map(|(owner, path)| ((owner, path.clone()), answer(&path))).collect()
    }
}
