//! What was asked, by the hour: kept exactly, and shown to those whom it concerns.

use banyan_contracts::usage::{KeyOwner, UsageCounts, UsageRow};
use banyan_kernel::{Role, Timestamp, Uuid};
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::Desk;

const HOUR: Timestamp = Timestamp::from_seconds(1_705_312_800);

fn row(desk: &Desk, key: Option<KeyOwner>, route: &str, requests: i64) -> UsageRow {
    let counts = UsageCounts { requests, refused: 2, limited: 1, failed: 0, micros: requests * 1_500 };
    UsageRow { tenant: desk.tenant.id, hour: HOUR, key, route: route.into(), version: 1, counts }
}

on_both_engines! {
    async fn counts_of_one_hour_add_up_and_are_shown_to_their_owner(bench: Bench) {
        let desk = Desk::at(bench).await;
        let (maya, sam) = (desk.register("maya@example.org").await, desk.register("sam@example.org").await);
        let analyst = desk.with_role(Role::Analyst, "ana@example.org").await;
        let key = Some(KeyOwner { key: Uuid::from_u128(5), user: maya.id });
        for _ in 0..3 {
            let rows = vec![row(&desk, key, "/api/v1/goals", 10), row(&desk, None, "/api/v1/goals", 7)];
            desk.identity.keep_usage(rows).await.unwrap();
        }
        let own = desk.get(&maya, "/api/v1/usage").await;
        assert_eq!((own.status, &own.body["pagination"]["total"]), (StatusCode::OK, &json!(1)), "{own:?}");
        let hour = &own.body["data"][0];
        assert_eq!((&hour["requests"], &hour["limited"], &hour["averageMillis"]), (&json!(30), &json!(3), &json!(1.5)), "{hour}");
        assert_eq!(desk.get(&sam, "/api/v1/usage").await.body["pagination"]["total"], 0);
        assert_eq!(desk.get(&sam, "/api/v1/admin/usage").await.status, StatusCode::FORBIDDEN);
        let all = desk.get(&analyst, "/api/v1/admin/usage?orderBy=requests&order=DESC").await;
        assert_eq!((&all.body["pagination"]["total"], &all.body["data"][1]["requests"]), (&json!(2), &json!(21)), "{all:?}");
        let later = desk.get(&analyst, "/api/v1/admin/usage?from=2024-01-15T10:00:01Z").await;
        assert_eq!(later.body["pagination"]["total"], 0);
        let before = desk.get(&analyst, "/api/v1/admin/usage?to=2024-01-15T11:00:00Z&route=/api/v1/goals").await;
        assert_eq!(before.body["pagination"]["total"], 2);
        let wrong = desk.get(&analyst, "/api/v1/admin/usage?from=yesterday").await;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed"));
    }

    async fn two_nodes_that_write_the_same_hour_lose_nothing(bench: Bench) {
        let desk = Desk::at(bench).await;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        let keep = || async {
            for round in 0..10 {
                desk.identity.keep_usage(vec![row(&desk, None, &format!("/api/v1/{round}"), 1)]).await.unwrap();
            }
        };
        tokio::join!(keep(), keep(), keep());
        let all = desk.get(&admin, "/api/v1/admin/usage").await;
        assert_eq!(all.body["pagination"]["total"], 10);
        assert!(all.body["data"].as_array().unwrap().iter().all(|hour| hour["requests"] == 3), "{all:?}");
        let of_nobody = UsageRow { tenant: Uuid::from_u128(9), ..row(&desk, None, "/x", 1) };
        assert!(desk.identity.keep_usage(vec![of_nobody]).await.is_ok());
    }
}
