//! In which class the requests of a route count.

use std::sync::Arc;

use banyan_http::version::Protocol;
use http::Method;

use super::policy::LimitPolicy;
use crate::request::TenantEntry;

/// The limits of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteLimit {
    class: Arc<str>,
    /// The class of the service's own, where somebody speaks of it.
    service: Option<Arc<str>>,
    by: CountBy,
}

/// Whether those who are signed in have a count of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountBy {
    /// Attempts to sign in count for the address, whoever the credential says.
    Address,
    Caller,
}

/// The limits of a pattern, by method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RouteLimits {
    posts: Option<RouteLimit>,
    others: Option<RouteLimit>,
}

impl RouteLimit {
    /// A class that a route file names.
    pub(crate) fn named(class: &str) -> Self {
        let by = if class == "auth" { CountBy::Address } else { CountBy::Caller };
        Self { class: class.into(), service: None, by }
    }

    fn of_service(service: &str) -> Self {
        Self { service: Some(service.into()), ..Self::named("api") }
    }

    pub(crate) fn by(&self) -> CountBy {
        self.by
    }

    pub(super) fn class_for(&self, policy: &LimitPolicy, tenant: &TenantEntry) -> Arc<str> {
        let own = self.service.as_ref().filter(|service| policy.speaks_of(service, tenant));
        own.unwrap_or(&self.class).clone()
    }
}

impl RouteLimits {
    /// `/api/v<number>/…` counts: attempts to sign in as `auth`, the models' service as `ai`, and everything else as `api`, or in the
    /// class that is named as the service, where somebody speaks of it. Clients of feature flags count as `flags`. Pages and their assets do not count.
    pub(crate) fn of_pattern(pattern: &str, service: &str) -> Self {
        if Protocol::of(pattern) != Protocol::Own {
            return Self::both(RouteLimit::named("flags"));
        }
        let mut segments = pattern.split('/').skip(1);
        let api = segments.next() == Some("api") && segments.next().is_some_and(|segment| segment.starts_with('v'));
        if !api {
            return Self::default();
        }
        match segments.next() {
            Some("auth") => Self::of_auth(pattern),
            Some("ai") => Self::both(RouteLimit::named("ai")),
            _ if service == "ai" => Self::both(RouteLimit::named("ai")),
            _ => Self::both(RouteLimit::of_service(service)),
        }
    }

    /// Guessing is slowed down. What takes a token of 256 random bits cannot be guessed, and is called every quarter of an hour by
    /// everybody behind one address, so it does not count. Reading one's sessions is no attempt to sign in.
    fn of_auth(pattern: &str) -> Self {
        if pattern.ends_with("/refresh") || pattern.ends_with("/logout") {
            return Self::default();
        }
        Self { posts: Some(RouteLimit::named("auth")), others: Some(RouteLimit::named("api")) }
    }

    pub(crate) fn both(limit: RouteLimit) -> Self {
        Self { posts: Some(limit.clone()), others: Some(limit) }
    }

    pub(crate) fn of(&self, method: &Method) -> Option<&RouteLimit> {
        if method == Method::POST { self.posts.as_ref() } else { self.others.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(pattern: &str, service: &str, method: &Method) -> Option<String> {
        RouteLimits::of_pattern(pattern, service).of(method).map(|limit| limit.class.to_string())
    }

    #[test]
    fn patterns_have_classes() {
        let (get, post) = (&Method::GET, &Method::POST);
        assert_eq!(class("/api/v1/auth/login", "identity", post), Some("auth".into()));
        assert_eq!(class("/api/v1/auth/sessions", "identity", get), Some("api".into()));
        assert_eq!(class("/api/v1/auth/refresh", "identity", post), None);
        assert_eq!(class("/api/v2/ai/recommendations", "ai", get), Some("ai".into()));
        assert_eq!(class("/api/v1/goals/{id}", "goals", post), Some("api".into()));
        assert_eq!(class("/api/v1/authors", "content", post), Some("api".into()));
        assert_eq!(class("/api/frontend", "flags", get), Some("flags".into()));
        assert_eq!(class("/ofrep/v1/evaluate/flags", "flags", post), Some("flags".into()));
        for page in ["/docs", "/", "/openapi.json", "/.well-known/jwks.json", "/auth/login"] {
            assert_eq!(class(page, "pages", post), None, "{page}");
        }
    }
}
