//! The front door's settings, from ours.

use std::num::NonZeroUsize;

use anyhow::Result;
use banyan_edge::{AccessLog, Deadlines, Drain, EdgeSettings, Limits, Plain, ProxyProtocol, TransportSecurity};

use super::doors::farewell;
use crate::cli::terminal::Usage;
use crate::settings::types::{AccessLines, PlainUse, StrictTransport};
use crate::settings::{Loaded, Settings};

/// # Errors
/// When people are to be sent to a listener that there is not.
pub(super) fn settings(loaded: &Loaded) -> Result<EdgeSettings> {
    let settings = &loaded.settings;
    let (general, edge) = (&settings.general, &settings.edge);
    Ok(EdgeSettings {
        workers: general.workers.and_then(|count| NonZeroUsize::new(count.0 as usize)),
        limits: Limits {
            connections: edge.connections.0 as usize,
            connections_of_address: edge.connections_of_address.0 as usize,
            in_flight: edge.in_flight.0 as usize,
            body_bytes: edge.body_limit.0,
            ..Limits::default()
        },
        deadlines: Deadlines { call: edge.call_timeout.0, upgraded: edge.upgrade_idle.0, ..Deadlines::default() },
        drain: Drain {
            grace: general.drain_grace.0,
            upgraded: farewell(general.drain_timeout.0),
            deadline: general.drain_timeout.0,
            ..Drain::default()
        },
        trusted_proxies: edge.trusted_proxies.clone(),
        proxy_protocol: if edge.proxy_protocol { ProxyProtocol::FromTrustedProxies } else { ProxyProtocol::Off },
        plain: plain(settings)?,
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
    })
}

fn plain(settings: &Settings) -> Result<Plain> {
    match (settings.tls.plain, super::tls::public_port(settings)) {
        (PlainUse::Serve, _) => Ok(Plain::Serve),
        (PlainUse::Redirect, Some(port)) => Ok(Plain::Redirect { port }),
        (PlainUse::Redirect, None) => {
            Err(Usage("`tls.plain` is `redirect`, and `tls_listen` is off: there is nowhere to send people".to_owned()).into())
        }
    }
}
