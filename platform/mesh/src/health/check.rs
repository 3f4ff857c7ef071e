//! Asking instances whether they are well. One task of the process asks, and all workers know.

use std::collections::HashMap;
use std::sync::Arc;

use banyan_kernel::Timestamp;
use futures_util::future::join_all;
use http::header::{HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use tokio::time::{sleep, timeout};

use crate::body::OutBody;
use crate::call::Upgrade;
use crate::instance::{Instance, Transport};
use crate::observer::Change;
use crate::report::Checked;
use crate::service::Inner;
use crate::upstream::{HealthCheck, Upstream};

/// Answers of the same kind in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Streak {
    good: u32,
    bad: u32,
}

/// Asks all instances of the service, time and again. Ends when dropped.
pub(crate) async fn keep_checking(service: Arc<Inner>, upstream: Arc<Upstream>, check: HealthCheck) {
    let mut streaks: HashMap<u64, Streak> = HashMap::new();
    loop {
        let instances = service.instances();
        let asked = instances.iter().filter(|instance| !instance.is_local());
        let (rules, how) = (&upstream, &check);
        let found = join_all(asked.map(|instance| async move { (instance, is_well(instance, rules, how).await) })).await;
        streaks.retain(|key, _| found.iter().any(|(instance, _)| instance.id.key() == *key));
        for (instance, good) in found {
            let streak = streaks.entry(instance.id.key()).or_default();
            apply(instance, streak.after(good), &check, &service, service.now());
        }
        sleep(check.interval).await;
    }
}

impl Streak {
    fn after(&mut self, good: bool) -> Self {
        *self = if good {
            Self { good: self.good.saturating_add(1), bad: 0 }
        } else {
            Self { good: 0, bad: self.bad.saturating_add(1) }
        };
        *self
    }

    /// What this makes of an instance that was `before`.
    pub(crate) fn verdict(self, before: Checked, check: &HealthCheck) -> Checked {
        match before {
            // The first answer is all that is known.
            Checked::Unknown if self.good > 0 => Checked::Healthy,
            _ if self.bad >= check.unhealthy_after => Checked::Unhealthy,
            _ if self.good >= check.healthy_after => Checked::Healthy,
            before => before,
        }
    }
}

fn apply(instance: &Instance, streak: Streak, check: &HealthCheck, service: &Inner, now: Timestamp) {
    let before = instance.checked();
    let verdict = streak.verdict(before, check);
    if !instance.check(verdict, now) {
        return;
    }
    match verdict {
        Checked::Unhealthy => service.tell(&Change::Unhealthy(instance.id.clone())),
        Checked::Healthy if before == Checked::Unhealthy => service.tell(&Change::Healthy(instance.id.clone())),
        Checked::Healthy | Checked::Unknown => (),
    }
}

async fn is_well(instance: &Instance, upstream: &Upstream, check: &HealthCheck) -> bool {
    let Transport::Remote(target) = &instance.transport else { return true };
    let mut request = question(check);
    match timeout(check.timeout, target.send(upstream, &mut request, Upgrade::Refused)).await {
        Ok(Ok((response, _lease))) => is_expected(response.status(), check),
        Ok(Err(_)) | Err(_) => false,
    }
}

fn is_expected(status: StatusCode, check: &HealthCheck) -> bool {
    if check.expected.is_empty() { status.is_success() } else { check.expected.contains(&status) }
}

fn question(check: &HealthCheck) -> Option<Request<OutBody>> {
    let mut request = Request::new(OutBody::Empty);
    *request.method_mut() = Method::GET;
    *request.uri_mut() = check.path.parse::<Uri>().ok()?;
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("banyan-health"));
    if let Some(host) = &check.host {
        request.headers_mut().insert(HOST, HeaderValue::from_str(host).ok()?);
    }
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_hold_and_the_first_good_answer_counts() {
        let check = HealthCheck::of("/healthz");
        let mut streak = Streak::default();
        assert_eq!(streak.after(true).verdict(Checked::Unknown, &check), Checked::Healthy);
        for _ in 0..2 {
            assert_eq!(streak.after(false).verdict(Checked::Healthy, &check), Checked::Healthy);
        }
        assert_eq!(streak.after(false).verdict(Checked::Healthy, &check), Checked::Unhealthy);
        assert_eq!(streak.after(true).verdict(Checked::Unhealthy, &check), Checked::Unhealthy);
        assert_eq!(streak.after(false).verdict(Checked::Unhealthy, &check), Checked::Unhealthy);
        assert_eq!(streak.after(true).verdict(Checked::Unhealthy, &check), Checked::Unhealthy, "it begins anew");
        assert_eq!(streak.after(true).verdict(Checked::Unhealthy, &check), Checked::Healthy);
        let mut new = Streak::default();
        assert_eq!(new.after(false).verdict(Checked::Unknown, &check), Checked::Unknown, "one bad answer proves nothing");
    }

    #[test]
    fn only_expected_statuses_are_good() {
        let mut check = HealthCheck::of("/");
        assert!(is_expected(StatusCode::NO_CONTENT, &check) && !is_expected(StatusCode::FOUND, &check));
        check.expected = vec![StatusCode::FOUND];
        assert!(is_expected(StatusCode::FOUND, &check) && !is_expected(StatusCode::OK, &check));
    }
}
