//! Kept answers that are forgotten: who may say so, and that every process does it.

use std::time::Duration;

use banyan_gateway::{Follower, Purge, What};
use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::told::app;

const PURGES: &str = "/api/v1/gateway/cache/purges";

fn tag(name: &str) -> Purge {
    Purge { what: What::Tag, name: name.to_owned() }
}

on_both_engines! {
    async fn an_operator_has_answers_forgotten_and_it_is_written_down(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        let purge = json!({ "what": "tag", "name": "news", "why": "wrong prices" });
        let done = app.post(&caller, PURGES, purge.clone()).await;
        assert_eq!(done.status, StatusCode::OK, "{done:?}");
        assert_eq!(*told.purges.lock(), [tag("news")]);
        let audit = app.get(&caller, "/api/v1/admin/gateway/audit").await;
        let record = &audit.body["data"][0];
        assert_eq!((&record["action"], &record["detail"]["why"]), (&json!("gateway.cache.purged"), &json!("wrong prices")), "{audit:?}");
        assert_eq!(app.get(&caller, "/api/v1/gateway/cache").await.body["stats"]["hits"], 7);
        for other in [bench.user(), bench.anonymous()] {
            let refused = app.post(&other, PURGES, purge.clone()).await.status;
            assert!([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&refused), "{refused}");
        }
        for bad in [
            json!({}),
            json!({ "what": "all" }),
            json!({ "what": "tag" }),
            json!({ "what": "tag", "name": "a,b" }),
            json!({ "what": "tag", "name": "a b" }),
            json!({ "what": "address", "name": "example.org" }),
            json!({ "what": "prefix", "name": "/news" }),
            json!({ "what": "prefix", "name": "" }),
            json!({ "what": "prefix", "name": "e.org/".to_owned() + &"x".repeat(2_048) }),
            json!({ "what": "everything", "name": "news" }),
            json!({ "what": "everything", "why": " " }),
            json!({ "what": "everything", "more": 1 }),
        ] {
            let refused = app.call(&caller, Method::POST, PURGES).json(bad.clone()).send().await;
            assert!(refused.status.is_client_error(), "{bad}: {refused:?}");
        }
        assert_eq!(told.purges.lock().len(), 1);
    }

    async fn every_process_does_what_was_written_down_once(bench: Bench) {
        let (app, told) = app(&bench).await;
        let caller = bench.with_role(Role::Admin);
        banyan_gateway::purge(&app.host, caller.tenant, &tag("before"), None).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let following = Follower::begin(&app.host, caller.tenant, told.clone()).await.unwrap().run(stopped);
        let told = &told;
        let seen = async {
            let until = async |count: usize| {
                for _ in 0..2_000 {
                    if told.purges.lock().len() >= count {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            until(1).await;
            let everything = Purge { what: What::Everything, name: String::new() };
            for purge in [tag("after"), everything] {
                banyan_gateway::purge(&app.host, caller.tenant, &purge, Some("for the test")).await.unwrap();
            }
            until(3).await;
            stop.send(true).unwrap();
        };
        tokio::join!(following, seen);
        let names: Vec<String> = told.purges.lock().iter().map(|purge| purge.name.clone()).collect();
        assert_eq!(names, ["before", "after", ""]);
        let audit = app.get(&caller, "/api/v1/admin/gateway/audit").await;
        let acts = audit.body["data"].as_array().unwrap().iter().filter(|record| record["action"] == "gateway.cache.purged");
        let reasons: Vec<&Value> = acts.map(|record| &record["detail"]["why"]).filter(|why| !why.is_null()).collect();
        assert_eq!(reasons, ["for the test", "for the test"], "{audit:?}");
    }
}
