//! What a route asks of a request beside its path: method, scheme, header fields, query, version.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::query;
use crate::request::address::Security;

/// Everything but host and path. Empty lists ask nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) methods: Box<[Method]>,
    pub(crate) scheme: Option<Security>,
    pub(crate) headers: Box<[HeaderTest]>,
    pub(crate) query: Box<[QueryTest]>,
    /// Answers requests that ask for this version of an interface, or for none.
    pub(crate) version: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderTest {
    pub(crate) name: HeaderName,
    pub(crate) value: ValueTest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryTest {
    pub(crate) name: Box<str>,
    pub(crate) value: ValueTest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueTest {
    Present,
    Absent,
    Equals(Box<str>),
    Prefix(Box<str>),
}

/// What conditions look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r Method,
    pub(crate) security: Security,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) query: Option<&'r str>,
}

/// Why a route does not fit a request whose path it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    Method,
    Scheme,
    Header,
    Query,
    Version,
}

impl Conditions {
    /// # Errors
    /// The first that does not hold; the method is asked last, because a request that fails by nothing else is answered 405.
    pub(crate) fn check(&self, asked: &Asked<'_>) -> Result<(), Misfit> {
        if self.scheme.is_some_and(|scheme| scheme != asked.security) {
            return Err(Misfit::Scheme);
        }
        if !self.headers.iter().all(|test| test.holds(asked.headers)) {
            return Err(Misfit::Header);
        }
        if !self.query.iter().all(|test| test.holds(asked.query)) {
            return Err(Misfit::Query);
        }
        if let Some(version) = self.version
            && wanted_version(asked.headers).is_some_and(|wanted| wanted != Some(version))
        {
            return Err(Misfit::Version);
        }
        if self.takes(asked.method) { Ok(()) } else { Err(Misfit::Method) }
    }

    /// `GET` stands for `HEAD`, too (RFC 9110 §9.3.2).
    pub(crate) fn takes(&self, method: &Method) -> bool {
        self.methods.is_empty()
            || self.methods.contains(method)
            || (method == Method::HEAD && self.methods.contains(&Method::GET))
    }

    /// How much is asked: the more, the earlier.
    pub(crate) fn weight(&self) -> (bool, usize, usize, bool, u32) {
        let version = self.version.unwrap_or(0);
        (!self.methods.is_empty(), self.headers.len(), self.query.len(), self.scheme.is_some(), version)
    }

    /// Whether every request that `other` takes would be taken by this.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        let methods =
            self.methods.is_empty() || (!other.methods.is_empty() && other.methods.iter().all(|method| self.takes(method)));
        let scheme = self.scheme.is_none() || self.scheme == other.scheme;
        let headers = self.headers.iter().all(|test| other.headers.contains(test));
        let query = self.query.iter().all(|test| other.query.contains(test));
        methods && scheme && headers && query && (self.version.is_none() || self.version == other.version)
    }

    /// Whether no request can fit both.
    pub(crate) fn exclude(&self, other: &Self) -> bool {
        let methods = !self.methods.is_empty()
            && !other.methods.is_empty()
            && !self.methods.iter().any(|method| other.takes(method))
            && !other.methods.iter().any(|method| self.takes(method));
        let scheme = self.scheme.is_some() && other.scheme.is_some() && self.scheme != other.scheme;
        let headers =
            self.headers.iter().any(|one| other.headers.iter().any(|two| one.name == two.name && one.value.excludes(&two.value)));
        let query =
            self.query.iter().any(|one| other.query.iter().any(|two| one.name == two.name && one.value.excludes(&two.value)));
        // Of two versions the newer answers who asks for none, so they do not compete.
        methods
            || scheme
            || headers
            || query
            || (self.version.is_some() && other.version.is_some() && self.version != other.version)
    }
}

impl HeaderTest {
    fn holds(&self, headers: &HeaderMap) -> bool {
        let mut lines = headers.get_all(&self.name).iter();
        match &self.value {
            ValueTest::Present => lines.next().is_some(),
            ValueTest::Absent => lines.next().is_none(),
            ValueTest::Equals(value) => lines.any(|line| line.as_bytes() == value.as_bytes()),
            ValueTest::Prefix(value) => lines.any(|line| line.as_bytes().starts_with(value.as_bytes())),
        }
    }
}

