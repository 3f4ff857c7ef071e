//! What an upstream is: where its instances are, and by which rules they are called. Plain data; whoever reads it from a file maps it.

pub(crate) mod check;
mod reach;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use rustls::ClientConfig;

use crate::caller::Signer;
use crate::place::Endpoint;

pub use check::DeclareError;
pub use reach::Reach;

/// A named upstream or service elsewhere. `..Upstream::default()` fills in what is usual.
#[derive(Clone, Debug, Default)]
pub struct Upstream {
    pub discovery: Discovery,
    pub balance: Balance,
    /// Active checks; none asks nobody.
    pub health: Option<HealthCheck>,
    pub ejection: Ejection,
    pub breaker: Breaker,
    pub retry: Retry,
    pub timeouts: Timeouts,
    pub concurrency: Concurrency,
    pub slow_start: SlowStart,
    /// A second try beside one that is slow; none waits.
    pub hedge: Option<Hedge>,
    pub connections: Connections,
    pub protocol: Protocol,
    pub host: HostRule,
    /// Needed for `https` endpoints.
    pub tls: Option<Tls>,
    /// Says who calls, signed; see [`crate::caller`]. None says nothing.
    pub caller: Option<Arc<Signer>>,
    pub context: Context,
    /// Which addresses its instances may have.
    pub reach: Reach,
}

/// How instances are found.
#[derive(Clone, Debug)]
pub enum Discovery {
    Static(Vec<Endpoint>),
    /// All A and AAAA records of a host name, asked again when their time to live is over.
    Dns {
        host: String,
        port: u16,
        scheme: Scheme,
    },
    /// An SRV record (RFC 2782) such as `_goals._tcp.example`: hosts, ports and weights of the best priority.
    Srv {
        name: String,
        scheme: Scheme,
    },
    /// Whoever registers under the service's name; see [`crate::registry`].
    Registry,
}

impl Default for Discovery {
    /// Nobody, until somebody registers a router of this process.
    fn default() -> Self {
        Self::Static(Vec::new())
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    #[default]
    Http,
    Https,
}

/// Who gets the next call. Instances that are unhealthy, ejected or full are passed over by all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Balance {
    /// Each in turn, whatever its weight.
    RoundRobin,
    /// In turn by weight, interleaved as nginx does it (smooth weighted round robin).
    Weighted,
    /// Fewest calls in flight per weight; ties as `Weighted`.
    LeastConnections,
    /// Of two at random the one with the lower latency × (in flight + 1), where a peak counts at once and fades in 10 s (Finagle).
    #[default]
    PeakEwma,
    /// The same key to the same instance by weighted rendezvous hashing, unless it has more than `bound` times its share of the
    /// calls in flight (bounded loads, Mirrokni et al. 2016). 1.25 is usual; below 1.01 counts as 1.01.
    ConsistentHash { bound: f64 },
    /// The same key to the same instance as long as it can take calls, however busy; back to it when it has come back. A key that is
    /// an instance's own ([`crate::InstanceId::key`]) names that instance.
    Sticky,
    /// The best score; see [`crate::balance::score`].
    Scored,
}

impl Balance {
    /// The usual consistent hash.
    pub const CONSISTENT_HASH: Self = Self::ConsistentHash { bound: 1.25 };

    pub const fn name(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::Weighted => "weighted",
            Self::LeastConnections => "least-connections",
            Self::PeakEwma => "peak-ewma",
            Self::ConsistentHash { .. } => "consistent-hash",
            Self::Sticky => "sticky",
            Self::Scored => "scored",
        }
    }
}

/// Asking an instance whether it is well, by one task of the process ([`crate::Mesh::maintain`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Path and query of a `GET`.
    pub path: String,
    /// The `Host` of the request; the endpoint's own when left out.
    pub host: Option<String>,
    pub interval: Duration,
    pub timeout: Duration,
    /// That many good answers in a row make an unhealthy instance healthy.
    pub healthy_after: u32,
    /// That many bad ones make a healthy instance unhealthy.
    pub unhealthy_after: u32,
    /// Which statuses are good; empty means 200 to 299.
    pub expected: Vec<StatusCode>,
}

impl HealthCheck {
    /// Every 10 s, 5 s for the answer, 2 good ones to come back, 3 bad ones to go.
    pub fn of(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            host: None,
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            healthy_after: 2,
            unhealthy_after: 3,
            expected: Vec::new(),
        }
    }
}

/// Taking an instance out because calls to it fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Ejection {
    /// So many calls without a valid answer (no connection, broken, too late) within `fail_timeout` eject; 0 never does.
    pub max_fails: u32,
    pub fail_timeout: Duration,
    /// So many failures in a row of any kind, answers of `statuses` included, eject; 0 never does.
    pub consecutive: u32,
    /// Answers that count against the instance, and for the breaker.
    pub statuses: Vec<StatusCode>,
    /// The first ejection lasts that long, the second twice that, and so on; a time without one forgives one.
    pub base: Duration,
    pub most: Duration,
    /// Never more than this part of the hosts at a time, 0 to 1.
    pub most_of_hosts: f64,
}

