//! Which formats a client accepts.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

use crate::settings::{Avif, ImageSettings};

/// What an image is encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Avif,
    WebP,
    Jpeg,
    Png,
}

impl Format {
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::WebP => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The modern formats that the client names, best first. A wildcard names none: old browsers send it, too.
    pub(crate) fn accepted(headers: &HeaderMap, settings: &ImageSettings) -> Vec<Self> {
        let mut formats = Vec::new();
        if settings.avif != Avif::Off && cfg!(feature = "avif") && names(headers, "image/avif") {
            formats.push(Self::Avif);
        }
        if names(headers, "image/webp") {
            formats.push(Self::WebP);
        }
        formats
    }
}

/// The few forms of `Accept` that make a difference here. Put into the request before a cache, all browsers of one kind
/// share its answers.
pub fn canonical_accept(headers: &HeaderMap, settings: &ImageSettings) -> HeaderValue {
    match Format::accepted(headers, settings).as_slice() {
        [Format::Avif, Format::WebP] => HeaderValue::from_static("image/avif,image/webp"),
        [Format::Avif] => HeaderValue::from_static("image/avif"),
        [Format::WebP] => HeaderValue::from_static("image/webp"),
        _ => HeaderValue::from_static("*/*"),
    }
}

fn names(headers: &HeaderMap, wanted: &str) -> bool {
    let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|member| {
        let mut parts = member.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
        let refused = parts.filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && !refused.filter_map(|weight| weight.trim().parse::<f32>().ok()).any(|weight| weight <= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_used_only_where_it_is_named() {
        for (accept, webp) in [
            ("image/webp,*/*", true),
            ("IMAGE/WebP;q=0.5", true),
            ("image/webp;q=0", false),
            ("image/webp;q=0.0, image/*", false),
            ("*/*", false),
            ("image/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            let formats = Format::accepted(&headers, &ImageSettings::default());
            assert_eq!(formats == [Format::WebP], webp, "{accept}");
            let canonical = HeaderMap::from_iter([(ACCEPT, canonical_accept(&headers, &ImageSettings::default()))]);
            assert_eq!(Format::accepted(&canonical, &ImageSettings::default()), formats, "{accept}");
        }
    }
}
