//! Versions of the interface: `/api/v1/…`; `/api/…` is the current one; retired ones are answered 410.

use std::borrow::Cow;

use banyan_kernel::{ErrorCode, Timestamp};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::{Argument, Problem};

pub static API_VERSION: HeaderName = HeaderName::from_static("api-version");
/// RFC 9745.
pub static DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// RFC 8594.
pub static SUNSET: HeaderName = HeaderName::from_static("sunset");

/// First segments after `/api/` that belong to other protocols and have no version.
const RESERVED: [&str; 2] = ["client", "frontend"];

/// Whose credentials count for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Banyan's own: the front door verifies who asks.
    Own,
    /// Of clients of feature flags (Unleash's client API, OFREP): they show tokens of their own, which the service of the path verifies.
    /// The front door passes them on unread.
    FlagClients,
    /// The same, from browsers: pages of any origin may ask.
    FlagPages,
}

impl Protocol {
    /// By a service's path pattern.
    pub fn of(pattern: &str) -> Self {
        let below = |root: &str| pattern.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match () {
            () if below("/api/client") => Self::FlagClients,
            () if below("/api/frontend") || below("/ofrep") => Self::FlagPages,
            () => Self::Own,
        }
    }
}

/// Which versions there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// What `/api/…` without a version means.
    pub current: u32,
    /// Every version below is retired.
    pub oldest: u32,
    pub deprecated: Vec<Deprecated>,
}

/// A version that still answers but will not for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    pub version: u32,
    pub since: Timestamp,
    /// When it will be retired.
    pub sunset: Option<Timestamp>,
}

impl Default for Versions {
    /// Version 1 alone.
    fn default() -> Self {
        Self { current: 1, oldest: 1, deprecated: Vec::new() }
    }
}

/// The version that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served(pub u32);

impl Versions {
    /// Puts the version into an address that has none, so that routes know only the full one, and says which version answers;
    /// `None` outside of `/api/`.
    ///
    /// # Errors
    /// 410 for a retired version; 404 for one that is not there yet.
    pub fn route(&self, uri: &mut Uri) -> Result<Option<Served>, Problem> {
        let Some(rest) = uri.path().strip_prefix("/api/") else { return Ok(None) };
        let first = rest.split('/').next().unwrap_or_default();
        if RESERVED.contains(&first) {
            return Ok(None);
        }
        let Some(named) = version_of(first) else {
            let path = format!("/api/v{}/{rest}", self.current);
            replace_path(uri, &path);
            return Ok(Some(Served(self.current)));
        };
        match named {
            Some(version) if version < self.oldest => Err(self.retired(version)),
            Some(version) if version <= self.current => Ok(Some(Served(version))),
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    /// Says in the answer which version served it, and whether it will end.
    pub fn tell(&self, served: Served, headers: &mut HeaderMap) {
        headers.insert(&API_VERSION, version_header(served.0));
        let Some(deprecated) = self.deprecated.iter().find(|deprecated| deprecated.version == served.0) else { return };
        if let Ok(since) = HeaderValue::try_from(format!("@{}", deprecated.since.seconds())) {
            headers.insert(&DEPRECATION, since);
        }
        if let Some(sunset) = deprecated.sunset.and_then(|sunset| HeaderValue::try_from(http_date(sunset)).ok()) {
            headers.insert(&SUNSET, sunset);
        }
    }

    fn retired(&self, version: u32) -> Problem {
        let current = i64::from(self.current);
        Problem::new(ErrorCode::UnsupportedVersion)
            .detail_message(
                "unsupported-version-current",
                [("version", i64::from(version).into()), ("current", Argument::from(current))],
            )
            .header(API_VERSION.clone(), version_header(self.current))
    }
}

fn version_header(version: u32) -> HeaderValue {
    if version == 1 {
        return HeaderValue::from_static("v1");
    }
    HeaderValue::try_from(format!("v{version}")).unwrap_or(HeaderValue::from_static("v1"))
}

/// `v12` is a version (`Some(Some(12))`); `v99999999999` is one that cannot be there (`Some(None)`); `views` is none.
fn version_of(segment: &str) -> Option<Option<u32>> {
    let number =
        segment.strip_prefix('v').filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))?;
    let leading_zero = number.len() > 1 && number.starts_with('0');
    Some(number.parse().ok().filter(|_| !leading_zero))
}

