//! JSON bodies: bounded, typed, checked; every bad field is named in one answer.
//!
//! A good body costs one pass of `serde_json::from_slice`. Only a bad one, or one with lists, is read again, against the type's
//! schema.

mod document;
mod once;
mod read;
mod shape;

use axum::extract::{FromRequest, Request};
use banyan_kernel::ErrorCode;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use utoipa::ToSchema;

use crate::problem::Argument;
use crate::{Check, FieldError, Problem, Validate};

pub use document::{Document, nullable, present};
pub use once::{Idempotency, Once};
pub use read::{BodyLimit, DEFAULT_LIMIT};

/// A JSON body of at most 1 MiB ([`BodyLimit`] sets another limit).
///
/// `T` derives `Deserialize` with `#[serde(rename_all = "camelCase", deny_unknown_fields)]`, `ToSchema`, and says in [`Validate`] what must hold.
/// Refused are: another media type (415), too many bytes (413), what is not JSON or nested deeper than 128 (400 with line and
/// column), and unknown, missing, repeated, mistyped or invalid fields (422, all of them named, up to 100). What was sent is never repeated.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Sync,
    T: DeserializeOwned + Validate + ToSchema,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read::require_json(request.headers())?;
        let bytes = read::bytes(request).await?;
        parse(&bytes).map(Self)
    }
}

/// The headers, and the body's bytes within the limit: for forms that are not Banyan's own. Who uses it checks the media type.
///
/// # Errors
/// 413 where it is larger, 400 where it does not come whole.
pub async fn raw(request: Request) -> Result<(http::HeaderMap, bytes::Bytes), Problem> {
    let headers = request.headers().clone();
    Ok((headers, read::bytes(request).await?))
}

/// The value in `bytes`, checked.
pub(crate) fn parse<T: DeserializeOwned + Validate + ToSchema>(bytes: &[u8]) -> Result<T, Problem> {
    let value = serde_json::from_slice::<T>(bytes).map_err(|error| explain::<T>(bytes, &error))?;
    // U+0000 can only be written as an escape in JSON; no store keeps it, whether a field is checked or not.
    if memchr::memmem::find(bytes, br"\u0000").is_some() {
        Problem::refuse(document::zeros(bytes))?;
    }
    // Nobody can have sent a list for an object without this byte.
    if memchr::memchr(b'[', bytes).is_some()
        && let Ok((document, _)) = document::parse(bytes)
    {
        Problem::refuse(shape::lists_for_objects::<T>(&document))?;
    }
    Check::of(&value).finish()?;
    Ok(value)
}

/// One member of a batch whose members are judged one by one.
///
/// # Errors
/// Every bad field of it.
pub fn member<T: DeserializeOwned + Validate + ToSchema>(document: &serde_json::Value) -> Result<T, Vec<(String, FieldError)>> {
    let mut check = Check::new();
    match serde_path_to_error::deserialize::<_, T>(document) {
        Ok(value) => {
            // serde takes a list for an object, member by member.
            shape::lists_for_objects::<T>(document).into_iter().for_each(|(field, error)| check.error(field, error));
            if check.is_empty() {
                check = Check::of(&value);
            }
            let errors = check.into_errors();
            if errors.is_empty() { Ok(value) } else { Err(errors) }
        }
        Err(error) => {
            shape::check::<T>(document, &mut check);
            let (field, error) = named(&path_of(error.path()), &error.inner().to_string());
            if !check.covers(&field) {
                check.error(field, error);
            }
            Err(check.into_errors())
        }
    }
}

/// Why the bytes are no `T`: 400 where they are not JSON at all, 422 with every bad field otherwise.
#[cold]
fn explain<T: DeserializeOwned + ToSchema>(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let (document, repeated) = match document::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => return malformed(bytes, &error),
    };
    if !error.is_data() {
        return malformed(bytes, error);
    }
    let mut check = Check::new();
    for field in repeated {
        check.error(field, FieldError::duplicate());
    }
    shape::check::<T>(&document, &mut check);
    // The schema may promise less than the type demands, so the type has the last word.
    if let Err(error) = serde_path_to_error::deserialize::<_, T>(&document) {
        let (field, error) = named(&path_of(error.path()), &error.inner().to_string());
        if !check.covers(&field) {
            check.error(field, error);
        }
    }
    match check.finish() {
        Err(problem) => problem,
        // Only the text itself offended, as a repeated key inside a type that takes any.
        Ok(()) => malformed(bytes, error),
    }
}

/// The path as [`shape`] writes it.
fn path_of(path: &serde_path_to_error::Path) -> String {
    path.iter().fold(String::new(), |path, segment| match segment {
        Segment::Map { key } => document::join(&path, key),
        Segment::Seq { index } => format!("{path}[{index}]"),
        Segment::Enum { .. } | Segment::Unknown => path,
    })
}

/// The bad field and its error from serde's words; of those, only names and kinds are used, never values.
fn named(path: &str, message: &str) -> (String, FieldError) {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(name) => (document::join(path, name), FieldError::required()),
        None if message.starts_with("unknown field") => (path.to_owned(), FieldError::unknown()),
        None => (path.to_owned(), FieldError::invalid()),
    }
}

fn malformed(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let problem = Problem::new(ErrorCode::MalformedBody);
    if bytes.is_empty() {
        return problem.detail_message("malformed-body-empty", []);
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return problem.detail_message("malformed-body-encoding", [("offset", Argument::from(error.valid_up_to()))]);
    }
    let place = [("line", Argument::from(error.line())), ("column", Argument::from(error.column()))];
    problem.detail_message("malformed-body-place", place).extension("line", error.line()).extension("column", error.column())
}
