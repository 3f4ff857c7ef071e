//! `PATCH /api/v1/keys/{id}`

use banyan_http::{Body, Check, Json, Path, Problem, SignedIn, Validate, nullable};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{NetworkTexts, check_moment, moment};
use crate::Identity;
use crate::api::fields;
use crate::store::api_keys::ApiKeyChange;
use crate::view::ApiKeyView;

/// What is to be different. What is left out stays; `null` clears. Scopes stay: make another key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Nightly export"}))]
pub(super) struct ApiKeyChanges {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    networks: Option<NetworkTexts>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = DateTime, max_length = 40)]
    expires_at: Option<Option<String>>,
}

impl Validate for ApiKeyChanges {
    fn validate(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            fields::name(check, name);
        }
        if let Some(networks) = &self.networks {
            networks.validate(check, "networks");
        }
        check_moment(check, "expiresAt", self.expires_at.as_ref().and_then(Option::as_deref));
    }
}

/// Renames one of the caller's API keys, or changes from where and until when it counts.
#[utoipa::path(
    patch,
    path = "/api/v1/keys/{id}",
    operation_id = "changeApiKey",
    tag = "API keys",
    params(("id" = Uuid, Path, description = "The key.")),
    request_body = ApiKeyChanges,
    responses((status = 200, description = "The key as it is now.", body = ApiKeyView))
)]
pub(super) async fn change_api_key(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Body(changes): Body<ApiKeyChanges>,
) -> Result<Json<ApiKeyView>, Problem> {
    caller.require_person()?;
    let change = ApiKeyChange {
        name: changes.name.map(|name| name.trim().to_owned()),
        networks: changes.networks.map(|networks| networks.networks()),
        plan: None,
        expires_at: changes.expires_at.map(|time| time.as_deref().and_then(moment)),
    };
    let rows = identity.own_keys(&caller, id).await?;
    Ok(Json(identity.change_api_key(&rows, id, &change).await?.into()))
}
