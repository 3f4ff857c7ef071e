//! Answers that a route gives by itself.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_http::{Problem, Verbatim};
use banyan_kernel::Caller;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, HOST, LOCATION};

use super::Passage;
use crate::routes::template::Facts;
use crate::routes::{Redirect, RedirectQuery, Respond, RouteEntry, TargetEntry};

/// The redirect or the answer that the file says.
pub(super) fn fixed(passage: &Passage, entry: &RouteEntry, request: &Request) -> Response {
    let captures = entry.pattern.captures(request.uri().path()).unwrap_or_default();
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
    };
    let facts = Facts {
        path: request.uri().path(),
        captures: &captures,
        client: passage.client.address,
        request: passage.request,
        tenant: &passage.tenant.tenant.name,
        user: request.extensions().get::<Caller>().and_then(Caller::user_id),
        host,
        scheme: passage.client.secure.scheme(),
    };
    let mut response = match &entry.target {
        TargetEntry::Redirect(redirect) => redirected(redirect, &facts, request.uri().query()),
        TargetEntry::Respond(respond) => responded(respond),
        TargetEntry::Service(_) | TargetEntry::Upstream(_) => Problem::internal(&"a route has no fixed answer").into_response(),
    };
    response.extensions_mut().insert(Verbatim);
    entry.response.headers.apply(response.headers_mut(), &facts);
    response
}

fn redirected(redirect: &Redirect, facts: &Facts<'_>, query: Option<&str>) -> Response {
    let mut location = String::new();
    redirect.to.write(facts, &mut location);
    if let Some(query) = query.filter(|query| redirect.query == RedirectQuery::Keep && !query.is_empty()) {
        location.push(if location.contains('?') { '&' } else { '?' });
        location.push_str(query);
    }
    match HeaderValue::try_from(location) {
        Ok(location) => (redirect.status, [(LOCATION, location)]).into_response(),
        Err(_) => Problem::internal(&"a redirect leads to no address").into_response(),
    }
}

fn responded(respond: &Respond) -> Response {
    let mut response = Response::new(Body::from(respond.body.clone()));
    *response.status_mut() = respond.status;
    if let Some(kind) = &respond.kind {
        response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    }
    response
}
