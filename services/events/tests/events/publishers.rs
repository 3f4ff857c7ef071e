//! Who says which types a program may publish.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

const PUBLISHERS: &str = "/api/v1/admin/events/publishers";

on_both_engines! {
    async fn those_who_manage_keys_declare_prefixes_and_take_them_back(bench: Bench) {
        let app = bench.app(banyan_event_door::service()).await;
        let admin = bench.with_role(Role::Admin);
        let account = bench.new_id();
        let new = json!({ "accountId": account, "prefix": "com.acme.shop" });
        let made = app.post(&admin, PUBLISHERS, new.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let again = app.post(&admin, PUBLISHERS, new.clone()).await;
        assert_eq!(again.body["id"], made.body["id"], "done again, it changes nothing");
        assert_eq!(app.get(&admin, PUBLISHERS).await.body["data"], json!([made.body.clone()]));
        for other in [bench.user(), bench.anonymous(), bench.with_role(Role::Service), bench.with_role(Role::Support)] {
            let path = format!("{PUBLISHERS}/{}", made.body["id"].as_str().unwrap());
            for refused in [
                app.post(&other, PUBLISHERS, new.clone()).await.status,
                app.get(&other, PUBLISHERS).await.status,
                app.call(&other, Method::DELETE, &path).send().await.status,
            ] {
                assert!([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&refused), "{refused}");
            }
        }
        for prefix in ["identity.user", "banyan.x", "com", "", "com..acme", "com.acme.*", "Com.Acme", &"a.".repeat(150)] {
            let refused = app.post(&admin, PUBLISHERS, json!({ "accountId": account, "prefix": prefix })).await;
            assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["prefix".to_owned()]), "{prefix}");
        }
        let elsewhere = bench.in_other_tenant(&admin);
        assert_eq!(app.get(&elsewhere, PUBLISHERS).await.body["data"], json!([]), "another tenant's are its own");
        let one = format!("{PUBLISHERS}/{}", made.body["id"].as_str().unwrap());
        assert_eq!(app.call(&elsewhere, Method::DELETE, &one).send().await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.call(&admin, Method::DELETE, &one).send().await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.call(&admin, Method::DELETE, &one).send().await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.get(&admin, PUBLISHERS).await.body["data"], json!([]));
    }
}
