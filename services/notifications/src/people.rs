//! To whom it goes: asked of identity through the mesh, so that nothing here grows old.

use std::time::Duration;

use banyan_contracts::identity::{PERSON_PATH, PersonSheet};
use banyan_events::jobs::JobError;
use banyan_http::Peer;
use banyan_kernel::{Caller, RequestId, Uuid};
use banyan_mesh::Mesh;

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
    let caller = Caller::system(tenant, SERVICE, RequestId(request));
    let identity = Peer { mesh, service: IDENTITY, within: ANSWER };
    let person = identity.get(caller, &format!("{PERSON_PATH}/{user}"), LARGEST_ANSWER).await;
    person.map_err(|error| JobError::Retry(error.to_string()))
}
