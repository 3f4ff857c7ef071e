//! Sessions and who takes part in them.

use banyan_kernel::Caller;
use banyan_testkit::on_both_engines;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Place, SESSIONS, assert_hidden, assert_status, id_in, seat};

fn titles(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn a_session_goes_through_its_life(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let owner = bench.user();
        let made = place.app.post(&owner, SESSIONS, json!({ "title": "Move", "description": "To Bandung" })).await;
        assert_status(&made, StatusCode::CREATED);
        let session = made.header("location").to_owned();
        assert_eq!((&made.body["state"], &made.body["role"], &made.body["version"]), (&json!("active"), &json!("owner"), &json!(1)));
        let read = place.app.get(&owner, &session).await;
        assert_eq!(read.body, made.body);
        let cached = place.app.call(&owner, Method::GET, &session).header("if-none-match", read.header("etag")).send().await;
        assert_status(&cached, StatusCode::NOT_MODIFIED);

        let tag = read.header("etag").to_owned();
        let change = |tag: String, body: Value| place.app.call(&owner, Method::PATCH, &session).header("if-match", &tag).json(body).send();
        let changed = change(tag.clone(), json!({ "title": "Move to Bandung", "description": null })).await;
        assert_status(&changed, StatusCode::OK);
        assert_eq!((&changed.body["title"], &changed.body["description"], &changed.body["version"]), (&json!("Move to Bandung"), &json!(null), &json!(2)));
        assert_status(&change(tag, json!({ "title": "Lost" })).await, StatusCode::PRECONDITION_FAILED);

        let act = |what: &str| {
            let path = format!("{session}/{what}");
            let (place, owner) = (&place, &owner);
            async move { place.app.call(owner, Method::POST, &path).send().await }
        };
        for _ in 0..2 {
            assert_eq!(act("archive").await.body["state"], "archived");
        }
        assert_status(&place.app.patch(&owner, &session, json!({ "title": "No" })).await, StatusCode::CONFLICT);
        assert_status(&place.app.post(&owner, &format!("{session}/items"), json!({ "kind": "note", "value": 1 })).await, StatusCode::CONFLICT);
        assert_eq!(act("reopen").await.body["archivedAt"], json!(null));
        for _ in 0..2 {
            assert_eq!(act("end").await.body["state"], "ended");
        }
        assert_status(&act("reopen").await, StatusCode::CONFLICT);
        assert_status(&place.app.post(&owner, &format!("{session}/items"), json!({ "kind": "note", "value": 1 })).await, StatusCode::CONFLICT);
        let kinds: Vec<String> = place.events(&bench).await.into_iter().map(|(kind, _)| kind).filter(|kind| kind.starts_with("context.")).collect();
        assert_eq!(kinds, ["context.session.created", "context.session.ended"]);
    }

    async fn each_role_does_what_it_may_and_no_more(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, editor, viewer, stranger) = (bench.user(), bench.user(), bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &editor, "editor").await;
        place.share(&owner, &session, &viewer, "viewer").await;
        let item = json!({ "kind": "note", "value": "x" });
        for (caller, role, writes) in [(&owner, "owner", true), (&editor, "editor", true), (&viewer, "viewer", false)] {
            assert_eq!(place.read(caller, &session).await["role"], role);
            let everybody = place.read(caller, &format!("{session}/participants?orderBy=role&order=ASC")).await;
            let roles: Vec<&Value> = everybody["data"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
            assert_eq!(roles, ["editor", "owner", "viewer"], "all see who takes part");
            let added = place.app.post(caller, &format!("{session}/items"), item.clone()).await;
            let changed = place.app.patch(caller, &session, json!({ "description": role })).await;
            if writes {
                assert_status(&added, StatusCode::CREATED);
                assert_status(&changed, StatusCode::OK);
            } else {
                assert_hidden(&added);
                assert_hidden(&changed);
            }
            // Only the owner lets people in and takes them out, and ends it.
            if role != "owner" {
                assert_hidden(&place.put(caller, &seat(&session, &stranger), json!({ "role": "viewer" })).await);
                assert_hidden(&place.put(caller, &seat(&session, caller), json!({ "role": "editor" })).await);
                assert_hidden(&place.app.delete(caller, &seat(&session, &owner)).await);
                assert_hidden(&place.app.call(caller, Method::POST, &format!("{session}/end")).send().await);
            }
        }
        assert_hidden(&place.app.get(&stranger, &session).await);
        assert_status(&place.put(&owner, &seat(&session, &stranger), json!({ "role": "owner" })).await, StatusCode::CONFLICT);
        assert_status(&place.put(&owner, &seat(&session, &owner), json!({ "role": "viewer" })).await, StatusCode::CONFLICT);
        assert_status(&place.app.delete(&owner, &seat(&session, &owner)).await, StatusCode::CONFLICT);

        // Another role holds from the next call on, and so does none.
        place.share(&owner, &session, &editor, "viewer").await;
        assert_hidden(&place.app.post(&editor, &format!("{session}/items"), item.clone()).await);
        place.share(&owner, &session, &viewer, "editor").await;
        assert_status(&place.app.post(&viewer, &format!("{session}/items"), item).await, StatusCode::CREATED);
        assert_status(&place.app.delete(&owner, &seat(&session, &editor)).await, StatusCode::NO_CONTENT);
        assert_hidden(&place.app.get(&editor, &session).await);
        assert_status(&place.app.delete(&viewer, &seat(&session, &viewer)).await, StatusCode::NO_CONTENT);
        assert_hidden(&place.app.get(&viewer, &session).await);
        assert_status(&place.app.delete(&owner, &seat(&session, &viewer)).await, StatusCode::NO_CONTENT);
        let told = place.read(&owner, &format!("{session}/timeline?limit=100")).await;
        let actions: Vec<&str> = told["data"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
        for action in ["participant.left", "participant.removed", "participant.changed", "participant.added", "session.created"] {
            assert!(actions.contains(&action), "{action} {actions:?}");
        }
    }

    async fn a_session_is_handed_over_by_its_owner_alone(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, next) = (bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &next, "viewer").await;
        assert_hidden(&place.put(&next, &seat(&session, &next), json!({ "role": "owner" })).await);
        for _ in 0..2 {
            let handed = place.put(&owner, &seat(&session, &next), json!({ "role": "owner" })).await;
            // The second time it is somebody else's.
            assert!(handed.body["role"] == "owner" || handed.status == StatusCode::FORBIDDEN, "{handed:?}");
        }
        assert_eq!(place.read(&owner, &session).await["role"], "editor");
        assert_eq!(place.read(&next, &session).await["role"], "owner");
        place.note(&next, &session, "Mine").await;
        place.note(&owner, &session, "Still an editor").await;
        assert_hidden(&place.app.call(&owner, Method::POST, &format!("{session}/end")).send().await);
        assert_status(&place.app.delete(&next, &seat(&session, &owner)).await, StatusCode::NO_CONTENT);
        assert_hidden(&place.app.get(&owner, &session).await);
        let told = place.read(&next, &format!("{session}/timeline?limit=100")).await;
        let handed = told["data"].as_array().unwrap().iter().find(|one| one["action"] == "participant.changed").unwrap();
        assert_eq!((&handed["actorId"], &handed["objectId"]), (&json!(owner.user_id()), &json!(next.user_id())));
    }

    async fn lists_show_ones_own_sessions_by_state_and_role(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (one, two) = (bench.user(), bench.user());
        for title in ["First", "Second"] {
            bench.clock.advance_seconds(1);
            place.made(&one, SESSIONS, json!({ "title": title })).await;
        }
        bench.clock.advance_seconds(1);
        let shared = place.made(&two, SESSIONS, json!({ "title": "Shared" })).await;
        let shared = format!("{SESSIONS}/{}", shared["id"].as_str().unwrap());
        place.share(&two, &shared, &one, "viewer").await;
        assert_eq!(titles(&place.read(&one, SESSIONS).await), ["Shared", "Second", "First"]);
        assert_eq!(titles(&place.read(&one, &format!("{SESSIONS}?role=viewer")).await), ["Shared"]);
        assert_eq!(titles(&place.read(&one, &format!("{SESSIONS}?role=owner&orderBy=title&order=ASC&limit=1&page=2")).await), ["Second"]);
        assert_eq!(titles(&place.read(&two, SESSIONS).await), ["Shared"]);
        place.app.call(&two, Method::POST, &format!("{shared}/archive")).send().await;
        assert_eq!(titles(&place.read(&one, &format!("{SESSIONS}?state=archived")).await), ["Shared"]);
        assert_eq!(titles(&place.read(&bench.in_other_tenant(&one), SESSIONS).await).len(), 0);
        assert_eq!(place.app.get(&one, &format!("{SESSIONS}?role=king")).await.bad_fields(), ["role"]);
    }

    async fn realtime_is_told_who_may_listen_and_speak(bench: Bench) {
        let mut bench = bench;
        let place = Place::new(&mut bench).await;
        let (owner, editor, viewer) = (bench.user(), bench.user(), bench.user());
        let session = place.session(&owner).await;
        place.share(&owner, &session, &editor, "editor").await;
        place.share(&owner, &session, &viewer, "viewer").await;
        let path = banyan_contracts::realtime::access_path("session", id_in(&session));
        let access = async |caller: &Caller| place.read(caller, &path).await;
        let (none, listen, speak) = (
            json!({ "subscribe": false, "publish": false }),
            json!({ "subscribe": true, "publish": false }),
            json!({ "subscribe": true, "publish": true }),
        );
        assert_eq!((access(&owner).await, access(&editor).await, access(&viewer).await), (speak.clone(), speak, listen.clone()));
        for nobody in [bench.user(), bench.anonymous(), bench.in_other_tenant(&owner)] {
            assert_eq!(access(&nobody).await, none);
        }
        for no_id in ["x", "0190a5b0-0000-7000-8000-000000000000", "%00", "..%2f"] {
            let answer = place.app.get(&owner, &banyan_contracts::realtime::access_path("session", no_id)).await;
            assert_eq!((answer.status, answer.body), (StatusCode::OK, none.clone()), "{no_id}");
        }
        place.app.call(&owner, Method::POST, &format!("{session}/end")).send().await;
        assert_eq!(access(&owner).await, listen, "nothing is said in what is over");
        assert!(!banyan_context::service().paths().iter().any(|path| path.contains("internal")), "the door knows of it");
    }
}
