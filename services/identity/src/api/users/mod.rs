//! The caller's own account.

mod ask_erasure;
mod copy_data;
mod get_erasure;
mod get_preferences;
mod get_profile;
mod list_own_organisations;
mod set_preferences;
mod update_profile;
mod withdraw_erasure;

use std::collections::BTreeMap;

use banyan_http::{Check, FieldError, Validate};
use banyan_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Desk;
use crate::model::Person;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(get_profile::get_profile, update_profile::update_profile))
        .routes(routes!(get_preferences::get_preferences, set_preferences::set_preferences))
        .routes(routes!(list_own_organisations::list_own_organisations))
        .routes(routes!(copy_data::copy_data))
        .routes(routes!(ask_erasure::ask_erasure, get_erasure::get_erasure, withdraw_erasure::withdraw_erasure))
}

/// What a person wants to be told of: everything or nothing, or by channel or subject (`{"email": true, "push": false}`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
enum Notifications {
    All(bool),
    Each(BTreeMap<String, bool>),
}

impl Validate for Notifications {
    fn validate(&self, check: &mut Check) {
        let Self::Each(channels) = self else { return };
        if channels.len() > 50 {
            check.error("notifications", FieldError::too_many(50));
        }
        if channels.keys().any(|name| name.is_empty() || name.chars().count() > 50 || name.chars().any(char::is_control)) {
            check.error("notifications", FieldError::invalid());
        }
    }
}

/// When the account and all that is its person's goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Erasure {
    /// `null` where it was not asked for.
    #[schema(value_type = Option<String>, format = DateTime)]
    erases_at: Option<Timestamp>,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct Preferences {
    /// `null` until the person chose.
    notifications: Option<Notifications>,
    /// The language of answers, mails and pages (BCP 47); `null` until the person chose.
    #[schema(example = "id-ID")]
    language: Option<String>,
}

impl Preferences {
    fn of(person: Person, notifications: Option<serde_json::Value>) -> Self {
        // What a newer program saved in another form counts as not chosen.
        let notifications = notifications.and_then(|value| serde_json::from_value(value).ok());
        Self { notifications, language: person.user.locale }
    }
}
