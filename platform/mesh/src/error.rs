//! Why a call has no answer, and why a service could not be registered.

use std::time::Duration;

use banyan_kernel::ErrorCode;

/// A call that got no answer. An answer with an error status is an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nobody registered a service of that name: a mistake in the program or its configuration.
    #[error("no service is called `{name}`")]
    ServiceUnknown { name: String },
    /// The service is known, and no instance of it can take a call now.
    #[error("no instance of `{name}` can take the call")]
    ServiceUnavailable { name: String },
    #[error("`{name}` did not answer within {} ms", after.as_millis())]
    DeadlineExceeded { name: String, after: Duration },
}

impl CallError {
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::ServiceUnknown { .. } => ErrorCode::ServiceUnknown,
            Self::ServiceUnavailable { .. } => ErrorCode::ServiceUnavailable,
            Self::DeadlineExceeded { .. } => ErrorCode::DeadlineExceeded,
        }
    }

    /// The service that was called.
    pub fn service(&self) -> &str {
        match self {
            Self::ServiceUnknown { name } | Self::ServiceUnavailable { name } | Self::DeadlineExceeded { name, .. } => name,
        }
    }
}

/// A service whose paths cannot be routed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("`{path}` belongs to the service `{owner}`, so `{service}` cannot have it")]
    Taken { path: String, owner: String, service: String },
    #[error("`{path}` of the service `{service}` cannot be routed: {reason}")]
    Path { path: String, service: String, reason: matchit::InsertError },
}

impl RegisterError {
    pub(crate) fn taken(path: &str, owner: &str, service: &str) -> Self {
        Self::Taken { path: path.to_owned(), owner: owner.to_owned(), service: service.to_owned() }
    }
}
