//! What holds for the requests of one route, as plain fields that the visit reads.

pub(crate) mod access;
pub(crate) mod lifetime;
pub(crate) mod places;

use std::sync::Arc;
use std::time::Duration;

use banyan_http_cache::{Policy, StatusLifetimes};
use http::{HeaderValue, StatusCode};

use crate::answer::cors::Cors;
use access::Access;
use lifetime::Lifetime;

/// The policies of a route.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    pub(crate) access: Access,
    pub(crate) authorization: Authorization,
    pub(crate) host: HostField,
    /// The name of a class of limits.
    pub(crate) limit: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
    /// Tries in all; none as the upstream says.
    pub(crate) tries: Option<u32>,
    pub(crate) cache: Option<CacheRule>,
    pub(crate) cors: CorsRule,
    /// Requests at a time; more are answered 503.
    pub(crate) concurrency: Option<u32>,
    pub(crate) body_limit: Option<u64>,
    pub(crate) lifetime: Lifetime,
    pub(crate) security: SecurityRule,
    pub(crate) upgrade: UpgradeRule,
    pub(crate) parameters: PathParameters,
}

impl Policies {
    /// What holds where a route says nothing.
    pub(crate) fn with_access(access: Access) -> Self {
        Self {
            access,
            authorization: Authorization::Remove,
            host: HostField::Keep,
            limit: None,
            timeout: None,
            tries: None,
            cache: None,
            cors: CorsRule::Door,
            concurrency: None,
            body_limit: None,
            lifetime: Lifetime::default(),
            security: SecurityRule::Door,
            upgrade: UpgradeRule::Passed,
            parameters: PathParameters::Refused,
        }
    }
}

/// What becomes of the client's `Authorization` towards an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    Pass,
    /// The upstream gets the signed caller instead: a token that opens Banyan is nothing for others.
    Remove,
}

/// Which `Host` an upstream sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostField {
    /// The client's.
    Keep,
    /// That of the endpoint.
    Endpoint,
    Fixed(HeaderValue),
}

/// Whose rules for pages of other origins hold.
#[derive(Clone, Debug)]
pub(crate) enum CorsRule {
    /// Those of the whole door.
    Door,
    /// No page of another origin.
    Off,
    Own(Arc<Cors>),
    /// The upstream answers such questions itself.
    Upstream,
}

/// Who sets the security fields of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecurityRule {
    Door,
    Upstream,
}

/// Whether connections may become WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpgradeRule {
    Passed,
    Refused,
}

/// What becomes of `;` in a path. Some upstreams cut there (`/admin;x` is `/admin` to Tomcat), so what is matched would not be what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathParameters {
    Refused,
    Passed,
}

/// How answers of a route are kept, for the cache of the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CacheRule {
    /// For 200 and 302, where the answer says nothing.
    pub(crate) keep: Duration,
    /// For 404; zero keeps none.
    pub(crate) keep_missing: Duration,
    pub(crate) stale_while_revalidate: Duration,
    pub(crate) stale_if_error: Duration,
    pub(crate) tags: Box<[Box<str>]>,
}

impl CacheRule {
    /// The same in the words of the cache.
    pub(crate) fn policy(&self) -> Policy {
        let lifetimes = StatusLifetimes::none().with(StatusCode::OK, self.keep).with(StatusCode::FOUND, self.keep);
        let lifetimes =
            if self.keep_missing.is_zero() { lifetimes } else { lifetimes.with(StatusCode::NOT_FOUND, self.keep_missing) };
        Policy {
            lifetimes,
            stale_while_revalidate: self.stale_while_revalidate,
            stale_if_error: self.stale_if_error,
            tags: self.tags.iter().filter_map(|tag| tag.parse().ok()).collect(),
            ..Policy::default()
        }
    }
}
