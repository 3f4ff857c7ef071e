//! A body that may be left out.

use axum::body::HttpBody as _;
use axum::extract::{FromRequest, Request};
use banyan_http::{Body, Problem, Validate};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// [`Body`], or nothing where nothing was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maybe<T>(pub(super) Option<T>);

impl<S, T> FromRequest<S> for Maybe<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate + ToSchema,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(None));
        }
        let Body(value) = Body::<T>::from_request(request, state).await?;
        Ok(Self(Some(value)))
    }
}
