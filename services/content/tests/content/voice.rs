//! Journals that are spoken.

use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{app, assert_hidden, entry, made, path_of};

on_both_engines! {
    async fn an_entry_is_spoken_listed_and_deleted(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        entry(&app, &caller, "Written").await;
        let spoken = made(&app, &caller, "/api/v1/content/voice-journal", json!({ "transcription": "Seven hours of sleep", "mood": 8 })).await;
        assert_eq!((&spoken["transcription"], &spoken["mood"]), (&json!("Seven hours of sleep"), &json!(8)));
        let list = app.get(&caller, "/api/v1/content/voice-journal").await.body;
        assert_eq!((&list["pagination"]["total"], &list["data"][0]), (&json!(1), &spoken));
        let path = path_of("voice-journal", &spoken);
        assert_eq!(app.get(&caller, &path).await.body, spoken);
        assert_eq!(app.delete(&caller, &path).await.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&caller, &path).await);
        assert_eq!(app.get(&caller, "/api/v1/content/journal").await.body["pagination"]["total"], 1);
    }

    async fn moods_reach_from_1_to_10(bench: Bench) {
        let app = app(&bench).await;
        let caller = bench.user();
        for mood in [1, 10] {
            made(&app, &caller, "/api/v1/content/voice-journal", json!({ "transcription": "x", "mood": mood })).await;
        }
        for mood in [json!(0), json!(11), json!(-1), json!(5.5), json!("5"), json!(null)] {
            let answer = app.post(&caller, "/api/v1/content/voice-journal", json!({ "transcription": "x", "mood": mood })).await;
            assert_eq!((answer.status, answer.bad_fields()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["mood".to_owned()]), "{mood}");
        }
        let answer = app.post(&caller, "/api/v1/content/voice-journal", json!({ "transcription": "" })).await;
        assert!(answer.bad_fields().contains(&"mood".to_owned()), "{answer:?}");
    }
}
