//! Sharing journals with a coach.

use banyan_kernel::Role;
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{app, assert_hidden, entry, made, path_of, voice};

on_both_engines! {
    async fn a_coach_reads_until_it_is_taken_back(bench: Bench) {
        let app = app(&bench).await;
        let (owner, coach) = (bench.user(), bench.with_role(Role::Coach));
        let written = entry(&app, &owner, "Shared").await;
        let spoken = voice(&app, &owner, "Shared").await;
        let deleted = entry(&app, &owner, "Deleted").await;
        app.delete(&owner, &path_of("journal", &deleted)).await;
        let grants = "/api/v1/content/grants";
        made(&app, &owner, grants, json!({ "granteeId": coach.user_id(), "kinds": ["journals"] })).await;
        assert_eq!(app.get(&coach, &path_of("journal", &written)).await.body, written);
        assert_eq!(app.get(&coach, &path_of("voice-journal", &spoken)).await.body, spoken);
        let list = app.get(&coach, &format!("/api/v1/content/journal?userId={}", owner.user_id().unwrap())).await.body;
        assert_eq!(list["pagination"]["total"], 1);
        assert_hidden(&app.get(&coach, &path_of("journal", &deleted)).await);
        assert_hidden(&app.patch(&coach, &path_of("journal", &written), json!({ "content": "Hijacked" })).await);
        assert_hidden(&app.delete(&coach, &path_of("voice-journal", &spoken)).await);
        // What she may read is not her own: her feed stays hers.
        let feed = app.get(&coach, "/api/v1/content/feed").await.body;
        assert!(!feed.to_string().contains("journal:"), "{feed}");

        let taken = app.delete(&owner, &format!("{grants}?granteeId={}", coach.user_id().unwrap())).await;
        assert_eq!(taken.status, StatusCode::NO_CONTENT);
        assert_hidden(&app.get(&coach, &path_of("journal", &written)).await);
        assert_eq!(app.get(&owner, grants).await.body["pagination"]["total"], 0);
        let unknown = app.post(&owner, grants, json!({ "granteeId": coach.user_id(), "kinds": ["goals"] })).await;
        assert_eq!(unknown.bad_fields(), ["kinds[0]"]);
    }
}
