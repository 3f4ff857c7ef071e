//! A person gets a copy of all that is held of them, in every service, and nothing of anybody else's.

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Place, get, on_both_engines};

const DATA: &str = "/api/v1/users/data";
/// More than one page of rows.
const MANY: usize = 230;

on_both_engines! {
    fn a_person_gets_a_copy_of_all_that_is_theirs_and_nothing_else(place: Place) {
        let server = place.serve_apart(&[]);
        let (ann, ben) = (server.register("ann@example.org"), server.register("ben@example.org"));
        for (token, who) in [(&ann, "Ann"), (&ben, "Ben")] {
            let said = |what: &str| format!("{what} of {who}, \"quoted\"\nand more");
            for (path, body) in [
                ("/api/v1/goals", json!({ "title": said("A goal").replace('\n', " ") })),
                ("/api/v1/content/journal", json!({ "content": said("An entry"), "mood": 7 })),
                ("/api/v1/support/tickets", json!({ "category": "data-copy", "subject": format!("A ticket of {who}"), "text": said("A question") })),
            ] {
                let (status, answer) = server.post(path, Some(token), &body);
                assert_eq!(status, 201, "{path}: {answer}");
            }
        }
        for number in 0..MANY {
            assert_eq!(server.post("/api/v1/tasks", Some(&ann), &json!({ "title": format!("Task {number}") })).0, 201);
        }
        // What another lets her see is not hers.
        let ann_id = server.get("/api/v1/users/profile", Some(&ann)).1["id"].as_str().unwrap().to_owned();
        assert_eq!(server.post("/api/v1/goals/grants", Some(&ben), &json!({ "granteeId": ann_id, "kinds": ["goals"] })).0, 201);

        let (status, copy) = server.get(DATA, Some(&ann));
        assert_eq!(status, 200, "{copy}");
        assert_eq!(copy["user"], json!(ann_id));
        let rows = |service: &str, table: &str| copy["services"][service][table].as_array().unwrap_or_else(|| panic!("{service}.{table}: {copy}")).clone();
        assert_eq!(rows("identity", "users")[0]["email"], "ann@example.org");
        assert_eq!(rows("identity", "sessions").len(), 1);
        assert_eq!(rows("goals", "tasks").len(), MANY);
        assert_eq!(rows("goals", "goals").len(), 1, "not the one that Ben lets her see");
        assert_eq!(rows("goals", "goals")[0]["milestones"], json!([]));
        assert_eq!(rows("content", "journals")[0]["content"], "An entry of Ann, \"quoted\"\nand more");
        assert_eq!(rows("content", "journals")[0]["mood"], 7);
        assert_eq!(rows("support", "messages").len(), 1);
        assert_eq!(rows("notifications", "phones"), [] as [Value; 0]);
        let text = copy.to_string();
        assert!(!text.contains("Ben") && !text.contains("ben@example.org"), "{text}");
        assert!(!text.to_lowercase().contains("hash") && !text.contains("argon2"), "no digests: {text}");

        // Where somebody acts for her, it is not told.
        let key = server.post("/api/v1/keys", Some(&ann), &json!({ "name": "mine" })).1;
        let (status, problem) = get(&format!("{}{DATA}", server.url), key["secret"].as_str());
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
        assert_eq!(server.get(DATA, None).0, 401);
        let create = ["user", "create", "--tenant", "upcoach", "--email", "owner@example.org", "--role", "owner", "--name", "Olga"];
        place.run_with_input(&create, &format!("{PASSWORD}\n")).good();
        let owner = server.log_in("owner@example.org", PASSWORD);
        let (status, copy) = server.get(DATA, Some(&owner));
        assert_eq!(status, 200);
        let text = copy.to_string();
        assert!(text.contains("Olga") && !text.contains("Ann") && !text.contains("ann@example.org"), "an owner's copy is of the owner: {text}");
        let internal = format!("/internal/people/{ann_id}/copy?table=0");
        assert_eq!(server.get(&internal, Some(&owner)).0, 404, "the door knows no such path");
        let audited = "SELECT COUNT(*) FROM audit WHERE action = 'user.data-copied'";
        assert_eq!(crate::database::look(&place, "identity", audited), ["2"]);
    }
}
