//! `PATCH /api/v1/users/profile`

use banyan_http::{Body, Check, FieldError, Preconditions, Problem, SignedIn, Tagged, Tenant, Validate, nullable};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Identity;
use crate::api::fields;
use crate::store::accounts::ProfileChange;
use crate::view::{UserView, tag};

/// What is to be different. What is left out stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Maya Hartono", "timeZone": "Asia/Jakarta"}))]
pub(super) struct ProfileChanges {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// A language that the tenant offers (BCP 47).
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 35)]
    locale: Option<Option<String>>,
    /// IANA.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    time_zone: Option<Option<String>>,
}

impl Validate for ProfileChanges {
    fn validate(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            fields::name(check, name);
        }
        check.line("locale", self.locale.as_ref().unwrap_or(&None)).length(2, 35).any();
        if let Some(Some(zone)) = &self.time_zone {
            check.that(is_time_zone(zone), "timeZone", FieldError::time_zone());
        }
    }
}

fn is_time_zone(name: &str) -> bool {
    name.len() <= 64 && jiff::tz::TimeZone::get(name).is_ok()
}

/// Changes the caller's profile. `If-Match` with the tag that was read keeps two editors from overwriting one another.
#[utoipa::path(
    patch,
    path = "/api/v1/users/profile",
    operation_id = "updateProfile",
    tag = "users",
    params(("If-Match" = Option<String>, Header, description = "The tag that was read.")),
    request_body = ProfileChanges,
    responses((status = 200, description = "The profile as it is now.", body = UserView))
)]
pub(super) async fn update_profile(
    identity: Identity,
    SignedIn(caller): SignedIn,
    tenant: Tenant,
    preconditions: Preconditions,
    Body(changes): Body<ProfileChanges>,
) -> Result<Tagged<UserView>, Problem> {
    let locale = changes.locale.map(|chosen| identity.offered(&tenant, "locale", chosen)).transpose()?;
    let name = changes.name.map(|name| name.trim().to_owned());
    let change = ProfileChange { name, locale, time_zone: changes.time_zone };
    let version = match preconditions == Preconditions::default() {
        true => None,
        false => {
            let present = identity.profile(&caller).await?.user;
            preconditions.allow(&tag(present.id, present.version))?;
            Some(present.version)
        }
    };
    let person = identity.change_profile(&caller, version, &change).await?;
    Ok(Tagged::new(tag(person.user.id, person.user.version), person.into()))
}
