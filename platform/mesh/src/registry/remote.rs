//! The registry of another node.

use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};

use super::serve::{Deregistration, Listing, digest_of};
use super::{Registration, RegistryError, RegistryStore};
use crate::call::Call;
use crate::caller::CONTENT_DIGEST;
use crate::service::ServiceHandle;

/// How long the registry may take.
const WITHIN: Duration = Duration::from_secs(5);
/// The most that is read of its answer, in bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Registers at, and asks, the nodes behind an upstream. Its `holds` is what that registry has.
#[derive(Clone, Debug)]
pub struct RemoteRegistry {
    nodes: ServiceHandle,
}

impl RemoteRegistry {
    /// `nodes` are those that keep the registry, declared as an upstream whose `caller` signs for [`super::REGISTRY`].
    pub fn new(nodes: ServiceHandle) -> Self {
        Self { nodes }
    }

    async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Vec<u8>, RegistryError> {
        let digest = HeaderValue::try_from(digest_of(&body)).map_err(|_| RegistryError::Unreadable)?;
        let reads = method == Method::GET;
        let body = if reads { Body::empty() } else { Body::from(body) };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(|_| RegistryError::Unreadable)?;
        if !reads {
            request.headers_mut().insert(&CONTENT_DIGEST, digest);
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let response = self.nodes.send(request, Call::within(WITHIN)).await?.into_response();
        if !response.status().is_success() {
            return Err(RegistryError::Refused(response.status()));
        }
        let bytes = to_bytes(response.into_body(), MOST_BYTES).await.map_err(|_| RegistryError::Unreadable)?;
        Ok(bytes.into())
    }
}

#[async_trait]
impl RegistryStore for RemoteRegistry {
    async fn put(&self, registration: &Registration, _holds: Duration) -> Result<(), RegistryError> {
        registration.check()?;
        let body = serde_json::to_vec(registration).map_err(|_| RegistryError::Unreadable)?;
        self.ask(Method::POST, "/mesh/v1/register", body).await.map(drop)
    }

    async fn remove(&self, id: &str) -> Result<(), RegistryError> {
        let body = serde_json::to_vec(&Deregistration { id: id.to_owned() }).map_err(|_| RegistryError::Unreadable)?;
        self.ask(Method::POST, "/mesh/v1/deregister", body).await.map(drop)
    }

    async fn list(&self, service: &str) -> Result<Vec<Registration>, RegistryError> {
        let body = self.ask(Method::GET, &format!("/mesh/v1/instances/{service}"), Vec::new()).await?;
        let listing: Listing = serde_json::from_slice(&body).map_err(|_| RegistryError::Unreadable)?;
        // What does not fit is not called.
        Ok(listing.instances.into_iter().filter(|one| one.check().is_ok()).collect())
    }
}
