//! `POST /api/v1/realtime/disconnect`

use axum::extract::State;
use banyan_http::{Allowed, Body, Check, NoContent, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::broker::Notice;

/// Whose connections are to be closed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"userId": "01941f29-7c00-7000-8000-0000000000aa"}))]
pub(crate) struct Disconnection {
    user_id: Uuid,
    /// One connection, by its client's id; all of them if it is left out.
    client_id: Option<Uuid>,
    /// Clients connect again by themselves, as after a change of what they may.
    #[serde(default)]
    reconnect: bool,
}

impl Validate for Disconnection {
    fn validate(&self, _: &mut Check) {}
}

/// Closes a person's connections, in all processes.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/disconnect",
    operation_id = "disconnectPerson",
    tag = "realtime",
    request_body = Disconnection,
    responses((status = 204, description = "They are told to close."))
)]
pub(crate) async fn disconnect_person(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::RealtimeManage>,
    Body(wanted): Body<Disconnection>,
) -> Result<NoContent, Problem> {
    let (tenant, user, client) = (caller.tenant, wanted.user_id, wanted.client_id);
    let notice = Notice::Disconnect { tenant, user, client, comes_again: wanted.reconnect };
    app.engine.broker.announce(&notice).await?;
    Ok(NoContent)
}
