//! Organisations and members.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, Person, secret};

const ORGANISATIONS: &str = "/api/v1/admin/organisations";

on_both_engines! {
    async fn a_member_carries_the_organisation_and_sees_it(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let maya = desk.register("maya@example.org").await;
        let made = desk.call(&admin, Method::POST, ORGANISATIONS, Some(json!({ "name": "Harbour Gym" }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let id = made.body["id"].as_str().unwrap();
        let member = format!("{ORGANISATIONS}/{id}/members/{}", maya.id);
        assert_eq!(desk.call(&admin, Method::PUT, &member, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.call(&admin, Method::PUT, &member, None).await.status, StatusCode::NO_CONTENT, "twice is as good as once");
        assert!(desk.try_caller(&maya.access).await.is_err(), "the token must say it");
        let maya = Person::of(&desk.refresh(&maya.refresh).await.body);
        assert_eq!(desk.caller(&maya.access).await.organisations[0].to_string(), id);
        let own = desk.get(&maya, "/api/v1/users/organisations").await;
        assert_eq!(own.body["data"][0]["name"], "Harbour Gym");
        let members = desk.get(&admin, &format!("{ORGANISATIONS}/{id}/members")).await;
        assert_eq!(members.body["data"][0]["userId"], maya.id.to_string());
        let stranger = desk.register("sam@example.org").await;
        assert_eq!(desk.get(&stranger, "/api/v1/users/organisations").await.body["data"], json!([]));
        assert_eq!(desk.call(&admin, Method::DELETE, &member, None).await.status, StatusCode::NO_CONTENT);
        assert!(desk.try_caller(&maya.access).await.is_err());
        assert_eq!(desk.call(&admin, Method::DELETE, &member, None).await.status, StatusCode::FORBIDDEN);
    }

    async fn two_editors_do_not_overwrite_each_other(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let made = desk.call(&admin, Method::POST, ORGANISATIONS, Some(json!({ "name": "Harbour Gym" }))).await;
        desk.call(&admin, Method::POST, ORGANISATIONS, Some(json!({ "name": "Hill Gym" }))).await;
        let path = format!("{ORGANISATIONS}/{}", made.body["id"].as_str().unwrap());
        let tag = desk.get(&admin, &path).await.header("etag").to_owned();
        let caller = desk.caller(&admin.access).await;
        let rename = |tag: &str, name: &str| {
            let call = desk.app.call(&caller, Method::PUT, &path).json(json!({ "name": name }));
            if tag.is_empty() { call.send() } else { call.header("if-match", tag).send() }
        };
        assert_eq!(rename("", "Port Gym").await.status, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(rename(&tag, "Hill Gym").await.code(), "already-exists");
        assert_eq!(rename(&tag, "Port Gym").await.status, StatusCode::OK);
        assert_eq!(rename(&tag, "Late Gym").await.status, StatusCode::PRECONDITION_FAILED);
        let list = desk.get(&admin, &format!("{ORGANISATIONS}?order=ASC")).await;
        let names: Vec<_> = list.body["data"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(names, ["Hill Gym", "Port Gym"]);
        assert_eq!(desk.call(&admin, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.get(&admin, &path).await.status, StatusCode::FORBIDDEN);
    }

    async fn an_invitation_leads_into_an_organisation(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let made = desk.call(&admin, Method::POST, ORGANISATIONS, Some(json!({ "name": "Harbour Gym" }))).await;
        let id = made.body["id"].as_str().unwrap();
        let body = json!({ "email": "dewi@example.org", "organisationId": id });
        assert_eq!(desk.call(&admin, Method::POST, "/api/v1/admin/invitations", Some(body)).await.status, StatusCode::CREATED);
        let token = secret(&desk.mails().await[0]);
        let accepted = desk.post("invitations/accept", json!({ "token": token, "password": PASSWORD })).await;
        assert_eq!(accepted.body["user"]["organisations"], json!([id]), "{accepted:?}");
        let dewi = Person::of(&accepted.body);
        assert_eq!(desk.caller(&dewi.access).await.organisations.len(), 1, "the first token counts");
        let unknown = json!({ "email": "x@example.org", "organisationId": desk.bench.new_id() });
        assert_eq!(desk.call(&admin, Method::POST, "/api/v1/admin/invitations", Some(unknown)).await.status, StatusCode::FORBIDDEN);
    }
}
