//! Which route a request takes.

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

use super::Visit;
use crate::Inner;
use crate::answer::cors::{Cors, asks_beforehand};
use crate::policies::{CorsRule, PathParameters};
use crate::request::tenant::host_of;
use crate::routes::{Asked, CompiledRoute, Nobody, Place, Routes, Target, wanted_version};

/// What was found.
pub(super) enum Way {
    To(Arc<CompiledRoute>),
    Answered(Response),
}

impl Inner {
    /// Finds the route, answers what browsers ask beforehand, and names the version of an address that has none.
    pub(super) fn way(&self, parts: &mut Parts, visit: &mut Visit) -> Result<Way, Problem> {
        let routes = self.routes.load();
        let beforehand = asks_beforehand(parts);
        let host = if routes.has_hosts() { host_of(parts)?.map(lower) } else { None };
        let place = Place { host: host.as_deref(), path: parts.uri.path() };
        let asked = Asked {
            method: beforehand.as_ref().unwrap_or(&parts.method),
            security: visit.client.secure,
            headers: &parts.headers,
            query: parts.uri.query(),
        };
        let Some(route) = routes.find(place, &asked).cloned() else {
            return self.nowhere(&routes, place, &asked, beforehand.as_ref(), parts);
        };
        visit.route = Some(route.clone());
        if beforehand.is_some()
            && let Some(cors) = self.cors_of(&route)
        {
            return Ok(Way::Answered(cors.preflight(parts)));
        }
        if matches!(route.target, Target::Upstream(..))
            && route.policies.parameters == PathParameters::Refused
            && has_parameters(place.path)
        {
            return Err(ErrorCode::MalformedRequest.into());
        }
        route.policies.lifetime.check(|| self.clock.now())?;
        if route.entry.is_none() {
            visit.served = self.versions.route(&mut parts.uri)?;
        }
        Ok(Way::To(route))
    }

    /// The rules of the route for pages of other origins, where the door has any.
    pub(super) fn cors_of<'c>(&'c self, route: &'c CompiledRoute) -> Option<&'c Cors> {
        match &route.policies.cors {
            CorsRule::Door => Some(&self.cors).filter(|cors| cors.is_on()),
            CorsRule::Own(cors) => Some(cors),
            CorsRule::Off | CorsRule::Upstream => None,
        }
    }

    /// Why there is no route. A preflight hears nothing of it: the request that follows does.
    #[cold]
    fn nowhere(
        &self,
        routes: &Routes,
        place: Place<'_>,
        asked: &Asked<'_>,
        beforehand: Option<&Method>,
        parts: &Parts,
    ) -> Result<Way, Problem> {
        if beforehand.is_some() && self.cors.is_on() {
            return Ok(Way::Answered(self.cors.preflight(parts)));
        }
        match routes.nobody(place, asked) {
            Nobody::Method(methods) => {
                let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(",");
                let allow = HeaderValue::try_from(list).unwrap_or(HeaderValue::from_static("GET"));
                if parts.method == Method::OPTIONS {
                    return Ok(Way::Answered((StatusCode::NO_CONTENT, [(ALLOW, allow)]).into_response()));
                }
                Err(Problem::new(ErrorCode::MethodNotAllowed).header(ALLOW, allow))
            }
            Nobody::Version(versions) => {
                let wanted = wanted_version(&parts.headers).flatten();
                let retired = versions.first().zip(wanted).is_some_and(|(oldest, wanted)| wanted < *oldest);
                Err(if retired { ErrorCode::UnsupportedVersion } else { ErrorCode::NotFound }.into())
            }
            Nobody::NotFound => {
                // A version that is retired says so.
                self.versions.route(&mut parts.uri.clone())?;
                Err(ErrorCode::NotFound.into())
            }
        }
    }
}

/// `;` in a path, plain or encoded (in the one spelling that paths have by now).
fn has_parameters(path: &str) -> bool {
    path.contains(';') || path.contains("%3B")
}

/// As hosts are written in routes.
fn lower(host: &str) -> Cow<'_, str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) { host.to_ascii_lowercase().into() } else { host.into() }
}
