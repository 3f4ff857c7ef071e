//! Items, their versions, and those who write at once.

use std::collections::BTreeSet;

use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, assert_hidden, assert_status, path_in};

fn texts(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["value"]["text"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn an_item_keeps_its_versions_and_comes_back(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, editor) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &editor, "editor").await;
        let made = place.app.post(&owner, &format!("{session}/items"), json!({ "kind": "note", "title": "Plan", "value": { "text": "One" } })).await;
        assert_status(&made, StatusCode::CREATED);
        let item = made.header("location").to_owned();
        let first = place.app.get(&editor, &item).await;
        assert_eq!(first.body, made.body);

        // Nobody changes what they do not know.
        assert_status(&place.app.patch(&editor, &item, json!({ "value": 1 })).await, StatusCode::PRECONDITION_REQUIRED);
        bench.clock.advance_seconds(5);
        let changed = place.app.patch(&editor, &item, json!({ "version": 1, "value": { "text": "Two" }, "title": null })).await;
        assert_status(&changed, StatusCode::OK);
        assert_eq!((&changed.body["version"], &changed.body["title"], &changed.body["updatedBy"]), (&json!(2), &json!(null), &json!(editor.user_id())));
        let stale = place.app.patch(&owner, &item, json!({ "version": 1, "value": 1 })).await;
        assert_eq!((stale.status, &stale.body["presentVersion"]), (StatusCode::CONFLICT, &json!(2)));
        let stale = place.app.call(&owner, Method::PATCH, &item).header("if-match", first.header("etag")).header("accept-language", "id").json(json!({ "kind": "task" })).send().await;
        assert_eq!((stale.status, &stale.body["presentVersion"]), (StatusCode::CONFLICT, &json!(2)));
        assert!(stale.body["detail"].as_str().unwrap().contains("sekarang versi 2"), "{stale:?}");
        let by_tag = place.app.call(&owner, Method::PATCH, &item).header("if-match", changed.header("etag")).json(json!({ "value": [3] })).send().await;
        assert_eq!((by_tag.status, &by_tag.body["value"]), (StatusCode::OK, &json!([3])));
        let same = place.app.patch(&owner, &item, json!({ "version": 3, "value": [3] })).await;
        assert_eq!(same.body["version"], 3, "nothing has changed");

        assert_status(&place.app.call(&owner, Method::DELETE, &item).header("if-match", first.header("etag")).send().await, StatusCode::CONFLICT);
        assert_status(&place.app.delete(&owner, &item).await, StatusCode::NO_CONTENT);
        assert_hidden(&place.app.get(&owner, &item).await);
        assert_hidden(&place.app.patch(&owner, &item, json!({ "version": 4, "value": 1 })).await);
        assert_hidden(&place.app.delete(&owner, &item).await);
        assert_eq!(place.read(&owner, &format!("{session}/items")).await["pagination"]["total"], 0);
        assert_eq!(place.read(&owner, &format!("{session}/items?deleted=true")).await["pagination"]["total"], 1);
        for _ in 0..2 {
            let back = place.app.call(&editor, Method::POST, &format!("{item}/restore")).send().await;
            assert_eq!((back.status, &back.body["version"], &back.body["deletedAt"]), (StatusCode::OK, &json!(5), &json!(null)));
        }
        let versions = place.read(&owner, &format!("{item}/versions")).await;
        let seen: Vec<(i64, &str)> = versions["data"].as_array().unwrap().iter().map(|one| (one["version"].as_i64().unwrap(), one["change"].as_str().unwrap())).collect();
        assert_eq!(seen, [(5, "restored"), (4, "deleted"), (3, "updated"), (2, "updated"), (1, "created")]);
        assert!(versions["data"][0].get("value").is_none());
        assert_eq!(place.read(&owner, &format!("{item}/versions/2")).await["value"], json!({ "text": "Two" }));
        assert_hidden(&place.app.get(&owner, &format!("{item}/versions/9")).await);
    }

    async fn twenty_who_write_at_once_make_each_version_once(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        let item = path_in(&session, "items", &place.note(&owner, &session, "0").await);
        let mut writers = Vec::new();
        for _ in 0..20 {
            let writer = bench.user();
            place.share(&owner, &session, &writer, "editor").await;
            writers.push(writer);
        }
        let place = std::sync::Arc::new(place);
        let mut tasks = tokio::task::JoinSet::new();
        for (number, writer) in writers.into_iter().enumerate() {
            let (place, item) = (place.clone(), item.clone());
            tasks.spawn(async move {
                // Whoever is told of another version tries again with that one.
                let mut version = 1;
                for _ in 0..1_000 {
                    let answer = place.app.patch(&writer, &item, json!({ "version": version, "value": { "text": format!("by {number}") } })).await;
                    match answer.status {
                        StatusCode::OK => return answer.body["version"].as_i64().unwrap(),
                        StatusCode::CONFLICT => version = answer.body["presentVersion"].as_i64().unwrap(),
                        // PostgreSQL may give up on one of twenty; it is sent again.
                        _ => assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}"),
                    }
                }
                panic!("{number} never came through");
            });
        }
        let versions: BTreeSet<i64> = tasks.join_all().await.into_iter().collect();
        assert_eq!(versions, (2..=21).collect());
        let kept = place.read(&owner, &format!("{item}/versions?limit=100")).await;
        assert_eq!(kept["pagination"]["total"], 21);
        // And what happened has a number each, without gaps.
        let told = place.read(&owner, &format!("{session}/changes?after=0")).await;
        let numbers: Vec<i64> = told["changes"].as_array().unwrap().iter().map(|one| one["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
    }

    async fn a_search_finds_words_in_kind_title_and_value(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        for (kind, title, text) in [("note", "Anggaran", "Biaya PINDAH ke Bandung"), ("task", "Movers", "100% sure_thing"), ("note", "Ärger", "back\\slash")] {
            bench.clock.advance_seconds(1);
            place.made(&owner, &format!("{session}/items"), json!({ "kind": kind, "title": title, "value": { "text": text, "n": [1, { "deep": format!("in{kind}") }] } })).await;
        }
        let found = async |query: &str| {
            let page = place.read(&owner, &format!("{session}/items?{query}&order=ASC")).await;
            texts(&page).into_iter().map(|text| text.chars().next().unwrap()).collect::<String>()
        };
        assert_eq!(found("q=pindah").await, "B");
        assert_eq!(found("q=BANDUNG%20anggaran").await, "B", "all words, wherever they stand");
        assert_eq!(found("q=%C3%A4rger").await, "b", "capitals beyond ASCII, on both engines");
        assert_eq!(found("q=innote").await, "Bb");
        assert_eq!(found("q=%25").await, "1", "a sign of patterns is a sign");
        assert_eq!(found("q=e_t").await, "1");
        assert_eq!(found("q=%5C").await, "b");
        assert_eq!(found("kind=task").await, "1");
        assert_eq!(found("q=nothing").await, "");
        assert_eq!(place.app.get(&owner, &format!("{session}/items?kind=No%20kind")).await.bad_fields(), ["kind"]);
    }

    async fn what_is_no_item_is_refused_by_field(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        let large = "x".repeat(64 * 1024 - 1);
        for (body, fields) in [
            (json!({ "kind": "note" }), vec!["value"]),
            (json!({ "kind": "note", "value": null }), vec!["value"]),
            (json!({ "kind": "Note", "value": 1 }), vec!["kind"]),
            (json!({ "kind": "", "value": 1 }), vec!["kind"]),
            (json!({ "kind": "a".repeat(41), "value": 1 }), vec!["kind"]),
            (json!({ "kind": "note", "title": " ", "value": 1 }), vec!["title"]),
            (json!({ "kind": "note", "title": "a\nb", "value": 1 }), vec!["title"]),
            (json!({ "kind": "note", "value": large }), vec!["value"]),
            (json!({ "kind": "note", "value": { "a": "\u{0}" } }), vec!["value.a"]),
            (json!({ "kind": "note", "value": 1, "version": 1 }), vec!["version"]),
        ] {
            let answer = place.app.post(&owner, &format!("{session}/items"), body.clone()).await;
            let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, fields), "{answer:?}");
        }
        let repeated = place.app.call(&owner, Method::POST, &format!("{session}/items")).header("content-type", "application/json");
        let repeated = repeated.bytes(r#"{"kind":"note","value":{"a":1,"a":2}}"#).send().await;
        assert!(repeated.status.is_client_error(), "{repeated:?}");
        // As large as it may be, and as deep.
        let fits = place.app.post(&owner, &format!("{session}/items"), json!({ "kind": "note", "value": "x".repeat(64 * 1024 - 2) })).await;
        assert_status(&fits, StatusCode::CREATED);
        let deep = format!(r#"{{"kind":"note","value":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
        let deep = place.app.call(&owner, Method::POST, &format!("{session}/items")).header("content-type", "application/json").bytes(deep).send().await;
        assert_status(&deep, StatusCode::BAD_REQUEST);
        place.settle(&bench).await;
    }

    async fn the_same_request_again_makes_one_item(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let session = place.session(&owner).await;
        let send = || place.app.call(&owner, Method::POST, &format!("{session}/items")).header("idempotency-key", "k1").json(json!({ "kind": "note", "value": 1 })).send();
        let (one, two) = (send().await, send().await);
        assert_eq!((one.status, &one.body), (StatusCode::CREATED, &two.body));
        assert_eq!(place.read(&owner, &format!("{session}/items")).await["pagination"]["total"], 1);
    }
}
