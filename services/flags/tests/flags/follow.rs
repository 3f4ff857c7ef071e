//! Another process follows, and a start without a store has what was kept.

use std::sync::Arc;

use banyan_features::{Context, LocalFlags};
use banyan_flags::{FlagsTenant, Follower, Part, Shared, Surroundings};
use banyan_kernel::Role;
use banyan_testkit::{App, Bench, eventually, on_both_engines};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{app, flag};

/// A follower of another process of the installation.
async fn other(app: &App, bench: &Bench, change: impl FnOnce(&mut Surroundings)) -> (Shared, Follower) {
    let shared = Shared::default();
    let mut host = app.host.clone();
    host.resources.insert(shared.clone());
    host.resources.insert(LocalFlags::new(shared.features.clone(), "production", host.clock.clone()));
    let application = app.host.applications.default_application().clone();
    let tenant = FlagsTenant { id: bench.tenant, name: application.name().to_owned(), application };
    let mut surroundings =
        Surroundings { directory: None, bootstrap: None, tenants: Arc::new(move || vec![tenant.clone()]), part: Part::Serves };
    change(&mut surroundings);
    (shared, Follower::begin(&host, surroundings).await)
}

on_both_engines! {
    async fn another_process_follows(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let caller = bench.with_role(Role::Admin);
        let (shared, follower) = other(&app, &bench, |_| {}).await;
        let on = |key: &str| shared.features.get(bench.tenant, "production").is_some_and(|flags| flags.enabled(key, &Context::of_user("ann")));
        assert!(on("voice-journal"), "what the manifest says is there before anybody asked");
        let (stop, stopped) = watch::channel(false);
        let following = tokio::spawn(follower.run(stopped));
        let path = flag(&app, &caller, "f", json!({ "enabled": true })).await;
        eventually("a new flag is not heard of", async || on("f")).await;
        app.post(&caller, &format!("{path}/kill"), Value::Null).await;
        eventually("it is not killed elsewhere", async || !on("f")).await;
        let made = app.post(&caller, "/api/v1/admin/flag-tokens", json!({ "name": "x", "kind": "client", "environment": "production" })).await;
        let secret = made.body["secret"].as_str().unwrap();
        let clock = &*app.host.clock;
        eventually("a token is not known elsewhere", async || shared.tokens.verify(secret, clock).is_some()).await;
        app.delete(&caller, &format!("/api/v1/admin/flag-tokens/{}", made.body["token"]["id"].as_str().unwrap())).await;
        eventually("a revoked token counts elsewhere", async || shared.tokens.verify(secret, clock).is_none()).await;
        stop.send(true).unwrap();
        following.await.unwrap();
        let usage = app.get(&caller, &format!("{path}/usage")).await;
        assert!(usage.body["no"].as_i64().unwrap() > 0, "what it evaluated is written at its end: {usage:?}");
    }

    async fn what_was_kept_counts_where_nothing_else_is_known(bench: Bench) {
        let mut bench = bench;
        let (app, _) = app(&mut bench).await;
        let folder = bench.database.directory().join("kept");
        let (_, follower) = other(&app, &bench, |around| around.directory = Some(folder.clone())).await;
        let (stop, stopped) = watch::channel(false);
        stop.send(true).unwrap();
        drop(stop);
        follower.run(stopped).await;
        let kept = banyan_flags::kept_snapshots(&folder);
        let production = kept.iter().find(|snapshot| &**snapshot.environment() == "production").unwrap();
        assert!(production.enabled("voice-journal", &Context::default()) && production.tenant() == bench.tenant);
        std::fs::write(folder.join("broken.json"), "{").unwrap();
        assert_eq!(banyan_flags::kept_snapshots(&folder).len(), kept.len(), "a broken one hinders no other");
        let bootstrap = folder.join("bootstrap");
        std::fs::write(&bootstrap, json!({ "staging": { "version": 2, "features": [{ "name": "early", "enabled": true }] } }).to_string()).unwrap();
        let (shared, _follower) = other(&app, &bench, |around| around.bootstrap = Some(bootstrap)).await;
        assert!(shared.features.get(bench.tenant, "staging").unwrap().enabled("early", &Context::default()));
    }
}
