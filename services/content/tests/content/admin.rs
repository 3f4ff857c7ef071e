//! The administrator's look, and its record.

use banyan_kernel::{Caller, Role, Uuid};
use banyan_store::StoreError;
use banyan_testkit::{App, on_both_engines};
use http::{Method, StatusCode};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::json;

use crate::support::{app, assert_hidden, entry, path_of, voice};

#[derive(Debug, PartialEq, FromQueryResult)]
struct Recorded {
    action: String,
    actor_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    object: Option<String>,
    object_id: Option<Uuid>,
    permission: Option<String>,
    reason: Option<String>,
}

async fn records(app: &App, admin: &Caller) -> Vec<Recorded> {
    let rows = app.store.bind(admin);
    let read = rows.read(|tx| async move {
        let sql =
            "SELECT position, action, actor_id, subject_id, object, object_id, permission, reason FROM audit ORDER BY position";
        let rows = tx.query_all_raw(Statement::from_string(tx.get_database_backend(), sql)).await?;
        let found: Result<Vec<Recorded>, sea_orm::DbErr> = rows.iter().map(|row| Recorded::from_query_result(row, "")).collect();
        Ok::<_, StoreError>(found?)
    });
    read.await.unwrap()
}

on_both_engines! {
    async fn an_administrator_sees_and_is_seen(bench: Bench) {
        let app = app(&bench).await;
        let (owner, admin) = (bench.user(), bench.with_role(Role::Admin));
        let written = entry(&app, &owner, "Only mine").await;
        let spoken = voice(&app, &owner, "Mine, too").await;
        let id = |thing: &serde_json::Value| thing["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let look = |id: Uuid, reason: Option<&str>| {
            let call = app.call(&admin, Method::GET, &format!("/api/v1/admin/content/{id}"));
            reason.map_or_else(|| app.call(&admin, Method::GET, &format!("/api/v1/admin/content/{id}")), |reason| call.header("x-reason", reason)).send()
        };
        let seen = look(id(&written), Some("Ticket 4711")).await;
        assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
        assert_eq!(seen.body["adminAccess"], true);
        for field in ["id", "userId", "content"] {
            assert_eq!(seen.body[field], written[field]);
        }
        let heard = look(id(&spoken), None).await;
        assert_eq!((&heard.body["content"], &heard.body["kind"]), (&json!("Mine, too"), &json!("voice")));
        let nothing = bench.new_id();
        assert_hidden(&look(nothing, Some("Guessing")).await);
        // The right to look does not reach into the usual calls, nor into another tenant.
        assert_hidden(&app.get(&admin, &path_of("journal", &written)).await);
        let elsewhere = bench.in_other_tenant(&admin);
        assert_hidden(&app.get(&elsewhere, &format!("/api/v1/admin/content/{}", id(&written))).await);

        let record = |subject: Option<Uuid>, object: Option<Uuid>, reason: &str| Recorded {
            action: "access.elevated".into(),
            actor_id: admin.user_id(),
            subject_id: subject,
            object: object.map(|_| "journal".into()),
            object_id: object,
            permission: Some("records.override".into()),
            reason: Some(reason.into()),
        };
        let expected = [
            record(owner.user_id(), Some(id(&written)), "Ticket 4711"),
            record(owner.user_id(), Some(id(&spoken)), "not given"),
            record(None, None, "Guessing"),
        ];
        assert_eq!(records(&app, &admin).await, expected);
    }

    async fn nobody_else_may_look_and_nothing_is_recorded(bench: Bench) {
        let app = app(&bench).await;
        let owner = bench.user();
        let entry = entry(&app, &owner, "Mine").await;
        let path = format!("/api/v1/admin/content/{}", entry["id"].as_str().unwrap());
        for role in [Role::User, Role::Coach, Role::Analyst, Role::Support, Role::Service] {
            let answer = app.call(&bench.with_role(role), Method::GET, &path).header("x-reason", "Please").send().await;
            assert_hidden(&answer);
        }
        // Not even her own, by this way.
        assert_hidden(&app.get(&owner, &path).await);
        assert_eq!(records(&app, &bench.with_role(Role::Admin)).await, []);
        let malformed = app.call(&bench.with_role(Role::Admin), Method::GET, &path).header("x-reason", &"x".repeat(501)).send().await;
        assert_eq!(malformed.bad_fields(), ["x-reason"]);
    }

    async fn the_record_of_a_look_is_listed_for_administrators_only(bench: Bench) {
        let app = app(&bench).await;
        let (owner, admin) = (bench.user(), bench.with_role(Role::Admin));
        let written = entry(&app, &owner, "Only mine").await;
        let path = format!("/api/v1/admin/content/{}", written["id"].as_str().unwrap());
        app.call(&admin, Method::GET, &path).header("x-reason", "Ticket 4711").send().await;
        let audit = "/api/v1/admin/content/audit";
        let listed = app.get(&admin, audit).await;
        assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
        let record = &listed.body["data"][0];
        assert_eq!(record["reason"], "Ticket 4711");
        assert_eq!(record["objectId"], written["id"]);
        assert_eq!(record["subjectId"], written["userId"]);
        assert_eq!(app.get(&owner, audit).await.status, StatusCode::FORBIDDEN);
        let elsewhere = app.get(&bench.in_other_tenant(&admin), audit).await;
        assert_eq!(elsewhere.body["data"], json!([]));
    }
}
