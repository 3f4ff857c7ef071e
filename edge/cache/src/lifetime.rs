//! For how long an answer is fresh, and how old it is (RFC 9111 §4.2).

use banyan_kernel::Timestamp;
use http::header::{AGE, DATE, EXPIRES, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};

use crate::date::{parse, seconds_between};
use crate::directives::{Applies, Directives, FOREVER};
use crate::entry::{StaleRule, Staleness};
use crate::policy::{Heuristic, Policy};

/// When a question was asked and its answer came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) asked: Timestamp,
    pub(crate) received: Timestamp,
}

/// The answer's own directives: those for caches like this one if there are any, else those for all.
pub(crate) struct Said {
    pub(crate) directives: Directives,
    targeted: bool,
}

impl Said {
    pub(crate) fn by(headers: &HeaderMap) -> Self {
        match Directives::targeted(headers) {
            Some(directives) => Self { directives, targeted: true },
            None => Self { directives: Directives::of(headers), targeted: false },
        }
    }

    /// How long the answer says that it is fresh, in seconds.
    pub(crate) fn explicit_lifetime(&self, headers: &HeaderMap, received: Timestamp) -> Option<u64> {
        let said = self.directives.s_maxage.or(self.directives.max_age);
        // A targeted field counts alone (RFC 9213 §2.1); ours without a lifetime leaves it to the general ones.
        if said.is_some() {
            return said;
        }
        let general = self.targeted.then(|| Directives::of(headers)).and_then(|general| general.s_maxage.or(general.max_age));
        general.or_else(|| expires(headers, received))
    }

    pub(crate) fn staleness(&self, policy: &Policy) -> Staleness {
        let said = &self.directives;
        // `s-maxage` forbids stale answers, too (RFC 9111 §5.2.2.10), unless the same answer gives them a time.
        let windows = said.stale_while_revalidate.is_some() || said.stale_if_error.is_some();
        let rule = if said.no_cache == Some(Applies::ToAll) {
            StaleRule::AskAlways
        } else if said.must_revalidate || said.proxy_revalidate || (said.s_maxage.is_some() && !windows) {
            StaleRule::Forbidden
        } else {
            StaleRule::Allowed
        };
        Staleness {
            while_revalidate: said.stale_while_revalidate.unwrap_or(policy.stale_while_revalidate.as_secs()),
            if_error: said.stale_if_error.unwrap_or(policy.stale_if_error.as_secs()),
            rule,
        }
    }
}

/// `Expires` less `Date`. Several of them, or one that cannot be read, are in the past (RFC 9111 §5.3).
fn expires(headers: &HeaderMap, received: Timestamp) -> Option<u64> {
    let mut values = headers.get_all(EXPIRES).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return Some(0);
    }
    let made = headers.get(DATE).and_then(parse).unwrap_or(received);
    Some(parse(value).map_or(0, |end| seconds_between(made, end).min(FOREVER)))
}

/// A lifetime for an answer that has a date of change and says nothing else (RFC 9111 §4.2.2).
pub(crate) fn guessed(headers: &HeaderMap, received: Timestamp, heuristic: Heuristic) -> Option<u64> {
    let Heuristic::Share { percent, at_most } = heuristic else { return None };
    let changed = parse(headers.get(LAST_MODIFIED)?)?;
    let made = headers.get(DATE).and_then(parse).unwrap_or(received);
    Some((seconds_between(changed, made).saturating_mul(u64::from(percent.min(100))) / 100).min(at_most.as_secs()))
}

/// Statuses whose answers may be stored on a guess (RFC 9110 §15.1).
pub(crate) fn may_be_guessed(status: StatusCode, said: &Directives) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501) || said.public
}

/// The age of an answer when it came, in seconds (RFC 9111 §4.2.3). One that is not stated clearly counts as endless: a
/// cache before us that lost count is no reason to call its answers new.
pub(crate) fn initial_age(headers: &HeaderMap, exchange: Exchange) -> u64 {
    let stated = stated_age(headers);
    let made = headers.get(DATE).and_then(parse).unwrap_or(exchange.received);
    let apparent = seconds_between(made, exchange.received);
    let corrected = stated.saturating_add(seconds_between(exchange.asked, exchange.received));
    apparent.max(corrected)
}

fn stated_age(headers: &HeaderMap) -> u64 {
    let mut values = headers.get_all(AGE).iter();
    let Some(value) = values.next() else { return 0 };
    let text = value.to_str().unwrap_or_default();
    let clear = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && values.next().is_none();
    if clear { text.parse().unwrap_or(FOREVER) } else { FOREVER }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const AT_ONCE: Exchange = Exchange { asked: NOW, received: NOW };

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(*name, HeaderValue::from_str(value).unwrap());
            map
        })
    }

    fn lifetime(pairs: &[(&'static str, &str)]) -> Option<u64> {
        let headers = headers(pairs);
        Said::by(&headers).explicit_lifetime(&headers, NOW)
    }

    fn date(seconds: i64) -> String {
        crate::date::write(NOW.plus_seconds(seconds)).to_str().unwrap().to_owned()
    }

    #[test]
    fn the_nearest_statement_counts() {
        let (date, later) = (date(0), date(300));
        assert_eq!(lifetime(&[]), None);
        assert_eq!(lifetime(&[("expires", &later), ("date", &date)]), Some(300));
        assert_eq!(lifetime(&[("expires", &later), ("cache-control", "max-age=20")]), Some(20));
        assert_eq!(lifetime(&[("cache-control", "max-age=20, s-maxage=30")]), Some(30));
        assert_eq!(lifetime(&[("cache-control", "max-age=20"), ("cdn-cache-control", "max-age=40")]), Some(40));
        assert_eq!(lifetime(&[("cache-control", "max-age=20"), ("cdn-cache-control", "must-revalidate")]), Some(20));
        assert_eq!(lifetime(&[("expires", "0"), ("date", &date)]), Some(0));
        assert_eq!(lifetime(&[("expires", &later), ("expires", &later)]), Some(0));
    }

    #[test]
    fn an_unclear_age_is_endless() {
        assert_eq!(initial_age(&headers(&[("age", "30")]), AT_ONCE), 30);
        for pairs in [[("age", "abc"), ("x", "")], [("age", "-5"), ("x", "")], [("age", "0"), ("age", "0")]] {
            assert_eq!(initial_age(&headers(&pairs), AT_ONCE), FOREVER, "{pairs:?}");
        }
        assert_eq!(initial_age(&headers(&[("date", &date(-90))]), AT_ONCE), 90);
        let slow = Exchange { asked: NOW.plus_seconds(-7), received: NOW };
        assert_eq!(initial_age(&headers(&[("age", "30")]), slow), 37);
    }

    #[test]
    fn a_guess_is_a_share_of_the_time_since_the_change() {
        let tenth = Heuristic::Share { percent: 10, at_most: Duration::from_secs(86_400) };
        assert_eq!(guessed(&headers(&[("last-modified", &date(-10_000))]), NOW, tenth), Some(1_000));
        assert_eq!(guessed(&headers(&[("last-modified", &date(-10_000))]), NOW, Heuristic::Off), None);
        assert_eq!(guessed(&headers(&[]), NOW, tenth), None);
    }
}
