//! A text's way from draft to publication, and what is refused on it.

use banyan_kernel::{Caller, Role};
use banyan_testkit::{Answer, App, Bench, on_both_engines};
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) const BASE: &str = "/api/v1/admin/translations";

pub(crate) fn path(key: &str) -> String {
    format!("{BASE}/messages/id-ID/{key}")
}

pub(crate) async fn app(bench: &Bench) -> App {
    bench.app(banyan_translations::service()).await
}

pub(crate) async fn propose(app: &App, caller: &Caller, key: &str, text: &str, tag: Option<&str>) -> Answer {
    let call = app.call(caller, Method::PUT, &path(key)).json(json!({ "text": text }));
    match tag {
        Some(tag) => call.header("if-match", tag).send().await,
        None => call.send().await,
    }
}

/// The step with the tag of the latest state.
pub(crate) async fn step(app: &App, caller: &Caller, key: &str, step: &str, body: Option<Value>) -> Answer {
    let tag = app.get(caller, &path(key)).await.header("etag").to_owned();
    let call = app.call(caller, Method::POST, &format!("{}/{step}", path(key))).header("if-match", &tag);
    match body {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

/// Written by one, approved by another.
pub(crate) async fn approved(app: &App, bench: &Bench, key: &str, text: &str) {
    let (writer, reviewer) = (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer));
    let tag = app.get(&writer, &path(key)).await.header("etag").to_owned();
    let proposed = propose(app, &writer, key, text, Some(tag.as_str()).filter(|tag| !tag.is_empty())).await;
    assert!(proposed.status.is_success(), "{proposed:?}");
    assert_eq!(step(app, &writer, key, "request-review", None).await.status, StatusCode::OK);
    let done = step(app, &reviewer, key, "approve", None).await;
    assert_eq!((done.status, &done.body["state"]), (StatusCode::OK, &json!("approved")), "{done:?}");
}

pub(crate) async fn publish(app: &App, caller: &Caller) -> Answer {
    app.call(caller, Method::POST, &format!("{BASE}/publications"))
        .header("x-reason", "a test")
        .json(json!({ "locale": "id-ID" }))
        .send()
        .await
}

pub(crate) async fn roll_back(app: &App, caller: &Caller, number: i64) -> Answer {
    app.post(caller, &format!("{BASE}/publications/roll-back"), json!({ "locale": "id-ID", "number": number })).await
}

on_both_engines! {
    async fn a_text_goes_from_draft_to_publication_and_back(bench: Bench) {
        let app = app(&bench).await;
        let (writer, reviewer, publisher) =
            (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer), bench.with_role(Role::Publisher));
        let before = app.get(&writer, &path("landing-title")).await;
        assert_eq!((&before.body["state"], &before.body["version"], before.header("etag")), (&json!("shipped"), &json!(0), ""));
        assert_eq!(before.body["source"], "Welcome to UpCoach", "{before:?}");
        let proposed = propose(&app, &writer, "landing-title", "Selamat datang  di { \"UpCoach\" }", None).await;
        assert_eq!((proposed.status, &proposed.body["state"]), (StatusCode::CREATED, &json!("draft")), "{proposed:?}");
        assert_eq!(proposed.body["shown"], "Selamat Datang di UpCoach", "what people see stays");
        let early = step(&app, &reviewer, "landing-title", "approve", None).await;
        assert_eq!((early.status, &early.body["state"]), (StatusCode::CONFLICT, &json!("draft")));
        assert_eq!(step(&app, &writer, "landing-title", "request-review", None).await.body["state"], "review");
        let reason = json!({ "reason": "Use a capital letter." });
        let rejected = step(&app, &reviewer, "landing-title", "reject", Some(reason)).await;
        assert_eq!(rejected.body["state"], "draft");
        let tag = rejected.header("etag").to_owned();
        let again = propose(&app, &writer, "landing-title", "Selamat Datang!", Some(&tag)).await;
        assert_eq!((again.status, &again.body["version"]), (StatusCode::OK, &json!(4)), "{again:?}");
        step(&app, &writer, "landing-title", "request-review", None).await;
        assert_eq!(publish(&app, &publisher).await.status, StatusCode::CONFLICT, "nothing is approved yet");
        assert_eq!(step(&app, &reviewer, "landing-title", "approve", None).await.status, StatusCode::OK);
        let published = publish(&app, &publisher).await;
        assert_eq!(published.status, StatusCode::CREATED, "{published:?}");
        assert_eq!((&published.body["number"], &published.body["texts"], &published.body["why"]), (&json!(1), &json!(1), &json!("a test")));
        let shown = app.get(&writer, &path("landing-title")).await;
        assert_eq!((&shown.body["state"], &shown.body["shown"]), (&json!("published"), &json!("Selamat Datang!")));
        let steps = app.get(&writer, &format!("{}/steps?order=ASC", path("landing-title"))).await;
        let acts: Vec<&str> = steps.body["data"].as_array().unwrap().iter().map(|one| one["act"].as_str().unwrap()).collect();
        let mut wanted = ["proposed", "review-requested", "rejected", "proposed", "review-requested", "approved", "published"];
        let mut found = acts.clone();
        // Those of one moment are in no order.
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        let rolled = roll_back(&app, &publisher, 0).await;
        assert_eq!((&rolled.body["number"], &rolled.body["texts"], &rolled.body["restoredFrom"]), (&json!(2), &json!(0), &json!(0)), "{rolled:?}");
        let back = app.get(&writer, &path("landing-title")).await;
        assert_eq!((&back.body["state"], &back.body["shown"]), (&json!("review"), &json!("Selamat Datang di UpCoach")));
        assert_eq!(roll_back(&app, &publisher, 1).await.body["texts"], 1);
        assert_eq!(roll_back(&app, &publisher, 9).await.bad_fields(), ["number"]);
        let list = app.get(&writer, &format!("{BASE}/publications?locale=id-ID")).await;
        assert_eq!((&list.body["pagination"]["total"], &list.body["data"][0]["number"]), (&json!(3), &json!(3)));
        let admin = bench.with_role(Role::Admin);
        let audit = app.get(&admin, &format!("{BASE}/audit?limit=100")).await.body.to_string();
        for action in ["translation.approved", "translation.rejected", "translations.published", "translations.rolled-back"] {
            assert!(audit.contains(action), "{action}: {audit}");
        }
    }

    async fn nobody_approves_their_own_work(bench: Bench) {
        let app = app(&bench).await;
        let author = bench.with_role(Role::Publisher);
        propose(&app, &author, "landing-title", "Selamat Datang!", None).await;
        step(&app, &author, "landing-title", "request-review", None).await;
        let own = app.call(&author, Method::POST, &format!("{}/approve", path("landing-title")))
            .header("if-match", "*").header("accept-language", "id").send().await;
        assert_eq!((own.status, own.code()), (StatusCode::FORBIDDEN, "forbidden"), "{own:?}");
        assert!(own.body["detail"].as_str().unwrap().contains("penulisnya sendiri"), "{own:?}");
        assert_eq!(step(&app, &bench.with_role(Role::Reviewer), "landing-title", "approve", None).await.status, StatusCode::OK);
    }

    async fn of_two_translators_the_second_is_told(bench: Bench) {
        let app = app(&bench).await;
        let (one, two) = (bench.with_role(Role::Translator), bench.with_role(Role::Translator));
        let first = tokio::join!(
            propose(&app, &one, "landing-title", "Satu", None),
            propose(&app, &two, "landing-title", "Dua", None)
        );
        let mut statuses = [first.0.status.as_u16(), first.1.status.as_u16()];
        statuses.sort_unstable();
        assert!(statuses == [201, 412] || statuses == [201, 428], "{statuses:?}");
        let tag = app.get(&one, &path("landing-title")).await.header("etag").to_owned();
        let next = tokio::join!(
            propose(&app, &one, "landing-title", "Tiga", Some(&tag)),
            propose(&app, &two, "landing-title", "Empat", Some(&tag))
        );
        let mut statuses = [next.0.status.as_u16(), next.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        assert_eq!(propose(&app, &one, "landing-title", "Lima", None).await.status, StatusCode::PRECONDITION_REQUIRED);
    }

    async fn hostile_texts_are_refused_with_a_reason(bench: Bench) {
        let app = app(&bench).await;
        let writer = bench.with_role(Role::Translator);
        for (text, code) in [
            ("{ $unknown }".to_owned(), "values"),
            ("Halo\n.title = x".to_owned(), "parts"),
            ("{ landing-title }".to_owned(), "circle"),
            ("{ gone }".to_owned(), "dangling"),
            ("{ $a ->".to_owned(), "syntax"),
            ("{ ".repeat(200), "too-complex"),
        ] {
            let refused = propose(&app, &writer, "landing-title", &text, None).await;
            assert_eq!((refused.status, refused.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["text".to_owned()]), "{refused:?}");
            assert_eq!(refused.body["errors"][0]["code"], code, "{refused:?}");
        }
        let long = propose(&app, &writer, "landing-title", &"x".repeat(10_001), None).await;
        assert_eq!(long.bad_fields(), ["text"]);
        let unknown = propose(&app, &writer, "no-such-message", "x", None).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
        for (locale, field) in [("xx-XX", "locale"), ("id_ID", "locale"), ("..", "locale")] {
            let answer = app.get(&writer, &format!("{BASE}/messages?locale={locale}")).await;
            assert_eq!(answer.bad_fields(), [field], "{answer:?}");
        }
        let other = app.get(&writer, &format!("{BASE}/messages?locale=id-ID&application=fittracker")).await;
        assert_eq!(other.bad_fields(), ["application"], "a tenant's people work for their tenant");
    }

    async fn each_does_what_their_role_allows(bench: Bench) {
        let app = app(&bench).await;
        let list = format!("{BASE}/messages?locale=id-ID");
        for stranger in [bench.user(), bench.with_role(Role::Support), bench.with_role(Role::Coach), bench.with_role(Role::Service)] {
            assert_eq!(app.get(&stranger, &list).await.status, StatusCode::FORBIDDEN);
            assert_eq!(propose(&app, &stranger, "landing-title", "x", None).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(app.get(&bench.anonymous(), &list).await.status, StatusCode::UNAUTHORIZED);
        let (translator, reviewer) = (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer));
        approved(&app, &bench, "landing-title", "Halo").await;
        assert_eq!(step(&app, &translator, "landing-title", "approve", None).await.status, StatusCode::FORBIDDEN);
        for role in [&translator, &reviewer] {
            assert_eq!(publish(&app, role).await.status, StatusCode::FORBIDDEN);
            assert_eq!(roll_back(&app, role, 0).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(publish(&app, &bench.with_role(Role::Owner)).await.status, StatusCode::CREATED);
        // Another tenant sees nothing of it.
        let other = bench.in_other_tenant(&bench.with_role(Role::Publisher));
        assert_eq!(app.get(&other, &path("landing-title")).await.body["version"], 0);
        assert_eq!(app.get(&other, &format!("{BASE}/publications?locale=id-ID")).await.body["pagination"]["total"], 0);
    }

    async fn lists_are_searched_and_counted(bench: Bench) {
        let app = app(&bench).await;
        let writer = bench.with_role(Role::Translator);
        let all = app.get(&writer, &format!("{BASE}/messages?locale=id-ID&limit=1&order=ASC&orderBy=key")).await;
        let total = all.body["pagination"]["total"].as_u64().unwrap();
        assert!(total > 300, "{all:?}");
        let found = app.get(&writer, &format!("{BASE}/messages?locale=id-ID&search=welcome%20to%20upcoach")).await;
        assert!(found.body["pagination"]["total"].as_u64().unwrap() >= 1, "{found:?}");
        propose(&app, &writer, "landing-title", "Halo", None).await;
        let drafts = app.get(&writer, &format!("{BASE}/messages?locale=id-ID&state=draft")).await;
        assert_eq!((&drafts.body["pagination"]["total"], &drafts.body["data"][0]["key"]), (&json!(1), &json!("landing-title")));
        let report = app.get(&writer, &format!("{BASE}/report")).await;
        let of = |locale: &str| report.body["data"].as_array().unwrap().iter().find(|line| line["locale"] == locale).cloned().unwrap();
        let indonesian = of("id-ID");
        assert_eq!((&indonesian["percent"], &indonesian["draft"], indonesian["messages"].as_u64()), (&json!(100), &json!(1), Some(total)), "{report:?}");
        assert_eq!(indonesian["whole"], true, "{report:?}");
        assert_eq!(of("en-US")["missing"], 0);
    }

    async fn memory_and_glossary_help(bench: Bench) {
        let app = app(&bench).await;
        let (writer, reviewer) = (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer));
        approved(&app, &bench, "landing-title", "Selamat datang di UpCoach").await;
        let help = app.get(&writer, &format!("{}/suggestions", path("landing-title"))).await;
        let first = &help.body["suggestions"][0];
        assert_eq!((&first["text"], &first["likeness"], &first["origin"]), (&json!("Selamat datang di UpCoach"), &json!(100), &json!("memory")), "{help:?}");
        let term = json!({ "locale": "id-ID", "term": "Welcome", "translation": "selamat datang" });
        assert_eq!(app.post(&writer, &format!("{BASE}/glossary"), term.clone()).await.status, StatusCode::FORBIDDEN);
        let added = app.post(&reviewer, &format!("{BASE}/glossary"), term.clone()).await;
        assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
        assert_eq!(app.post(&reviewer, &format!("{BASE}/glossary"), term).await.bad_fields(), ["term"]);
        let tag = app.get(&writer, &path("landing-title")).await.header("etag").to_owned();
        let warned = propose(&app, &writer, "landing-title", "Halo UpCoach", Some(&tag)).await;
        assert_eq!(warned.body["warnings"][0]["translation"], "selamat datang", "{warned:?}");
        let fine = propose(&app, &writer, "landing-title", "Selamat Datang di UpCoach", Some(warned.header("etag"))).await;
        assert_eq!(fine.body["warnings"], Value::Null);
        let help = app.get(&writer, &format!("{}/suggestions", path("landing-title"))).await;
        assert_eq!(help.body["glossary"][0]["term"], "Welcome");
        let id = added.body["id"].as_str().unwrap();
        assert_eq!(app.delete(&reviewer, &format!("{BASE}/glossary/{id}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.delete(&reviewer, &format!("{BASE}/glossary/{id}")).await.status, StatusCode::FORBIDDEN);
    }

    async fn a_tenants_glossary_begins_with_the_words_of_the_house(bench: Bench) {
        let app = app(&bench).await;
        let (writer, reviewer) = (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer));
        let house = app.get(&writer, &format!("{BASE}/glossary/house?locale=id-ID&limit=100")).await;
        let words = house.body["data"].as_array().unwrap();
        let password = words.iter().find(|word| word["term"] == "password").unwrap();
        assert_eq!((&password["translation"], &password["avoid"][0]), (&json!("kata sandi"), &json!("password")), "{house:?}");
        assert_eq!(app.get(&bench.with_role(Role::User), &format!("{BASE}/glossary/house")).await.status, StatusCode::FORBIDDEN);
        let key = "weak-password-title";
        let source = app.get(&writer, &path(key)).await;
        assert!(source.body["source"].as_str().unwrap().to_lowercase().contains("password"), "{source:?}");
        let help = app.get(&writer, &format!("{}/suggestions", path(key))).await;
        assert!(help.body["glossary"].as_array().unwrap().iter().any(|word| word["term"] == "password"), "{help:?}");
        let warned = propose(&app, &writer, key, "Password terlalu lemah", None).await;
        assert_eq!((&warned.body["warnings"][0]["translation"], &warned.body["warnings"][0]["avoided"]), (&json!("kata sandi"), &json!("password")), "{warned:?}");
        let own = json!({ "locale": "id-ID", "term": "Password", "translation": "sandi" });
        assert_eq!(app.post(&reviewer, &format!("{BASE}/glossary"), own).await.status, StatusCode::CREATED);
        let fine = propose(&app, &writer, key, "Sandi terlalu lemah", Some(warned.header("etag"))).await;
        assert_eq!(fine.body["warnings"], Value::Null, "the tenant's own word goes before the house's: {fine:?}");
    }

    async fn a_publication_is_made_once_for_a_key(bench: Bench) {
        let app = app(&bench).await;
        let publisher = bench.with_role(Role::Publisher);
        approved(&app, &bench, "landing-title", "Halo").await;
        let path = format!("{BASE}/publications");
        let make = || app.call(&publisher, Method::POST, &path).header("idempotency-key", "once").json(json!({ "locale": "id-ID" })).send();
        let (first, second) = (make().await, make().await);
        assert_eq!((first.status, &first.body), (StatusCode::CREATED, &second.body), "{second:?}");
    }
}
