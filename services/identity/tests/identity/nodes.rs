//! Several processes on one database, and one that starts again.

use std::time::Duration;

use banyan_identity::Identity;
use banyan_store::EngineKind;
use banyan_testkit::{Bench, on_both_engines};
use http::Method;
use serde_json::json;
use tokio::sync::watch;

use crate::support::{Desk, tenant};

on_both_engines! {
    async fn what_ended_stays_ended_after_a_restart(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let sam = desk.register("sam@example.org").await;
        desk.call(&maya, Method::POST, "/api/v1/auth/logout", None).await;
        desk.identity.set_roles(&desk.tenant.name, "sam@example.org", [banyan_kernel::Role::Coach].into_iter().collect()).await.unwrap();
        let restarted = Identity::open(&desk.app.host).await.unwrap();
        assert!(restarted.authenticate(&maya.access).await.is_err());
        assert!(restarted.authenticate(&sam.access).await.is_err());
    }
}

/// Two nodes exist on PostgreSQL only; there, an act on one counts on the other within its round of half a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_on_one_node_counts_on_the_other() {
    let desk = Desk::at(Bench::on(EngineKind::Postgres).await).await;
    let maya = desk.register("maya@example.org").await;
    let other = Identity::open(&desk.app.host).await.unwrap();
    let mut tenants = other.watch_tenants();
    let remembered = other.authenticate(&maya.access).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(other.clone().run(stopped));

    let body = json!({ "language": "id-ID" });
    desk.call(&maya, Method::POST, "/api/v1/users/preferences", Some(body)).await;
    while remembered.language().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(remembered.language().as_deref(), Some("id-ID"));

    let key = desk.call(&maya, Method::POST, "/api/v1/keys", Some(json!({ "name": "one" }))).await;
    let by_key = other.authenticate(key.body["secret"].as_str().unwrap()).await.unwrap();
    let path = format!("/api/v1/keys/{}", key.body["apiKey"]["id"].as_str().unwrap());
    desk.call(&maya, Method::DELETE, &path, None).await;
    while !by_key.is_revoked() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    desk.call(&maya, Method::POST, "/api/v1/auth/logout", None).await;
    while !remembered.is_revoked() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    desk.identity.create_tenant(&tenant("gym")).await.unwrap();
    tenants.changed().await.unwrap();
    assert!(other.tenant_named("gym").is_some());

    stop.send(true).unwrap();
    running.await.unwrap();
}
