//! `POST /api/v1/auth/token`

use banyan_http::{Body, Check, Json, Problem, Validate};
use banyan_kernel::{Secret, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Unkept, unkept};
use crate::Identity;
use crate::api::fields;
use crate::tokens::LIFETIME_SECONDS;
use crate::visit::Visit;

/// A program and its secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ClientCredentials {
    /// The service account.
    client_id: Uuid,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    client_secret: Secret<String>,
}

impl Validate for ClientCredentials {
    fn validate(&self, check: &mut Check) {
        fields::secret(check, "clientSecret", self.client_secret.expose());
    }
}

/// A token for a program.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientAdmission {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires; then ask again.
    #[schema(example = 900)]
    expires_in: i64,
}

/// Gives a service account an access token for its secret.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token",
    operation_id = "clientToken",
    tag = "authentication",
    security(()),
    request_body = ClientCredentials,
    responses(
        (status = 200, description = "A token.", body = ClientAdmission),
        (status = 401, description = "The secret is not that of the account.")
    )
)]
pub(super) async fn client_token(
    identity: Identity,
    visit: Visit,
    Body(client): Body<ClientCredentials>,
) -> Result<Unkept<Json<ClientAdmission>>, Problem> {
    let access_token = identity.client_token(&visit, client.client_id, client.client_secret.expose()).await?;
    Ok(unkept(Json(ClientAdmission { access_token, token_type: "Bearer", expires_in: LIFETIME_SECONDS })))
}
