//! Templates in a tenant's own words, by language, with their history.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::app;

const MINE: &str = "/api/v1/admin/content/templates/three-good-things/id-ID";

on_both_engines! {
    async fn a_tenants_own_text_is_shown_in_its_language_alone_until_it_is_taken_back(bench: Bench) {
        let app = app(&bench).await;
        let (maya, admin) = (bench.user(), bench.with_role(Role::Admin));
        let title = async |language: &str| {
            let call = app.call(&maya, Method::GET, "/api/v1/content/templates?limit=100").header("accept-language", language);
            let page = call.send().await;
            let found = page.body["data"].as_array().unwrap().iter().find(|one| one["id"] == "three-good-things").unwrap().clone();
            found["title"].as_str().unwrap().to_owned()
        };
        let before = (title("id").await, title("en").await);
        let put = app.call(&admin, Method::PUT, MINE).json(json!({ "title": "Tiga syukur di { $brand }", "body": "Tuliskan tiga." })).send().await;
        assert_eq!(put.status, StatusCode::OK, "{put:?}");
        let tag = put.header("etag").to_owned();
        assert_eq!((title("id").await, title("en").await), ("Tiga syukur di UpCoach".to_owned(), before.1.clone()));
        let feed = app.call(&maya, Method::GET, "/api/v1/content/feed?limit=100").header("accept-language", "id").send().await;
        assert_eq!(feed.status, StatusCode::OK);

        let stale = app.call(&admin, Method::PUT, MINE).header("if-match", "\"x\"").json(json!({ "title": "x", "body": "x" })).send().await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let next = app.call(&admin, Method::PUT, MINE).header("if-match", &tag).json(json!({ "title": "Lagi", "body": "Lagi." })).send().await;
        assert_eq!(next.body["number"], 2, "{next:?}");
        for _ in 0..2 {
            assert_eq!(app.delete(&admin, MINE).await.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(title("id").await, before.0);
        let history = app.get(&admin, &format!("{MINE}/history")).await;
        let titles: Vec<&Value> = history.body["data"].as_array().unwrap().iter().map(|one| &one["title"]).collect();
        assert_eq!(titles, [&json!(null), &json!("Lagi"), &json!("Tiga syukur di { $brand }")]);
        assert!(history.body["data"][0]["authorId"] == json!(admin.user_id().unwrap()));
        let list = app.get(&admin, "/api/v1/admin/content/templates?locale=id-ID&limit=100").await;
        assert!(list.body["data"].as_array().unwrap().iter().all(|one| one["source"] == "file"), "{list:?}");
    }

    async fn another_tenant_reads_the_applications_own(bench: Bench) {
        let app = app(&bench).await;
        let admin = bench.with_role(Role::Admin);
        let put = app.call(&admin, Method::PUT, MINE).json(json!({ "title": "Milik kami", "body": "x" })).send().await;
        assert_eq!(put.status, StatusCode::OK);
        let elsewhere = bench.in_other_tenant(&admin);
        let list = app.get(&elsewhere, "/api/v1/admin/content/templates?locale=id-ID&limit=100").await;
        assert!(!list.body.to_string().contains("Milik kami"), "{list:?}");
    }

    async fn texts_that_reach_beyond_themselves_are_refused(bench: Bench) {
        let app = app(&bench).await;
        let admin = bench.with_role(Role::Admin);
        for (title, body, field) in [
            ("{ $name }", "x", "title"),
            ("x", "{ landing-title }", "body"),
            ("x", "{ -brand }", "body"),
            ("x", "{ $brand", "body"),
            ("x", &*"{ ".repeat(300), "body"),
        ] {
            let put = app.call(&admin, Method::PUT, MINE).json(json!({ "title": title, "body": body })).send().await;
            assert_eq!((put.status, put.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec![field.to_owned()]), "{body}: {put:?}");
        }
        let other = "/api/v1/admin/content/templates/no-such/id-ID";
        let put = app.call(&admin, Method::PUT, other).json(json!({ "title": "x", "body": "x" })).send().await;
        assert_eq!(put.status, StatusCode::NOT_FOUND);
        let draft = json!({ "locale": "id-ID", "title": "Di { $brand }", "body": "* satu\n* dua" });
        let preview = app.post(&admin, "/api/v1/admin/content/templates/preview", draft).await;
        assert_eq!(preview.body, json!({ "title": "Di UpCoach", "body": "* satu\n* dua" }));
        assert_eq!(app.post(&bench.user(), "/api/v1/admin/content/templates/preview", json!({})).await.status, StatusCode::FORBIDDEN);
    }
}
