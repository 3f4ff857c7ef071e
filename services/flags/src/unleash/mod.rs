//! Unleash's client API, as its SDKs use it: <https://docs.getunleash.io/reference/api/unleash/client>. Its paths, headers and forms are those of
//! Unleash 7; what is refused is a problem as everywhere in Banyan, of which SDKs read the status alone.

mod delta;
mod features;
mod frontend;
mod metrics;
mod query;
mod register;
mod streaming;

use axum::body::Body;
use axum::extract::FromRef;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use frontend::{stand_in, tag_of};

use crate::clients::Clients;

/// The version of Unleash whose interface this is.
const UNLEASH: &str = "7.5.1";
static X_UNLEASH_VERSION: HeaderName = HeaderName::from_static("x-unleash-version");

pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Clients: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(features::list_client_features))
        .routes(routes!(features::get_client_feature))
        .routes(routes!(delta::get_client_delta))
        .routes(routes!(streaming::stream_client_features))
        .routes(routes!(register::register_client))
        .routes(routes!(metrics::send_client_metrics))
        .routes(routes!(metrics::send_bulk_metrics))
        .routes(routes!(frontend::get_frontend_features, frontend::evaluate_frontend_features))
        .routes(routes!(register::register_frontend))
        .routes(routes!(metrics::send_frontend_metrics))
}

/// JSON with its tag, or 304 where the client has it already. Proxies may have weakened the tag (RFC 9110 §8.8.3).
pub(crate) fn tagged(headers: &HeaderMap, etag: &str, body: impl FnOnce() -> Body) -> Response {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    let own = strong(etag);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let known = known.flat_map(|line| line.split(',')).any(|tag| strong(tag) == own);
    let mut response = Response::new(if known { Body::empty() } else { body() });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    if let Ok(etag) = HeaderValue::try_from(etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    // It may be kept, but not used without asking.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
