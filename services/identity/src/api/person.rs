//! What another service must know of people: `GET /internal/people/{user}` to write to somebody, `GET /internal/staff` to call those who
//! hold a role, `/internal/people/{user}/erasure` for whoever asks for the end of an account. Not for requests from outside.

use axum::extract::{Extension, Path, Query};
use axum::routing::get;
use banyan_contracts::identity::{ErasureSheet, PERSON_PATH, PersonSheet, STAFF_PATH, StaffSheet};
use banyan_http::{Json, NoContent, Problem};
use banyan_kernel::{Actor, Caller, ErrorCode, Permission, Role, Uuid};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;

use super::Desk;
use crate::command_line::summary;
use crate::mail::base_url;
use crate::managing::manager;
use crate::model::Status;
use crate::store::accounts;
use crate::store::directory::{self, UserFilter};
use crate::{Identity, IdentityError};

/// How many of those who hold a role are told at most.
const MOST_STAFF: u64 = 100;

pub(super) fn routes() -> OpenApiRouter<Desk> {
    // Not `routes!`: what is not documented has no path that the door knows.
    OpenApiRouter::new()
        .route(&format!("{PERSON_PATH}/{{user}}"), get(tell_of_person))
        .route(&format!("{PERSON_PATH}/{{user}}/erasure"), get(tell_of_erasure).post(begin_erasure))
        .route(STAFF_PATH, get(tell_of_staff))
}

/// The service that acts for itself.
fn service(caller: Option<Extension<Caller>>) -> Result<Caller, ErrorCode> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    if matches!(caller.actor, Actor::System(_)) { Ok(caller) } else { Err(ErrorCode::Forbidden) }
}

/// Answers services that act for themselves, which nobody becomes by a request; 404 for nobody's id.
async fn tell_of_person(
    identity: Identity,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
) -> Result<Json<PersonSheet>, Problem> {
    let caller = service(caller)?;
    Ok(Json(identity.sheet_of(&caller, user).await?.ok_or(ErrorCode::NotFound)?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    role: Role,
}

/// Answers services that act for themselves.
async fn tell_of_staff(
    identity: Identity,
    caller: Option<Extension<Caller>>,
    Query(holding): Query<Holding>,
) -> Result<Json<StaffSheet>, Problem> {
    let caller = service(caller)?;
    let filter = UserFilter { role: Some(holding.role), status: Some(Status::Active), search: None };
    let (rows, filter) = (identity.rows(&caller), &filter);
    let found = rows.read(move |tx| async move { Ok::<_, IdentityError>(directory::first(&tx, filter, MOST_STAFF).await?) });
    Ok(Json(StaffSheet { people: found.await?.into_iter().map(|person| person.user.id).collect() }))
}

/// Answers services that act for themselves.
async fn tell_of_erasure(
    identity: Identity,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
) -> Result<Json<ErasureSheet>, Problem> {
    Ok(Json(ErasureSheet { erases_at: identity.leaving_of(&service(caller)?, user).await? }))
}

/// In the name of somebody who may manage users: the account is closed at once, and its erasure begins.
async fn begin_erasure(
    identity: Identity,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    caller.require(Permission::UsersManage)?;
    identity.begin_erasing(&identity.rows(&caller), manager(&caller)?, user).await?;
    Ok(NoContent)
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
