//! `PATCH /api/v1/admin/keys/{id}`

use banyan_http::{Allowed, Body, Check, Json, Path, Problem, Validate, nullable, permit};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::store::api_keys::ApiKeyChange;
use crate::view::ApiKeyView;

/// What is to be different.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"plan": "coach"}))]
pub(super) struct KeyPlan {
    /// A plan of the application or of the operator's; `null` for the limits of the key's owner.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    plan: Option<Option<String>>,
}

impl Validate for KeyPlan {
    fn validate(&self, check: &mut Check) {
        fields::plan(check, self.plan.as_ref().and_then(Option::as_deref));
    }
}

/// Says by which plan the requests of an API key are limited.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/keys/{id}",
    operation_id = "changeKeyPlan",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The key.")),
    request_body = KeyPlan,
    responses((status = 200, description = "The key as it is now.", body = ApiKeyView))
)]
pub(super) async fn change_key_plan(
    identity: Identity,
    Allowed { caller, .. }: Allowed<permit::KeysManage>,
    Path(id): Path<Uuid>,
    Body(wanted): Body<KeyPlan>,
) -> Result<Json<ApiKeyView>, Problem> {
    caller.require_person()?;
    let change = ApiKeyChange { plan: wanted.plan, ..ApiKeyChange::default() };
    Ok(Json(identity.change_api_key(&identity.rows(&caller), id, &change).await?.into()))
}
