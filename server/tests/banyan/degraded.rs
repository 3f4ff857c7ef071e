//! A service that cannot go on takes nothing else with it. That each service can be stopped in turn is tested inside the server, where
//! the mesh is at hand; here one loses its database.

use serde_json::json;

use crate::database::postgres;
use crate::harness::{Place, eventually, get};
use crate::wire::{Request, Wire};

#[test]
fn a_service_whose_tables_are_away_fails_alone_and_comes_back() {
    let place = Place::postgres();
    let server = place.serve_with(&[], &[("LOG_LEVEL", "off")]);
    let token = server.register("ann@example.org");
    let mut wire = Wire::to(&server.url);
    let goal = || Request::post("/api/v1/goals", &json!({ "title": "Run" })).token(&token);
    assert_eq!(wire.ask(&goal()).status, 201);
    postgres(place.database_url(), "ALTER SCHEMA goals RENAME TO gone");
    for request in [goal(), Request::get("/api/v1/goals").token(&token), Request::get("/api/v1/habits").token(&token)] {
        let failed = wire.ask(&request);
        assert!(failed.status >= 500, "{failed:?}");
        assert_eq!(failed.is_a_problem(), Ok(()));
        assert!(!failed.body.to_string().contains("relation"), "what the database said is not the caller's affair: {failed:?}");
    }
    for path in
        ["/api/v1/content/journal", "/api/v1/content/feed", "/api/v1/users/profile", "/api/v1/auth/sessions", "/", "/docs"]
    {
        assert_eq!(wire.ask(&Request::get(path).token(&token)).status, 200, "{path}");
    }
    let entry = Request::post("/api/v1/content/journal", &json!({ "content": "Still here." })).token(&token);
    assert_eq!(wire.ask(&entry).status, 201);
    assert_eq!(get(&format!("{}/readyz", server.url), None).0, 200);
    postgres(place.database_url(), "ALTER SCHEMA gone RENAME TO goals");
    // A connection may still hold a statement that it prepared meanwhile; it is made again.
    let back = eventually("the service is back", || {
        let list = wire.ask(&Request::get("/api/v1/goals").token(&token));
        (list.status == 200).then_some(list)
    });
    assert_eq!(back.body["pagination"]["total"], 1, "{back:?}");
}
