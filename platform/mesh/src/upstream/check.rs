//! Refusing what cannot work, with the field, the reason and the remedy.

use std::time::Duration;

use http::Uri;

use super::{Discovery, Scheme, Upstream};
use crate::place::Endpoint;

/// An upstream that cannot be declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("upstream `{upstream}`, `{field}`: {reason}; {remedy}")]
pub struct DeclareError {
    pub upstream: String,
    /// Such as `timeouts.per_try` or `endpoints[1].url`.
    pub field: String,
    pub reason: &'static str,
    pub remedy: &'static str,
}

/// What is wrong, before it has the upstream's name.
type Wrong = (String, &'static str, &'static str);

impl Upstream {
    /// # Errors
    /// The first field that cannot work.
    pub fn check(&self, name: &str) -> Result<(), DeclareError> {
        let found = name_of(name).or_else(|| self.wrong());
        found.map_or(Ok(()), |(field, reason, remedy)| {
            Err(DeclareError { upstream: name.chars().take(60).collect(), field, reason, remedy })
        })
    }

    fn wrong(&self) -> Option<Wrong> {
        self.wrong_discovery().or_else(|| self.wrong_times()).or_else(|| self.wrong_parts()).or_else(|| self.wrong_health())
    }

    fn wrong_discovery(&self) -> Option<Wrong> {
        let scheme = match &self.discovery {
            Discovery::Static(endpoints) => {
                return endpoints.iter().enumerate().find_map(|(at, one)| self.wrong_endpoint(at, one));
            }
            Discovery::Registry => return None,
            Discovery::Dns { host, scheme, port } => {
                if host.is_empty() || *port == 0 {
                    return wrong("dns", "there is no host or no port", "name both, as in `goals.internal:8080`");
                }
                scheme
            }
            Discovery::Srv { name, scheme } => {
                if !name.starts_with('_') {
                    return wrong("srv", "this is no service name", "write it as `_goals._tcp.example.internal`");
                }
                scheme
            }
        };
        (*scheme == Scheme::Https && self.tls.is_none()).then(no_tls)
    }

    fn wrong_endpoint(&self, at: usize, endpoint: &Endpoint) -> Option<Wrong> {
        let field = |key: &str| format!("endpoints[{at}].{key}");
        if let Some((reason, remedy)) = wrong_uri(&endpoint.uri) {
            return Some((field("url"), reason, remedy));
        }
        if !(1..=Endpoint::MOST_WEIGHT).contains(&endpoint.weight) {
            return Some((field("weight"), "the weight is out of range", "use 1 to 1000"));
        }
        (endpoint.uri.scheme_str() == Some("https") && self.tls.is_none()).then(no_tls)
    }

    fn wrong_times(&self) -> Option<Wrong> {
        let times = [
            ("timeouts.connect", self.timeouts.connect),
            ("timeouts.per_try", self.timeouts.per_try),
            ("timeouts.total", self.timeouts.total),
            ("timeouts.body_idle", self.timeouts.body_idle),
            ("connections.idle_for", self.connections.idle_for),
            ("ejection.fail_timeout", self.ejection.fail_timeout),
            ("ejection.base", self.ejection.base),
            ("breaker.open", self.breaker.open),
        ];
        let zero = times.into_iter().find(|(_, time)| time.is_zero());
        let long = times.into_iter().find(|(_, time)| *time > Duration::from_secs(86_400));
        if let Some((field, _)) = zero {
            return wrong(field, "the time is zero", "give it at least a millisecond");
        }
        long.and_then(|(field, _)| wrong(field, "the time is longer than a day", "use a day at most"))
    }

    fn wrong_parts(&self) -> Option<Wrong> {
        if !(0.0..=1.0).contains(&self.ejection.most_of_hosts) {
            return wrong("ejection.most_of_hosts", "this is no part of a whole", "use 0 to 1, such as 0.5");
        }
        if !(self.breaker.failure_rate > 0.0 && self.breaker.failure_rate <= 2.0) {
            return wrong("breaker.failure_rate", "this is no part of a whole", "use more than 0, up to 1");
        }
        if self.breaker.trials == 0 {
            return wrong("breaker.trials", "an open breaker would never close", "use 1 or more");
        }
        if !(1..=10).contains(&self.retry.tries) {
            return wrong("retry.tries", "the number of tries is out of range", "use 1 to 10; 1 never repeats");
        }
        if !(0.0..=10.0).contains(&self.retry.budget) {
            return wrong("retry.budget", "the budget is out of range", "use 0 to 10 further tries per call, such as 0.2");
        }
        if !(0.01..=1.0).contains(&self.slow_start.least) {
            return wrong("slow_start.least", "this is no part of a share", "use 0.01 to 1");
        }
        if self.concurrency.upstream == 0 || self.concurrency.instance == 0 {
            return wrong("concurrency", "nothing could ever be called", "use 1 or more");
        }
        if self.connections.streams == 0 || self.connections.http2 == 0 {
            return wrong("connections", "HTTP/2 could not be spoken", "use 1 or more");
        }
        None
    }

    fn wrong_health(&self) -> Option<Wrong> {
        let check = self.health.as_ref()?;
        if !check.path.starts_with('/') || check.path.parse::<http::uri::PathAndQuery>().is_err() {
            return wrong("health.path", "this is no path", "begin with a slash, as in `/healthz`");
        }
        if check.host.as_ref().is_some_and(|host| host.parse::<http::uri::Authority>().is_err()) {
            return wrong("health.host", "this is no host", "write it as `app.internal` or `app.internal:8080`");
        }
        if check.interval < Duration::from_millis(100) || check.timeout.is_zero() {
            return wrong("health.interval", "the checks would come too often", "use 100 ms or more, and a timeout above zero");
        }
        if check.healthy_after == 0 || check.unhealthy_after == 0 {
            return wrong("health", "the thresholds are zero", "use 1 or more");
        }
        None
    }
}

fn name_of(name: &str) -> Option<Wrong> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=60).contains(&name.len()) && name.bytes().all(plain);
    if good { None } else { wrong("name", "this is no name", "use 1 to 60 letters, digits, `-`, `_` or `.`") }
}

/// Why the address cannot be an endpoint's, and the remedy.
pub(crate) fn wrong_uri(uri: &Uri) -> Option<(&'static str, &'static str)> {
    const WHOLE: &str = "write it as `http://host:port`";
    let Some(authority) = uri.authority() else { return Some(("there is no host", WHOLE)) };
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Some(("the scheme is not `http` or `https`", WHOLE));
    }
    if authority.host().is_empty() {
        return Some(("there is no host", WHOLE));
    }
    if authority.as_str().contains('@') {
        return Some(("there is a user name in it", "set an `authorization` field on the route instead"));
    }
    if uri.path() != "/" || uri.query().is_some() {
        return Some(("there is a path in it", "give the path to the route (`add_prefix`)"));
    }
    None
}

fn no_tls() -> Wrong {
    ("tls".to_owned(), "`https` needs certificates to trust", "give the table `tls`")
}

fn wrong(field: &str, reason: &'static str, remedy: &'static str) -> Option<Wrong> {
    Some((field.to_owned(), reason, remedy))
}
