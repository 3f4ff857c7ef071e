//! Dates of HTTP (RFC 9110 §5.6.7), in all three forms that a recipient must understand.

use std::time::{Duration, SystemTime};

use banyan_kernel::Timestamp;
use http::HeaderValue;

/// The moment, in whole seconds. `None` for anything that is not one of the three forms.
pub(crate) fn parse(value: &HeaderValue) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(value.to_str().ok()?.trim()).ok()?;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp::from_seconds(i64::try_from(since.as_secs()).ok()?))
}

pub(crate) fn write(time: Timestamp) -> HeaderValue {
    let seconds = u64::try_from(time.seconds()).unwrap_or(0);
    let text = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

/// Whole seconds from `earlier` to `later`, 0 if it is the other way round.
pub(crate) fn seconds_between(earlier: Timestamp, later: Timestamp) -> u64 {
    u64::try_from(later.seconds_since(earlier)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_are_read_and_one_is_written() {
        let moment = Timestamp::from_seconds(784_111_777);
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(&HeaderValue::from_static(text)), Some(moment), "{text}");
        }
        assert_eq!(write(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
        for text in ["0", "-1", "", "Sun, 06 Nov 1994 08:49:37 AEST", "tomorrow"] {
            assert_eq!(parse(&HeaderValue::from_static(text)), None, "{text}");
        }
    }
}
