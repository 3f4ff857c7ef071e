//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum GoalsError {
    /// The row is missing, belongs to somebody else, or was deleted: the caller learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What lies in the archive is restored before it is worked on.
    #[error("the row lies in the archive")]
    Archived,
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(GoalsError);

impl From<GoalsError> for Problem {
    fn from(error: GoalsError) -> Self {
        match error {
            GoalsError::Hidden => Problem::hidden(),
            GoalsError::Archived => Problem::new(ErrorCode::Conflict).detail_message("goals-archived", []),
            GoalsError::Field { field, error } => Problem::invalid(field, error),
            GoalsError::Problem(problem) => problem,
            GoalsError::Store(error) => error.into(),
        }
    }
}
