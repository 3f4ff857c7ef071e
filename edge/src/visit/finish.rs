//! What every answer gets on its way out.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use banyan_http::TraceContext;
use banyan_http::trace::{TRACEPARENT, tell};
use banyan_kernel::ErrorCode;
use banyan_telemetry::scope::within_sync;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH};
use http::{HeaderValue, Method};
use http_body::Body as _;

use super::Visit;
use super::lasting::while_it_counts;
use crate::Inner;
use crate::answer::compress::{Uncompressed, compress};
use crate::policies::SecurityRule;
use crate::routes::Secrecy;
use crate::settings::AccessLog;
use crate::usage::Used;

/// A request that took longer has a line in the log in any case.
const SLOW: Duration = Duration::from_secs(1);

/// Put into the answer to a request that cannot be meant, or was not heard to its end: nothing more is said on this connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastOfConnection;

impl Inner {
    pub(super) async fn finish(&self, mut response: Response, visit: &mut Visit) -> Response {
        let headers = response.headers_mut();
        let route = visit.route.clone();
        let rule = route.as_ref().map_or(SecurityRule::Door, |route| route.policies.security);
        self.security.apply(headers, visit.client.secure, rule);
        tell(visit.request, headers);
        headers.insert(&TRACEPARENT, traceparent(&visit.trace));
        if let Some(served) = visit.served {
            self.versions.tell(served, headers);
        }
        if let Some(rate) = &visit.rate {
            rate.tell(headers);
        }
        // A shared cache cannot see a person's choice of language.
        let personal = visit.negotiated.is_some_and(|negotiated| negotiated.source.is_personal());
        if personal && headers.contains_key(CONTENT_LANGUAGE) {
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
        }
        match &route {
            None => self.cors.apply(headers, visit.origin.take()),
            Some(route) => {
                route.policies.lifetime.tell(headers);
                if let Some(cors) = self.cors_of(route) {
                    cors.apply(headers, visit.origin.take());
                }
            }
        }
        let last = match response.status().as_u16() {
            // The rest of the body is not read, so nothing after it could be understood.
            408 | 413 => true,
            status => visit.route.is_none() && matches!(status, 400 | 414 | 431),
        };
        if last {
            response.extensions_mut().insert(LastOfConnection);
        }
        if visit.route.as_ref().is_some_and(|route| route.secrecy == Secrecy::Secret) {
            response.extensions_mut().insert(Uncompressed);
        }
        let response = if visit.method == Method::HEAD { without_body(response) } else { compress(response, visit.wish).await };
        self.note(&response, visit);
        while_it_counts(response, visit.credential.take(), &self.clock)
    }

    fn note(&self, response: &Response, visit: &Visit) {
        let elapsed = visit.begun.elapsed();
        let code = response.extensions().get::<ErrorCode>().copied();
        let meter = match &visit.route {
            Some(route) => route.meter.clone(),
            None if code == Some(ErrorCode::NotFound) => self.routes.load().unmatched.clone(),
            None => self.routes.load().refused.clone(),
        };
        meter.record(&visit.method, response.status(), code, elapsed);
        if let (Some(served), Some(tenant), Some(route)) = (visit.served, &visit.tenant, &visit.route) {
            let (tenant, version, status) = (tenant.tenant.id, served.0, response.status());
            let used = Used { tenant, key: visit.key, route: &route.meter, version, status, elapsed };
            self.usage.note(&used, self.clock.now());
        }
        let slow = elapsed >= SLOW;
        if !slow && self.settings.access_log == AccessLog::Slow {
            return;
        }
        within_sync(visit.scope(), || {
            let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
            let (method, route, status) = (visit.method.as_str(), meter.pattern(), response.status().as_u16());
            let clients_id = visit.clients_id.as_ref().and_then(|id| id.to_str().ok());
            let code = code.map(ErrorCode::slug);
            if slow {
                tracing::warn!(method, route, status, code, micros, client_request_id = clients_id, "slow request");
            } else {
                tracing::info!(method, route, status, code, micros, client_request_id = clients_id, "request");
            }
        });
    }
}

/// The answer to `HEAD`: all that `GET` would say, and how long it would be.
fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(bytes) = body.size_hint().exact().filter(|bytes| *bytes > 0) {
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(bytes));
    }
    Response::from_parts(parts, Body::empty())
}

/// `00-<trace>-<span>-<flags>`, written without the formatter, which would take longer than the rest of this file.
pub(super) fn traceparent(trace: &TraceContext) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
    let mut write = |at: usize, bytes: &[u8]| {
        for (index, byte) in bytes.iter().enumerate() {
            text[at + 2 * index] = DIGITS[usize::from(byte >> 4)];
            text[at + 2 * index + 1] = DIGITS[usize::from(byte & 15)];
        }
    };
    write(3, &trace.trace);
    write(36, &trace.span);
    write(53, &[u8::from(trace.is_sampled())]);
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("00-00000000000000000000000000000001-0000000000000001-00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_is_written_as_the_standard_has_it() {
        let known = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(traceparent(&known.parse().unwrap()), known);
        assert_eq!(traceparent(&known.replace("-01", "-00").parse().unwrap()), known.replace("-01", "-00"));
    }

    #[tokio::test]
    async fn head_says_how_long_the_body_would_be() {
        let answer = without_body(Response::new(Body::from("12345")));
        assert_eq!(answer.headers()[CONTENT_LENGTH], "5");
        assert!(axum::body::to_bytes(answer.into_body(), 10).await.unwrap().is_empty());
    }
}
