//! The language of the answer.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use banyan_locale::{Locale, Negotiated};
use http::request::Parts;

/// The locale that was negotiated for this request. Wrap what depends on it in [`crate::Localized`].
#[derive(Clone, Copy, Debug)]
pub struct Language(pub Locale);

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(locale_of(&parts.extensions)))
    }
}

/// The negotiated locale, or American English where nothing was negotiated.
pub(crate) fn locale_of(extensions: &http::Extensions) -> Locale {
    extensions.get::<Negotiated>().map_or_else(Locale::en_us, |negotiated| negotiated.locale)
}
