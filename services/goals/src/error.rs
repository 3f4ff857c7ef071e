//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;
use sea_orm::DbErr;

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

impl From<StoreError> for GoalsError {
    fn from(error: StoreError) -> Self {
        match error {
            // Writing into a row that the caller may read but not change tells nothing more than a missing one.
            StoreError::RowSecurity { .. } => Self::Hidden,
            error => Self::Store(error),
        }
    }
}

impl From<DbErr> for GoalsError {
    fn from(error: DbErr) -> Self {
        StoreError::from(error).into()
    }
}

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
