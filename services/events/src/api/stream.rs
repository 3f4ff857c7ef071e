//! `GET /api/v1/events/stream`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use banyan_http::{Allowed, FieldError, Problem, Query, permit};
use banyan_kernel::ErrorCode;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::App;
use crate::follow::{Follower, Places, Wanted};

/// A comment after so much silence, so that nobody between takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Then a program comes again, and its key is looked at again.
const LIFETIME: Duration = Duration::from_secs(300);
/// How soon it comes again.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Choice {
    /// Types with commas between them; `goals.*` stands for all that begin so. All, if it is left out.
    types: Option<String>,
}

impl banyan_http::Validate for Choice {}

/// Streams what happens in the caller's tenant, as server-sent events: `event` is the type, `data` a CloudEvent, `id` the place after it.
///
/// A program that sends back the last `id` as `Last-Event-ID` goes on there, as far back as the logs go; without it, the stream begins now.
/// It ends after five minutes; programs come again by themselves.
#[utoipa::path(
    get,
    path = "/api/v1/events/stream",
    operation_id = "streamEvents",
    tag = "events",
    params(Choice, ("Last-Event-ID" = Option<String>, Header, description = "The last `id` that came.")),
    responses((status = 200, description = "Events, until the connection ends.", content_type = "text/event-stream", body = String))
)]
pub(crate) async fn stream_events(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsRead>,
    Query(choice): Query<Choice>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Wanted::parse(choice.types.as_deref().unwrap_or_default());
    let wanted = wanted.ok_or_else(|| Problem::invalid("types", FieldError::new("invalid-type", "events-field-types")))?;
    let places = match headers.get("last-event-id") {
        None => Places::default(),
        Some(text) => {
            let places = text.to_str().ok().and_then(Places::parse);
            places.ok_or_else(|| Problem::invalid("Last-Event-ID", FieldError::new("invalid-place", "events-field-place")))?
        }
    };
    let permit = app.streams.clone().try_acquire_owned().map_err(|_| Problem::new(ErrorCode::Overloaded))?;
    let follower = Follower::begin(&app.logs, caller.tenant, wanted, &places, LIFETIME, permit).await?;
    let events = stream::unfold(Some(follower), |follower| async move {
        let mut follower = follower?;
        match follower.next().await {
            Ok(Some(told)) => {
                let data = serde_json::to_string(&told.event).unwrap_or_default();
                let event = Event::default().id(told.id).event(&told.event.kind).retry(RETRY).data(data);
                Some((Ok::<_, Infallible>(event), Some(follower)))
            }
            // It ends, and the program comes again with the last place.
            Ok(None) | Err(_) => None,
        }
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().insert(unbuffered.0, unbuffered.1);
    Ok(response)
}
