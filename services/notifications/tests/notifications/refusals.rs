//! Who is refused: at every route, by enumeration.

use banyan_http::openapi::Access;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::Place;

/// Those that bring a signature or a sealed token instead of a log-in.
const OPEN: &[&str] = &["openUnsubscribePage", "unsubscribe", "tellBounces", "tellSmsAnswer"];

on_both_engines! {
    async fn an_anonymous_caller_is_refused_everywhere(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        for operation in banyan_notifications::service().operations() {
            if OPEN.contains(&operation.id.as_str()) {
                continue;
            }
            assert_eq!(operation.access, Access::SignedIn, "{operation:?}");
            let mut call = place.app.call(&bench.anonymous(), operation.method.clone(), &operation.example_path());
            if operation.method != Method::GET && operation.method != Method::DELETE {
                call = call.json(json!({}));
            }
            let answer = call.send().await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{operation:?} {answer:?}");
        }
    }

    async fn only_those_with_the_permission_tell_others_something(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        for operation in banyan_notifications::service().operations() {
            let is_for_operators = operation.path.starts_with("/api/v1/admin/") || operation.id == "sendNotification";
            if !is_for_operators {
                continue;
            }
            let mut call = place.app.call(&bench.user(), operation.method.clone(), &operation.example_path());
            if operation.method != Method::GET && operation.method != Method::DELETE {
                call = call.json(json!({}));
            }
            let answer = call.send().await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{operation:?} {answer:?}");
        }
    }
}
