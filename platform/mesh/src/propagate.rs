//! What travels with a call to another process: the time that is left, and the trace.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::cells::Dice;
use crate::deadline::{Deadline, present_trace};

/// How many milliseconds the caller still waits. A receiver that answers later works in vain.
pub static DEADLINE: HeaderName = HeaderName::from_static("banyan-deadline");
pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Puts deadline and trace into the request. A trace that it names itself stays.
pub(crate) fn write(headers: &mut HeaderMap, left: Duration, dice: &Dice) {
    let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
    headers.insert(&DEADLINE, HeaderValue::from(millis));
    if !headers.contains_key(&TRACEPARENT)
        && let Some(child) = present_trace().and_then(|parent| child_of(&parent, dice.roll()))
    {
        headers.insert(&TRACEPARENT, child);
    }
}

/// The caller's deadline as the receiver may have it: no later than `most` from now, whatever the field says.
pub(crate) fn read(headers: &HeaderMap, most: Duration) -> Deadline {
    let named = headers.get(&DEADLINE).and_then(|value| value.to_str().ok()?.parse().ok());
    Deadline::after(named.map_or(most, Duration::from_millis).min(most))
}

/// The same trace with a span of ours (W3C Trace Context §3.2.2): `00-<trace>-<span>-<flags>`.
fn child_of(parent: &HeaderValue, span: u64) -> Option<HeaderValue> {
    let mut text: [u8; 55] = parent.as_bytes().get(..55)?.try_into().ok()?;
    let digits = format!("{:016x}", span.max(1));
    text[36..52].copy_from_slice(digits.as_bytes());
    HeaderValue::from_bytes(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_keeps_trace_and_flags() {
        let parent = HeaderValue::from_static("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(child_of(&parent, 0xab).unwrap(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000ab-01");
        assert_ne!(child_of(&parent, 0).unwrap().as_bytes()[36..52], *b"0000000000000000");
        assert!(child_of(&HeaderValue::from_static("00-short"), 1).is_none());
    }

    #[tokio::test]
    async fn a_receiver_caps_what_it_is_told() {
        let most = Duration::from_secs(10);
        for (named, least, greatest) in
            [("5000", 4_000, 5_000), ("999999999999", 9_000, 10_000), ("soon", 9_000, 10_000), ("0", 0, 0)]
        {
            let headers = HeaderMap::from_iter([(DEADLINE.clone(), HeaderValue::from_static(named))]);
            let left = read(&headers, most).remaining().as_millis();
            assert!((least..=greatest).contains(&left), "{named}: {left}");
        }
    }
}
