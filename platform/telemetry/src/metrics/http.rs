//! HTTP requests by route, method and status, under Prometheus' customary names and OpenTelemetry's.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use banyan_kernel::ErrorCode;
use http::{Method, StatusCode};
use parking_lot::RwLock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::cells::{Count, PerWorker};
use super::histogram::{DurationHistogram, HTTP_BOUNDS, Totals};

/// More routes than any installation has; beyond it they share the name `_other`, so that no mistake fills the memory.
pub(super) const MOST_ROUTES: usize = 2_000;

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "_OTHER"];

/// Statuses that Banyan answers with; any other shares the last place.
const STATUSES: [u16; 39] = [
    101, 200, 201, 202, 204, 206, 207, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413,
    414, 415, 416, 421, 422, 428, 429, 431, 499, 500, 502, 503, 504, 0,
];

const ERRORS: usize = ErrorCode::ALL.len();

/// Counts requests. Ask for a [`RouteMeter`] once a route, when routes are compiled, and record through it.
#[derive(Default)]
pub struct HttpMetrics {
    routes: RwLock<Vec<Arc<RouteMeter>>>,
    in_flight: Count,
    connections: Count,
    upgrades: Count,
}

/// Counts the requests of one route pattern.
pub struct RouteMeter {
    pattern: Box<str>,
    cells: PerWorker<[OnceLock<Box<MethodCell>>; METHODS.len()]>,
}

struct MethodCell {
    statuses: [OnceLock<Box<DurationHistogram>>; STATUSES.len()],
    /// By error code; the last is an error without one.
    errors: [AtomicU64; ERRORS + 1],
}

