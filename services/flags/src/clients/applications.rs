//! `GET /api/v1/admin/flag-clients`

use axum::extract::State;
use banyan_http::{Allowed, Json, permit};
use banyan_kernel::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Clients;

/// A program that asked for flags.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FlagClient {
    app_name: String,
    environment: String,
    /// Such as `unleash-node-sdk:6.12.1`; null where the program does not say.
    #[schema(required)]
    sdk: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FlagClientList {
    data: Vec<FlagClient>,
}

/// The programs of the tenant that said to this process that they ask for flags, or told what they counted, since it started: up
/// to 200.
#[utoipa::path(
    get,
    path = "/api/v1/admin/flag-clients",
    operation_id = "listFlagClients",
    tag = "flags",
    responses((status = 200, description = "By name and environment.", body = FlagClientList))
)]
pub(crate) async fn list_flag_clients(
    State(clients): State<Clients>,
    Allowed { caller, .. }: Allowed<permit::AnalyticsRead>,
) -> Json<FlagClientList> {
    let shown = clients.seen.of(caller.tenant).into_iter().map(|application| FlagClient {
        app_name: application.name,
        environment: application.environment,
        sdk: application.sdk,
        last_seen: application.last_seen,
    });
    Json(FlagClientList { data: shown.collect() })
}
