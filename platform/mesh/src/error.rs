//! Why a call has no answer, and why a service could not be registered.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::ErrorCode;

/// A call that got no answer. An answer with an error status is an answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody registered a service of that name: a mistake in the program or its configuration.
    #[error("no service is called `{name}`")]
    ServiceUnknown { name: String },
    /// The service is known, and no instance of it can take a call now.
    #[error("no instance of `{name}` can take the call")]
    ServiceUnavailable { name: String },
    /// So many calls to it failed that it is left alone for a while.
    #[error("`{name}` is left alone for {} ms after too many failures", retry_after.as_millis())]
    CircuitOpen { name: String, retry_after: Duration },
    /// As many calls are in flight as may be.
    #[error("`{name}` has {limit} calls in flight, as many as it may")]
    Overloaded { name: String, limit: u32 },
    #[error("`{name}` did not answer within {} ms", after.as_millis())]
    DeadlineExceeded { name: String, after: Duration },
    /// There is no connection: nothing was sent.
    #[error("cannot connect to `{name}` at {instance}: {reason}")]
    Unreachable { name: String, instance: String, reason: Reason },
    /// The connection broke before the head of an answer. Whether the request was carried out is not known.
    #[error("`{name}` at {instance} broke off before it answered: {reason}")]
    Broken { name: String, instance: String, reason: Reason },
    /// What came is no HTTP answer, or one that was not asked for.
    #[error("`{name}` at {instance} answered what cannot be understood: {reason}")]
    BadAnswer { name: String, instance: String, reason: Reason },
    /// The request itself cannot be sent: its body broke off or its address does not fit.
    #[error("the request to `{name}` could not be sent: {reason}")]
    BadRequest { name: String, reason: Reason },
}

/// What lies below an error; cheap to clone.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Reason {
    #[error("{}", deepest(&**.0))]
    Http(Arc<hyper::Error>),
    #[error("{0}")]
    Io(Arc<std::io::Error>),
    #[error("{0}")]
    Plain(&'static str),
}

impl From<hyper::Error> for Reason {
    fn from(error: hyper::Error) -> Self {
        Self::Http(Arc::new(error))
    }
}

impl From<std::io::Error> for Reason {
    fn from(error: std::io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// hyper says what it did; the cause says why.
fn deepest(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl CallError {
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::ServiceUnknown { .. } => ErrorCode::ServiceUnknown,
            Self::ServiceUnavailable { .. } | Self::CircuitOpen { .. } | Self::Unreachable { .. } => {
                ErrorCode::ServiceUnavailable
            }
            Self::Overloaded { .. } => ErrorCode::Overloaded,
            Self::DeadlineExceeded { .. } => ErrorCode::DeadlineExceeded,
            Self::Broken { .. } | Self::BadAnswer { .. } => ErrorCode::UpstreamFailed,
            Self::BadRequest { .. } => ErrorCode::MalformedRequest,
        }
    }

    /// The service that was called.
    pub fn service(&self) -> &str {
        match self {
            Self::ServiceUnknown { name }
            | Self::ServiceUnavailable { name }
            | Self::CircuitOpen { name, .. }
            | Self::Overloaded { name, .. }
            | Self::DeadlineExceeded { name, .. }
            | Self::Unreachable { name, .. }
            | Self::Broken { name, .. }
            | Self::BadAnswer { name, .. }
            | Self::BadRequest { name, .. } => name,
        }
    }

    /// Whether the request certainly had no effect, so that anything may be repeated.
    pub const fn had_no_effect(&self) -> bool {
        !matches!(self, Self::DeadlineExceeded { .. } | Self::Broken { .. } | Self::BadAnswer { .. } | Self::BadRequest { .. })
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
