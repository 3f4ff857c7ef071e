//! Who a client is: the token that it shows.
//!
//! Clients show it as it is in `Authorization`, as Unleash's SDKs do; as `Bearer`, or in `X-API-Key`, as OFREP has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use banyan_features::{Scope, Segments};
use banyan_http::{Problem, Tenant};
use banyan_kernel::{ErrorCode, Uuid};
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;

use super::Clients;

/// Longer ones are refused unread, in bytes.
const LONGEST: usize = 400;

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// Programs on servers: they get the rules, and evaluate themselves.
    Client,
    /// Pages and apps: they get values. Whoever opens the page knows the token.
    Frontend,
    /// Both, in every environment.
    Admin,
}

/// A verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    pub tenant: Uuid,
    pub kind: ClientKind,
    /// None: every one; clients say which, or get the process's own.
    pub environment: Option<Arc<str>>,
    /// None: all.
    pub projects: Option<BTreeSet<String>>,
}

impl ClientIdentity {
    /// What of the flags it sees.
    pub(crate) fn scope(&self) -> Scope {
        Scope { projects: self.projects.clone(), segments: Segments::Listed, ..Scope::default() }
    }

    /// The token's own environment; for a token of all, the one that the client names, or that of this process.
    pub(crate) fn environment(&self, named: Option<&str>, clients: &Clients) -> Arc<str> {
        match (&self.environment, named) {
            (Some(own), _) => own.clone(),
            (None, Some(named)) if !named.is_empty() && named.len() <= 100 => named.into(),
            (None, _) => clients.local.environment.clone(),
        }
    }
}

/// A client of the kind that gets rules.
#[derive(Clone, Debug)]
pub(crate) struct ClientToken(pub(crate) ClientIdentity);

/// A client of the kind that gets values.
#[derive(Clone, Debug)]
pub(crate) struct FrontendToken(pub(crate) ClientIdentity);

/// A client of either kind.
#[derive(Clone, Debug)]
pub(crate) struct AnyToken(pub(crate) ClientIdentity);

impl<S> FromRequestParts<S> for ClientToken
where
    S: Send + Sync,
    Clients: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        of_kind(parts, state, ClientKind::Client).await.map(Self)
    }
}

impl<S> FromRequestParts<S> for FrontendToken
where
    S: Send + Sync,
    Clients: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        of_kind(parts, state, ClientKind::Frontend).await.map(Self)
    }
}

impl<S> FromRequestParts<S> for AnyToken
where
    S: Send + Sync,
    Clients: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        verified(parts, &Clients::from_ref(state)).await.map(Self)
    }
}

/// A token of another kind is refused with 403, as clients of that kind expect: they stop, and say so.
async fn of_kind<S>(parts: &Parts, state: &S, kind: ClientKind) -> Result<ClientIdentity, Problem>
where
    Clients: FromRef<S>,
{
    let token = verified(parts, &Clients::from_ref(state)).await?;
    if token.kind == kind || token.kind == ClientKind::Admin {
        return Ok(token);
    }
    Err(Problem::new(ErrorCode::Forbidden).detail_message("flags-token-kind", []))
}

async fn verified(parts: &Parts, clients: &Clients) -> Result<ClientIdentity, Problem> {
    let shown = shown(&parts.headers)
        .ok_or_else(|| Problem::new(ErrorCode::Unauthenticated).detail_message("flags-token-missing", []))?;
    let token = clients.tokens.verify(shown).await?;
    let token = token.ok_or_else(|| Problem::new(ErrorCode::InvalidToken).detail_message("flags-token-unknown", []))?;
    if names_another_tenant(parts, token.tenant) {
        return Err(ErrorCode::TenantMismatch.into());
    }
    Ok(token)
}

/// The one token that the request shows, if it can be one.
pub(crate) fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    let value = match (authorizations.next(), authorizations.next()) {
        (Some(only), None) => only,
        (None, _) => headers.get("x-api-key")?,
        // Which of them was meant cannot be known.
        (Some(_), Some(_)) => return None,
    };
    let text = value.to_str().ok()?.trim();
    let token = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => text,
    };
    let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && (1..=LONGEST).contains(&token.len())).then_some(token)
}

/// The front door reads no tokens of clients, so it takes the default tenant where the request names none. One that it does name must be the
/// token's.
fn names_another_tenant(parts: &Parts, tenant: Uuid) -> bool {
    let Some(asked) = parts.extensions.get::<Tenant>().filter(|asked| asked.id != tenant) else { return false };
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let host = authority.or_else(|| parts.headers.get(HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    let by_host = host.split('.').next().is_some_and(|label| label.eq_ignore_ascii_case(&asked.name)) && host.contains('.');
    by_host || parts.headers.contains_key("x-tenant")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::new(()).into_parts().0;
        for (name, value) in headers {
            request.headers.append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_token_comes_raw_or_as_bearer_or_as_a_key() {
        for (headers, token) in [
            (&[("authorization", "*:development.abc")][..], Some("*:development.abc")),
            (&[("authorization", "Bearer *:development.abc")], Some("*:development.abc")),
            (&[("authorization", "bearer  x")], Some("x")),
            (&[("x-api-key", "default:production.abc")], Some("default:production.abc")),
            (&[], None),
            (&[("authorization", "")], None),
            (&[("authorization", "Basic eDp5")], None),
            (&[("authorization", "a b c")], None),
            (&[("authorization", "x"), ("authorization", "y")], None),
        ] {
            assert_eq!(shown(&parts(headers).headers), token, "{headers:?}");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(shown(&parts(&[("authorization", &long)]).headers), None);
    }
}
