//! Routes that keep their answers: how, and by which mark answers from before a change of the route are told apart.

use std::fmt::Write as _;
use std::sync::Arc;

use banyan_http_cache::{ClientDirectives, CookieRule, Policy};
use sha2::{Digest as _, Sha256};

use super::file::{RouteEntry, RouteFile, TargetEntry};
use crate::policies::CacheRule;

/// How answers of one side of a route are kept. Made once, when routes are compiled.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) policy: Arc<Policy>,
    /// Part of the key of every answer: the route's name, the side, and a digest of all that the answer comes from. An answer from
    /// before a change has another one, so it is not found any more, and an old target's answer that comes late cannot stand in for
    /// the new one's. The same file gives the same mark, in every process and after a restart.
    pub(crate) mark: Arc<str>,
}

impl Kept {
    /// For images: each says itself how long it holds, and nobody can have it made again before that, nor is a cookie anything to it.
    pub(super) fn images() -> Self {
        let policy = Policy { client: ClientDirectives::Ignore, cookies: CookieRule::Ignore, ..Policy::default() };
        Self { policy: Arc::new(policy), mark: " _images".into() }
    }

    /// None for a route that keeps nothing.
    pub(super) fn of(entry: &RouteEntry, side: usize, file: &RouteFile) -> Option<Self> {
        let rule = entry.policies.cache.as_ref()?;
        let mark = format!(" {} {side} {}", entry.name, generation(entry, rule, file)).into();
        Some(Self { policy: Arc::new(rule.policy()), mark })
    }
}

/// Which requests are meant, who answers them and where, what is changed on the way there and back, and for how long answers are kept.
/// What only says how an answer is fetched (balancing, retries, limits) is no part of it.
fn generation(entry: &RouteEntry, rule: &CacheRule, file: &RouteFile) -> String {
    let RouteEntry { hosts, pattern, conditions, target, rewrite, request, response, policies, .. } = entry;
    let upstream = match target {
        TargetEntry::Upstream(name) => file.upstream(name),
        TargetEntry::Service(_) | TargetEntry::Redirect(_) | TargetEntry::Respond(_) => None,
    };
    let reached = upstream.map(|upstream| {
        let strip = &upstream.strip;
        (&upstream.rules.discovery, &upstream.security, upstream.identity, strip)
    });
    let mut said = String::new();
    let _whole = write!(said, "{rule:?} {hosts:?} {pattern:?} {conditions:?} {target:?} {rewrite:?} {request:?} {response:?} ");
    let _whole = write!(said, "{:?} {:?} {:?} {reached:?}", policies.access, policies.authorization, policies.host);
    Sha256::digest(said).iter().take(8).fold(String::new(), |mut text, byte| {
        let _whole = write!(text, "{byte:02x}");
        text
    })
}
