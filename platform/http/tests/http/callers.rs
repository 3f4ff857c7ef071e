//! Who gets in.

use axum::Router;
use axum::routing::get;
use banyan_http::{Allowed, Language, Localized, SignedIn, Visitor, permit};
use banyan_kernel::{Caller, Role, Uuid};

use crate::support::{anonymous, from, get as get_request, indonesian, request_id, send, user};

fn router() -> Router {
    Router::new()
        .route("/visitor", get(|Visitor(caller): Visitor| async move { format!("{:?}", caller.user_id()) }))
        .route("/signed-in", get(|SignedIn(caller): SignedIn| async move { format!("{:?}", caller.user_id()) }))
        .route("/maybe", get(|caller: Option<SignedIn>| async move { if caller.is_some() { "somebody" } else { "nobody" } }))
        .route("/users", get(|allowed: Allowed<permit::UsersRead>| async move { format!("{:?}", allowed.caller.user_id()) }))
        .route("/language", get(|Language(locale): Language| async move { Localized(locale, locale.tag()) }))
}

async fn outcome(path: &str, caller: Caller) -> String {
    let answer = send(router(), from(caller, get_request(path))).await;
    if answer.status.is_success() { "200".to_owned() } else { answer.problem() }
}

#[tokio::test]
async fn doors_open_for_those_who_may() {
    let system = Caller::system(Uuid::from_u128(1), "goals", request_id());
    for (path, nobody, person, support) in [
        ("/visitor", "200", "200", "200"),
        ("/signed-in", "401 unauthenticated", "200", "200"),
        ("/users", "401 unauthenticated", "403 forbidden", "200"),
    ] {
        assert_eq!(outcome(path, anonymous()).await, nobody, "{path}");
        assert_eq!(outcome(path, user(Role::User)).await, person, "{path}");
        assert_eq!(outcome(path, user(Role::Support)).await, support, "{path}");
    }
    assert_eq!(outcome("/signed-in", system.clone()).await, "401 unauthenticated");
    assert_eq!(outcome("/users", system).await, "401 unauthenticated");
    assert_eq!(send(router(), from(anonymous(), get_request("/maybe"))).await.text(), "nobody");
    assert_eq!(send(router(), from(user(Role::User), get_request("/maybe"))).await.text(), "somebody");
}

#[tokio::test]
async fn without_a_caller_nobody_gets_in() {
    for path in ["/visitor", "/signed-in", "/users"] {
        assert_eq!(send(router(), get_request(path)).await.problem(), "500 internal", "{path}");
    }
}

#[tokio::test]
async fn a_401_asks_for_a_bearer_token() {
    let answer = send(router(), from(anonymous(), get_request("/signed-in"))).await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn localized_answers_say_so() {
    let answer = send(router(), indonesian(get_request("/language"))).await;
    assert_eq!((answer.text(), answer.header("content-language"), answer.header("vary")), ("id-ID", "id-ID", "accept-language"));
}
