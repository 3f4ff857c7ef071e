//! What can go wrong, and how it is said.

use banyan_http::Problem;
use banyan_http::problem::FieldError;
use banyan_kernel::ErrorCode;

use crate::fetch::FetchError;
use crate::wish::WIDTHS;

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    #[error("the query names no source, or not one address")]
    Source,
    #[error("the width is not one of those that are made")]
    Width,
    #[error("the quality is not between 1 and 100")]
    Quality,
    #[error("a part of the query is not known: {0}")]
    Unknown(String),
    #[error("a part of the query was given twice: {0}")]
    Twice(&'static str),
    #[error("no image may come from this host")]
    HostNotAllowed,
    #[error("no image may come from this path")]
    PathNotAllowed,
    #[error("the source is not a JPEG, PNG or still WebP image")]
    NotAnImage,
    #[error("the source moves")]
    Animated,
    #[error("the source has too many pixels or needs too much memory")]
    TooLarge,
    #[error("the source is broken")]
    Broken,
    #[error("the work took too long")]
    TooMuchWork,
    #[error("too many images are being made")]
    Busy,
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        let wrong = |field: &str, what: FieldError| Self::new(ErrorCode::MalformedRequest).field(field, what).caused_by(&error);
        match &error {
            ImageError::Width => wrong("w", FieldError::not_one_of(&WIDTHS.map(|width| width.to_string()))),
            ImageError::Quality => wrong("q", FieldError::out_of_range(1_i64, 100_i64)),
            ImageError::Unknown(name) => wrong(name, FieldError::unknown()),
            ImageError::Twice(name) => wrong(name, FieldError::duplicate()),
            ImageError::Source
            | ImageError::HostNotAllowed
            | ImageError::PathNotAllowed
            | ImageError::NotAnImage
            | ImageError::Animated
            | ImageError::TooLarge
            | ImageError::Broken => wrong("url", FieldError::invalid()),
            ImageError::TooMuchWork | ImageError::Busy => Self::new(ErrorCode::Overloaded).caused_by(&error),
            ImageError::Fetch(FetchError::TooSlow) => Self::new(ErrorCode::DeadlineExceeded).caused_by(&error),
            ImageError::Fetch(FetchError::NotFound) => Self::new(ErrorCode::NotFound).caused_by(&error),
            ImageError::Fetch(_) => Self::new(ErrorCode::ServiceUnavailable).caused_by(&error),
        }
    }
}
