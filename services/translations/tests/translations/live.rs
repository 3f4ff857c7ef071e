//! What is published reaches the catalogues of a process that follows, and stays there without the store.

use banyan_kernel::{Role, Uuid};
use banyan_locale::{Args, Locale};
use banyan_testkit::{App, on_both_engines};
use banyan_translations::Follower;
use http::Method;
use serde_json::json;

use crate::workflow::{BASE, app, approved, publish, roll_back};

fn title(app: &App, tenant: Uuid) -> String {
    let messages = app.host.catalogues.messages(Some("upcoach"), Locale::id_id()).of_tenant(tenant);
    messages.find("landing-title", &Args::new()).unwrap().into_owned()
}

on_both_engines! {
    async fn a_publication_is_seen_without_a_restart_and_so_is_a_roll_back(bench: Bench) {
        let app = app(&bench).await;
        if app.is_split() {
            return;
        }
        let publisher = bench.with_role(Role::Publisher);
        let mut follower = Follower::new(&app.host, Uuid::from_u128(99));
        follower.round().await;
        assert_eq!(title(&app, bench.tenant), "Selamat Datang di UpCoach");
        approved(&app, &bench, "landing-title", "Halo").await;
        publish(&app, &publisher).await;
        follower.round().await;
        assert_eq!(title(&app, bench.tenant), "Halo");
        assert_eq!(title(&app, Uuid::from_u128(8)), "Selamat Datang di UpCoach", "other tenants keep theirs");
        approved(&app, &bench, "landing-title", "Halo lagi").await;
        publish(&app, &publisher).await;
        follower.round().await;
        assert_eq!(title(&app, bench.tenant), "Halo lagi");
        roll_back(&app, &publisher, 1).await;
        follower.round().await;
        assert_eq!(title(&app, bench.tenant), "Halo");
        roll_back(&app, &publisher, 0).await;
        follower.round().await;
        assert_eq!(title(&app, bench.tenant), "Selamat Datang di UpCoach");
    }

    async fn operators_publish_for_everybody(bench: Bench) {
        let mut app = app(&bench).await;
        if app.is_split() {
            return;
        }
        app.name_tenant("operators");
        let (writer, reviewer, publisher) =
            (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer), bench.with_role(Role::Publisher));
        let path = format!("{BASE}/messages/id-ID/landing-title");
        let missing = app.get(&writer, &path).await;
        assert_eq!(missing.status, http::StatusCode::NOT_FOUND, "it belongs to an application");
        let one = |step: &str| format!("{path}{step}?application=upcoach");
        let put = app.call(&writer, Method::PUT, &one("")).json(json!({ "text": "Halo semua" })).send().await;
        assert_eq!(put.status, http::StatusCode::CREATED, "{put:?}");
        app.call(&writer, Method::POST, &one("/request-review")).header("if-match", "*").send().await;
        let done = app.call(&reviewer, Method::POST, &one("/approve")).header("if-match", "*").send().await;
        assert_eq!(done.body["state"], "approved", "{done:?}");
        let made = app.post(&publisher, &format!("{BASE}/publications"), json!({ "locale": "id-ID", "application": "upcoach" })).await;
        assert_eq!(made.body["application"], "upcoach", "{made:?}");
        let mut follower = Follower::new(&app.host, bench.tenant);
        follower.round().await;
        assert_eq!(title(&app, Uuid::from_u128(8)), "Halo semua");
        let report = app.get(&writer, &format!("{BASE}/report")).await;
        assert!(report.body["data"].as_array().unwrap().len() >= 10, "{report:?}");
    }

    async fn a_language_without_files_is_begun_and_published(bench: Bench) {
        let app = app(&bench).await;
        if app.is_split() {
            return;
        }
        let (writer, reviewer, publisher) =
            (bench.with_role(Role::Translator), bench.with_role(Role::Reviewer), bench.with_role(Role::Publisher));
        for tag in ["xx-YY", "fr_FR", "en-XA", "nothing"] {
            let refused = app.get(&writer, &format!("{BASE}/messages?locale={tag}")).await;
            assert_eq!(refused.bad_fields(), ["locale"], "{tag}: {refused:?}");
        }
        let all = app.get(&writer, &format!("{BASE}/messages?locale=fr&state=missing")).await;
        assert!(!all.body["data"].as_array().unwrap().is_empty(), "{all:?}");
        let file = app.get(&writer, &format!("{BASE}/export?locale=fr&format=po")).await;
        assert_eq!(file.status, http::StatusCode::OK, "{file:?}");
        let path = format!("{BASE}/messages/fr/landing-title");
        let put = app.call(&writer, Method::PUT, &path).json(json!({ "text": "Bonjour" })).send().await;
        assert_eq!(put.status, http::StatusCode::CREATED, "{put:?}");
        app.call(&writer, Method::POST, &format!("{path}/request-review")).header("if-match", "*").send().await;
        let done = app.call(&reviewer, Method::POST, &format!("{path}/approve")).header("if-match", "*").send().await;
        assert_eq!(done.body["state"], "approved", "{done:?}");
        let made = app.post(&publisher, &format!("{BASE}/publications"), json!({ "locale": "fr" })).await;
        assert_eq!(made.status, http::StatusCode::CREATED, "{made:?}");
        let mut follower = Follower::new(&app.host, Uuid::from_u128(99));
        follower.round().await;
        let catalogues = &app.host.catalogues;
        let french = catalogues.locales_of(Some("upcoach"), Some(bench.tenant)).lookup("fr").unwrap();
        let of = |tenant: Uuid| catalogues.messages(Some("upcoach"), french).of_tenant(tenant).text("landing-title").into_owned();
        assert_eq!(of(bench.tenant), "Bonjour");
        assert_eq!(of(Uuid::from_u128(8)), "Welcome to UpCoach", "another tenant has no French");
        let known = app.get(&writer, "/api/v1/locale").await;
        assert!(!known.body["locales"].as_array().unwrap().iter().any(|line| line["tag"] == "fr"), "one text is not enough: {known:?}");
        let report = app.get(&writer, &format!("{BASE}/report")).await;
        let line = report.body["data"].as_array().unwrap().iter().find(|line| line["locale"] == "fr").unwrap();
        assert_eq!((&line["published"], &line["percent"]), (&json!(1), &json!(0)), "{report:?}");
    }
}
