//! What goes wrong in this service, and what the caller is told of it.

use banyan_http::{FieldError, Problem};
use banyan_kernel::ErrorCode;
use banyan_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    #[error("there is no such row in the caller's sight")]
    Hidden,
    /// A value that is wrong only in the light of what is stored.
    #[error("the field `{field}` does not fit what is stored")]
    Field { field: String, error: FieldError },
    #[error("there are {0} already")]
    TooMany(usize),
    #[error("there are too many subscriptions already")]
    TooManyWebhooks,
    /// What is asked for does not go with what is stored; the message of the catalogues says what.
    #[error("`{0}`")]
    Conflict(&'static str),
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(StoreError),
}

banyan_http::store_failures!(DoorError);

impl From<DoorError> for Problem {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::Hidden => Problem::hidden(),
            DoorError::Field { field, error } => Problem::invalid(field, error),
            DoorError::TooMany(most) => {
                Problem::new(ErrorCode::Conflict).detail_message("events-too-many-publishers", [("most", most.into())])
            }
            DoorError::TooManyWebhooks => {
                let most = crate::webhooks::MOST_WEBHOOKS;
                Problem::new(ErrorCode::Conflict).detail_message("events-too-many-webhooks", [("most", most.into())])
            }
            DoorError::Conflict(message) => Problem::new(ErrorCode::Conflict).detail_message(message, []),
            DoorError::Problem(problem) => problem,
            DoorError::Store(error) => error.into(),
        }
    }
}
