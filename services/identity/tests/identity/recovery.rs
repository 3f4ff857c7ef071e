//! By mail: another password, and a confirmed address.

use banyan_testkit::on_both_engines;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Desk, PASSWORD, secret};

const NEW: &str = "warm oven bread";

on_both_engines! {
    async fn a_forgotten_password_is_replaced_by_mail(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        desk.mails().await;
        let asked = desk.post("password/forgot", json!({ "email": "Maya@example.org" })).await;
        assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
        let mails = desk.mails().await;
        let [mail] = &mails[..] else { panic!("{mails:?}") };
        let token = secret(mail);
        assert!(token.starts_with("bnp_"));
        let weak = desk.post("password/reset", json!({ "token": token, "password": "password1" })).await;
        assert_eq!(weak.code(), "weak-password");
        let reset = desk.post("password/reset", json!({ "token": token, "password": NEW })).await;
        assert_eq!(reset.status, StatusCode::NO_CONTENT, "{reset:?}");
        assert!(desk.try_caller(&maya.access).await.is_err(), "all sessions have ended");
        assert_eq!(desk.refresh(&maya.refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        let answer = desk.log_in("maya@example.org", NEW).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body["user"]["emailVerified"], true, "the mail was read");
        let again = desk.post("password/reset", json!({ "token": token, "password": NEW })).await;
        assert_eq!((again.status, again.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["token".to_owned()]));
    }

    async fn asking_for_an_unknown_address_looks_the_same_and_sends_nothing(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        let known = desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let unknown = desk.post("password/forgot", json!({ "email": "nobody@example.org" })).await;
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
        assert_eq!(desk.mails().await.len(), 1);
    }

    async fn only_so_many_mails_are_sent(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        for _ in 0..20 {
            assert_eq!(desk.post("password/forgot", json!({ "email": "maya@example.org" })).await.status, StatusCode::ACCEPTED);
        }
        assert_eq!(desk.mails().await.len(), 4);
    }

    async fn a_secret_expires_and_the_latest_alone_counts(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let first = secret(&desk.mails().await[0]);
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let second = secret(&desk.mails().await[0]);
        let reset = |token: &str| desk.post("password/reset", json!({ "token": token, "password": NEW }));
        assert_eq!(reset(&first).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        desk.bench.clock.advance_seconds(3_600);
        assert_eq!(reset(&second).await.status, StatusCode::UNPROCESSABLE_ENTITY, "an hour");
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.status, StatusCode::OK);
    }

    async fn of_ten_who_use_one_secret_at_once_one_succeeds(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        let answers = join_all((0..10).map(|_| desk.post("password/reset", json!({ "token": token, "password": NEW })))).await;
        let done = answers.iter().filter(|answer| answer.status == StatusCode::NO_CONTENT).count();
        assert_eq!(done, 1, "{answers:?}");
        assert!(answers.iter().all(|answer| !answer.status.is_server_error()), "{answers:?}");
    }

    async fn a_reset_opens_a_locked_account(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        desk.mails().await;
        for _ in 0..5 {
            desk.log_in("maya@example.org", "wrong").await;
        }
        assert_eq!(desk.log_in("maya@example.org", PASSWORD).await.code(), "account-locked");
        desk.post("password/forgot", json!({ "email": "maya@example.org" })).await;
        let token = secret(&desk.mails().await[0]);
        assert_eq!(desk.post("password/reset", json!({ "token": token, "password": NEW })).await.status, StatusCode::NO_CONTENT);
        assert_eq!(desk.log_in("maya@example.org", NEW).await.status, StatusCode::OK);
    }

    async fn a_verification_can_be_sent_again_and_used_twice(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let first = secret(&desk.mails().await[0]);
        let path = "/api/v1/auth/verify-email/resend";
        assert_eq!(desk.call(&maya, Method::POST, path, None).await.status, StatusCode::ACCEPTED);
        let second = secret(&desk.mails().await[0]);
        let verify = |token: &str| desk.post("verify-email", json!({ "token": token }));
        assert_eq!(verify(&first).await.status, StatusCode::UNPROCESSABLE_ENTITY, "replaced");
        assert_eq!(verify(&second).await.status, StatusCode::NO_CONTENT);
        assert_eq!(verify(&second).await.status, StatusCode::NO_CONTENT, "a mail program may have looked first");
        assert_eq!(desk.call(&maya, Method::POST, path, None).await.status, StatusCode::ACCEPTED);
        assert!(desk.mails().await.is_empty(), "confirmed already");
    }

    async fn secrets_of_one_kind_open_nothing_of_another(bench: Bench) {
        let desk = Desk::at(bench).await;
        desk.register("maya@example.org").await;
        let verify = secret(&desk.mails().await[0]);
        let forged = verify.replace("bnv_", "bnp_");
        for token in [verify.as_str(), &forged, "", "bnp_"] {
            let answer = desk.post("password/reset", json!({ "token": token, "password": NEW })).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        }
    }
}
