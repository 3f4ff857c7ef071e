//! Small values of a route file: times, sizes, names, addresses.

use std::time::Duration;

use banyan_kernel::Timestamp;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, HeaderValue, Method, Uri};

use super::read::{Item, shortened};

const TIMES: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// A time such as `500ms`, `30s`, `5m`, `2h`, `7d`, within bounds.
pub(super) fn time(item: &Item<'_>, least: Duration, most: Duration) -> Option<Duration> {
    item.parse("write a time with its unit, such as \"500ms\", \"30s\" or \"5m\"", |text| {
        let time =
            measured(text, &TIMES).map(Duration::from_millis).ok_or_else(|| format!("`{}` is not a time", shortened(text)))?;
        let range = || format!("`{}` is not between {least:?} and {most:?}", shortened(text));
        if (least..=most).contains(&time) { Ok(time) } else { Err(range()) }
    })
}

/// A size such as `64KiB`, within bounds.
pub(super) fn size(item: &Item<'_>, least: u64, most: u64) -> Option<u64> {
    item.parse("write a size with its unit, such as \"64KiB\" or \"10MiB\"", |text| {
        let size = measured(text, &SIZES).ok_or_else(|| format!("`{}` is not a size", shortened(text)))?;
        let range = || format!("`{}` is not between {least} and {most} bytes", shortened(text));
        if (least..=most).contains(&size) { Ok(size) } else { Err(range()) }
    })
}

/// A point in time: a date, which means its first second in UTC, or RFC 3339.
pub(super) fn moment(item: &Item<'_>) -> Option<Timestamp> {
    let text = item.json();
    let parsed = text.as_str().and_then(|text| {
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        whole.parse::<Timestamp>().ok()
    });
    if parsed.is_none() {
        item.fault("is not a point in time", "write a date such as \"2027-01-31\" or a time such as \"2027-01-31T12:00:00Z\"");
    }
    parsed
}

/// A name of an upstream or a route: small letters, digits, `-`, `_`, `.`; up to 64.
pub(super) fn name(text: &str) -> Result<&str, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let good = (1..=64).contains(&text.len()) && text.bytes().all(plain);
    if good { Ok(text) } else { Err(format!("`{}` cannot be a name", shortened(text))) }
}

pub(super) const NAME_REMEDY: &str = "use 1 to 64 small letters, digits, `-`, `_` or `.`";

/// The key of a feature flag, or the name of a variant of it: what the flags' service takes as one.
pub(super) fn flag(text: &str) -> Result<&str, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let good = (1..=100).contains(&text.len()) && text.bytes().all(plain) && ![".", ".."].contains(&text);
    if good { Ok(text) } else { Err(format!("`{}` cannot be a flag", shortened(text))) }
}

pub(super) const FLAG_REMEDY: &str = "write the key of a flag: 1 to 100 letters, digits, `-`, `_`, `.` or `~`";

pub(super) fn header_name(item: &Item<'_>, text: &str) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(text.to_ascii_lowercase().as_bytes()).ok();
    if name.is_none() {
        item.fault(format!("`{}` cannot be a header name", shortened(text)), "use letters, digits and `-`");
    }
    name
}

pub(super) fn header_value(item: &Item<'_>) -> Option<HeaderValue> {
    item.parse("use visible characters and spaces", |text| {
        HeaderValue::from_str(text).map_err(|_| "holds a character that no header may have".to_owned())
    })
}

pub(super) fn method(item: &Item<'_>) -> Option<Method> {
    item.parse("write a method in capitals, such as \"GET\"", |text| {
        let known = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') && !text.is_empty();
        let method = Method::from_bytes(text.as_bytes()).ok().filter(|_| known);
        let method = method.filter(|method| !matches!(*method, Method::CONNECT | Method::TRACE));
        method.ok_or_else(|| format!("`{}` is not a method that the door passes", shortened(text)))
    })
}

/// `http://host:port`, of an upstream: scheme and authority, nothing else.
pub(super) fn endpoint(text: &str) -> Result<Uri, String> {
    let wrong = |why: &str| Err(format!("`{}` {why}", shortened(text)));
    let Ok(uri) = text.parse::<Uri>() else { return wrong("is not an address") };
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return wrong("does not begin with http:// or https://"),
    }
    let Some(authority) = uri.authority() else { return wrong("names no host") };
    if authority.host().is_empty() {
        return wrong("names no host");
    }
    if authority.as_str().contains('@') {
        return wrong("holds a user name or a password");
    }
    if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
        return wrong("has a path or a query; a route's `add_prefix` adds one");
    }
    Ok(uri)
}

pub(super) const ENDPOINT_REMEDY: &str = "write it like \"http://127.0.0.1:4000\"";

/// A host that a `Host` field may name.
pub(super) fn authority(text: &str) -> Result<HeaderValue, String> {
    let wrong = || format!("`{}` is not a host", shortened(text));
    let authority = text.parse::<Authority>().map_err(|_| wrong())?;
    if authority.as_str().contains('@') { Err(wrong()) } else { HeaderValue::from_str(text).map_err(|_| wrong()) }
}

/// `https://app.example.org`, as browsers send it in `Origin`.
pub(super) fn origin(text: &str) -> Result<HeaderValue, String> {
    let wrong = || format!("`{}` is not an origin", shortened(text));
    let uri = text.parse::<Uri>().map_err(|_| wrong())?;
    let web = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    let plain = uri.path_and_query().is_none_or(|rest| *rest == PathAndQuery::from_static("/")) && !text.ends_with('/');
    let low = text.bytes().all(|byte| !byte.is_ascii_uppercase());
    if web && plain && low && !text.contains('@') { HeaderValue::from_str(text).map_err(|_| wrong()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_a_scheme_and_a_host() {
        for good in ["http://127.0.0.1:4000", "https://api.example.org", "http://[::1]:80/", "http://legacy"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for bad in
            ["", "legacy:80", "ftp://a", "http://", "http://a/b", "http://a?b", "http://u:p@a", "unix:/run/x", "http://a b"]
        {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        assert!(origin("https://app.example.org").is_ok() && origin("http://localhost:5173").is_ok());
        for bad in ["*", "https://app.example.org/", "app.example.org", "https://App.example.org", "null", "https://a/b"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(measured("5m", &TIMES), Some(300_000));
        assert_eq!(measured("64 KiB", &SIZES), Some(65_536));
        for bad in ["5", "", "m", "-5s", "99999999999999999999d", "9999999999999999d"] {
            assert_eq!(measured(bad, &TIMES), None, "{bad}");
        }
    }
}
