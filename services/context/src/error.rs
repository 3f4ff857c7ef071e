//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// The row is missing, or the caller may not do this to it: the caller learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    /// Somebody else was faster.
    #[error("the item has version {present}")]
    Stale { present: i64 },
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(ContextError);

impl From<ContextError> for Problem {
    fn from(error: ContextError) -> Self {
        match error {
            ContextError::Hidden => Problem::hidden(),
            ContextError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            ContextError::Stale { present } => Problem::new(ErrorCode::Conflict)
                .detail_message("context-stale", [("version", present.into())])
                .extension("presentVersion", present),
            ContextError::Field { field, error } => Problem::invalid(field, error),
            ContextError::Problem(problem) => problem,
            ContextError::Store(error) => error.into(),
        }
    }
}
