//! Logging in: constant answers and locks.

use std::net::IpAddr;

use banyan_http::ClientAddress;
use banyan_testkit::{Answer, on_both_engines};
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Desk, PASSWORD};

/// An answer without what differs from request to request.
fn bare(answer: &Answer) -> (StatusCode, Value) {
    let mut body = answer.body.clone();
    body["requestId"] = Value::Null;
    (answer.status, body)
}

on_both_engines! {
    async fn the_right_password_opens_a_session(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let answer = desk.log_in("Maya@Example.org", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.body["user"]["id"], maya.id.to_string());
        let token = answer.body["accessToken"].as_str().unwrap();
        assert_eq!(desk.caller(token).await.user_id(), Some(maya.id));
    }

    async fn unknown_wrong_disabled_and_without_a_password_are_answered_alike(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.register("off@example.org").await;
        desk.identity.set_status(&desk.tenant.name, "off@example.org", banyan_identity::Status::Disabled).await.unwrap();
        let admin = desk.with_role(banyan_kernel::Role::Admin, "admin@example.org").await;
        let made = json!({ "email": "invited@example.org", "name": "Invited" });
        assert_eq!(desk.call(&admin, Method::POST, "/api/v1/admin/users", Some(made)).await.status, StatusCode::CREATED);
        let wrong = desk.log_in("maya@example.org", "wrong").await;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNAUTHORIZED, "invalid-credentials"));
        for (email, password) in [
            ("nobody@example.org", PASSWORD),
            ("off@example.org", PASSWORD),
            ("invited@example.org", ""),
            ("invited@example.org", PASSWORD),
            ("not an address", PASSWORD),
            ("maya@example.org\u{0}", PASSWORD),
        ] {
            let answer = desk.log_in(email, password).await;
            if password.is_empty() || email.contains('\0') {
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
                continue;
            }
            assert_eq!(bare(&answer), bare(&wrong), "{email}");
            assert_eq!(answer.header("retry-after"), "");
        }
    }

    async fn a_lock_grows_and_ends_and_is_the_same_for_nobody(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        let mut seen = Vec::new();
        for email in ["maya@example.org", "nobody@example.org"] {
            let mut answers = Vec::new();
            for _ in 0..5 {
                answers.push(desk.log_in(email, "wrong").await);
            }
            assert!(answers.iter().all(|answer| answer.status == StatusCode::UNAUTHORIZED), "{answers:?}");
            let locked = desk.log_in(email, PASSWORD).await;
            assert_eq!((locked.status, locked.code(), locked.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "account-locked", "15"));
            seen.push(bare(&locked));
        }
        assert_eq!(seen[0], seen[1], "a lock does not tell who has an account");
        desk.bench.clock.advance_seconds(15);
        assert_eq!(desk.log_in("maya@example.org", "wrong").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.header("retry-after"), "30", "doubled");
        desk.bench.clock.advance_seconds(30);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK);
        for _ in 0..4 {
            assert_eq!(desk.log_in("maya@example.org", "wrong").await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK, "a log-in forgets failures");
    }

    async fn a_burst_of_guesses_is_answered_no_more_often_than_one_after_the_other(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        // The right one is among the guesses, late.
        let guesses = (0..30).map(|number| desk.log_in("maya@example.org", if number == 29 { PASSWORD } else { "wrong" }));
        let answers = join_all(guesses).await;
        let told = |status: StatusCode| answers.iter().filter(|answer| answer.status == status).count();
        let (wrong, right) = (told(StatusCode::UNAUTHORIZED), told(StatusCode::OK));
        // Several processes may take it first. A log-in forgets the failures before it, of which there were four at most.
        assert!((5..=5 + 4 * right).contains(&wrong), "{wrong} {right}");
        assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
    }

    async fn an_address_that_fails_often_is_locked_for_all_accounts(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        let from = |address: &str, email: String, password: &str| {
            let address: IpAddr = address.parse().unwrap();
            let call = desk.app.call(&desk.nobody(), Method::POST, "/api/v1/auth/login").extension(ClientAddress(address));
            call.json(json!({ "email": email, "password": password })).send()
        };
        for number in 0..50 {
            assert_eq!(from("203.0.113.7", format!("user{number}@example.org"), "wrong").await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(from("203.0.113.7", "maya@example.org".into(), PASSWORD).await.code(), "account-locked");
        assert_eq!(from("203.0.113.8", "maya@example.org".into(), PASSWORD).await.status, StatusCode::OK);
        for number in 0..60 {
            assert_eq!(from("127.0.0.1", format!("user{number}@example.net"), "wrong").await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(from("127.0.0.1", "maya@example.org".into(), PASSWORD).await.status, StatusCode::OK, "a proxy is not a person");
        desk.bench.clock.advance_seconds(2);
        assert_eq!(from("203.0.113.7", "maya@example.org".into(), PASSWORD).await.status, StatusCode::OK);
    }

    async fn a_storm_is_turned_away_before_it_starves_others(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        let storm = (0..200).map(|number| {
            let email = format!("user{number}@example.org");
            let desk = &desk;
            async move { desk.log_in(&email, "wrong").await }
        });
        let answers = join_all(storm).await;
        let busy: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE).collect();
        assert!(!busy.is_empty() && busy.iter().all(|answer| answer.code() == "overloaded" && answer.header("retry-after") == "1"));
        let told = answers.iter().filter(|answer| answer.status == StatusCode::UNAUTHORIZED).count();
        assert!(told >= 64, "the queue was served: {told}");
        assert_eq!(told + busy.len(), 200);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK, "and it is over");
    }
}
