//! Invitations.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Desk, PASSWORD, Person, secret};

const INVITATIONS: &str = "/api/v1/admin/invitations";

async fn invite(desk: &Desk, admin: &Person, body: Value) -> Value {
    let answer = desk.call(admin, Method::POST, INVITATIONS, Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.body
}

on_both_engines! {
    async fn somebody_is_invited_and_comes_in_with_the_roles(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let invitation = invite(&desk, &admin, json!({ "email": "dewi@example.org", "name": "Dewi", "roles": ["user", "coach"] })).await;
        assert_eq!(invitation["status"], "pending");
        assert!(!invitation.to_string().contains("bni_"), "the secret is in the mail only");
        let mail = desk.mails().await.remove(0);
        assert!(mail.subject.contains("invited"), "{}", mail.subject);
        let body = json!({ "token": secret(&mail), "password": PASSWORD, "name": "Dewi Anggraini" });
        let accepted = desk.post("invitations/accept", body.clone()).await;
        assert_eq!(accepted.status, StatusCode::OK, "{accepted:?}");
        let user = &accepted.body["user"];
        assert_eq!((&user["name"], &user["roles"], &user["emailVerified"]), (&json!("Dewi Anggraini"), &json!(["user", "coach"]), &json!(true)));
        assert_eq!(desk.post("invitations/accept", body).await.bad_fields(), ["token"], "once");
        let list = desk.get(&admin, &format!("{INVITATIONS}?status=accepted")).await;
        assert_eq!(list.body["pagination"]["total"], 1);
        assert!(desk.mails().await.is_empty(), "no further confirmation is asked for");
    }

    async fn of_five_who_accept_at_once_one_comes_in(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        invite(&desk, &admin, json!({ "email": "dewi@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        let answers = join_all((0..5).map(|_| desk.post("invitations/accept", json!({ "token": token, "password": PASSWORD })))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
    }

    async fn a_revoked_or_late_invitation_opens_nothing(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let invitation = invite(&desk, &admin, json!({ "email": "dewi@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        let path = format!("{INVITATIONS}/{}", invitation["id"].as_str().unwrap());
        assert_eq!(desk.call(&admin, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.call(&admin, Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT, "twice is as good as once");
        let accept = |token: &str| desk.post("invitations/accept", json!({ "token": token, "password": PASSWORD }));
        assert_eq!(accept(&token).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        invite(&desk, &admin, json!({ "email": "dewi@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        desk.bench.clock.advance_seconds(7 * 86_400);
        assert_eq!(accept(&token).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn who_is_there_or_invited_is_not_invited_again(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        desk.register("maya@example.org").await;
        let there = desk.call(&admin, Method::POST, INVITATIONS, Some(json!({ "email": "maya@example.org" }))).await;
        assert_eq!((there.status, there.code()), (StatusCode::CONFLICT, "already-exists"));
        invite(&desk, &admin, json!({ "email": "dewi@example.org" })).await;
        let again = desk.call(&admin, Method::POST, INVITATIONS, Some(json!({ "email": "dewi@example.org" }))).await;
        assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "conflict"));
        let owner = desk.call(&admin, Method::POST, INVITATIONS, Some(json!({ "email": "x@example.org", "roles": ["owner"] }))).await;
        assert_eq!(owner.status, StatusCode::FORBIDDEN);
    }

    async fn who_registered_in_the_meantime_keeps_the_account(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        invite(&desk, &admin, json!({ "email": "dewi@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        desk.register("dewi@example.org").await;
        let answer = desk.post("invitations/accept", json!({ "token": token, "password": "warm oven bread" })).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "already-exists"));
        assert_eq!(desk.log_in("dewi@example.org", PASSWORD).await.status, StatusCode::OK);
    }
}
