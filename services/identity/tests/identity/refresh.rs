//! Refresh tokens under concurrency, reuse, and time.

use std::collections::BTreeSet;

use banyan_testkit::on_both_engines;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;

use crate::support::{Desk, PASSWORD, Person};

on_both_engines! {
    async fn two_hundred_refreshes_of_one_token_yield_one_child(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let answers = join_all((0..200).map(|_| desk.refresh(&maya.refresh))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{:?}", answers.iter().find(|answer| answer.status != StatusCode::OK));
        let children: BTreeSet<String> = answers.iter().map(|answer| Person::of(&answer.body).refresh).collect();
        assert_eq!(children.len(), 1, "all get the same child");
        let child = children.first().unwrap();
        assert_ne!(*child, maya.refresh);
        let tokens: BTreeSet<String> = answers.iter().map(|answer| Person::of(&answer.body).access).collect();
        assert_eq!(tokens.len(), 200, "access tokens are each their own");
        assert_eq!(desk.refresh(child).await.status, StatusCode::OK);
    }

    async fn a_used_token_ends_the_session_after_its_grace(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let second = Person::of(&desk.refresh(&maya.refresh).await.body);
        desk.bench.clock.advance_seconds(10);
        let retry = desk.refresh(&maya.refresh).await;
        assert_eq!(Person::of(&retry.body).refresh, second.refresh, "within the grace window");
        desk.bench.clock.advance_seconds(1);
        let thief = desk.refresh(&maya.refresh).await;
        assert_eq!((thief.status, thief.code()), (StatusCode::UNAUTHORIZED, "invalid-token"));
        assert_eq!(desk.refresh(&second.refresh).await.status, StatusCode::UNAUTHORIZED, "the whole family is gone");
        assert!(desk.try_caller(&second.access).await.is_err(), "and its access tokens at once");
        let admin = desk.with_role(banyan_kernel::Role::Admin, "admin@example.org").await;
        assert!(desk.audited(&admin, maya.id).await.contains(&"session.refresh-reused".to_owned()));
    }

    async fn a_token_whose_child_was_used_has_no_grace(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let second = Person::of(&desk.refresh(&maya.refresh).await.body);
        let third = Person::of(&desk.refresh(&second.refresh).await.body);
        assert_eq!(desk.refresh(&maya.refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.refresh(&third.refresh).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn another_session_lives_on(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let tablet = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body);
        desk.refresh(&maya.refresh).await;
        desk.bench.clock.advance_seconds(11);
        assert_eq!(desk.refresh(&maya.refresh).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(desk.refresh(&tablet.refresh).await.status, StatusCode::OK);
    }

    async fn a_token_expires_after_thirty_days_without_use_and_the_session_after_half_a_year(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        desk.bench.clock.advance_seconds(30 * 86_400);
        assert_eq!(desk.refresh(&maya.refresh).await.status, StatusCode::UNAUTHORIZED);
        let mut token = Person::of(&desk.log_in("maya@example.org", PASSWORD).await.body).refresh;
        for _ in 0..7 {
            desk.bench.clock.advance_seconds(25 * 86_400);
            let answer = desk.refresh(&token).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            token = Person::of(&answer.body).refresh;
        }
        desk.bench.clock.advance_seconds(5 * 86_400);
        assert_eq!(desk.refresh(&token).await.status, StatusCode::UNAUTHORIZED, "180 days");
    }

    async fn nonsense_is_refused(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        for token in ["x", "bnr_x", maya.access.as_str(), &format!("{}x", maya.refresh)] {
            let answer = desk.refresh(token).await;
            let refused = answer.status == StatusCode::UNAUTHORIZED || answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            assert!(refused, "{answer:?}");
        }
        let answer = desk.post("refresh", json!({})).await;
        assert_eq!(answer.bad_fields(), ["refreshToken"]);
    }
}
