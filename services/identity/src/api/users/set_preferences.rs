//! `POST /api/v1/users/preferences`

use banyan_http::{Body, Check, Json, Problem, SignedIn, Tenant, Validate, nullable};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Notifications, Preferences};
use crate::Identity;

/// What is to be different. What is left out stays; `null` for the language leaves it to the browser again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"notifications": true, "language": "id-ID"}))]
pub(super) struct NewPreferences {
    notifications: Option<Notifications>,
    /// A language that the tenant offers (BCP 47).
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 35)]
    language: Option<Option<String>>,
}

impl Validate for NewPreferences {
    fn validate(&self, check: &mut Check) {
        if let Some(notifications) = &self.notifications {
            notifications.validate(check);
        }
        check.line("language", self.language.as_ref().unwrap_or(&None)).length(2, 35).any();
    }
}

/// Saves what the caller chose. A language counts from the next answer on.
#[utoipa::path(
    post,
    path = "/api/v1/users/preferences",
    operation_id = "setPreferences",
    tag = "users",
    request_body = NewPreferences,
    responses((status = 200, description = "The preferences as they are now.", body = Preferences))
)]
pub(super) async fn set_preferences(
    identity: Identity,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    Body(new): Body<NewPreferences>,
) -> Result<Json<Preferences>, Problem> {
    let language = new.language.map(|chosen| identity.offered(&tenant, "language", chosen)).transpose()?;
    let notifications = new.notifications.map(serde_json::to_value).transpose().map_err(|error| Problem::internal(&error))?;
    let (person, notifications) = identity.set_preferences(&caller, notifications.as_ref(), language).await?;
    Ok(Json(Preferences::of(person, notifications)))
}
