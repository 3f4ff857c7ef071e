//! By which rules an upstream is called.

use std::time::Duration;

use banyan_mesh::{
    Breaker, Concurrency, Connections, Ejection, HealthCheck, Hedge, Protocol, Repeatable, Retry, SlowStart, Timeouts, Upstream,
};
use http::StatusCode;

use crate::routes::diagnosis::Reason;
use crate::routes::file::read::{Item, Section};
use crate::routes::file::values;

const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn read(section: &mut Section<'_>, upstream: &mut Upstream) {
    upstream.health = section.get("health").and_then(|item| health(&item));
    if let Some(item) = section.get("ejection") {
        upstream.ejection = ejection(&item).unwrap_or_default();
    }
    if let Some(item) = section.get("breaker") {
        upstream.breaker = breaker(&item).unwrap_or_default();
    }
    if let Some(item) = section.get("retry") {
        upstream.retry = retry(&item).unwrap_or_default();
    }
    if let Some(mut table) = section.get("timeouts").and_then(|item| item.section()) {
        let usual = Timeouts::default();
        upstream.timeouts = Timeouts {
            connect: time(&mut table, "connect", usual.connect),
            per_try: time(&mut table, "per_try", usual.per_try),
            total: time(&mut table, "total", usual.total),
            body_idle: time(&mut table, "body_idle", usual.body_idle),
        };
        table.end();
    }
    if let Some(mut table) = section.get("concurrency").and_then(|item| item.section()) {
        let usual = Concurrency::default();
        upstream.concurrency = Concurrency {
            upstream: count(&mut table, "upstream", 1, usual.upstream),
            instance: count(&mut table, "instance", 1, usual.instance),
        };
        table.end();
    }
    if let Some(mut table) = section.get("slow_start").and_then(|item| item.section()) {
        let usual = SlowStart::default();
        let window = table.get("window").and_then(|item| values::time(&item, Duration::ZERO, DAY)).unwrap_or(usual.window);
        upstream.slow_start = SlowStart { window, least: part(&mut table, "least", 0.01, 1.0, usual.least) };
        table.end();
    }
    if let Some(mut table) = section.get("hedge").and_then(|item| item.section()) {
        upstream.hedge = table.get("after").and_then(|item| values::time(&item, MILLISECOND, DAY)).map(|after| Hedge { after });
        if upstream.hedge.is_none() {
            table.fault(Reason::missing("after"), "write how long the first try has for itself, such as { after = \"50ms\" }");
        }
        table.end();
    }
    if let Some(mut table) = section.get("connections").and_then(|item| item.section()) {
        let usual = Connections::default();
        upstream.connections = Connections {
            idle: count(&mut table, "idle", 0, u32::try_from(usual.idle).unwrap_or(512)) as usize,
            idle_for: time(&mut table, "idle_for", usual.idle_for),
            streams: count(&mut table, "streams", 1, usual.streams),
            http2: count(&mut table, "http2", 1, u32::try_from(usual.http2).unwrap_or(4)) as usize,
        };
        table.end();
    }
    let protocols = [("automatic", Protocol::Automatic), ("http1", Protocol::Http1), ("http2", Protocol::Http2)];
    if let Some(protocol) = section.get("protocol").and_then(|item| item.word(&protocols)) {
        upstream.protocol = protocol;
    }
}

fn time(table: &mut Section<'_>, key: &'static str, usual: Duration) -> Duration {
    table.get(key).and_then(|item| values::time(&item, MILLISECOND, DAY)).unwrap_or(usual)
}

fn count(table: &mut Section<'_>, key: &'static str, least: i64, usual: u32) -> u32 {
    let given = table.get(key).and_then(|item| item.whole(least, 1_000_000));
    given.and_then(|given| u32::try_from(given).ok()).unwrap_or(usual)
}

fn part(table: &mut Section<'_>, key: &'static str, least: f64, most: f64, usual: f64) -> f64 {
    table.get(key).and_then(|item| item.number(least, most)).unwrap_or(usual)
}

