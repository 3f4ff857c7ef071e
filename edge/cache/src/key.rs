//! What an answer is found by.

use std::sync::Arc;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, Uri};

use crate::policy::{Policy, QueryRule};
use crate::vary::normalised;

/// For whom an answer is. Part of the key.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub tenant: &'a str,
    /// The locale that was settled on, for origins that are told of it.
    pub locale: Option<&'a str>,
    pub person: Person,
}

/// Whether the request is known to come from somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    Nobody,
    /// Only answers that say that they may be shared are stored for and given to this request.
    Known,
}

/// An address of a tenant, and which of its answers.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// `<host><path>\n<tenant>\n<query>`: what begins with an address can be purged by its beginning.
    pub(crate) text: Arc<str>,
    /// The locale and the fields that the route adds.
    pub(crate) part: Arc<str>,
    /// The name under which the store remembers when the path was changed.
    pub(crate) path_mark: Arc<str>,
}

impl Key {
    pub(crate) fn new(parts: &Parts, policy: &Policy, scope: Scope<'_>) -> Self {
        let host = host_of(&parts.uri, &parts.headers);
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        let query = match &policy.query {
            QueryRule::All => query.to_owned(),
            QueryRule::Ignored => String::new(),
            QueryRule::Only(names) => pick(query, |name| names.iter().any(|known| known == name)),
            QueryRule::Without(names) => pick(query, |name| names.iter().all(|known| known != name)),
        };
        let mut part = scope.locale.unwrap_or_default().to_owned();
        for name in &policy.headers {
            part.push('\n');
            part.push_str(&normalised(name, &parts.headers).unwrap_or_default());
        }
        Self {
            text: format!("{host}{path}\n{}\n{query}", scope.tenant).into(),
            part: part.into(),
            path_mark: path_mark(&host, path, scope.tenant),
        }
    }

    /// Requests of one flight: they would be given the same answer as far as can be told before it is there.
    pub(crate) fn flight(&self) -> Arc<str> {
        format!("{}\n\n{}", self.text, self.part).into()
    }
}

pub(crate) fn is_path_mark(mark: &str) -> bool {
    mark.starts_with("path\n")
}

pub(crate) fn path_mark(host: &str, path: &str, tenant: &str) -> Arc<str> {
    format!("path\n{host}{path}\n{tenant}").into()
}

/// The host in lower case, without the port that its scheme has anyway.
pub(crate) fn host_of(uri: &Uri, headers: &HeaderMap) -> String {
    let authority = uri.authority().map(|authority| authority.as_str());
    let named = authority.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    plain_host(named)
}

pub(crate) fn plain_host(named: &str) -> String {
    let host = named.rsplit_once('@').map_or(named, |(_, host)| host).to_ascii_lowercase();
    match host.strip_suffix(":80").or_else(|| host.strip_suffix(":443")) {
        Some(bare) => bare.to_owned(),
        None => host,
    }
}

fn pick(query: &str, wanted: impl Fn(&str) -> bool) -> String {
    let named = |pair: &&str| wanted(pair.split_once('=').map_or(*pair, |(name, _)| name));
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(named).collect();
    // Names that a route lists mean the same in any order; the order of values of one name is kept.
    pairs.sort_by_key(|pair| pair.split_once('=').map_or(*pair, |(name, _)| name));
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const SCOPE: Scope<'_> = Scope { tenant: "t", locale: Some("id-ID"), person: Person::Nobody };

    fn key(uri: &str, policy: &Policy, scope: Scope<'_>) -> Key {
        let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        Key::new(&parts, policy, scope)
    }

    #[test]
    fn tenants_and_locales_have_keys_of_their_own() {
        let policy = Policy::default();
        let one = key("http://Example.org:80/a?x=1", &policy, SCOPE);
        let https = key("https://example.org/a?x=1", &policy, SCOPE);
        assert_eq!((&one.text, &one.part), (&https.text, &https.part), "the scheme is no part of it");
        let tenant = key("http://example.org/a?x=1", &policy, Scope { tenant: "u", ..SCOPE });
        assert_ne!(one.text, tenant.text);
        assert_ne!(one.path_mark, tenant.path_mark);
        let locale = key("http://example.org/a?x=1", &policy, Scope { locale: Some("en-US"), ..SCOPE });
        assert_eq!(one.text, locale.text);
        assert_ne!(one.flight(), locale.flight());
        assert_ne!(one.text, key("http://example.org/a?x=2", &policy, SCOPE).text);
    }

    #[test]
    fn no_part_can_pass_for_another() {
        // A path or a query cannot hold a line break, so the parts cannot run into one another.
        assert!("http://example.org/a\nb".parse::<Uri>().is_err());
        let policy = Policy::default();
        assert_ne!(key("http://e.org/a?t", &policy, SCOPE).text, key("http://e.org/at", &policy, SCOPE).text);
    }

    #[test]
    fn a_route_chooses_what_of_the_query_counts() {
        let rule = |query| Policy { query, ..Policy::default() };
        let only = rule(QueryRule::Only(vec!["a".into(), "b".into()]));
        assert_eq!(key("http://e/?b=2&utm=x&a=1", &only, SCOPE).text, key("http://e/?a=1&b=2", &only, SCOPE).text);
        assert_ne!(key("http://e/?a=1&a=2", &only, SCOPE).text, key("http://e/?a=2&a=1", &only, SCOPE).text);
        let without = rule(QueryRule::Without(vec!["utm".into()]));
        assert_eq!(key("http://e/?utm=x&a=1", &without, SCOPE).text, key("http://e/?a=1", &without, SCOPE).text);
        let ignored = rule(QueryRule::Ignored);
        assert_eq!(key("http://e/?a=1", &ignored, SCOPE).text, key("http://e/", &ignored, SCOPE).text);
    }
}
