//! A request on a route that is split, or whose paths are counted: which side it takes, and what is done when its answer is there.

use std::sync::{Arc, Weak};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Caller;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, SET_COOKIE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};

use super::Passage;
use crate::Inner;
use crate::random::BufferedRandom;
use crate::split::choose::{Asked, drawn};
use crate::split::compare::Told;
use crate::split::entry::{Rescue, ShadowEntry};
use crate::split::state::{CopyEnd, SplitState, Waiting};
use crate::split::tape::{AtEnd, Tape, blank, tape, tape_onto};
use crate::split::window::Failed;
use crate::split::{MAIN, Split};
use crate::upgrade;

/// Says to the other side that nobody waits for its answer. Nobody outside can say it: the door strips `Banyan-*`.
static BANYAN_SHADOW: HeaderName = HeaderName::from_static("banyan-shadow");

/// What is remembered of a request until its answer comes.
pub(super) struct Entered {
    begun: Instant,
    method: Method,
    path: String,
    observed: bool,
    split: Option<OnSide>,
}

struct OnSide {
    split: Arc<Split>,
    side: usize,
    cookie: Option<HeaderValue>,
    /// For a second try on the baseline.
    again: Option<(Passage, Parts)>,
    copy: Option<Copy>,
}

/// A request that will be sent a second time, to the other side.
struct Copy {
    passage: Passage,
    parts: Parts,
    body: Arc<Tape>,
}

impl Inner {
    /// Chooses the side, and keeps what a second try or a copy needs.
    pub(super) fn enter(&self, passage: &mut Passage, request: &mut Request) -> Entered {
        let (mut parts, mut body) = std::mem::take(request).into_parts();
        let split = passage.route.split.clone().map(|split| {
            let asked = Asked {
                user: parts.extensions.get::<Caller>().and_then(Caller::user_id),
                address: passage.client.address,
                headers: &parts.headers,
                security: passage.client.secure,
                extensions: &parts.extensions,
                flags: self.flags.as_ref(),
            };
            let choice = split.choose(&asked, &BufferedRandom);
            passage.side = choice.side;
            // A connection that becomes a WebSocket is nothing that could be sent twice.
            let upgrading = parts.extensions.get::<upgrade::Asked>().is_some();
            let safe = matches!(parts.method, Method::GET | Method::HEAD) && body.is_end_stream() && !upgrading;
            let rescued = choice.side != MAIN && safe && split.entry.rescue == Rescue::Safe;
            let again = rescued.then(|| (passage.on(MAIN), parts.clone()));
            let copy = wants_copy(&split, choice.side, &parts.method).filter(|_| !upgrading).and_then(|shadow| {
                let copied = Copy {
                    passage: passage.on(shadow.to + 1),
                    parts: parts.clone(),
                    body: taped(&mut body, &parts.headers, shadow)?,
                };
                // What is compressed could not be compared. The door compresses by itself.
                parts.headers.remove(ACCEPT_ENCODING);
                Some(copied)
            });
            OnSide { split, side: choice.side, cookie: choice.cookie, again, copy }
        });
        let observed = passage.route.is_observed();
        let path = if observed { parts.uri.path().to_owned() } else { String::new() };
        let entered = Entered { begun: Instant::now(), method: parts.method.clone(), path, observed, split };
        *request = Request::from_parts(parts, body);
        entered
    }

    /// Counts the answer, tries the baseline where a variant failed, and sees to the copy.
    pub(super) async fn leave(&self, entered: Entered, mut response: Response) -> Response {
        if let Some(on) = entered.split {
            response = self.leave_split(on, entered.begun, response).await;
        }
        if entered.observed {
            self.observed.record(&entered.method, &entered.path, response.status(), entered.begun.elapsed());
        }
        response
    }

    async fn leave_split(&self, on: OnSide, begun: Instant, mut response: Response) -> Response {
        self.count(&on.split.state, on.side, response.status(), begun);
        if let Some((passage, parts)) = on.again.filter(|_| response.status().is_server_error()) {
            let begun = Instant::now();
            let mut request = Request::from_parts(parts, Body::empty());
            response = self.rendered(&passage, &mut request, None).await;
            self.count(&on.split.state, MAIN, response.status(), begun);
        }
        if let Some(cookie) = on.cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        match on.copy {
            Some(copy) => self.copy_after(copy, on.split.state.clone(), response),
            None => response,
        }
    }

    fn count(&self, state: &SplitState, side: usize, status: StatusCode, begun: Instant) {
        let failed = if status.is_server_error() { Failed::Yes } else { Failed::No };
        state.record(side, failed, begun.elapsed(), self.clock.now());
    }

