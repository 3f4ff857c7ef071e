//! `/api/v1/gateway/legacy`, `/api/v1/gateway/all-back`, `/api/v1/gateway/observed-routes`

use axum::Json;
use axum::extract::State;
use banyan_http::{Body, Check, FieldError, Problem, Validate};
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::operator::{Operator, Watcher};
use crate::entity::door::Legacy;
use crate::error::GatewayError;
use crate::{App, store};

impl Validate for Legacy {
    fn validate(&self, check: &mut Check) {
        let rest = self.url.strip_prefix("http://").or_else(|| self.url.strip_prefix("https://"));
        let good = rest.is_some_and(|rest| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
            !rest.is_empty() && rest.len() <= 255 && rest.bytes().all(plain)
        });
        check.that(good, "url", FieldError::new("invalid_url", "gateway-field-url"));
        check.count("hosts", &self.hosts, 0, 100);
        check.count("keep", &self.keep, 0, 100);
    }
}

/// What stands behind the door.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Standing {
    /// None: nothing was put behind it.
    legacy: Option<Legacy>,
}

/// Why something is done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// For those who read it later.
    #[schema(min_length = 1, max_length = 500)]
    why: String,
}

impl Validate for Reason {
    fn validate(&self, check: &mut Check) {
        check.text("why", &self.why).not_blank().length(1, 500).any();
    }
}

/// How many migrations were taken back.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct TakenBack {
    taken: u64,
}

/// Puts a system of before behind the door. It answers what it answered before; nothing changes for its clients.
#[utoipa::path(
    put,
    path = "/api/v1/gateway/legacy",
    operation_id = "putLegacy",
    tag = "gateway",
    request_body = Legacy,
    responses((status = 200, description = "What stands behind the door now.", body = Standing))
)]
pub(crate) async fn put_legacy(
    State(app): State<App>,
    Operator(caller): Operator,
    Body(legacy): Body<Legacy>,
) -> Result<Json<Standing>, Problem> {
    let given = &legacy;
    let rows = app.store.bind(&caller);
    rows.write(move |tx| async move {
        store::put_legacy(&tx, given.clone()).await?;
        tx.audit(Record::new("gateway.legacy.put").detail(json!({ "url": given.url })));
        Ok::<_, GatewayError>(())
    })
    .await?;
    app.tell_door(&rows).await?;
    Ok(Json(Standing { legacy: Some(legacy) }))
}

/// Says what stands behind the door.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/legacy",
    operation_id = "getLegacy",
    tag = "gateway",
    responses((status = 200, description = "What stands behind the door.", body = Standing))
)]
pub(crate) async fn get_legacy(State(app): State<App>, Watcher(caller): Watcher) -> Result<Json<Standing>, Problem> {
    let rows = app.store.bind(&caller);
    let door = rows.read(|tx| async move { store::door(&tx).await }).await?;
    Ok(Json(Standing { legacy: door.and_then(|door| door.legacy.system) }))
}

/// Takes every migration back at once: the system of before answers everything again.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/all-back",
    operation_id = "takeAllBack",
    tag = "gateway",
    request_body = Reason,
    responses((status = 200, description = "How many migrations were taken back.", body = TakenBack))
)]
pub(crate) async fn all_back(
    State(app): State<App>,
    Operator(caller): Operator,
    Body(reason): Body<Reason>,
) -> Result<Json<TakenBack>, Problem> {
    let why = reason.why.as_str();
    let rows = app.store.bind(&caller);
    let taken = rows.write(move |tx| async move { store::all_back(&tx, Some(why)).await }).await?;
    app.tell_door(&rows).await?;
    Ok(Json(TakenBack { taken }))
}

/// Lists the paths that this process was asked for since it started, by template, with traffic, failures and latency.
#[utoipa::path(
    get,
    path = "/api/v1/gateway/observed-routes",
    operation_id = "listObservedRoutes",
    tag = "gateway",
    responses((status = 200, description = "At most 501 templates.", body = Vec<Value>))
)]
pub(crate) async fn list_observed_routes(State(app): State<App>, Watcher(_caller): Watcher) -> Json<Vec<Value>> {
    Json(app.door.get().map(|door| door.observed()).unwrap_or_default())
}
