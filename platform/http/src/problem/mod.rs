//! Errors as people and programs get them: RFC 9457 problems with a code of the closed list.
//!
//! A handler returns a [`Problem`]; it becomes a body once, in [`render_problems`], which knows the locale and the request's id.

mod field;
mod layer;
mod text;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use banyan_kernel::ErrorCode;
use banyan_mesh::CallError;
use banyan_store::StoreError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sea_orm::DbErr;
use serde_json::Value;

pub use field::{Argument, Expected, FieldError};
pub use layer::{RenderProblems, RenderProblemsService, Rendered, render_problems};
pub(crate) use text::{EXAMPLE_REQUEST, example, title, type_of};

/// What went wrong. Handlers return `Result<_, Problem>`.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) code: ErrorCode,
    pub(crate) detail: Option<Message>,
    pub(crate) errors: Vec<(String, FieldError)>,
    pub(crate) extensions: Vec<(&'static str, Value)>,
    pub(crate) headers: HeaderMap,
    /// For the log only; never sent.
    pub(crate) cause: Option<String>,
}

/// A message of the catalogues with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Cow<'static, str>,
    pub(crate) arguments: Vec<(&'static str, Argument)>,
}

/// A problem on its way to [`render_problems`], inside the response's extensions.
#[derive(Clone)]
pub(crate) struct Unrendered(pub(crate) Arc<Parts>);

/// Put into a response's extensions, it keeps [`render_problems`] from touching the response's body:
/// for answers that another protocol or an upstream prescribes.
#[derive(Clone, Copy, Debug)]
pub struct Verbatim;

impl Problem {
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Parts {
            code,
            detail: None,
            errors: Vec::new(),
            extensions: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// The answer for private rows that are missing, hidden or deleted: 403, always the same, so that nobody learns which it is.
    pub fn hidden() -> Self {
        Self::new(ErrorCode::Forbidden)
    }

    /// A mistake of ours: 500. `cause` goes to the log, never to the caller.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        Self::new(ErrorCode::Internal).caused_by(cause)
    }

    /// 422 with one bad field.
    pub fn invalid(field: impl Into<String>, error: FieldError) -> Self {
        Self::new(ErrorCode::ValidationFailed).field(field, error)
    }

    /// 422 with bad fields, or nothing where there are none.
    ///
    /// # Errors
    /// [`ErrorCode::ValidationFailed`] if `errors` has any.
    pub fn refuse(errors: Vec<(String, FieldError)>) -> Result<(), Self> {
        if errors.is_empty() {
            return Ok(());
        }
        let mut problem = Self::new(ErrorCode::ValidationFailed);
        problem.0.errors = errors;
        Err(problem)
    }

    /// A message of the catalogues as the `detail`, instead of the code's own.
    #[must_use]
    pub fn detail_message<const N: usize>(mut self, id: &'static str, arguments: [(&'static str, Argument); N]) -> Self {
        self.0.detail = Some(Message { id: Cow::Borrowed(id), arguments: arguments.into() });
        self
    }

    /// Names a bad field: `email`, `items[0].title`.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, error: FieldError) -> Self {
        self.0.errors.push((field.into(), error));
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// A further member of the problem (RFC 9457 §3.2), such as `retryAfter`.
    #[must_use]
    pub fn extension(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.extensions.push((name, value.into()));
        self
    }

    /// What the log should say of it. Identifiers only: never a secret or personal text.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    pub(crate) fn into_unrendered(self) -> Unrendered {
        Unrendered(Arc::from(self.0))
    }

    /// The bad fields by name.
    pub fn errors(&self) -> &[(String, FieldError)] {
        &self.0.errors
    }
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = Self::new(error.code());
        if error.code().status() < 500 { problem } else { problem.caused_by(&error) }
    }
}

/// SeaORM's calls, used inside a transaction with `?`.
impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        StoreError::from(error).into()
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self::new(error.code()).caused_by(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self.into_unrendered());
        response
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&str> = self.0.errors.iter().map(|(field, _)| field.as_str()).collect();
        f.debug_struct("Problem").field("code", &self.0.code).field("fields", &fields).field("cause", &self.0.cause).finish()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.code.fmt(f)
    }
}

impl std::error::Error for Problem {}
