//! `POST /api/v1/events`

use axum::Json;
use axum::extract::{Request, State};
use banyan_http::{Allowed, Problem, permit};
use banyan_kernel::Uuid;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::accept::{News, accept};
use crate::incoming;

/// What became of the events, in their order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    accepted: Vec<AcceptedEvent>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcceptedEvent {
    /// As it was sent.
    source: String,
    /// As it was sent.
    event_id: String,
    /// Under which it stands in the log; consumers find it as the event's `id`.
    id: Uuid,
    /// It was sent before, with the same content, and was not written again.
    known: bool,
}

/// Publishes events of a program outside: CloudEvents 1.0, one in structured mode (`application/cloudevents+json`), up to 100 in a batch
/// (`application/cloudevents-batch+json`), or one in binary mode (`ce-` headers, its data as the body). All are written or none.
///
/// Types must begin with a prefix that is declared for the account. What is sent again with the same `source` and `id` is written once.
#[utoipa::path(
    post,
    path = "/api/v1/events",
    operation_id = "publishEvents",
    tag = "events",
    request_body(content(
        (Value = "application/cloudevents+json"),
        (Value = "application/cloudevents-batch+json")
    ), description = "The event, or a list of up to 100. In binary mode, the data of one."),
    responses((status = 202, description = "They are in the log.", body = Receipt))
)]
pub(crate) async fn publish_events(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsPublish>,
    request: Request,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    let account = caller.require_user()?;
    let (headers, body) = banyan_http::body::raw(request).await?;
    let events = incoming::read(&headers, &body, caller.tenant)?;
    let accepted = accept(&app.store, caller.tenant, account, &events).await?;
    let line = |(event, accepted): (&incoming::Incoming, &crate::accept::Accepted)| AcceptedEvent {
        source: event.source.clone(),
        event_id: event.id.clone(),
        id: accepted.id,
        known: accepted.news == News::Known,
    };
    Ok((StatusCode::ACCEPTED, Json(Receipt { accepted: events.iter().zip(&accepted).map(line).collect() })))
}
