//! Who asks and who answers: asked of identity through the mesh, so that nothing here grows old.

use std::time::Duration;

use axum::body::Body;
use banyan_contracts::identity::{ErasureSheet, PERSON_PATH, PersonSheet, STAFF_PATH, StaffSheet};
use banyan_http::{AskError, Peer};
use banyan_kernel::{Caller, RequestId, Role, Uuid};
use banyan_mesh::Mesh;
use http::Method;
use serde::de::DeserializeOwned;

use crate::schema::SERVICE;

const IDENTITY: &str = "identity";
const ANSWER: Duration = Duration::from_secs(5);
/// In bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// The person, or nothing where there is none.
pub(crate) async fn person(mesh: &Mesh, tenant: Uuid, request: RequestId, user: Uuid) -> Result<Option<PersonSheet>, AskError> {
    ask(mesh, tenant, request, &format!("{PERSON_PATH}/{user}")).await
}

/// When the person's account goes, where they asked for it.
pub(crate) async fn erasure(mesh: &Mesh, tenant: Uuid, request: RequestId, user: Uuid) -> Result<ErasureSheet, AskError> {
    Ok(ask(mesh, tenant, request, &format!("{PERSON_PATH}/{user}/erasure")).await?.unwrap_or_default())
}

/// Whom a ticket of this tier calls: those of the tier, or where there are none the nearest ones, above first.
pub(crate) async fn staff_of(mesh: &Mesh, tenant: Uuid, request: RequestId, tier: i64) -> Result<Vec<Uuid>, AskError> {
    let order = match tier {
        ..=1 => [Role::Support, Role::Admin, Role::Owner],
        2 => [Role::Admin, Role::Owner, Role::Support],
        _ => [Role::Owner, Role::Admin, Role::Support],
    };
    for role in order {
        let sheet: Option<StaffSheet> = ask(mesh, tenant, request, &format!("{STAFF_PATH}?role={role}")).await?;
        let people = sheet.unwrap_or_default().people;
        if !people.is_empty() {
            return Ok(people);
        }
    }
    Ok(Vec::new())
}

/// Has identity erase the account, in the name of `caller`: identity decides whether they may.
pub(crate) async fn begin_erasure(mesh: &Mesh, caller: &Caller, user: Uuid) -> Result<(), AskError> {
    identity(mesh).tell(caller.clone(), Method::POST, &format!("{PERSON_PATH}/{user}/erasure"), Body::empty()).await
}

async fn ask<T: DeserializeOwned>(mesh: &Mesh, tenant: Uuid, id: RequestId, path: &str) -> Result<Option<T>, AskError> {
    identity(mesh).get(Caller::system(tenant, SERVICE, id), path, LARGEST_ANSWER).await
}

fn identity(mesh: &Mesh) -> Peer<'_> {
    Peer { mesh, service: IDENTITY, within: ANSWER }
}
