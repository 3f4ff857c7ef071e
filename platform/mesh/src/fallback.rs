//! An answer in place of one that could not be had.

use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::error::CallError;

/// Marks an answer that is not the real one: which service is missing in it. Our own fields are called `Banyan-…`, without the `X-` that RFC
/// 6648 advises against; a cache must not keep such an answer, and a client may show that it is provisional.
pub static FALLBACK: HeaderName = HeaderName::from_static("banyan-fallback");

/// The answer of the call, or what `fallback` makes instead, marked. Mistakes of the program ([`CallError::ServiceUnknown`],
/// [`CallError::BadRequest`]) stay errors, so that they are found.
///
/// # Errors
/// Those mistakes.
pub fn with_fallback(
    called: Result<Response, CallError>,
    fallback: impl FnOnce(&CallError) -> Response,
) -> Result<Response, CallError> {
    let error = match called {
        Ok(response) => return Ok(response),
        Err(error @ (CallError::ServiceUnknown { .. } | CallError::BadRequest { .. })) => return Err(error),
        Err(error) => error,
    };
    let mut response = fallback(&error);
    if let Ok(service) = HeaderValue::from_str(error.service()) {
        response.headers_mut().insert(&FALLBACK, service);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn what_is_made_up_is_marked_and_what_is_real_is_not() {
        let real = with_fallback(Ok("real".into_response()), |_| "made up".into_response()).unwrap();
        assert!(!real.headers().contains_key(&FALLBACK));
        let missing = CallError::ServiceUnavailable { name: "ai".into() };
        let made_up = with_fallback(Err(missing), |_| "made up".into_response()).unwrap();
        assert_eq!(made_up.headers()[&FALLBACK], "ai");
        let mistake = CallError::ServiceUnknown { name: "ia".into() };
        assert!(with_fallback(Err(mistake), |_| "made up".into_response()).is_err());
    }
}
