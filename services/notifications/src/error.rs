//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::{ErrorCode, Timestamp};
use banyan_store::StoreError;
use http::HeaderValue;
use http::header::RETRY_AFTER;

/// A failure of the service.
#[derive(Debug, thiserror::Error)]
pub enum NotificationsError {
    /// The row is missing, belongs to somebody else, or was deleted: the caller learns no more than that.
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: &'static str, error: FieldError },
    /// So often an hour it may not be done.
    #[error("too often in this hour")]
    TooOften { seconds: i64, until: Timestamp },
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(NotificationsError);

impl From<NotificationsError> for Problem {
    fn from(error: NotificationsError) -> Self {
        match error {
            NotificationsError::Hidden => Problem::hidden(),
            NotificationsError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            NotificationsError::Field { field, error } => Problem::invalid(field, error),
            NotificationsError::TooOften { seconds, until } => {
                let problem = Problem::new(ErrorCode::RateLimited).extension("retryAfter", until.to_string());
                problem.header(RETRY_AFTER, HeaderValue::from(seconds.max(1))).detail_message("notifications-too-often", [])
            }
            NotificationsError::Problem(problem) => problem,
            NotificationsError::Store(error) => error.into(),
        }
    }
}