fn replace_path(uri: &mut Uri, path: &str) {
    let target: Cow<'_, str> = match uri.query() {
        Some(query) => format!("{path}?{query}").into(),
        None => path.into(),
    };
    let Ok(target) = PathAndQuery::try_from(target.as_ref()) else { return };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    if let Ok(changed) = Uri::from_parts(parts) {
        *uri = changed;
    }
}

/// An HTTP date (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(time: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // RFC 3339 has every number already; only the names are missing.
    let whole = Timestamp::from_seconds(time.seconds());
    let text = whole.to_string();
    let weekday = DAYS[usize::try_from(time.seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0)];
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"Jan");
    format!("{weekday}, {} {month} {} {} GMT", part(8..10), part(0..4), part(11..19))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn routed(uri: &str) -> Result<(String, Option<Served>), ErrorCode> {
        let versions = Versions { current: 2, oldest: 1, deprecated: Vec::new() };
        let mut uri: Uri = uri.parse().unwrap();
        let served = versions.route(&mut uri).map_err(|problem| problem.code())?;
        Ok((uri.to_string(), served))
    }

    #[test]
    fn addresses_get_their_version() {
        assert_eq!(routed("/api/goals?page=1"), Ok(("/api/v2/goals?page=1".into(), Some(Served(2)))));
        assert_eq!(routed("/api/v1/goals"), Ok(("/api/v1/goals".into(), Some(Served(1)))));
        assert_eq!(routed("/api/views"), Ok(("/api/v2/views".into(), Some(Served(2)))));
        assert_eq!(routed("/api/client/features"), Ok(("/api/client/features".into(), None)));
        assert_eq!(routed("/api/frontend"), Ok(("/api/frontend".into(), None)));
        assert_eq!(routed("/health"), Ok(("/health".into(), None)));
        assert_eq!(routed("/apis/x"), Ok(("/apis/x".into(), None)));
        assert_eq!(routed("http://a.example/api/goals"), Ok(("http://a.example/api/v2/goals".into(), Some(Served(2)))));
    }

    #[test]
    fn only_whole_segments_belong_to_others() {
        assert_eq!(Protocol::of("/api/client/features"), Protocol::FlagClients);
        assert_eq!(Protocol::of("/api/frontend"), Protocol::FlagPages);
        assert_eq!(Protocol::of("/ofrep/v1/evaluate/flags/{key}"), Protocol::FlagPages);
        for own in ["/api/clients", "/api/v1/client", "/api/frontend-keys", "/ofreps", "/api/v1/goals", "/"] {
            assert_eq!(Protocol::of(own), Protocol::Own, "{own}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        assert_eq!(routed("/api/v0/goals"), Err(ErrorCode::UnsupportedVersion));
        for missing in ["/api/v3/goals", "/api/v99999999999/goals", "/api/v01/goals"] {
            assert_eq!(routed(missing), Err(ErrorCode::NotFound), "{missing}");
        }
    }

    #[test]
    fn a_deprecated_version_says_so() {
        let (since, sunset) = (Timestamp::from_seconds(1_688_169_599), Timestamp::from_seconds(784_111_777));
        let deprecated = vec![Deprecated { version: 1, since, sunset: Some(sunset) }];
        let versions = Versions { current: 2, oldest: 1, deprecated };
        let mut headers = HeaderMap::new();
        versions.tell(Served(1), &mut headers);
        assert_eq!(headers[&API_VERSION], "v1");
        assert_eq!(headers[&DEPRECATION], "@1688169599");
        assert_eq!(headers[&SUNSET], "Sun, 06 Nov 1994 08:49:37 GMT");
        let mut headers = HeaderMap::new();
        versions.tell(Served(2), &mut headers);
        assert_eq!(headers[&API_VERSION], "v2");
        assert!(!headers.contains_key(&DEPRECATION));
    }

    proptest! {
        #[test]
        fn any_path_is_routed_without_panic(path in "/api/[!-~]{0,40}") {
            if let Ok(mut uri) = path.parse::<Uri>() {
                let _ = Versions::default().route(&mut uri);
            }
        }
    }
}
