//! Who may write, review and publish.

use axum::extract::FromRequestParts;
use banyan_http::{Allowed, Permit, Problem, permit};
use banyan_kernel::{Actor, Caller};
use http::request::Parts;

use crate::schema::SERVICE;

/// Somebody who may write texts, or the command line. Others are answered 401 or 403.
pub(crate) struct Writer(pub(crate) Caller);

/// Somebody who may approve texts of others, or the command line.
pub(crate) struct Reviewer(pub(crate) Caller);

/// Somebody who may publish, or the command line.
pub(crate) struct Publisher(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        admitted::<S, permit::TranslationsWrite>(parts, state).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Reviewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        admitted::<S, permit::TranslationsReview>(parts, state).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for Publisher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        admitted::<S, permit::TranslationsPublish>(parts, state).await.map(Self)
    }
}

async fn admitted<S: Sync, P: Permit>(parts: &mut Parts, state: &S) -> Result<Caller, Problem> {
    match parts.extensions.get::<Caller>() {
        // The command line speaks in the service's own name. No request from outside can: the door makes no such caller.
        Some(caller) if caller.actor == Actor::System(SERVICE) => Ok(caller.clone()),
        _ => Ok(Allowed::<P>::from_request_parts(parts, state).await?.caller),
    }
}
