//! From a request to a WebSocket (RFC 6455 §4.2).

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The one version that there is.
const VERSION: &str = "13";

/// Both ends of an agreement.
pub(crate) struct Agreed {
    /// Becomes the connection when the answer has left.
    pub(crate) connection: OnUpgrade,
    pub(crate) answer: Response,
}

/// Agrees to a WebSocket, with `protocol` if the client offers it.
///
/// # Errors
/// 400 for what asks for none, or wrongly.
pub(crate) fn agree(request: &mut Request, protocol: &'static str) -> Result<Agreed, Problem> {
    let headers = request.headers();
    let asks = one(headers, &UPGRADE).is_some_and(|name| name.eq_ignore_ascii_case("websocket"));
    let version = one(headers, &SEC_WEBSOCKET_VERSION) == Some(VERSION);
    // Sixteen bytes in base64.
    let key = one(headers, &SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24 && key.ends_with("==")).map(str::to_owned);
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
    let offers: Vec<&str> = offers.flat_map(|line| line.split(',')).map(str::trim).collect();
    let is_spoken = offers.is_empty() || offers.contains(&protocol);
    let chosen = (!offers.is_empty()).then_some(protocol);
    let (true, true, true, Some(key)) = (asks, version, is_spoken, key) else {
        return Err(Problem::new(ErrorCode::MalformedRequest).detail_message("realtime-no-websocket", []));
    };
    let connection = request.extensions_mut().remove::<OnUpgrade>();
    let connection =
        connection.ok_or_else(|| Problem::new(ErrorCode::MalformedRequest).detail_message("realtime-no-websocket", []))?;
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(chosen) = chosen {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(chosen));
    }
    Ok(Agreed { connection, answer })
}

/// The field's value, if it is there once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}
