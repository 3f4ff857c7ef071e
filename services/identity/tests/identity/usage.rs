//! What was asked, by the hour: kept exactly, and shown to those whom it concerns.

use banyan_contracts::usage::{KeyOwner, UsageCounts, UsageRow};
use banyan_kernel::{OPERATORS, Role, Timestamp, Uuid};
use banyan_testkit::on_both_engines;
use http::StatusCode;
use serde_json::json;

use crate::support::{Desk, tenant};

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

    async fn sums_are_made_by_what_is_named_and_of_ones_own_alone(bench: Bench) {
        let desk = Desk::at(bench).await;
        let (maya, sam) = (desk.register("maya@example.org").await, desk.register("sam@example.org").await);
        let analyst = desk.with_role(Role::Analyst, "ana@example.org").await;
        let keys = [5, 6].map(|number| Some(KeyOwner { key: Uuid::from_u128(number), user: maya.id }));
        let second = |key| UsageRow { version: 2, hour: HOUR.plus_seconds(3_600), ..row(&desk, key, "/api/v2/goals", 50) };
        let rows = vec![
            row(&desk, keys[0], "/api/v1/goals", 10), row(&desk, keys[1], "/api/v1/goals", 20), row(&desk, keys[1], "/api/v1/tasks", 5), second(keys[0]),
            row(&desk, None, "/api/v1/goals", 100),
        ];
        desk.identity.keep_usage(rows).await.unwrap();
        let ask = async |who: &_, query: &str| {
            let answer = desk.get(who, &format!("/api/v1/{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {answer:?}");
            answer.body["data"].clone()
        };
        let from = "from=2024-01-15T00:00:00Z";
        assert_eq!(
            ask(&maya, &format!("usage/summary?{from}")).await,
            json!([{ "requests": 85, "refused": 8, "limited": 4, "failed": 0, "averageMillis": 1.5 }])
        );
        assert_eq!(
            ask(&maya, &format!("usage/summary?by=version,%20hour&{from}")).await,
            json!([
                { "hour": "2024-01-15T11:00:00Z", "version": 2, "requests": 50, "refused": 2, "limited": 1, "failed": 0, "averageMillis": 1.5 },
                { "hour": "2024-01-15T10:00:00Z", "version": 1, "requests": 35, "refused": 6, "limited": 3, "failed": 0, "averageMillis": 1.5 },
            ])
        );
        let by_route = ask(&maya, &format!("usage/summary?by=route&version=1&{from}")).await;
        assert_eq!((&by_route[0]["route"], &by_route[0]["requests"], &by_route[1]["requests"]), (&json!("/api/v1/goals"), &json!(30), &json!(5)));
        let by_key = ask(&analyst, &format!("admin/usage/summary?by=key&{from}")).await;
        assert_eq!((&by_key[0]["keyId"], &by_key[0]["requests"], by_key.as_array().unwrap().len()), (&json!(null), &json!(100), 3), "{by_key}");
        assert_eq!(ask(&sam, &format!("usage/summary?{from}")).await[0]["requests"], 0);
        assert_eq!(ask(&sam, &format!("usage/summary?by=route&{from}")).await, json!([]));
        // Without a beginning it is the last week.
        assert_eq!(ask(&maya, "usage/summary?by=route&to=2024-01-01T00:00:00Z").await, json!([]));
        assert_eq!(desk.get(&sam, "/api/v1/admin/usage/summary").await.status, StatusCode::FORBIDDEN);
        let wrong = desk.get(&maya, "/api/v1/usage/summary?by=colour&version=0").await;
        assert_eq!((wrong.status, wrong.code()), (StatusCode::UNPROCESSABLE_ENTITY, "validation-failed"));
    }

    async fn a_table_has_every_hour_once_however_many_there_are(bench: Bench) {
        let desk = Desk::at(bench).await;
        let maya = desk.register("maya@example.org").await;
        let analyst = desk.with_role(Role::Analyst, "ana@example.org").await;
        let key = Some(KeyOwner { key: Uuid::from_u128(5), user: maya.id });
        // More than are read at once, many of them in one hour.
        let routes: Vec<String> = (0..850).map(|number| format!("/api/v1/{number:03}")).collect();
        let rows = (0..3).flat_map(|hour| routes.iter().map(move |route| (hour, route)));
        let rows: Vec<UsageRow> =
            rows.map(|(hour, route)| UsageRow { hour: HOUR.plus_seconds(hour * 3_600), ..row(&desk, key, route, 1) }).collect();
        desk.identity.keep_usage(rows).await.unwrap();
        desk.identity.keep_usage(vec![row(&desk, None, "/api/v1/a,b", 4)]).await.unwrap();
        let own = desk.get(&maya, "/api/v1/usage/export").await;
        assert_eq!((own.status, own.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8; header=present"));
        assert_eq!(own.header("content-disposition"), "attachment; filename=\"usage.csv\"");
        let text = own.body.as_str().unwrap();
        let mut lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.remove(0), "hour,key_id,route,version,requests,refused,limited,failed,average_millis");
        assert_eq!(lines.len(), 3 * 850);
        assert!(lines.is_sorted_by_key(|line| line.split(',').next()), "by the hour");
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 3 * 850);
        assert_eq!(lines[0], "2024-01-15T10:00:00Z,00000000-0000-0000-0000-000000000005,/api/v1/000,1,1,2,1,0,1.5");
        let all = desk.get(&analyst, "/api/v1/admin/usage/export?to=2024-01-15T11:00:00Z").await;
        let text = all.body.as_str().unwrap();
        assert_eq!(text.lines().count(), 1 + 851);
        assert!(text.contains("\r\n2024-01-15T10:00:00Z,,\"/api/v1/a,b\",1,4,"), "{}", text.len());
        assert_eq!(desk.get(&maya, "/api/v1/admin/usage/export").await.status, StatusCode::FORBIDDEN);
        let none = desk.get(&maya, "/api/v1/usage/export?key=01941f29-7c00-7000-8000-0000000000aa").await;
        assert_eq!(none.body.as_str().unwrap().lines().count(), 1);
    }

    async fn only_operators_see_how_much_other_tenants_ask(bench: Bench) {
        let mut desk = Desk::at(bench).await;
        let other = desk.ensure_tenant(&tenant("fittracker")).await;
        let mut root = desk.bench.with_role(Role::Admin);
        root.tenant = desk.ensure_tenant(&tenant(OPERATORS)).await.id;
        let admin = desk.with_role(Role::Admin, "admin@example.org").await;
        desk.identity.keep_usage(vec![row(&desk, None, "/api/v1/goals", 7)]).await.unwrap();
        desk.identity.keep_usage(vec![UsageRow { tenant: other.id, ..row(&desk, None, "/api/v1/goals", 9) }]).await.unwrap();
        let path = "/api/v1/admin/usage/tenants?from=2024-01-15T00:00:00Z";
        let refused = desk.get(&admin, path).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
        desk.app.name_tenant(OPERATORS);
        let shown = desk.app.get(&root, path).await;
        // An installation of several processes has more tenants, which asked nothing.
        let lines = shown.body["data"].as_array().unwrap();
        let asked: Vec<_> = lines.iter().filter(|line| line["requests"] != 0).collect();
        let counted: Vec<_> = asked.iter().map(|line| (line["name"].as_str().unwrap(), line["requests"].as_i64().unwrap())).collect();
        assert_eq!(counted, [("fittracker", 9), ("upcoach", 7)], "{shown:?}");
        let last = lines.iter().position(|line| line["name"] == "upcoach").unwrap() + 1;
        assert_eq!(desk.app.get(&root, &format!("{path}&limit=1&page={last}")).await.body["data"][0]["requests"], 7);
    }
}
