//! What clients ask of a server: all rules, and the values for one user.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::bench::usage;
use crate::bench::wrk::{Latency, Load};

const CONNECTIONS: u32 = 32;

/// A server that is measured.
pub(super) struct Peer {
    pub(super) subject: &'static str,
    pub(super) url: String,
    pub(super) pid: u32,
    /// Tokens of both kinds.
    pub(super) client: String,
    pub(super) frontend: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Request {
    Features,
    Frontend,
}

impl Request {
    pub(super) const ALL: [Self; 2] = [Self::Features, Self::Frontend];

    const fn path(self) -> &'static str {
        match self {
            Self::Features => "/api/client/features",
            // Another user each time.
            Self::Frontend => "/api/frontend?userId=user-{n}&sessionId=s",
        }
    }
}

/// Times of the processor are microseconds for each request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    subject: &'static str,
    request: Request,
    requests_per_second: f64,
    latency: Latency,
    processor: f64,
    database: f64,
}

pub(super) fn measure(peer: &Peer, request: Request, postgres: u32, length: Duration) -> Result<Line> {
    let token = match request {
        Request::Features => &peer.client,
        Request::Frontend => &peer.frontend,
    };
    let load = |length| Load {
        script: "flags.lua",
        url: &peer.url,
        word: request.path(),
        token: Some(token),
        connections: CONNECTIONS,
        length,
        processor: None,
    };
    load((length / 5).max(Duration::from_secs(1))).run()?;
    let used = || -> Result<_> { Ok((usage::processor_time(peer.pid)?, usage::processor_time_of_family(postgres)?)) };
    let before = used()?;
    let counted = load(length).run()?;
    let after = used()?;
    let each = |after: Duration, before: Duration| after.saturating_sub(before).as_secs_f64() * 1e6 / counted.requests as f64;
    Ok(Line {
        subject: peer.subject,
        request,
        requests_per_second: counted.requests_per_second(),
        latency: counted.latency(),
        processor: each(after.0, before.0),
        database: each(after.1, before.1),
    })
}

pub(super) fn table(flags: usize, lines: &[Line]) -> String {
    let mut text =
        format!("{flags} flags, half of the users each; {CONNECTIONS} connections; µs of the processor for each request\n\n");
    let heads = ["requests/s", "p50 ms", "p99 ms", "CPU µs", "DB's"];
    let _infallible =
        writeln!(text, "{:<42} {:>11} {:>8} {:>8} {:>8} {:>8}", "", heads[0], heads[1], heads[2], heads[3], heads[4]);
    for line in lines {
        let path = line.request.path().split('?').next().unwrap_or_default();
        let _infallible = writeln!(
            text,
            "{:<18} {path:<23} {:>11.0} {:>8.1} {:>8.1} {:>8.0} {:>8.0}",
            line.subject,
            line.requests_per_second,
            line.latency.p50_milliseconds,
            line.latency.p99_milliseconds,
            line.processor,
            line.database
        );
    }
    text
}
