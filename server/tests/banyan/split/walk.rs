//! The core of every service, as a client of the front door meets it.

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::harness::{PASSWORD, Server, client, eventually};

pub(crate) fn whole(cluster: &Cluster) {
    let (ana, journal) = core(&cluster.door.server);
    languages(cluster, &ana);
    administrator(cluster, &journal);
    ends(cluster);
}

/// Gives who has done it, and the id of her journal.
pub(crate) fn core(door: &Server) -> (String, String) {
    let (ana, budi) = (door.register("ana@example.org"), door.register("budi@example.org"));
    let (status, journal) = door.post("/api/v1/content/journal", Some(&ana), &json!({ "content": "Ran five kilometres." }));
    assert_eq!(status, 201, "{journal}");
    let id = id_of(&journal);
    let journal = format!("/api/v1/content/journal/{id}");
    assert_eq!(door.get(&journal, Some(&ana)).0, 200);
    let (status, refused) = door.get(&journal, Some(&budi));
    assert_eq!((status, &refused["code"]), (403, &json!("forbidden")), "{refused}");
    let habit = json!({ "title": "Stretch", "schedule": { "type": "timesPerWeek", "times": 3 } });
    let (status, habit) = door.post("/api/v1/habits", Some(&ana), &habit);
    assert_eq!(status, 201, "{habit}");
    assert_eq!(door.post(&format!("/api/v1/habits/{}/check-ins", id_of(&habit)), Some(&ana), &json!({})).0, 201);
    let (status, goals) = door.get("/api/v1/goals", Some(&ana));
    assert_eq!((status, goals["data"].as_array().map(Vec::len)), (200, Some(0)), "{goals}");
    (ana, id)
}

fn languages(cluster: &Cluster, ana: &str) {
    let door = &cluster.door.server;
    for (language, words) in [("en-US", "Welcome to UpCoach"), ("id-ID", "Selamat Datang di UpCoach")] {
        let request = client().get(format!("{}/api/v1/content/landing", door.url)).header("Accept-Language", language);
        let mut response = request.call().unwrap();
        assert_eq!(response.headers()["content-language"], language);
        assert!(response.body_mut().read_to_string().unwrap().contains(words), "{language}");
    }
    assert_eq!(door.post("/api/v1/users/preferences", Some(ana), &json!({ "language": "id-ID" })).0, 200);
    // A process that has remembered who she is hears of it as of a revocation: within a second.
    eventually("her language is known everywhere", || {
        door.get("/api/v1/content/landing", Some(ana)).1.to_string().contains("Selamat Datang").then_some(())
    });
    let (status, problem) = door.post("/api/v1/content/voice-journal", Some(ana), &json!({ "transcription": "", "mood": 11 }));
    assert_eq!(status, 422, "{problem}");
}

/// Somebody whom the operators made sees by an override, with a reason; and a key of hers may do what its scopes allow.
fn administrator(cluster: &Cluster, journal: &str) {
    let door = &cluster.door.server;
    let who = ["--tenant", "upcoach", "--email", "rosa@example.org"];
    let arguments: Vec<&str> = ["user", "create"].into_iter().chain(who).chain(["--name", "Rosa", "--role", "admin"]).collect();
    cluster.operate(&arguments, PASSWORD);
    let rosa = door.log_in("rosa@example.org", PASSWORD);
    let path = format!("/api/v1/admin/content/{journal}");
    let seen = client().get(format!("{}{path}", door.url)).header("Authorization", format!("Bearer {rosa}"));
    let mut seen = seen.header("X-Reason", "support case 7").call().unwrap();
    let text = seen.body_mut().read_to_string().unwrap();
    assert!(seen.status() == 200 && text.contains("\"adminAccess\":true"), "{text}");
    let arguments: Vec<&str> =
        ["key", "create"].into_iter().chain(who).chain(["--name", "report", "--scope", "users.read"]).collect();
    let key = cluster.operate(&arguments, "");
    let with_key =
        |path: &str| client().get(format!("{}{path}", door.url)).header("X-Api-Key", key.trim()).call().unwrap().status();
    assert_eq!(with_key("/api/v1/admin/users"), 200, "the scope allows it");
    assert_eq!(with_key(&path), 403, "its owner may, the key may not");
}

/// A session that has ended counts nowhere a second later, in whichever process it ended.
fn ends(cluster: &Cluster) {
    let door = &cluster.door.server;
    let token = door.register("cia@example.org");
    assert_eq!(door.get("/api/v1/goals", Some(&token)).0, 200);
    let (status, body) = door.post("/api/v1/auth/logout", Some(&token), &json!({}));
    assert!(status < 300, "{status} {body}");
    eventually("the session has ended everywhere", || (door.get("/api/v1/goals", Some(&token)).0 == 401).then_some(()));
}

fn id_of(answer: &Value) -> String {
    let row = if answer["data"].is_object() { &answer["data"] } else { answer };
    row["id"]
        .as_str()
        .or_else(|| row["journal"]["id"].as_str())
        .or_else(|| first_id(row))
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

fn first_id(row: &Value) -> Option<&str> {
    row.as_object()?.values().find_map(|value| value["id"].as_str())
}
