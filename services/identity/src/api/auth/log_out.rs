//! `POST /api/v1/auth/logout`

use banyan_http::{Check, NoContent, Problem, Validate};
use banyan_kernel::{ErrorCode, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::api::maybe::Maybe;
use crate::visit::Visit;

/// The session to end, by its refresh token; left out, it is the one of the access token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogOut {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    refresh_token: Option<Secret<String>>,
}

impl Validate for LogOut {
    fn validate(&self, check: &mut Check) {
        if let Some(token) = &self.refresh_token {
            fields::secret(check, "refreshToken", token.expose());
        }
    }
}

/// Ends a session: its access tokens and refresh tokens count no longer.
///
/// Either token will do; a client whose access token has expired sends the refresh token alone.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    operation_id = "logOut",
    tag = "authentication",
    security((), ("bearer" = [])),
    request_body(content = Option<LogOut>),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 401, description = "Neither token was sent, or the refresh token is not one of ours.")
    )
)]
pub(super) async fn log_out(identity: Identity, visit: Visit, Maybe(body): Maybe<LogOut>) -> Result<NoContent, Problem> {
    let token = body.and_then(|body| body.refresh_token);
    match (token, visit.caller.session) {
        (Some(token), _) => identity.log_out_by_token(&visit, token.expose()).await?,
        (None, Some(session)) => identity.end_session(&visit.caller, session).await?,
        (None, None) => return Err(ErrorCode::Unauthenticated.into()),
    }
    Ok(NoContent)
}
