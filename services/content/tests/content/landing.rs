//! The landing page.

use banyan_testkit::on_both_engines;
use http::Method;
use serde_json::json;

use crate::support::app;

on_both_engines! {
    async fn it_speaks_the_visitors_language(bench: Bench) {
        let app = app(&bench).await;
        let landing = |language: &'static str| {
            let call = app.call(&bench.anonymous(), Method::GET, "/api/v1/content/landing");
            call.header("accept-language", language).send()
        };
        for (asked, title, given) in [
            ("en-US", "Welcome to UpCoach", "en-US"),
            ("id-ID", "Selamat Datang di UpCoach", "id-ID"),
            ("id;q=0.9, en;q=0.1", "Selamat Datang di UpCoach", "id-ID"),
            ("fr-FR", "Welcome to UpCoach", "en-US"),
        ] {
            let answer = landing(asked).await;
            assert_eq!(answer.body["title"], title, "{asked}: {answer:?}");
            assert_eq!(answer.body["language"], given);
            assert_eq!(answer.header("content-language"), given);
            assert!(answer.header("vary").eq_ignore_ascii_case("accept-language"), "{answer:?}");
        }
        let english = landing("en").await.body;
        assert_eq!(english["features"].as_array().unwrap().len(), 4, "{english}");
        assert_eq!(english["brand"], json!({ "name": "UpCoach", "colour": "#0f766e" }));
        for part in ["tagline", "description", "callToAction"] {
            let text = english[part].as_str().unwrap();
            assert!(!text.is_empty() && !text.starts_with("landing-"), "{part}: {text}");
        }
    }
}