impl Default for Ejection {
    fn default() -> Self {
        Self {
            max_fails: 3,
            fail_timeout: Duration::from_secs(30),
            consecutive: 5,
            statuses: vec![StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT],
            base: Duration::from_secs(30),
            most: Duration::from_secs(300),
            most_of_hosts: 0.5,
        }
    }
}

impl Ejection {
    /// Nobody is ever taken out.
    pub fn never() -> Self {
        Self { max_fails: 0, consecutive: 0, ..Self::default() }
    }
}

/// Giving an upstream a rest that fails as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    /// Opens when this part of the calls of the last 10 s failed, 0 to 1. Above 1 it never opens.
    pub failure_rate: f64,
    /// ... and there were at least so many calls.
    pub least_calls: u32,
    /// How long it stays open the first time; doubled each time that the trial fails, up to `most`.
    pub open: Duration,
    pub most: Duration,
    /// How many calls are let through to try (half open); all must succeed.
    pub trials: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failure_rate: 0.5, least_calls: 20, open: Duration::from_secs(5), most: Duration::from_secs(60), trials: 3 }
    }
}

impl Breaker {
    pub fn never() -> Self {
        Self { failure_rate: 2.0, ..Self::default() }
    }
}

/// Trying again after a failure. A request that was not sent at all is always tried again, whatever its method.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries of one call, the first one included; 1 never repeats.
    pub tries: u32,
    /// Further tries per first try over the last 10 s.
    pub budget: f64,
    /// Further tries that are free, per second.
    pub budget_per_second: u32,
    pub repeatable: Repeatable,
    /// A body up to that many bytes is kept, so that it can be sent again.
    pub buffer_bytes: usize,
    /// Answers that may be better elsewhere.
    pub statuses: Vec<StatusCode>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 3,
            budget: 0.2,
            budget_per_second: 10,
            repeatable: Repeatable::Idempotent,
            buffer_bytes: 64 * 1024,
            statuses: vec![StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT],
        }
    }
}

impl Retry {
    pub fn never() -> Self {
        Self { tries: 1, ..Self::default() }
    }
}

/// What may be sent a second time when the first may have arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeatable {
    /// Methods that RFC 9110 §9.2.2 calls idempotent.
    #[default]
    Idempotent,
    /// Also what has an `Idempotency-Key`: the route knows that the upstream heeds it.
    OrKeyed,
}

/// How long each part may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Connecting, TLS included.
    pub connect: Duration,
    /// One try, from its beginning to the head of the answer.
    pub per_try: Duration,
    /// All tries together, to the head of the answer. The call's own deadline may be sooner.
    pub total: Duration,
    /// The longest pause within the body of an answer.
    pub body_idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            per_try: Duration::from_secs(30),
            total: Duration::from_secs(60),
            body_idle: Duration::from_secs(60),
        }
    }
}

/// How many calls may be in flight; more are refused at once ([`crate::CallError::Overloaded`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    pub upstream: u32,
    pub instance: u32,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { upstream: 10_000, instance: 1_024 }
    }
}

/// How an instance that came, or came back, gets its share bit by bit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// From `least` of its share to all of it in that time; zero gives it all at once.
    pub window: Duration,
    /// 0.01 to 1.
    pub least: f64,
}

impl Default for SlowStart {
    fn default() -> Self {
        Self { window: Duration::from_secs(10), least: 0.1 }
    }
}

/// A second try beside the first one, for calls that may be repeated; the first head wins, the other try is cancelled. Counts in the
/// retry budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// How long the first try has for itself. The 95th percentile of the latency is a good choice.
    pub after: Duration,
}

/// What each worker keeps for each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Idle HTTP/1.1 connections; more are closed.
    pub idle: usize,
    /// The longest that one stays idle. Keep it below what the upstream allows (nginx: 75 s, Node: 5 s, Gunicorn: 2 s).
    pub idle_for: Duration,
    /// Streams on one HTTP/2 connection before another is opened.
    pub streams: u32,
    /// HTTP/2 connections.
    pub http2: usize,
}

impl Default for Connections {
    fn default() -> Self {
        Self { idle: 512, idle_for: Duration::from_secs(4), streams: 100, http2: 4 }
    }
}

/// What is spoken with the instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1; over TLS what ALPN agrees on.
    #[default]
    Automatic,
    Http1,
    /// Without TLS: by prior knowledge (RFC 9113 §3.3).
    Http2,
}

/// Which `Host` (or `:authority`) an instance sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostRule {
    /// What the request has; the endpoint's own if it has none.
    #[default]
    Keep,
    /// The endpoint's own.
    Endpoint,
    /// Always this one, such as `legacy.internal`.
    Fixed(http::uri::Authority),
}

/// Transport security towards the instances.
#[derive(Clone)]
pub struct Tls {
    /// Roots, and the client's own certificate for mTLS. Its ALPN protocols are replaced by what [`Protocol`] says.
    pub config: Arc<ClientConfig>,
    /// Whose certificate is expected (and SNI); the endpoint's host when left out.
    pub server_name: Option<String>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

/// What a call passes on besides what it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Context {
    /// The time that is left ([`crate::DEADLINE`]) and the trace, if the request names none.
    #[default]
    Passed,
    /// Nothing: for upstreams of others.
    Withheld,
}
