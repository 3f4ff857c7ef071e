//! The registry for other nodes, over HTTP. Every call is signed with the cluster's secret, its body included.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{HOLDS, Registration, RegistryError, RegistryStore};
use crate::caller::Verifier;

/// A registration is a few hundred bytes.
const MOST_BYTES: usize = 64 * 1024;

#[derive(Clone)]
struct Registry {
    store: Arc<dyn RegistryStore>,
    verifier: Arc<Verifier>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deregistration {
    pub(super) id: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    pub(super) instances: Vec<Registration>,
}

/// `POST /mesh/v1/register` (a [`Registration`]; again before [`HOLDS`] is over), `POST /mesh/v1/deregister` (`{"id": …}`), `GET
/// /mesh/v1/instances/{service}`. `verifier` is for [`super::REGISTRY`], best with a memory of signatures. For the internal listener.
pub fn router(store: Arc<dyn RegistryStore>, verifier: Arc<Verifier>) -> Router {
    Router::new()
        .route("/mesh/v1/register", post(register))
        .route("/mesh/v1/deregister", post(deregister))
        .route("/mesh/v1/instances/{service}", get(instances))
        .with_state(Registry { store, verifier })
}

async fn register(State(registry): State<Registry>, request: Request) -> Response {
    let registration: Registration = match registry.read(request).await {
        Ok(registration) => registration,
        Err((status, detail)) => return refused(status, &detail),
    };
    answer(registry.store.put(&registration, HOLDS).await.map(|()| StatusCode::NO_CONTENT.into_response()))
}

async fn deregister(State(registry): State<Registry>, request: Request) -> Response {
    let gone: Deregistration = match registry.read(request).await {
        Ok(gone) => gone,
        Err((status, detail)) => return refused(status, &detail),
    };
    answer(registry.store.remove(&gone.id).await.map(|()| StatusCode::NO_CONTENT.into_response()))
}

async fn instances(State(registry): State<Registry>, request: Request) -> Response {
    if let Err(error) = registry.verifier.verify(request.method(), request.uri(), request.headers()) {
        return refused(StatusCode::UNAUTHORIZED, &error.to_string());
    }
    let service = request.uri().path().rsplit('/').next().unwrap_or("");
    answer(registry.store.list(service).await.map(|instances| json(StatusCode::OK, &Listing { instances })))
}

impl Registry {
    /// The body of a signed request, whose digest is signed, too.
    async fn read<T: for<'de> Deserialize<'de>>(&self, request: Request) -> Result<T, (StatusCode, String)> {
        let (parts, body) = request.into_parts();
        let verified = self.verifier.verify(&parts.method, &parts.uri, &parts.headers);
        let verified = verified.map_err(|error| (StatusCode::UNAUTHORIZED, error.to_string()))?;
        let body = to_bytes(body, MOST_BYTES).await;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or broke off".to_owned()))?;
        let signed = verified.digest.unwrap_or_default();
        if !bool::from(signed.as_bytes().ct_eq(digest_of(&body).as_bytes())) {
            return Err((StatusCode::UNAUTHORIZED, "the body is not the one that was signed".to_owned()));
        }
        serde_json::from_slice(&body).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))
    }
}

/// `Content-Digest` (RFC 9530).
pub(super) fn digest_of(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(body)))
}

fn answer(done: Result<Response, RegistryError>) -> Response {
    done.unwrap_or_else(|error| {
        let status = match error {
            RegistryError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            RegistryError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            RegistryError::Young | RegistryError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            RegistryError::Unreachable(_) | RegistryError::Refused(_) | RegistryError::Unreadable => StatusCode::BAD_GATEWAY,
        };
        refused(status, &error.to_string())
    })
}

/// For programs of ours and for operators; people do not see it.
fn refused(status: StatusCode, detail: &str) -> Response {
    json(status, &serde_json::json!({ "status": status.as_u16(), "detail": detail }))
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
