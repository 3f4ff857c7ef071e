//! A newcomer finds something of their own in each service, in their language, where the application has it.

use serde_json::{Value, json};

use crate::database::look;
use crate::harness::{PASSWORD, Place, Server, client, eventually, on_both_engines};

fn ask(server: &Server, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> (u16, Value) {
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", server.url));
    request = request.header("x-tenant", "fittracker").header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(body.map(Value::to_string).unwrap_or_default()).unwrap();
    let mut response = client().run(request).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The secret of a mail that was written to a file.
fn secret(place: &Place, to: &str) -> Option<String> {
    for file in std::fs::read_dir(place.data().join("mail")).ok()? {
        // Another one may be on its way to its place.
        let Ok(mail) = std::fs::read_to_string(file.unwrap().path()) else { continue };
        let mail = mail.replace("=\r\n", "").replace("=3D", "=");
        if mail.contains(to)
            && let Some((_, rest)) = mail.split_once("verify-email?token=")
        {
            return rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next().map(str::to_owned);
        }
    }
    None
}

on_both_engines! {
    fn a_newcomer_finds_a_first_goal_and_a_first_entry_in_their_language(place: Place) {
        let server = place.serve();
        let post = |path: &str, token: Option<&str>, body: Value| ask(&server, "POST", path, token, Some(&body));
        let get = |path: &str, token: &str| ask(&server, "GET", path, Some(token), None).1;
        for (email, language) in [("ann@example.org", None), ("budi@example.org", Some("id-ID"))] {
            let body = json!({ "email": email, "password": PASSWORD, "name": "Somebody" });
            let (status, welcome) = post("/api/v1/auth/register", None, body);
            assert_eq!(status, 201, "{welcome}");
            let token = welcome["accessToken"].as_str().unwrap().to_owned();
            if let Some(language) = language {
                let body = json!({ "language": language });
                assert_eq!(ask(&server, "POST", "/api/v1/users/preferences", Some(&token), Some(&body)).0, 200);
            }
            let secret = eventually("a mail", || secret(&place, email));
            assert_eq!(get("/api/v1/goals", &token)["pagination"]["total"], 0, "not before the address is known to be theirs");
            assert_eq!(post("/api/v1/auth/verify-email", None, json!({ "token": secret })).0, 204);
            let goal = eventually("a first goal", || get("/api/v1/goals", &token)["data"].get(0).cloned());
            let entry = eventually("a first entry", || get("/api/v1/content/journal", &token)["data"].get(0).cloned());
            let (title, content) = (goal["title"].as_str().unwrap(), entry["content"].as_str().unwrap());
            match language {
                None => assert!(title.starts_with("Train") && content.starts_with("Welcome to"), "{title} {content}"),
                Some(_) => assert!(title.starts_with("Berlatih") && content.starts_with("Selamat datang"), "{title} {content}"),
            }
            assert_eq!(get("/api/v1/goals", &token)["pagination"]["total"], 1);
        }
        let sagas: Value = serde_json::from_str(&place.run(&["saga", "list", "--json"]).good()).unwrap();
        assert_eq!(sagas.as_array().unwrap().len(), 2, "{sagas}");
        assert!(sagas.as_array().unwrap().iter().all(|saga| saga["name"] == "welcome-newcomer"), "{sagas}");
        // An application that gives nothing starts nothing.
        server.register("carl@example.org");
        let mail = eventually("a mail", || secret(&place, "carl@example.org"));
        assert_eq!(server.post("/api/v1/auth/verify-email", None, &json!({ "token": mail })).0, 204);
        let consumers = || place.run(&["events", "consumers", "--json"]).good();
        eventually("it is handled", || {
            let states: Value = serde_json::from_str(&consumers()).unwrap();
            states.as_array().unwrap().iter().all(|state| state["lag"] == 0).then_some(())
        });
        let sagas: Value = serde_json::from_str(&place.run(&["saga", "list", "--json"]).good()).unwrap();
        assert_eq!(sagas.as_array().unwrap().len(), 2, "{sagas}");
    }

    fn where_it_cannot_go_on_what_was_given_is_taken_back_unless_it_is_theirs_by_now(place: Place) {
        let server = place.serve_with(&[], &[("LOG_LEVEL", "off")]);
        let post = |path: &str, token: Option<&str>, body: Value| ask(&server, "POST", path, token, Some(&body));
        let get = |path: &str, token: &str| ask(&server, "GET", path, Some(token), None);
        let newcomer = |email: &str| {
            let body = json!({ "email": email, "password": PASSWORD, "name": "Somebody" });
            let token = post("/api/v1/auth/register", None, body).1["accessToken"].as_str().unwrap().to_owned();
            let secret = eventually("a mail", || secret(&place, email));
            assert_eq!(post("/api/v1/auth/verify-email", None, json!({ "token": secret })).0, 204);
            let entry = eventually("a first entry", || get("/api/v1/content/journal", &token).1["data"].get(0).cloned());
            (token, entry["id"].as_str().unwrap().to_owned())
        };
        // The journal is given first; goals has no table to give anything from.
        look(&place, "goals", "ALTER TABLE goals RENAME TO gone");
        let (ann, anns_entry) = newcomer("ann@example.org");
        let (budi, budis_entry) = newcomer("budi@example.org");
        let change = json!({ "content": "I came, and I stay." });
        let (status, changed) = ask(&server, "PATCH", &format!("/api/v1/content/journal/{anns_entry}"), Some(&ann), Some(&change));
        assert_eq!(status, 200, "{changed}");
        let sagas = || -> Vec<Value> { serde_json::from_str(&place.run(&["saga", "list", "--json"]).good()).unwrap() };
        let started = sagas();
        assert_eq!(started.len(), 2, "{started:?}");
        for saga in &started {
            assert_eq!((&saga["name"], &saga["state"]), (&json!("welcome-newcomer"), &json!("running")), "{saga}");
            place.run(&["saga", "compensate", saga["id"].as_str().unwrap()]).good();
        }
        look(&place, "goals", "ALTER TABLE gone RENAME TO goals");
        eventually("both are undone", || sagas().iter().all(|saga| saga["state"] == "compensated").then_some(()));
        assert_eq!(get(&format!("/api/v1/content/journal/{anns_entry}"), &ann).1["content"], "I came, and I stay.");
        // What is not there and what is not theirs is answered alike.
        assert_eq!(get(&format!("/api/v1/content/journal/{budis_entry}"), &budi).0, 403);
        assert_eq!(get("/api/v1/content/journal", &budi).1["pagination"]["total"], 0);
        for token in [&ann, &budi] {
            assert_eq!(get("/api/v1/goals", token).1["pagination"]["total"], 0);
        }
    }
}
