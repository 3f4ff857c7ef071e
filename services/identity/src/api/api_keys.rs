//! The caller's own API keys. Made and changed by people themselves: a key that could make keys would outlive its revocation.

mod change;
mod create;
mod list;
mod revoke;
mod rotate;

use banyan_http::{Check, FieldError};
use banyan_kernel::{Network, Permission, Scopes, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;
use crate::view::ApiKeyView;

pub(crate) const MOST_NETWORKS: usize = 20;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(list::list_api_keys, create::create_api_key))
        .routes(routes!(change::change_api_key, revoke::revoke_api_key))
        .routes(routes!(rotate::rotate_api_key))
}

/// A key with its text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownApiKey {
    pub(crate) api_key: ApiKeyView,
    /// For `Authorization: Bearer …` or `X-API-Key`. Shown here and never again.
    #[schema(example = "bk_0000000000000000000000…_…")]
    pub(crate) secret: String,
}

/// Permissions by their names.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(example = json!(["users.read"]))]
pub(crate) struct ScopeNames(Vec<String>);

impl ScopeNames {
    pub(crate) fn validate(&self, check: &mut Check, field: &str) {
        let known: Vec<&str> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        check.count(field, &self.0, 0, known.len());
        if self.0.iter().any(|name| !known.contains(&name.as_str())) {
            check.error(field, FieldError::not_one_of(&known));
        }
    }

    pub(crate) fn scopes(&self) -> Scopes {
        self.0.iter().filter_map(|name| name.parse::<Permission>().ok()).collect()
    }
}

/// Addresses or networks.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(example = json!(["203.0.113.0/24", "2001:db8::/32"]))]
pub(crate) struct NetworkTexts(Vec<String>);

impl NetworkTexts {
    pub(crate) fn validate(&self, check: &mut Check, field: &str) {
        check.count(field, &self.0, 0, MOST_NETWORKS);
        if self.0.iter().any(|text| text.parse::<Network>().is_err()) {
            check.error(field, FieldError::new("invalid-network", "identity-network-invalid"));
        }
    }

    pub(crate) fn networks(&self) -> Vec<Network> {
        self.0.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

/// RFC 3339 as the kernel reads it; checked with the rest of the body.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

pub(crate) fn check_moment(check: &mut Check, field: &str, text: Option<&str>) {
    if text.is_some_and(|text| text.len() > 40 || moment(text).is_none()) {
        check.error(field, FieldError::new("invalid-time", "identity-time-invalid"));
    }
}
