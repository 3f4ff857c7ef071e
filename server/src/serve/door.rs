//! The front door's settings, from ours.

use std::num::NonZeroUsize;

use banyan_edge::{AccessLog, Deadlines, Drain, EdgeSettings, Limits, TransportSecurity};

use crate::settings::Loaded;
use crate::settings::types::{AccessLines, StrictTransport};

pub(super) fn settings(loaded: &Loaded) -> EdgeSettings {
    let settings = &loaded.settings;
    let (general, edge) = (&settings.general, &settings.edge);
    EdgeSettings {
        workers: general.workers.and_then(|count| NonZeroUsize::new(count.0 as usize)),
        limits: Limits {
            connections: edge.connections.0 as usize,
            in_flight: edge.in_flight.0 as usize,
            body_bytes: edge.body_limit.0,
            ..Limits::default()
        },
        deadlines: Deadlines { call: edge.call_timeout.0, ..Deadlines::default() },
        drain: Drain { grace: general.drain_grace.0, deadline: general.drain_timeout.0 },
        trusted_proxies: edge.trusted_proxies.clone(),
        transport_security: match edge.strict_transport {
            StrictTransport::WhenSecure => TransportSecurity::WhenSecure,
            StrictTransport::Always => TransportSecurity::Always,
            StrictTransport::Never => TransportSecurity::Never,
        },
        cors_origins: edge.cors_origins.iter().map(|origin| origin.0.clone()).collect(),
        api_origins: edge.api_origins.iter().map(|origin| origin.0.clone()).collect(),
        base_domains: edge.base_domains.iter().map(|domain| domain.0.clone()).collect(),
        rate_limits: crate::house::rate_limits(loaded),
        access_log: match edge.access_log {
            AccessLines::Slow => AccessLog::Slow,
            AccessLines::Every => AccessLog::Every,
        },
    }
}
