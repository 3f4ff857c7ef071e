//! `GET /api/v1/realtime/connection/websocket`, and by the name that clients have in their examples, `/connection/websocket`.

use axum::extract::{Request, State};
use axum::response::Response;
use banyan_http::{Problem, Visitor};
use banyan_kernel::Caller;
use http::header::AUTHORIZATION;
use hyper_util::rt::TokioIo;

use crate::App;
use crate::session::Hello;
use crate::session::socket::begin;
use crate::upgrade::agree;

/// By this name clients may ask for JSON; they may as well ask for nothing.
const PROTOCOL: &str = "centrifuge-json";

/// Goes over to WebSocket and Centrifugo's client protocol, version 2, in JSON. The first command is `connect` with an access token; who sends
/// `Authorization` with the request needs none. See the page on realtime.
#[utoipa::path(
    get,
    path = "/api/v1/realtime/connection/websocket",
    operation_id = "connectRealtime",
    tag = "realtime",
    security(()),
    responses((status = 101, description = "From here on it is WebSocket."))
)]
pub(crate) async fn connect_realtime(State(app): State<App>, visitor: Visitor, request: Request) -> Result<Response, Problem> {
    connect(app, visitor, request)
}

/// The same by the path that clients of Centrifugo have in their examples.
#[utoipa::path(
    get,
    path = "/connection/websocket",
    operation_id = "connectRealtimeAlias",
    tag = "realtime",
    security(()),
    responses((status = 101, description = "From here on it is WebSocket."))
)]
pub(crate) async fn connect_realtime_alias(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Problem> {
    connect(app, visitor, request)
}

fn connect(app: App, Visitor(caller): Visitor, mut request: Request) -> Result<Response, Problem> {
    let agreed = agree(&mut request, PROTOCOL)?;
    let hello = Hello::of(&request, caller);
    let connection = agreed.connection;
    tokio::spawn(async move {
        match connection.await {
            Ok(upgraded) => begin(TokioIo::new(upgraded), app.engine, hello).await,
            Err(error) => tracing::debug!(%error, "a connection did not go over to WebSocket"),
        }
    });
    Ok(agreed.answer)
}

impl Hello {
    pub(super) fn of(request: &Request, caller: Caller) -> Self {
        Self { bearer: bearer(request), request: caller.request, caller, language: request.extensions().get().copied() }
    }
}

/// The token of a person's own log-in, so that its end is known.
pub(crate) fn bearer(request: &Request) -> Option<String> {
    let text = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
