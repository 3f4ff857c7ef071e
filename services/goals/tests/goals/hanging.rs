//! What hangs on another row hangs on one of the same person: below the handlers, by the declaration.

use banyan_kernel::{Caller, Uuid};
use banyan_store::{Store, StoreError};
use banyan_testkit::on_both_engines;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use crate::support::{app, daily_habit, goal, made};

fn id(thing: &Value) -> Uuid {
    thing["id"].as_str().unwrap().parse().unwrap()
}

/// Runs a statement past the handlers, as the caller; the number of changed rows.
async fn change(store: &Store, caller: &Caller, sql: &'static str, values: Vec<Uuid>) -> Result<u64, StoreError> {
    store
        .bind(caller)
        .write(|tx| {
            let values = values.clone();
            async move {
                let values = values.into_iter().map(Into::into).collect::<Vec<sea_orm::Value>>();
                let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
                Ok::<_, StoreError>(tx.execute_raw(statement).await?.rows_affected())
            }
        })
        .await
}

on_both_engines! {
    async fn a_task_cannot_be_hung_on_a_foreign_goal(bench: Bench) {
        const MOVE: &str = "UPDATE tasks SET goal_id = $2 WHERE id = $1";
        let app = app(&bench).await;
        let (maya, coach) = (bench.user(), bench.user());
        let own = goal(&app, &maya, "Own").await;
        let shared = goal(&app, &coach, "Shared").await;
        let hidden = goal(&app, &bench.user(), "Hidden").await;
        let grant = json!({ "granteeId": maya.user_id(), "kinds": ["goals"] });
        let granted = app.post(&coach, "/api/v1/goals/grants", grant).await;
        assert!(granted.status.is_success(), "{granted:?}");
        let task = id(&made(&app, &maya, "/api/v1/tasks", json!({ "title": "Run" })).await);
        // Even a goal that a grant shows is not hers, and the next to none that there is.
        for foreign in [id(&shared), id(&hidden), bench.new_id()] {
            let refused = change(&app.store, &maya, MOVE, vec![task, foreign]).await;
            assert!(matches!(refused, Err(StoreError::RowSecurity { .. } | StoreError::ForeignKey)), "{refused:?}");
        }
        assert_eq!(change(&app.store, &maya, MOVE, vec![task, id(&own)]).await.unwrap(), 1);
        const COPY: &str = "INSERT INTO tasks (id, tenant_id, user_id, goal_id, title, priority, status, position, version, created_at, updated_at) \
            SELECT $2, tenant_id, user_id, $3, title, priority, status, position, version, created_at, updated_at FROM tasks WHERE id = $1";
        for foreign in [id(&shared), id(&hidden)] {
            let refused = change(&app.store, &maya, COPY, vec![task, bench.new_id(), foreign]).await;
            assert!(matches!(refused, Err(StoreError::RowSecurity { .. })), "{refused:?}");
        }
        assert_eq!(change(&app.store, &maya, COPY, vec![task, bench.new_id(), id(&own)]).await.unwrap(), 1);
        const LET_GO: &str = "UPDATE tasks SET goal_id = NULL WHERE id = $1";
        assert_eq!(change(&app.store, &maya, LET_GO, vec![task]).await.unwrap(), 1);
    }

    async fn a_check_in_cannot_be_moved_to_a_foreign_habit(bench: Bench) {
        let app = app(&bench).await;
        let (maya, coach) = (bench.user(), bench.user());
        let own = daily_habit(&app, &maya).await;
        let shared = daily_habit(&app, &coach).await;
        let grant = json!({ "granteeId": maya.user_id(), "kinds": ["habits"] });
        let granted = app.post(&coach, "/api/v1/goals/grants", grant).await;
        assert!(granted.status.is_success(), "{granted:?}");
        let path = format!("/api/v1/habits/{}/check-ins", own["id"].as_str().unwrap());
        let checked = app.post(&maya, &path, json!({})).await;
        assert!(checked.status.is_success(), "{checked:?}");
        let refused = change(&app.store, &maya, "UPDATE check_ins SET habit_id = $1", vec![id(&shared)]).await;
        assert!(matches!(refused, Err(StoreError::RowSecurity { .. })), "{refused:?}");
        assert_eq!(change(&app.store, &maya, "UPDATE check_ins SET habit_id = $1", vec![id(&own)]).await.unwrap(), 1);
    }
}