impl QueryTest {
    /// Names and values are compared decoded, so that another spelling is no way round.
    fn holds(&self, text: Option<&str>) -> bool {
        let mut pairs = query::pairs(text.unwrap_or_default()).filter(|(name, _)| query::is(name, &self.name));
        match &self.value {
            ValueTest::Present => pairs.next().is_some(),
            ValueTest::Absent => pairs.next().is_none(),
            ValueTest::Equals(value) => pairs.any(|(_, found)| query::is(found, value)),
            ValueTest::Prefix(value) => pairs.any(|(_, found)| query::starts(found, value)),
        }
    }
}

impl ValueTest {
    /// Whether one value cannot pass both. (A field may have several lines, so this is what holds for the usual one.)
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Absent, Self::Absent) => false,
            (Self::Absent, _) | (_, Self::Absent) => true,
            (Self::Equals(one), Self::Equals(two)) => one != two,
            (Self::Equals(value), Self::Prefix(prefix)) | (Self::Prefix(prefix), Self::Equals(value)) => {
                !value.starts_with(&**prefix)
            }
            (Self::Prefix(one), Self::Prefix(two)) => !one.starts_with(&**two) && !two.starts_with(&**one),
            (Self::Present, _) | (_, Self::Present) => false,
        }
    }
}

/// The version that a request names by `Api-Version: 2` (or `v2`), else by `Accept: …; version=2`. `Some(None)` is one that cannot be.
pub(crate) fn wanted_version(headers: &HeaderMap) -> Option<Option<u32>> {
    static API_VERSION: HeaderName = HeaderName::from_static("api-version");
    if let Some(value) = headers.get(&API_VERSION) {
        return Some(version_number(value));
    }
    let accept = headers.get(http::header::ACCEPT)?.to_str().ok()?;
    let parameter = accept.split([',', ';']).find_map(|part| part.trim().strip_prefix("version="))?;
    Some(parameter.trim_matches('"').trim_start_matches('v').parse().ok())
}

fn version_number(value: &HeaderValue) -> Option<u32> {
    value.to_str().ok()?.trim().trim_start_matches('v').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'r>(headers: &'r HeaderMap, query: Option<&'r str>) -> Asked<'r> {
        Asked { method: &Method::GET, security: Security::Plain, headers, query }
    }

    #[test]
    fn each_condition_holds_or_says_that_it_does_not() {
        let mut headers = HeaderMap::new();
        headers.insert("x-beta", HeaderValue::from_static("yes-please"));
        headers.insert("api-version", HeaderValue::from_static("v2"));
        let test = |value| Conditions {
            headers: [HeaderTest { name: HeaderName::from_static("x-beta"), value }].into(),
            ..Conditions::default()
        };
        assert_eq!(test(ValueTest::Present).check(&asked(&headers, None)), Ok(()));
        assert_eq!(test(ValueTest::Prefix("yes".into())).check(&asked(&headers, None)), Ok(()));
        assert_eq!(test(ValueTest::Equals("yes".into())).check(&asked(&headers, None)), Err(Misfit::Header));
        assert_eq!(test(ValueTest::Absent).check(&asked(&headers, None)), Err(Misfit::Header));
        let test = |value| Conditions { query: [QueryTest { name: "debug".into(), value }].into(), ..Conditions::default() };
        for query in ["debug=1", "a=b&debug=1", "%64ebug=%31"] {
            assert_eq!(test(ValueTest::Equals("1".into())).check(&asked(&headers, Some(query))), Ok(()), "{query}");
        }
        assert_eq!(test(ValueTest::Absent).check(&asked(&headers, Some("%64ebug"))), Err(Misfit::Query));
        let version = |version| Conditions { version: Some(version), ..Conditions::default() }.check(&asked(&headers, None));
        assert_eq!((version(2), version(1)), (Ok(()), Err(Misfit::Version)));
        let post = Conditions { methods: [Method::POST].into(), ..Conditions::default() };
        assert_eq!(post.check(&asked(&headers, None)), Err(Misfit::Method));
        let get = Conditions { methods: [Method::GET].into(), ..Conditions::default() };
        assert!(get.takes(&Method::HEAD) && !post.takes(&Method::HEAD));
    }

    #[test]
    fn conditions_compare() {
        let of = |methods: &[Method]| Conditions { methods: methods.into(), ..Conditions::default() };
        assert!(of(&[]).cover(&of(&[Method::GET])) && !of(&[Method::GET]).cover(&of(&[])));
        assert!(of(&[Method::GET]).cover(&of(&[Method::HEAD])));
        assert!(of(&[Method::GET]).exclude(&of(&[Method::POST])) && !of(&[Method::GET]).exclude(&of(&[])));
        assert!(ValueTest::Equals("a".into()).excludes(&ValueTest::Equals("b".into())));
        assert!(!ValueTest::Present.excludes(&ValueTest::Equals("b".into())));
    }
}
