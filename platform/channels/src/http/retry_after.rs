//! `Retry-After` (RFC 9110, section 10.2.3).

use std::time::{Duration, SystemTime};

use banyan_kernel::Timestamp;
use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Seconds, or a date in one of the three forms of HTTP. What lies behind us asks for no patience; what cannot be read is no wish.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(wait) = seconds(text) {
        return Some(wait);
    }
    let then = httpdate::parse_http_date(text).ok()?;
    let since_epoch = u64::try_from(now.micros()).ok()?;
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(since_epoch);
    Some(then.duration_since(now).unwrap_or_default())
}

/// Digits; some providers write a fraction, which is rounded up.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    // More digits than fit ask for more patience than anybody has.
    let whole = whole.parse().unwrap_or(u64::MAX);
    let more = fraction.bytes().any(|b| b != b'0');
    Some(Duration::from_secs(whole.saturating_add(u64::from(more))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("0.2"), Some(1));
        assert_eq!(read("3.000"), Some(3));
        assert_eq!(read("Wed, 21 Oct 2015 07:29:30 GMT"), Some(90));
        assert_eq!(read("Wednesday, 21-Oct-15 07:29:30 GMT"), Some(90));
        assert_eq!(read("Wed Oct 21 07:29:30 2015"), Some(90));
        assert_eq!(read("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(u64::MAX));
        for bad in ["", "soon", "-1", "1e3", "1.x", "."] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
