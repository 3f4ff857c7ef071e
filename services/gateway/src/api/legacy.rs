//! `/api/v1/gateway/legacy`, `/api/v1/gateway/all-back`, `/api/v1/gateway/observed-routes`

use axum::Json;
use axum::extract::State;
use banyan_http::{Body, Check, FieldError, Problem, Reason, Validate};
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::operator::{Operator, Watcher};
use crate::door::{Entry, Kind};
use crate::entity::door::Legacy;
use crate::error::GatewayError;
use crate::{App, store};

impl Validate for Legacy {
    fn validate(&self, check: &mut Check) {
        check.that(is_origin(&self.url), "url", FieldError::new("invalid_url", "gateway-field-url"));
        check.count("hosts", &self.hosts, 0, 100);
        let hosts = self.hosts.iter().all(|host| is_host(host));
        check.that(hosts, "hosts", FieldError::new("invalid_host", "gateway-field-host"));
        check.count("keep", &self.keep, 0, 100);
    }
}

/// `app.example.org` or `*.example.org`.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let part = |part: &str| !part.is_empty() && part.len() <= 63 && part.bytes().all(plain);
    let name = host.strip_prefix("*.").unwrap_or(host);
    name.len() <= 253 && name.split('.').all(part)
}

/// Scheme, host and port, and nothing else.
pub(super) fn is_origin(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        !rest.is_empty() && rest.len() <= 255 && rest.bytes().all(plain)
    })
}

impl App {
    /// Whether the door would take the address as an upstream's: there are some at which clouds give a machine's credentials to whoever asks.
    pub(super) fn check_address(&self, url: &str) -> Result<(), Problem> {
        let Some(door) = self.door.get() else { return Ok(()) };
        let definition = Map::from_iter([("endpoints".to_owned(), json!([url]))]);
        let entry = Entry { kind: Kind::Upstream, name: "address-check".to_owned(), definition };
        let Some(fault) = door.check(&[entry]).into_iter().next() else { return Ok(()) };
        let error = FieldError::new("refused", "gateway-field-refused");
        Err(Problem::invalid("url", error.with("reason", fault.reason).with("remedy", fault.remedy)))
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
pub(crate) struct Because {
    /// For those who read it later.
    #[schema(min_length = 1, max_length = 500)]
    why: String,
}

impl Validate for Because {
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
    params(Reason),
    request_body = Legacy,
    responses((status = 200, description = "What stands behind the door now.", body = Standing))
)]
pub(crate) async fn put_legacy(
    State(app): State<App>,
    Operator(caller): Operator,
    why: Reason,
    Body(legacy): Body<Legacy>,
) -> Result<Json<Standing>, Problem> {
    if legacy.keep.iter().any(|service| app.mesh.service(service).is_none()) {
        return Err(Problem::invalid("keep", FieldError::new("unknown_service", "gateway-field-service")));
    }
    app.check_address(&legacy.url)?;
    let (given, why) = (&legacy, why.as_deref());
    let rows = app.store.bind(&caller);
    rows.write(move |tx| async move {
        store::put_legacy(&tx, given.clone()).await?;
        tx.audit(Record::new("gateway.legacy.put").detail(json!({ "url": given.url, "why": why })));
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

/// Takes the system of before away. What Banyan has itself answers then, the rest is not found. Migrations that are under way keep it.
#[utoipa::path(
    delete,
    path = "/api/v1/gateway/legacy",
    operation_id = "removeLegacy",
    tag = "gateway",
    params(Reason),
    responses((status = 200, description = "Nothing stands behind the door now.", body = Standing))
)]
pub(crate) async fn remove_legacy(
    State(app): State<App>,
    Operator(caller): Operator,
    why: Reason,
) -> Result<Json<Standing>, Problem> {
    let why = why.as_deref();
    let rows = app.store.bind(&caller);
    rows.write(move |tx| async move {
        store::remove_legacy(&tx).await?;
        tx.audit(Record::new("gateway.legacy.remove").detail(json!({ "why": why })));
        Ok::<_, GatewayError>(())
    })
    .await?;
    app.tell_door(&rows).await?;
    Ok(Json(Standing { legacy: None }))
}

/// Takes every migration back at once: the system of before answers everything again.
#[utoipa::path(
    post,
    path = "/api/v1/gateway/all-back",
    operation_id = "takeAllBack",
    tag = "gateway",
    request_body = Because,
    responses((status = 200, description = "How many migrations were taken back.", body = TakenBack))
)]
pub(crate) async fn all_back(
    State(app): State<App>,
    Operator(caller): Operator,
    Body(reason): Body<Because>,
) -> Result<Json<TakenBack>, Problem> {
    let (why, app_ref) = (reason.why.as_str(), &app);
    app.bring_up_to_date(caller.tenant).await;
    let rows = app.store.bind(&caller);
    let taken = rows.write(move |tx| async move { store::all_back(&tx, Some(why), app_ref).await }).await?;
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
