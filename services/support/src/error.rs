//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum SupportError {
    /// The row is missing or belongs to somebody else: the caller learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(SupportError);

impl From<SupportError> for Problem {
    fn from(error: SupportError) -> Self {
        match error {
            SupportError::Hidden => Problem::hidden(),
            SupportError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            SupportError::Field { field, error } => Problem::invalid(field, error),
            SupportError::Problem(problem) => problem,
            SupportError::Store(error) => error.into(),
        }
    }
}
