//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The row is missing, belongs to somebody else, or was deleted: the caller learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// There is no such thing, and everybody may know.
    #[error("there is no such thing")]
    Missing,
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(ContentError);

impl From<ContentError> for Problem {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Hidden => Problem::hidden(),
            ContentError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            ContentError::Field { field, error } => Problem::invalid(field, error),
            ContentError::Missing => ErrorCode::NotFound.into(),
            ContentError::Problem(problem) => problem,
            ContentError::Store(error) => error.into(),
        }
    }
}
