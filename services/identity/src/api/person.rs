//! `GET /internal/people/{user}`: what another service must know of a person to write to them. Not for requests from outside.

use axum::extract::{Extension, Path};
use axum::routing::get;
use banyan_contracts::identity::{PERSON_PATH, PersonSheet};
use banyan_http::{Json, Problem};
use banyan_kernel::{Actor, Caller, ErrorCode, Uuid};
use utoipa_axum::router::OpenApiRouter;

use super::Desk;
use crate::command_line::summary;
use crate::mail::base_url;
use crate::store::accounts;
use crate::{Identity, IdentityError};

pub(super) fn routes() -> OpenApiRouter<Desk> {
    // Not `routes!`: what is not documented has no path that the door knows.
    OpenApiRouter::new().route(&format!("{PERSON_PATH}/{{user}}"), get(tell_of_person))
}

/// Answers services that act for themselves, which nobody becomes by a request; 404 for nobody's id.
async fn tell_of_person(
    identity: Identity,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
) -> Result<Json<PersonSheet>, Problem> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    if !matches!(caller.actor, Actor::System(_)) {
        return Err(ErrorCode::Forbidden.into());
    }
    Ok(Json(identity.sheet_of(&caller, user).await?.ok_or(ErrorCode::NotFound)?))
}

impl Identity {
    async fn sheet_of(&self, caller: &Caller, user: Uuid) -> Result<Option<PersonSheet>, IdentityError> {
        let Some(tenant) = self.tenant(caller.tenant) else { return Ok(None) };
        let rows = self.rows(caller);
        let found = rows.read(move |tx| async move { accounts::person(&tx, user).await }).await?;
        let Some(person) = found else { return Ok(None) };
        let default = self.0.applications.default_application().name();
        Ok(Some(PersonSheet {
            active: person.is_active(),
            email_verified: person.user.email_verified_at.is_some(),
            tenant: tenant.name.to_string(),
            application: tenant.application.to_string(),
            brand: tenant.display_name.to_string(),
            base_url: base_url(&self.0.settings.public_url, &tenant.name, default),
            user: summary(person.user, person.rights.roles.iter().collect()),
        }))
    }
}
