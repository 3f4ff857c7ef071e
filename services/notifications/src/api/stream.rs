//! `GET /api/v1/notifications/stream`

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use banyan_http::{Language, Problem, SignedIn, Tenant};
use banyan_kernel::{Caller, ErrorCode, Uuid};
use banyan_locale::Locale;
use banyan_store::StoreError;
use futures_util::stream::{Stream, unfold};
use http::HeaderMap;

use super::inbox::{Shown, owner};
use crate::App;
use crate::store::inbox;
use crate::stream::Ear;

const HEARTBEAT: Duration = Duration::from_secs(15);
/// After it the client comes again, with a credential that still counts.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// How long a client waits before it comes again.
const COME_AGAIN: Duration = Duration::from_secs(2);
const AT_A_TIME: u64 = 100;

/// The changes of one's own inbox as they happen, as server-sent events: `notification`, whose data is a notification that is new, read, put
/// away or brought back. The event's id is its place in the inbox; with `Last-Event-ID` the stream goes on after it, without it begins with
/// what happens from now on. After ten minutes it ends, and the client comes again.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/stream",
    operation_id = "streamNotifications",
    tag = "notifications",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The last event that was received.")),
    responses((status = 200, description = "The stream.", content_type = "text/event-stream", body = String))
)]
pub(crate) async fn stream_notifications(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Language(locale): Language,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let user = owner(&caller)?;
    let ear = app.hub.listen(caller.tenant, user).map_err(|_| Problem::new(ErrorCode::RateLimited))?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let place = match last {
        Some(place) => place,
        None => {
            let rows = app.store.bind(&caller);
            rows.read(move |tx| async move { inbox::last_place(&tx, user).await }).await?
        }
    };
    let ends = tokio::time::Instant::now() + LONGEST;
    let follower = Follower { app, caller, user, tenant, locale, ear, place, ready: VecDeque::new(), is_first: true, ends };
    let events = unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok(event), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Follower {
    app: App,
    caller: Caller,
    user: Uuid,
    tenant: Tenant,
    locale: Locale,
    ear: Ear,
    place: i64,
    ready: VecDeque<Event>,
    is_first: bool,
    ends: tokio::time::Instant,
}

impl Follower {
    /// The next event; nothing when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if std::mem::replace(&mut self.is_first, false) {
            // Proxies pass on the head of an answer with its first bytes.
            return Some(Event::default().comment("ready").retry(COME_AGAIN));
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.ear.changes.mark_unchanged();
            self.look().await.ok()?;
            if !self.ready.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.ear.changes.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let (user, after) = (self.user, self.place);
        let rows = self.app.store.bind(&self.caller);
        let changes = rows.read(move |tx| async move { inbox::changes(&tx, user, after, AT_A_TIME).await }).await?;
        let shown = Shown::of(&self.app, &self.tenant, self.locale);
        for row in changes {
            let place = row.seq;
            let Ok(data) = serde_json::to_string(&shown.notification(row)) else { continue };
            self.ready.push_back(Event::default().event("notification").id(place.to_string()).data(data));
            self.place = self.place.max(place);
        }
        Ok(())
    }
}