    /// Lets the answer pass, and sends the copy when it has passed whole.
    fn copy_after(&self, copy: Copy, state: Arc<SplitState>, response: Response) -> Response {
        let Some(most) = state.entry.shadow.as_ref().map(|shadow| shadow.body) else { return response };
        let Some(edge) = self.own.get().cloned() else { return response };
        let (parts, body) = response.into_parts();
        let (status, headers) = (parts.status, parts.headers.clone());
        if body.is_end_stream() {
            send_later(edge, copy, state, Real { status, headers, body: Tape::empty() });
            return Response::from_parts(parts, body);
        }
        let kept = blank(most);
        let real = Real { status, headers, body: kept.clone() };
        let at_end: AtEnd = Box::new(move || send_later(edge, copy, state, real));
        let (body, _) = tape_onto(body, kept, Some(at_end));
        Response::from_parts(parts, body)
    }
}

/// What the client got.
struct Real {
    status: StatusCode,
    headers: HeaderMap,
    body: Arc<Tape>,
}

impl Passage {
    /// The same request on another side. It takes no place of the route's own.
    fn on(&self, side: usize) -> Self {
        Self {
            route: self.route.clone(),
            client: self.client,
            peer: self.peer,
            request: self.request,
            trace: self.trace.clone(),
            tenant: self.tenant.clone(),
            body_limit: self.body_limit,
            side,
            _place: None,
        }
    }
}

fn wants_copy<'s>(split: &'s Split, side: usize, method: &Method) -> Option<&'s ShadowEntry> {
    let shadow = split.entry.shadow.as_ref()?;
    let wanted = side == MAIN && shadow.methods.contains(method) && shadow.sample > 0;
    (wanted && drawn(&BufferedRandom) < shadow.sample).then_some(shadow)
}

/// Keeps the request's body while it passes; none where it says that it is too large.
fn taped(body: &mut Body, headers: &HeaderMap, shadow: &ShadowEntry) -> Option<Arc<Tape>> {
    if body.is_end_stream() {
        return Some(Tape::empty());
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > shadow.body) {
        return None;
    }
    let (passing, kept) = tape(std::mem::take(body), shadow.body, None);
    *body = passing;
    Some(kept)
}

/// Puts the copy into the queue, if there is room. Called where the answer's last byte is given away, so it must not wait.
fn send_later(edge: Weak<Inner>, copy: Copy, state: Arc<SplitState>, real: Real) {
    let Some(shadow) = &state.entry.shadow else { return };
    let (Some(request_body), Some(real_body)) = (copy.body.whole(), real.body.whole()) else {
        return state.count(CopyEnd::Skipped);
    };
    let Some(place) = state.wait(shadow.queue) else { return state.count(CopyEnd::Dropped) };
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let sending = Sending { copy, state: state.clone(), request_body, real, real_body, _place: place };
    let deadline = shadow.deadline;
    runtime.spawn(async move {
        let Some(edge) = edge.upgrade() else { return };
        if tokio::time::timeout(deadline, sending.send(&edge)).await.is_err() {
            state.count(CopyEnd::Late);
        }
    });
}

struct Sending {
    copy: Copy,
    state: Arc<SplitState>,
    request_body: Bytes,
    real: Real,
    real_body: Bytes,
    _place: Waiting,
}

impl Sending {
    async fn send(self, edge: &Inner) {
        let Some(shadow) = &self.state.entry.shadow else { return };
        let Ok(_turn) = self.state.running.acquire().await else { return };
        self.state.sent();
        let mut parts = self.copy.parts;
        let request = format!("{} {}", parts.method, parts.uri.path());
        parts.headers.remove(ACCEPT_ENCODING);
        parts.headers.remove(TRANSFER_ENCODING);
        if !self.request_body.is_empty() {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(self.request_body.len()));
        }
        let name = HeaderValue::from_str(&self.state.entry.name).unwrap_or(HeaderValue::from_static("1"));
        parts.headers.insert(&BANYAN_SHADOW, name);
        let mut copied = Request::from_parts(parts, Body::from(self.request_body));
        let answer = edge.rendered(&self.copy.passage, &mut copied, None).await;
        let (answer, body) = answer.into_parts();
        let Ok(body) = Limited::new(body, shadow.body).collect().await else {
            return self.state.count(CopyEnd::Skipped);
        };
        let body = body.to_bytes();
        let real = Told { status: self.real.status, headers: &self.real.headers, body: &self.real_body };
        let copy = Told { status: answer.status, headers: &answer.headers, body: &body };
        self.state.compared(&request, shadow.comparison.compare(&real, &copy));
    }
}