/// A path, or a table.
fn health(item: &Item<'_>) -> Option<HealthCheck> {
    let path = |text: &str| {
        let good = text.starts_with('/') && text.parse::<http::uri::PathAndQuery>().is_ok();
        if good { Ok(text.to_owned()) } else { Err("is no path") }
    };
    let example = "write it like \"/healthz\"";
    if !item.is_table() {
        return item.parse(example, path).map(|path| HealthCheck::of(&path));
    }
    let mut table = item.section()?;
    let Some(given) = table.get("path") else {
        table.fault(Reason::missing("path"), "write the path that says whether it is well, such as \"/healthz\"");
        return None;
    };
    let mut check = HealthCheck::of(&given.parse(example, path)?);
    check.host = table
        .get("host")
        .and_then(|item| item.parse("write it like \"app.internal\"", |text| values::authority(text).map(|_| text.to_owned())));
    let interval = table.get("interval").and_then(|item| values::time(&item, Duration::from_millis(100), DAY));
    check.interval = interval.unwrap_or(check.interval);
    check.timeout = time(&mut table, "timeout", check.timeout);
    check.healthy_after = count(&mut table, "healthy_after", 1, check.healthy_after);
    check.unhealthy_after = count(&mut table, "unhealthy_after", 1, check.unhealthy_after);
    check.expected = table.get("expected").map(|item| statuses(&item)).unwrap_or_default();
    table.end();
    Some(check)
}

fn statuses(item: &Item<'_>) -> Vec<StatusCode> {
    let items = item.list().unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.whole(100, 599).and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok()))
        .collect()
}

/// `"off"`, or a table.
fn ejection(item: &Item<'_>) -> Option<Ejection> {
    if !item.is_table() {
        return item.word(&[("off", ())]).map(|()| Ejection::never());
    }
    let mut table = item.section()?;
    let usual = Ejection::default();
    let ejection = Ejection {
        max_fails: count(&mut table, "max_fails", 0, usual.max_fails),
        fail_timeout: time(&mut table, "fail_timeout", usual.fail_timeout),
        consecutive: count(&mut table, "consecutive", 0, usual.consecutive),
        statuses: table.get("statuses").map_or(usual.statuses, |item| statuses(&item)),
        base: time(&mut table, "base", usual.base),
        most: time(&mut table, "most", usual.most),
        most_of_hosts: part(&mut table, "most_of_hosts", 0.0, 1.0, usual.most_of_hosts),
    };
    table.end();
    Some(ejection)
}

/// `"off"`, or a table.
fn breaker(item: &Item<'_>) -> Option<Breaker> {
    if !item.is_table() {
        return item.word(&[("off", ())]).map(|()| Breaker::never());
    }
    let mut table = item.section()?;
    let usual = Breaker::default();
    let breaker = Breaker {
        failure_rate: part(&mut table, "failure_rate", 0.01, 1.0, usual.failure_rate),
        least_calls: count(&mut table, "least_calls", 1, usual.least_calls),
        open: time(&mut table, "open", usual.open),
        most: time(&mut table, "most", usual.most),
        trials: count(&mut table, "trials", 1, usual.trials),
    };
    table.end();
    Some(breaker)
}

/// `"off"`, or a table.
fn retry(item: &Item<'_>) -> Option<Retry> {
    if !item.is_table() {
        return item.word(&[("off", ())]).map(|()| Retry::never());
    }
    let mut table = item.section()?;
    let usual = Retry::default();
    let words = [("idempotent", Repeatable::Idempotent), ("keyed", Repeatable::OrKeyed)];
    let tries = table.get("tries").and_then(|item| item.whole(1, 10)).and_then(|tries| u32::try_from(tries).ok());
    let buffer = table.get("buffer").and_then(|item| values::size(&item, 0, 16 * 1024 * 1024));
    let retry = Retry {
        tries: tries.unwrap_or(usual.tries),
        budget: part(&mut table, "budget", 0.0, 10.0, usual.budget),
        budget_per_second: count(&mut table, "budget_per_second", 0, usual.budget_per_second),
        repeatable: table.get("repeatable").and_then(|item| item.word(&words)).unwrap_or(usual.repeatable),
        buffer_bytes: buffer.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usual.buffer_bytes),
        statuses: table.get("statuses").map_or(usual.statuses, |item| statuses(&item)),
    };
    table.end();
    Some(retry)
}
