//! `POST /api/v1/keys`

use banyan_http::{Check, Created, Once, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{NetworkTexts, ScopeNames, ShownApiKey, check_moment, moment};
use crate::Identity;
use crate::api::fields;
use crate::api_keys::{For, Wanted};

/// The key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Nightly export", "scopes": [], "networks": ["203.0.113.0/24"]}))]
pub(super) struct NewApiKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Permissions of yours that the key may use. Without any it does for you what everybody may do.
    #[serde(default)]
    scopes: ScopeNames,
    /// Networks from which it counts; all, if they are left out.
    #[serde(default)]
    networks: NetworkTexts,
    /// From then on it counts no longer.
    #[schema(format = DateTime, max_length = 40)]
    expires_at: Option<String>,
}

impl Validate for NewApiKey {
    fn validate(&self, check: &mut Check) {
        fields::name(check, &self.name);
        self.scopes.validate(check, "scopes");
        self.networks.validate(check, "networks");
        check_moment(check, "expiresAt", self.expires_at.as_deref());
    }
}

/// Makes an API key of the caller's. Only a person does this, not another key.
#[utoipa::path(
    post,
    path = "/api/v1/keys",
    operation_id = "createApiKey",
    tag = "API keys",
    request_body = NewApiKey,
    responses((status = 201, description = "The key, and its text.", body = ShownApiKey))
)]
pub(super) async fn create_api_key(
    identity: Identity,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewApiKey>,
) -> Result<Created<ShownApiKey>, Problem> {
    let user = caller.require_person()?;
    let networks = body.networks.networks();
    let wanted = Wanted {
        name: body.name.trim(),
        scopes: body.scopes.scopes(),
        networks: &networks,
        plan: None,
        expires_at: body.expires_at.as_deref().and_then(moment),
    };
    let rows = identity.rows(&caller);
    let made = identity.create_api_key(&rows, caller.tenant, key.as_ref(), For::Oneself(user), &wanted).await?;
    let (api_key, secret) = made;
    Ok(Created::at(format!("/api/v1/keys/{}", api_key.id), ShownApiKey { api_key, secret }))
}
