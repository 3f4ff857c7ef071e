//! To whom it goes: asked of identity through the mesh, so that nothing here grows old.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use banyan_contracts::identity::{PERSON_PATH, PersonSheet};
use banyan_events::jobs::JobError;
use banyan_kernel::{Caller, RequestId, Uuid};
use banyan_mesh::Mesh;
use http::{Request, StatusCode};

use crate::schema::SERVICE;

const IDENTITY: &str = "identity";
const ANSWER: Duration = Duration::from_secs(10);
/// In bytes: a sheet has a few hundred.
const LARGEST_ANSWER: usize = 64 * 1024;

/// The person, or nothing where there is none.
///
/// # Errors
/// [`JobError::Retry`] when identity cannot be asked now.
pub(crate) async fn person(mesh: &Mesh, tenant: Uuid, request: Uuid, user: Uuid) -> Result<Option<PersonSheet>, JobError> {
    let later = |what: &dyn std::fmt::Display| JobError::Retry(format!("identity cannot be asked for a person: {what}"));
    let id = RequestId(request);
    let question = Request::builder().uri(format!("{PERSON_PATH}/{user}")).body(Body::empty());
    let mut question = question.map_err(|error| JobError::Fatal(error.to_string()))?;
    question.extensions_mut().insert(id);
    question.extensions_mut().insert(Caller::system(tenant, SERVICE, id));
    let answer = mesh.call(IDENTITY, question, ANSWER).await.map_err(|error| later(&error))?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Ok(None),
        status => return Err(later(&status)),
    }
    let read = tokio::time::timeout(ANSWER, to_bytes(answer.into_body(), LARGEST_ANSWER)).await;
    let bytes = read.map_err(|_| later(&"its answer takes too long"))?.map_err(|error| later(&error))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| later(&error))
}
