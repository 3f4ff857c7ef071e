//! `POST /api/v1/admin/keys`

use banyan_http::{Allowed, Check, Created, Once, Problem, Validate, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::api_keys::{NetworkTexts, ScopeNames, ShownApiKey, check_moment, moment};
use crate::api::fields;
use crate::api_keys::{For, Wanted};

/// The key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"userId": "01941f29-7c00-7000-8000-0000000000aa", "name": "Nightly export", "scopes": ["analytics.read"]}))]
pub(super) struct NewProgramKey {
    /// A service account. People make their own keys.
    user_id: Uuid,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Permissions of the account that the key may use.
    #[serde(default)]
    scopes: ScopeNames,
    /// Networks from which it counts; all, if they are left out.
    #[serde(default)]
    networks: NetworkTexts,
    /// The plan by which its requests are limited; a person's own limits, if it is left out.
    #[schema(min_length = 1, max_length = 60)]
    plan: Option<String>,
    /// From then on it counts no longer.
    #[schema(format = DateTime, max_length = 40)]
    expires_at: Option<String>,
}

impl Validate for NewProgramKey {
    fn validate(&self, check: &mut Check) {
        fields::name(check, &self.name);
        fields::plan(check, self.plan.as_deref());
        self.scopes.validate(check, "scopes");
        self.networks.validate(check, "networks");
        check_moment(check, "expiresAt", self.expires_at.as_deref());
    }
}

/// Makes an API key for a service account. Only a person does this, not another key.
#[utoipa::path(
    post,
    path = "/api/v1/admin/keys",
    operation_id = "createProgramKey",
    tag = "administration",
    request_body = NewProgramKey,
    responses((status = 201, description = "The key, and its text.", body = ShownApiKey))
)]
pub(super) async fn create_program_key(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Once { key, body }: Once<NewProgramKey>,
) -> Result<Created<ShownApiKey>, Problem> {
    caller.require_person()?;
    let networks = body.networks.networks();
    let wanted = Wanted {
        name: body.name.trim(),
        scopes: body.scopes.scopes(),
        networks: &networks,
        plan: body.plan.as_deref(),
        expires_at: body.expires_at.as_deref().and_then(moment),
    };
    let rows = identity.rows(&caller);
    let made = identity.create_api_key(&rows, caller.tenant, key.as_ref(), For::Program(body.user_id), &wanted).await?;
    let (api_key, secret) = made;
    Ok(Created::at(format!("/api/v1/admin/keys/{}", api_key.id), ShownApiKey { api_key, secret }))
}
