//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum FlagsError {
    /// The row is missing, or the caller may not see it: she learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    /// As [`FlagsError::Conflict`], with names that the message tells.
    #[error("`{message}`: {names:?}")]
    Named { message: &'static str, names: Vec<String> },
    /// There are as many as there may be.
    #[error("there are {most} already")]
    TooMany { message: &'static str, most: usize },
    /// Fields that are wrong only in the light of what is stored.
    #[error("fields do not fit what is stored")]
    Fields(Vec<(String, FieldError)>),
    /// A condition of the request, such as `If-Match`.
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

impl FlagsError {
    pub(crate) fn field(field: impl Into<String>, error: FieldError) -> Self {
        Self::Fields(vec![(field.into(), error)])
    }
}

banyan_http::store_failures!(FlagsError);

impl From<FlagsError> for Problem {
    fn from(error: FlagsError) -> Self {
        match error {
            FlagsError::Hidden => Problem::hidden(),
            FlagsError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            FlagsError::Named { message, mut names } => {
                names.truncate(10);
                let problem = Problem::new(ErrorCode::Conflict).extension("names", names.clone());
                problem.detail_message(message, [("names", names.join(", ").into())])
            }
            FlagsError::TooMany { message, most } => {
                Problem::new(ErrorCode::Conflict).detail_message(message, [("most", most.into())])
            }
            FlagsError::Fields(fields) => Problem::refuse(fields).err().unwrap_or_else(|| ErrorCode::ValidationFailed.into()),
            FlagsError::Problem(problem) => problem,
            FlagsError::Store(error) => error.into(),
        }
    }
}
