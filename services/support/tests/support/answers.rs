//! Answers that are sent again and again: the catalogues' and a tenant's own.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::json;

use crate::fixture::{Place, all};

const MINE: &str = "/api/v1/admin/support/answers/solved/id-ID";

on_both_engines! {
    async fn a_tenants_own_answer_takes_the_place_of_the_catalogues_until_it_is_removed(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (maya, admin) = (place.person(&bench, "Maya", Role::User), place.person(&bench, "Rosa", Role::Admin));
        let ticket = place.ticket(&maya, "question").await;
        let body = json!({ "title": "Beres", "body": "Halo { $name }!\n\n* { $reference } beres: { $details }" });
        let kept = place.app.call(&admin, Method::PUT, MINE).json(body).send().await;
        let tag = kept.header("etag").to_owned();
        assert_eq!(place.good(kept, StatusCode::OK).await["source"], "tenant");
        let send = async |body| place.app.post(&admin, &format!("{}/messages", all(&ticket)), body).await;
        let said = place.good(send(json!({ "answer": "solved", "details": "sudah" })).await, StatusCode::CREATED).await;
        let wanted = format!("Halo Maya!\n\n* {} beres: sudah", ticket["reference"].as_str().unwrap());
        assert_eq!((said["text"].as_str().unwrap(), &said["answer"]), (wanted.as_str(), &json!("solved")));
        let refused = send(json!({ "answer": "solved" })).await;
        assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["answer".to_owned()]));

        let again = json!({ "title": "Beres", "body": "Lain." });
        let other = place.app.call(&admin, Method::PUT, MINE).header("if-match", "\"x\"").json(again.clone()).send().await;
        assert_eq!(other.status, StatusCode::PRECONDITION_FAILED);
        let mine = place.app.call(&admin, Method::PUT, MINE).header("if-match", &tag).json(again).send().await;
        assert_eq!(place.good(mine, StatusCode::OK).await["version"], 2);

        assert_eq!(place.app.delete(&admin, MINE).await.status, StatusCode::NO_CONTENT);
        assert_eq!(place.app.delete(&admin, MINE).await.status, StatusCode::NO_CONTENT);
        let said = place.good(send(json!({ "answer": "solved", "details": "x" })).await, StatusCode::CREATED).await;
        assert!(said["text"].as_str().unwrap().starts_with("Yth. Maya,"), "{said}");
    }

    async fn texts_that_reach_beyond_themselves_are_refused(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let admin = bench.with_role(Role::Admin);
        for body in [
            "{ $password }", "{ -brand }", "{ landing-title }", "{ text }", "{ SHELL() }", "{", "{ $name", &"{ ".repeat(400),
            "{ $name ->\n [a] { $name ->\n [a] x\n }\n }",
        ] {
            let put = place.app.call(&admin, Method::PUT, MINE).json(json!({ "title": "x", "body": body })).send().await;
            assert_eq!((put.status, put.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["body".to_owned()]), "{body}: {put:?}");
        }
        for path in ["Solved/id-ID", "solved/xx", "solved/id-ID-x-private", "-/id-ID"] {
            let put = place.app.call(&admin, Method::PUT, &format!("/api/v1/admin/support/answers/{path}"));
            let put = put.json(json!({ "title": "x", "body": "x" })).send().await;
            assert_eq!(put.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {put:?}");
        }
        // Those who answer use them; those who run the place write them.
        let support = bench.with_role(Role::Support);
        let put = place.app.call(&support, Method::PUT, MINE).json(json!({ "title": "x", "body": "x" })).send().await;
        assert_eq!(put.status, StatusCode::FORBIDDEN);
        assert_eq!(place.app.delete(&support, MINE).await.status, StatusCode::FORBIDDEN);
    }

    async fn lists_and_previews_are_in_the_language_that_was_asked_for(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let agent = bench.with_role(Role::Support);
        let list = place.good(place.app.get(&agent, "/api/v1/admin/support/answers?locale=id-ID").await, StatusCode::OK).await;
        assert_eq!(list["pagination"]["total"], 12);
        assert!(list["data"].as_array().unwrap().iter().all(|one| one["locale"] == "id-ID" && one["source"] == "file"), "{list}");
        let draft = json!({ "locale": "id-ID", "title": "{ $subject }", "body": "{ DATETIME($deadline, dateStyle: \"long\") }" });
        let preview = place.app.post(&agent, "/api/v1/admin/support/answers/preview", draft).await;
        assert_eq!(place.good(preview, StatusCode::OK).await, json!({ "title": "Pertanyaan", "body": "17 Januari 2025" }));
        let unknown = json!({ "locale": "zz", "title": "x", "body": "x" });
        let refused = place.app.post(&agent, "/api/v1/admin/support/answers/preview", unknown).await;
        assert_eq!(refused.bad_fields(), ["locale"]);
    }
}
