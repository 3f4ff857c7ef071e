//! `GET /api/v1/realtime/connection/sse` and `POST /api/v1/realtime/emulation`

use std::convert::Infallible;

use axum::extract::{Request, State};
use axum::response::sse::{Event, Sse};
use banyan_http::{Body, Check, NoContent, Problem, Query, Validate, Visitor};
use banyan_kernel::ErrorCode;
use futures_util::stream::Stream;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::broker::Notice;
use crate::session::{Hello, stream};

/// How a conversation begins.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// The `connect` command, in JSON.
    #[param(min_length = 1, max_length = 16_384)]
    cf_connect: String,
}

impl Validate for StreamQuery {
    fn validate(&self, check: &mut Check) {
        check.text("cf_connect", &self.cf_connect).length(1, 16_384).any();
    }
}

/// The same conversation as by WebSocket, where a network lets none through: replies come as server-sent events, commands go to
/// `/api/v1/realtime/emulation`.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/connection/sse",
    operation_id = "streamRealtime",
    tag = "realtime",
    security(()),
    params(StreamQuery),
    responses((status = 200, description = "Replies and pushes, one an event.", content_type = "text/event-stream", body = String))
)]
pub(crate) async fn stream_realtime(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Query(query): Query<StreamQuery>,
    request: Request,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let hello = Hello::of(&request, caller);
    Sse::new(stream::replies(app.engine, hello, query.cf_connect))
}

/// Commands for a conversation by server-sent events.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmulatedCommands {
    /// As the reply to `connect` said it: nobody can guess it.
    #[schema(min_length = 1, max_length = 64)]
    session: String,
    /// As the reply to `connect` said it.
    #[schema(max_length = 64)]
    node: String,
    /// Commands in JSON, a line each; at most 64 KiB.
    #[schema(max_length = 65_536)]
    data: String,
}

impl Validate for EmulatedCommands {
    fn validate(&self, check: &mut Check) {
        check.line("session", &self.session).length(1, 64).any();
        check.line("node", &self.node).length(0, 64).any();
        check.text("data", &self.data).length(0, 65_536).any();
    }
}

/// Says something in a conversation whose replies come as server-sent events.
#[utoipa::path(
    post,
    path = "/api/v1/realtime/emulation",
    operation_id = "emulateRealtime",
    tag = "realtime",
    security(()),
    request_body = EmulatedCommands,
    responses((status = 204, description = "It is heard, if the conversation goes on."))
)]
pub(crate) async fn emulate_realtime(
    State(app): State<App>,
    Body(commands): Body<EmulatedCommands>,
) -> Result<NoContent, Problem> {
    let engine = &app.engine;
    let EmulatedCommands { session, node, data } = commands;
    if node == engine.node {
        engine.hub.streams.say(&session, &data);
    } else if engine.settings.redis_url.is_some() {
        engine.broker.announce(&Notice::Commands { session, data }).await?;
    } else {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(NoContent)
}
