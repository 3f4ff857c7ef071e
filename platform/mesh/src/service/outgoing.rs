//! A request as it leaves, and what is kept to send it again.

use std::time::Duration;

use axum::extract::Request;
use banyan_kernel::Caller;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body::Body as _;

use super::Inner;
use crate::body::{OutBody, Replay};
use crate::call::{Call, Upgrade};
use crate::caller::{CallerDetails, SignedCaller};
use crate::propagate;
use crate::remote::head;
use crate::upstream::{Context, HostRule, Repeatable, Upstream};

pub(crate) static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What does not change from try to try.
pub(super) struct Outgoing {
    ready: Option<http::Request<OutBody>>,
    spare: Option<Spare>,
    /// Who calls, as [`crate::caller`] encodes it.
    caller: Option<HeaderValue>,
}

struct Spare {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// None for a request without a body.
    body: Option<Replay>,
}

impl Outgoing {
    /// `tries` above 1 keeps what may be needed again.
    pub(super) fn new(request: &mut Request, upstream: &Upstream, call: &Call, tries: u32) -> Self {
        let (mut parts, body) = std::mem::take(request).into_parts();
        let caller = upstream.caller.as_ref().map(|_| {
            let details = parts.extensions.get::<CallerDetails>();
            // Without a caller the node speaks for itself: it can be believed to be one of ours, and that is all.
            parts
                .extensions
                .get::<Caller>()
                .map_or_else(SignedCaller::node, |caller| SignedCaller::of(caller, details))
                .to_field()
        });
        head::clean_request(&mut parts.headers, call.upgrade);
        if upstream.host == HostRule::Keep && parts.uri.authority().is_none() {
            head::one_host(&mut parts.headers);
        }
        let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
        let repeats = tries > 1 && call.upgrade == Upgrade::Refused && may_repeat(&method, &headers, upstream, call);
        let empty = body.is_end_stream();
        if !repeats {
            let body = if empty { OutBody::Empty } else { OutBody::Stream(body) };
            return Self { ready: Some(assembled(method, uri, headers, body)), spare: None, caller };
        }
        let replay = (!empty).then(|| Replay::of(body, upstream.retry.buffer_bytes));
        Self { ready: None, spare: Some(Spare { method, uri, headers, body: replay }), caller }
    }

    /// The request for the next try; none if it cannot be sent again.
    pub(super) fn next(&mut self) -> Option<http::Request<OutBody>> {
        if let Some(ready) = self.ready.take() {
            return Some(ready);
        }
        let spare = self.spare.as_ref()?;
        let body = match &spare.body {
            None => OutBody::Empty,
            Some(replay) => OutBody::Replayed(replay.again()?),
        };
        Some(assembled(spare.method.clone(), spare.uri.clone(), spare.headers.clone(), body))
    }

    /// What was never sent.
    pub(super) fn put_back(&mut self, request: http::Request<OutBody>) {
        self.ready = Some(request);
    }

    /// Whether [`Outgoing::next`] has one more, after the last one was sent.
    pub(super) fn can_repeat(&self) -> bool {
        let kept = |spare: &Spare| spare.body.as_ref().is_none_or(Replay::is_kept);
        self.ready.is_some() || self.spare.as_ref().is_some_and(kept)
    }

    /// What is said anew for each try: who calls, and how long we wait.
    pub(super) fn introduce(&self, request: &mut http::Request<OutBody>, service: &Inner, upstream: &Upstream, left: Duration) {
        if upstream.context == Context::Passed {
            propagate::write(request.headers_mut(), left, &service.dice);
        }
        if let (Some(signer), Some(caller)) = (&upstream.caller, &self.caller) {
            signer.sign(request, caller);
        }
    }
}

fn assembled(method: Method, uri: Uri, headers: HeaderMap, body: OutBody) -> http::Request<OutBody> {
    let mut request = http::Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

fn may_repeat(method: &Method, headers: &HeaderMap, upstream: &Upstream, call: &Call) -> bool {
    let keyed = call.repeatable.unwrap_or(upstream.retry.repeatable) == Repeatable::OrKeyed;
    method.is_idempotent() || (keyed && headers.contains_key(&IDEMPOTENCY_KEY))
}
