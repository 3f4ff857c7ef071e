//! The life of a route: its version, and how it ends.

use banyan_http::Problem;
use banyan_http::version::{API_VERSION, DEPRECATION, SUNSET, http_date};
use banyan_kernel::{ErrorCode, Timestamp};
use http::header::LINK;
use http::{HeaderMap, HeaderValue};

/// What answers say about the future of a route; the fields are put together once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) version: Option<u32>,
    version_field: Option<HeaderValue>,
    /// RFC 9745: `@<seconds>`.
    deprecation: Option<HeaderValue>,
    /// RFC 8594.
    sunset: Option<HeaderValue>,
    link: Option<HeaderValue>,
    pub(crate) retired: Option<Timestamp>,
}

/// As the file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dates {
    pub(crate) version: Option<u32>,
    pub(crate) deprecated: Option<Timestamp>,
    pub(crate) sunset: Option<Timestamp>,
    pub(crate) retired: Option<Timestamp>,
    /// Where people read what to do.
    pub(crate) link: Option<String>,
}

impl Lifetime {
    pub(crate) fn new(dates: &Dates) -> Self {
        let value = |text: String| HeaderValue::try_from(text).ok();
        Self {
            version: dates.version,
            version_field: dates.version.and_then(|version| value(format!("v{version}"))),
            deprecation: dates.deprecated.and_then(|since| value(format!("@{}", since.seconds()))),
            sunset: dates.sunset.or(dates.retired).and_then(|end| value(http_date(end))),
            link: dates.link.as_ref().and_then(|link| value(format!("<{link}>; rel=\"deprecation\"; type=\"text/html\""))),
            retired: dates.retired,
        }
    }

    /// # Errors
    /// 410 once the route is retired.
    pub(crate) fn check(&self, now: impl FnOnce() -> Timestamp) -> Result<(), Problem> {
        match self.retired {
            Some(end) if now() >= end => Err(ErrorCode::Gone.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let fields = [(&API_VERSION, &self.version_field), (&DEPRECATION, &self.deprecation), (&SUNSET, &self.sunset)];
        for (name, value) in fields {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        }
        if let Some(link) = &self.link {
            headers.append(LINK, link.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_says_how_it_ends_and_then_ends() {
        let at = Timestamp::from_seconds;
        let dates = Dates {
            version: Some(1),
            deprecated: Some(at(1_688_169_599)),
            sunset: None,
            retired: Some(at(784_111_777)),
            link: Some("https://example.org/v2".into()),
        };
        let lifetime = Lifetime::new(&dates);
        let mut headers = HeaderMap::new();
        lifetime.tell(&mut headers);
        assert_eq!(headers["deprecation"], "@1688169599");
        assert_eq!(headers["sunset"], "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(headers["api-version"], "v1");
        assert_eq!(headers["link"], "<https://example.org/v2>; rel=\"deprecation\"; type=\"text/html\"");
        assert!(lifetime.check(|| at(784_111_776)).is_ok());
        assert_eq!(lifetime.check(|| at(784_111_777)).unwrap_err().code(), ErrorCode::Gone);
    }
}
