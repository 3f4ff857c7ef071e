//! Who asks and who answers: asked of identity through the mesh, so that nothing here grows old.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use banyan_contracts::identity::{ErasureSheet, PERSON_PATH, PersonSheet, STAFF_PATH, StaffSheet};
use banyan_kernel::{Caller, RequestId, Role, Uuid};
use banyan_mesh::{CallError, Mesh};
use http::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;

use crate::schema::SERVICE;

const IDENTITY: &str = "identity";
const ANSWER: Duration = Duration::from_secs(5);
/// In bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Identity cannot be asked now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("identity cannot be asked: {0}")]
    Call(#[from] CallError),
    #[error("identity answered {0}")]
    Status(StatusCode),
    #[error("identity's answer cannot be read: {0}")]
    Unreadable(String),
}

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
    let request = request(Method::POST, &format!("{PERSON_PATH}/{user}/erasure"), caller.clone())?;
    let answer = mesh.call(IDENTITY, request, ANSWER).await?;
    if answer.status() == StatusCode::NO_CONTENT { Ok(()) } else { Err(AskError::Status(answer.status())) }
}

async fn ask<T: DeserializeOwned>(mesh: &Mesh, tenant: Uuid, id: RequestId, path: &str) -> Result<Option<T>, AskError> {
    let request = request(Method::GET, path, Caller::system(tenant, SERVICE, id))?;
    let answer = mesh.call(IDENTITY, request, ANSWER).await?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        status => return Err(AskError::Status(status)),
    }
    let unreadable = |what: &dyn std::fmt::Display| AskError::Unreadable(what.to_string());
    let read = tokio::time::timeout(ANSWER, to_bytes(answer.into_body(), LARGEST_ANSWER)).await;
    let bytes = read.map_err(|_| unreadable(&"it takes too long"))?.map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(&error))
}

fn request(method: Method, path: &str, caller: Caller) -> Result<Request<Body>, AskError> {
    let request = Request::builder().method(method).uri(path).body(Body::empty());
    let mut request = request.map_err(|error| AskError::Unreadable(error.to_string()))?;
    request.extensions_mut().insert(caller.request);
    request.extensions_mut().insert(caller);
    Ok(request)
}
