//! `GET /api/client/streaming`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use banyan_features::{Changes, Scope};
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use super::delta::revision;
use super::features::named_environment;
use super::query::scope;
use crate::clients::{ClientIdentity, ClientToken, Clients, shown};

/// A comment after so much silence: SDKs take the connection for dead after 60 s.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Then the SDK comes again, by itself.
const LONGEST: Duration = Duration::from_secs(600);
/// How soon a stream ends whose token was revoked.
const LOOK: Duration = Duration::from_secs(5);

/// The flags as they change, as server-sent events: `unleash-connected` with everything, or with what was missed since `Last-Event-ID`; then
/// `unleash-updated` with each change. The event's id is the revision. After ten minutes it ends, and SDKs come again.
///
/// Where too many are open it answers 429, upon which SDKs fetch from time to time instead.
#[utoipa::path(
    get,
    path = "/api/client/streaming",
    operation_id = "streamClientFeatures",
    tag = "flag clients",
    security(("flagToken" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "The last event that was received.")),
    responses((status = 200, description = "The stream.", content_type = "text/event-stream", body = String))
)]
pub(crate) async fn stream_client_features(
    State(clients): State<Clients>,
    ClientToken(token): ClientToken,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let environment = token.environment(named_environment(&uri).as_deref(), &clients);
    let scope = scope(&token, &uri, &headers)?;
    clients.snapshot(&token, &environment)?;
    // One that is nowhere would be waited for, and remembered, for ever.
    if clients.local.features.get(token.tenant, &environment).is_none() {
        return Err(ErrorCode::NotFound.into());
    }
    let place = clients.streams.clone().try_acquire_owned().map_err(|_| Problem::new(ErrorCode::RateLimited))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(revision);
    let shown = shown(&headers).unwrap_or_default().to_owned();
    let changed = clients.local.features.changed(token.tenant, &environment);
    let ends = Instant::now() + LONGEST;
    let follower = Follower {
        clients,
        token,
        shown,
        environment: environment.to_string(),
        scope,
        changed,
        last,
        is_first: true,
        ends,
        _place: place,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

struct Follower {
    clients: Clients,
    token: ClientIdentity,
    /// The token as it was shown.
    shown: String,
    environment: String,
    scope: Scope,
    changed: watch::Receiver<i64>,
    last: Option<i64>,
    is_first: bool,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next event; nothing when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if std::mem::replace(&mut self.is_first, false) {
            self.changed.mark_unchanged();
            return Some(match self.changes() {
                Some(changes) => self.event("unleash-connected", changes),
                None if self.last.is_some() => Event::default().comment("nothing changed"),
                None => {
                    let nothing = r#"{"events":[{"type":"hydration","eventId":0,"features":[],"segments":[]}]}"#;
                    Event::default().event("unleash-connected").data(nothing)
                }
            });
        }
        loop {
            tokio::select! {
                changed = self.changed.changed() => {
                    changed.ok()?;
                    if let Some(changes) = self.changes() {
                        return Some(self.event("unleash-updated", changes));
                    }
                }
                () = tokio::time::sleep(LOOK) => self.is_still_let_in().await.then_some(())?,
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    fn changes(&self) -> Option<Changes> {
        self.clients.local.features.changes(self.token.tenant, &self.environment, self.last, &self.scope)
    }

    fn event(&mut self, name: &str, changes: Changes) -> Event {
        self.last = Some(changes.revision);
        Event::default().event(name).id(changes.revision.to_string()).data(changes.body)
    }

    /// While it cannot be known, it is: the store may be gone, and flags go on.
    async fn is_still_let_in(&self) -> bool {
        match self.clients.tokens.verify(&self.shown).await {
            Ok(token) => token.as_ref() == Some(&self.token),
            Err(_) => true,
        }
    }
}
