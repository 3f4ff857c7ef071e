//! Which language a request is answered in.

use std::borrow::Cow;

use banyan_locale::{Negotiated, Negotiation};
use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::request::Parts;

use super::tenant::TenantEntry;

/// Query parameters that ask for a language, and the cookie that remembers one.
const QUERY: [&str; 2] = ["lang", "locale"];
const COOKIE_NAME: &str = "locale";

/// Decides by the query, the person's own choice, the cookie, `Accept-Language`, the tenant's default, in this order.
pub(crate) fn negotiate(parts: &Parts, tenant: &TenantEntry, preference: Option<&str>) -> Negotiated {
    let accept_language = accept_language(&parts.headers);
    let wishes = Negotiation {
        query: parts.uri.query().and_then(asked_for),
        preference,
        cookie: cookie(&parts.headers),
        accept_language: accept_language.as_deref(),
        default: tenant.default_locale,
    };
    wishes.resolve(&tenant.locales())
}

/// Tags are plain ASCII, so a value that would need decoding is none.
fn asked_for(query: &str) -> Option<&str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| QUERY.contains(name)).map(|(_, value)| value)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value.trim_matches('"'))
}

fn accept_language(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let mut lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    let first = lines.next()?;
    let Some(second) = lines.next() else { return Some(first.into()) };
    let all: Vec<&str> = [first, second].into_iter().chain(lines).collect();
    Some(all.join(", ").into())
}
