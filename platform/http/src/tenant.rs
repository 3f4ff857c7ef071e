//! The tenant that a request is for.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use banyan_kernel::application::Application;
use http::request::Parts;
use uuid::Uuid;

use crate::Problem;

/// The tenant of the request: decided by the edge from host name, header and credential. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub id: Uuid,
    /// As in `acme.example.org` and `X-Tenant`.
    pub name: Arc<str>,
    /// What the tenant was made from; its catalogues come before those of the services.
    pub application: Arc<Application>,
}

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal(&"no tenant was put into the request"))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Tenant {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
