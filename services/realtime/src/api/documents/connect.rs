//! `GET /realtime/doc/{id}`: the address that `y-websocket` is given, with the document's name behind it.

use axum::extract::{Request, State};
use axum::response::Response;
use banyan_http::{Check, Path, Problem, Query, Validate, Visitor};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::api::connect::bearer;
use crate::documents::{converse, enter};
use crate::upgrade::agree;

/// `y-websocket` asks for none; who asks for one asks for this.
const PROTOCOL: &str = "y-websocket";

/// What a page can say, which may set no header fields.
#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DocumentQuery {
    /// An access token: `params: { token }` of `y-websocket`. It goes before that of `Authorization`.
    #[param(max_length = 8_192)]
    token: Option<String>,
}

impl Validate for DocumentQuery {
    fn validate(&self, check: &mut Check) {
        check.text("token", &self.token).length(0, 8_192).any();
    }
}

/// Goes over to WebSocket and the protocol of `y-websocket`: sync, awareness. Who may listen to the room reads its document, who may speak there changes
/// it. See the page on realtime.
#[utoipa::path(
    get,
    path = "/realtime/doc/{id}",
    operation_id = "connectDocument",
    tag = "realtime",
    security(()),
    params(("id" = String, Path, description = "The room whose document it is, such as `session:<id>`."), DocumentQuery),
    responses((status = 101, description = "From here on it is WebSocket."))
)]
pub(crate) async fn connect_document(
    State(app): State<App>,
    Visitor(caller): Visitor,
    Path(id): Path<String>,
    Query(query): Query<DocumentQuery>,
    mut request: Request,
) -> Result<Response, Problem> {
    let engine = app.engine;
    let given = query.token.filter(|token| !token.is_empty()).or_else(|| bearer(&request));
    let agreed = agree(&mut request, PROTOCOL)?;
    let entry = enter(&engine, caller, given.as_deref(), &id).await?;
    let connection = agreed.connection;
    tokio::spawn(async move {
        match connection.await {
            Ok(upgraded) => converse(TokioIo::new(upgraded), engine, entry).await,
            Err(error) => {
                tracing::debug!(%error, "a connection did not go over to WebSocket");
                entry.leave(&engine);
            }
        }
    });
    Ok(agreed.answer)
}