impl Default for MethodCell {
    fn default() -> Self {
        Self { statuses: std::array::from_fn(|_| OnceLock::new()), errors: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl HttpMetrics {
    /// The meter of a route pattern such as `/api/v1/goals/{id}`: never a path as it was asked for.
    pub fn route(&self, pattern: &str) -> Arc<RouteMeter> {
        let mut routes = self.routes.write();
        let pattern = if routes.len() < MOST_ROUTES { pattern } else { "_other" };
        if let Some(known) = routes.iter().find(|route| &*route.pattern == pattern) {
            return known.clone();
        }
        let meter = Arc::new(RouteMeter { pattern: pattern.into(), cells: PerWorker::new() });
        routes.push(meter.clone());
        meter
    }

    /// A request is in flight until the answer's guard is dropped.
    #[must_use]
    pub fn start(self: &Arc<Self>) -> InFlight {
        InFlight::begin(self, Counted::Request)
    }

    /// A connection is open until the guard is dropped.
    #[must_use]
    pub fn connect(self: &Arc<Self>) -> InFlight {
        InFlight::begin(self, Counted::Connection)
    }

    /// A connection speaks another protocol than HTTP, such as WebSocket, until the guard is dropped.
    #[must_use]
    pub fn upgrade(self: &Arc<Self>) -> InFlight {
        InFlight::begin(self, Counted::Upgrade)
    }

    fn count(&self, counted: Counted) -> &Count {
        match counted {
            Counted::Request => &self.in_flight,
            Counted::Connection => &self.connections,
            Counted::Upgrade => &self.upgrades,
        }
    }

    fn snapshot(&self) -> Vec<Series> {
        let routes: Vec<_> = self.routes.read().clone();
        routes.iter().flat_map(|route| route.series()).collect()
    }
}

/// Counts one request or connection as open while it lives.
#[derive(Debug)]
pub struct InFlight {
    metrics: Arc<HttpMetrics>,
    counted: Counted,
}

#[derive(Clone, Copy, Debug)]
enum Counted {
    Request,
    Connection,
    Upgrade,
}

impl InFlight {
    fn begin(metrics: &Arc<HttpMetrics>, counted: Counted) -> Self {
        metrics.count(counted).add(1);
        Self { metrics: metrics.clone(), counted }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.count(self.counted).add(-1);
    }
}

impl RouteMeter {
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Counts one answered request. `error` is the code of the problem that was answered, if one was.
    pub fn record(&self, method: &Method, status: StatusCode, error: Option<ErrorCode>, elapsed: Duration) {
        let cell = self.cells.local()[method_index(method)].get_or_init(Box::default);
        let place = status_index(status.as_u16());
        cell.statuses[place].get_or_init(|| Box::new(DurationHistogram::new(HTTP_BOUNDS))).record(elapsed);
        if status.is_client_error() || status.is_server_error() {
            cell.errors[error.map_or(ERRORS, |code| code as usize)].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn series(&self) -> Vec<Series> {
        let mut all = Vec::new();
        for (index, method) in METHODS.iter().enumerate() {
            let cells: Vec<&MethodCell> = self.cells.iter().filter_map(|cell| cell[index].get().map(|cell| &**cell)).collect();
            if cells.is_empty() {
                continue;
            }
            let mut series = Series { route: self.pattern.clone(), method, statuses: Vec::new(), errors: Vec::new() };
            for (place, status) in STATUSES.iter().enumerate() {
                let mut totals = Totals::of(HTTP_BOUNDS);
                cells.iter().filter_map(|cell| cell.statuses[place].get()).for_each(|histogram| totals.add(histogram));
                if totals.count() > 0 {
                    series.statuses.push((status_label(*status), totals));
                }
            }
            for place in 0..=ERRORS {
                let count: u64 = cells.iter().map(|cell| cell.errors[place].load(Ordering::Relaxed)).sum();
                if count > 0 {
                    let name = ErrorCode::ALL.get(place).map_or("unclassified", |code| code.slug());
                    series.errors.push((name, count));
                }
            }
            all.push(series);
        }
        all
    }
}

fn method_index(method: &Method) -> usize {
    let known = METHODS.iter().position(|name| *name == method.as_str());
    known.unwrap_or(METHODS.len() - 1)
}

fn status_index(status: u16) -> usize {
    STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1)
}

fn status_label(status: u16) -> String {
    if status == 0 { "other".into() } else { status.to_string() }
}

/// All that one method of one route holds, added up over the workers.
struct Series {
    route: Box<str>,
    method: &'static str,
    statuses: Vec<(String, Totals)>,
    errors: Vec<(&'static str, u64)>,
}

impl Collector for HttpMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let all = self.snapshot();
        let mut family = encoder.encode_descriptor("http_requests", "Requests answered", None, MetricType::Counter)?;
        for series in &all {
            for (status, totals) in &series.statuses {
                let labels = [("method", series.method), ("route", &*series.route), ("status", status.as_str())];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&totals.count(), None)?;
            }
        }
        let mut family =
            encoder.encode_descriptor("http_errors", "Requests answered with an error", None, MetricType::Counter)?;
        for series in &all {
            for (error, count) in &series.errors {
                let labels = [("method", series.method), ("route", &*series.route), ("error_type", error)];
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(count, None)?;
            }
        }
        let names = [
            ("http_request_duration", "Time to answer a request", ["method", "route", "status"]),
            (
                "http_server_request_duration",
                "Time to answer a request, under OpenTelemetry's name",
                ["http_request_method", "http_route", "http_response_status_code"],
            ),
        ];
        for (name, help, [method, route, status]) in names {
            let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
            for series in &all {
                for (code, totals) in &series.statuses {
                    totals.encode(&mut family, &[(method, series.method), (route, &*series.route), (status, code.as_str())])?;
                }
            }
        }
        let gauges = [
            ("http_requests_in_flight", "Requests being answered", self.in_flight.get()),
            ("http_server_active_requests", "Requests being answered, under OpenTelemetry's name", self.in_flight.get()),
            ("http_connections_open", "Connections from clients", self.connections.get()),
            ("http_upgrades_open", "Connections that speak another protocol now, such as WebSocket", self.upgrades.get()),
        ];
        for (name, help, value) in gauges {
            encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics").field("routes", &self.routes.read().len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for RouteMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteMeter").field("pattern", &self.pattern).finish_non_exhaustive()
    }
}
