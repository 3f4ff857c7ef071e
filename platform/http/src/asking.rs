//! What services ask of one another through the mesh.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use banyan_kernel::{Caller, ErrorCode};
use banyan_mesh::{CallError, Mesh};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, StatusCode};
use serde::de::DeserializeOwned;

use crate::Problem;

/// A service, as another one asks it.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'m> {
    pub mesh: &'m Mesh,
    pub service: &'m str,
    /// How long it may take to answer, and then again for the body.
    pub within: Duration,
}

/// A service did not answer, or not as was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("`{service}` cannot be asked: {error}")]
    Call { service: String, error: CallError },
    #[error("`{service}` answered {status}")]
    Status { service: String, status: StatusCode },
    #[error("the answer of `{service}` cannot be read: {why}")]
    Unreadable { service: String, why: String },
    #[error("that cannot be asked: {0}")]
    Question(#[from] http::Error),
}

impl AskError {
    /// Whether the service was heard and will not think otherwise.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_client_error(),
            Self::Question(_) => true,
            Self::Call { .. } | Self::Unreadable { .. } => false,
        }
    }
}

/// For who asked through this service: another one does not answer now.
impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Call { error, .. } => error.into(),
            other => Self::new(ErrorCode::ServiceUnavailable).caused_by(&other),
        }
    }
}

impl Peer<'_> {
    /// Sends JSON, or nothing, in the name of `caller`. An answer of any status is one.
    ///
    /// # Errors
    /// [`AskError::Call`] where there is no answer.
    pub async fn send(&self, caller: Caller, method: Method, path: &str, body: Body) -> Result<Response, AskError> {
        let mut request = Request::builder().method(method).uri(path).body(body)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.extensions_mut().insert(caller.request);
        request.extensions_mut().insert(caller);
        let answer = self.mesh.call(self.service, request, self.within).await;
        answer.map_err(|error| AskError::Call { service: self.service.to_owned(), error })
    }

    /// As [`Peer::send`], where nothing is to be told but that it is done.
    ///
    /// # Errors
    /// [`AskError::Call`], and [`AskError::Status`] for every answer but 204.
    pub async fn tell(&self, caller: Caller, method: Method, path: &str, body: Body) -> Result<(), AskError> {
        match self.send(caller, method, path, body).await?.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(self.answered(status)),
        }
    }

    /// What is at a path, in at most `largest` bytes; nothing where the service knows of nothing there.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn get<T: DeserializeOwned>(&self, caller: Caller, path: &str, largest: usize) -> Result<Option<T>, AskError> {
        let answer = self.send(caller, Method::GET, path, Body::empty()).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(self.answered(status)),
        }
        let unreadable = |why: String| AskError::Unreadable { service: self.service.to_owned(), why };
        let read = tokio::time::timeout(self.within, to_bytes(answer.into_body(), largest)).await;
        let bytes =
            read.map_err(|_| unreadable("it takes too long".to_owned()))?.map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(error.to_string()))
    }

    /// An answer of a status that cannot be used.
    pub fn answered(&self, status: StatusCode) -> AskError {
        AskError::Status { service: self.service.to_owned(), status }
    }
}
