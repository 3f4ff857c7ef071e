//! On to who answers: a service of Banyan, or an upstream that knows nothing of it.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_http::{Problem, Verbatim};
use banyan_kernel::Caller;
use banyan_locale::Negotiated;
use banyan_mesh::caller::CallerDetails;
use banyan_mesh::{Call, Deadline, ServiceHandle, Tries, key_of};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, EXPECT, FORWARDED, HOST, VIA};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, Version};

use super::Passage;
use super::change::{change_answer, change_request};
use crate::Inner;
use crate::answer::cors;
use crate::fields::strip;
use crate::policies::{Authorization, CorsRule, HostField, UpgradeRule};
use crate::request::hops;
use crate::routes::pattern::Captures;
use crate::routes::template::Facts;
use crate::routes::{Identity, RouteEntry, UpstreamEntry, UpstreamKey};
use crate::text::ShortText;
use crate::upgrade;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
static X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Puts in what a service in another process is told besides its caller.
pub(super) fn describe(passage: &Passage, request: &mut Request) {
    let locale = request.extensions().get::<Negotiated>().map(|negotiated| negotiated.locale.tag().into());
    let scopes = request.extensions().get::<CallerDetails>().and_then(|details| details.scopes.clone());
    request.extensions_mut().insert(CallerDetails { scopes, locale, address: Some(passage.client.address) });
    request.headers_mut().insert(&banyan_http::trace::TRACEPARENT, super::finish::traceparent(&passage.trace));
}

/// What is known of a request that facts are made of, kept until its answer comes.
pub(super) struct Known {
    uri: Uri,
    captures: Captures,
    host: Option<HeaderValue>,
    user: Option<banyan_kernel::Uuid>,
}

impl Known {
    fn of(entry: &RouteEntry, parts: &Parts, host: Option<&HeaderValue>) -> Self {
        let captures = entry.pattern.captures(parts.uri.path()).unwrap_or_default();
        let user = parts.extensions.get::<Caller>().and_then(Caller::user_id);
        Self { uri: parts.uri.clone(), captures, host: host.cloned(), user }
    }

    pub(super) fn facts<'f>(&'f self, passage: &'f Passage) -> Facts<'f> {
        Facts {
            path: self.uri.path(),
            captures: &self.captures,
            client: passage.client.address,
            request: passage.request,
            tenant: &passage.tenant.tenant.name,
            user: self.user,
            host: self.host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default(),
            scheme: passage.client.secure.scheme(),
        }
    }
}

impl Inner {
    /// Sends the request to a service of Banyan by a route of the file.
    pub(super) async fn forward_to_service(
        &self,
        passage: &Passage,
        entry: &RouteEntry,
        service: &ServiceHandle,
        request: &mut Request,
    ) -> Response {
        let known = match self.prepare_for_service(passage, entry, request).await {
            Ok(known) => known,
            Err(problem) => return problem.into_response(),
        };
        let upgrade = upgrade::wish(request, entry.policies.upgrade);
        let call = Call { upgrade, ..Call::until(self.deadline_of(passage)) };
        match Box::pin(service.send_from(request, call)).await {
            Ok(answer) => change_answer(&entry.response, answer.into_response(), &known.facts(passage)).await,
            Err(error) => Problem::new(error.code()).caused_by(&error).into_response(),
        }
    }

    async fn prepare_for_service(&self, passage: &Passage, entry: &RouteEntry, request: &mut Request) -> Result<Known, Problem> {
        let (mut parts, body) = std::mem::take(request).into_parts();
        let host = host_field(&parts);
        let known = Known::of(entry, &parts, host.as_ref());
        let body = change_request(&entry.request, &mut parts, body, &known.facts(passage)).await?;
        entry.rewrite.apply(&mut parts.uri, &known.captures)?;
        self.versions.route(&mut parts.uri)?;
        *request = Request::from_parts(parts, body);
        Ok(known)
    }

    /// Sends the request to an upstream, in a form that it cannot misread, and takes out of its answer what is not for others.
    pub(super) async fn forward_to_upstream(
        &self,
        passage: &Passage,
        entry: &RouteEntry,
        upstream: &UpstreamEntry,
        handle: &ServiceHandle,
        request: &mut Request,
    ) -> Response {
        let known = match prepare(passage, entry, upstream, request).await {
            Ok(known) => known,
            Err(problem) => return problem.into_response(),
        };
        let call = call(passage, entry, upstream, request, self.deadline_of(passage));
        // In a box: every future around this one would be as large, and each is copied once when it begins.
        let mut response = match Box::pin(handle.send_from(request, call)).await {
            Ok(answer) => answer.into_response(),
            Err(error) => return Problem::new(error.code()).caused_by(&error).into_response(),
        };
        let headers = response.headers_mut();
        if !matches!(entry.policies.cors, CorsRule::Upstream) {
            cors::forget(headers);
        }
        response.extensions_mut().insert(Verbatim);
        change_answer(&entry.response, response, &known.facts(passage)).await
    }

    fn deadline_of(&self, passage: &Passage) -> Deadline {
        Deadline::after(passage.route.policies.timeout.unwrap_or(self.settings.deadlines.call))
    }
}

/// Makes of the request what the upstream gets.
async fn prepare(
    passage: &Passage,
    entry: &RouteEntry,
    upstream: &UpstreamEntry,
    request: &mut Request,
) -> Result<Known, Problem> {
    let (mut parts, body) = std::mem::take(request).into_parts();
    let host = host_field(&parts);
    let known = Known::of(entry, &parts, host.as_ref());
    introduce(&mut parts, passage, entry, upstream, host);
    let body = change_request(&entry.request, &mut parts, body, &known.facts(passage)).await?;
    if entry.response.body.is_some() {
        parts.headers.remove(ACCEPT_ENCODING);
    }
    entry.rewrite.apply(&mut parts.uri, &known.captures)?;
    *request = Request::from_parts(parts, body);
    Ok(known)
}

/// How the mesh is to send the request.
fn call(passage: &Passage, entry: &RouteEntry, upstream: &UpstreamEntry, request: &Request, deadline: Deadline) -> Call {
    let tries = match entry.policies.tries {
        None => Tries::AsUpstream,
        Some(1) => Tries::Once,
        Some(tries) => Tries::UpTo(tries),
    };
    let upgrade = upgrade::wish(request, entry.policies.upgrade);
    Call { key: key(passage, &upstream.key, request), upgrade, ..Call::until(deadline).tried(tries) }
}

/// What sends a request to the same instance as the last one of its kind.
fn key(passage: &Passage, by: &UpstreamKey, request: &Request) -> Option<u64> {
    let by_address = || match passage.client.address {
        IpAddr::V4(address) => key_of(&address.octets()),
        IpAddr::V6(address) => key_of(&address.octets()),
    };
    match by {
        UpstreamKey::None => None,
        UpstreamKey::Address => Some(by_address()),
        UpstreamKey::User => {
            let user = request.extensions().get::<Caller>().and_then(Caller::user_id);
            Some(user.map_or_else(by_address, |user| key_of(user.as_bytes())))
        }
        UpstreamKey::Header(name) => Some(request.headers().get(name).map_or_else(by_address, |value| key_of(value.as_bytes()))),
        UpstreamKey::Cookie(name) => {
            let lines = request.headers().get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
            let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
            let found = pairs.find(|(found, _)| **found == **name);
            Some(found.map_or_else(by_address, |(_, value)| key_of(value.as_bytes())))
        }
    }
}

/// The host as the client named it.
fn host_field(parts: &Parts) -> Option<HeaderValue> {
    match parts.uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => parts.headers.get(HOST).cloned(),
    }
}

/// Says on whose behalf the request comes, and takes out what nobody outside may say.
fn introduce(parts: &mut Parts, passage: &Passage, entry: &RouteEntry, upstream: &UpstreamEntry, host: Option<HeaderValue>) {
    // CGI and WSGI make one name of `x_user` and `x-user`, so one with an underscore could pass for another.
    strip(&mut parts.headers, |name| name.as_str().contains('_') || asks_for_another_method(name));
    for pattern in &upstream.strip {
        while let Some(name) = parts.headers.keys().find(|name| pattern.fits(name)).cloned() {
            parts.headers.remove(name);
        }
    }
    let headers = &mut parts.headers;
    headers.remove(EXPECT);
    one_cookie_line(headers);
    if entry.policies.authorization == Authorization::Remove {
        headers.remove(AUTHORIZATION);
        headers.remove(&X_API_KEY);
    }
    if entry.policies.upgrade == UpgradeRule::Refused {
        hops::strip_hop_by_hop(headers);
    }
    if upstream.identity == Identity::Signed
        && let Some(negotiated) = parts.extensions.get::<Negotiated>()
    {
        let locale = Some(negotiated.locale.tag().into());
        parts.extensions.insert(CallerDetails { scopes: None, locale, address: None });
    }
    let headers = &mut parts.headers;
    forwarded(headers, passage, host.as_ref(), parts.version);
    banyan_http::trace::tell(passage.request, headers);
    headers.insert(&banyan_http::trace::TRACEPARENT, super::finish::traceparent(&passage.trace));
    match &entry.policies.host {
        HostField::Keep => drop(host.map(|host| headers.insert(HOST, host))),
        HostField::Endpoint => drop(headers.remove(HOST)),
        HostField::Fixed(host) => drop(headers.insert(HOST, host.clone())),
    }
    // Only path and query: which instance it goes to is the mesh's affair.
    if parts.uri.authority().is_some() {
        let target = parts.uri.path_and_query().cloned();
        parts.uri = target.map_or_else(Uri::default, Uri::from);
    }
}

/// The route was found for the method of the request, which frameworks let such a field change.
fn asks_for_another_method(name: &HeaderName) -> bool {
    matches!(name.as_str(), "x-http-method-override" | "x-http-method" | "x-method-override")
}

/// HTTP/2 lets a client send its cookies in several lines; for HTTP/1.1 they are one (RFC 9113 §8.2.3), and readers there differ in
/// which of several they take.
fn one_cookie_line(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return };
    let all = [first, second].into_iter().chain(lines).map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b"; "[..]);
    match HeaderValue::from_bytes(&all) {
        Ok(line) => drop(headers.insert(COOKIE, line)),
        Err(_) => drop(headers.remove(COOKIE)),
    }
}

/// `X-Forwarded-*`, `X-Real-IP`, `Forwarded` (RFC 7239) and `Via` (RFC 9110 §7.6.3). What stands there came from proxies that are
/// trusted, else it was taken out already.
fn forwarded(headers: &mut HeaderMap, passage: &Passage, host: Option<&HeaderValue>, version: Version) {
    let scheme = passage.client.secure.scheme();
    let mut address = ShortText::new();
    let _short = write!(address, "{}", passage.peer);
    let chain = if headers.contains_key(&X_FORWARDED_FOR) {
        chained(headers.get_all(&X_FORWARDED_FOR).iter(), &address)
    } else {
        address.header()
    };
    if let Some(chain) = chain {
        headers.insert(&X_FORWARDED_FOR, chain);
    }
    let mut client = ShortText::new();
    let _short = write!(client, "{}", passage.client.address);
    if let Some(client) = client.header() {
        headers.insert(&X_REAL_IP, client);
    }
    headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static(scheme));
    if let Some(host) = host {
        headers.entry(&X_FORWARDED_HOST).or_insert_with(|| host.clone());
    }
    headers.remove("x-forwarded-port");
    headers.remove("x-forwarded-prefix");
    let mut element = ShortText::new();
    let quoted = write!(element, "for={};proto={scheme}", Node(passage.client.address))
        .and_then(|()| host.and_then(|host| host.to_str().ok()).map_or(Ok(()), |host| write!(element, ";host=\"{host}\"")));
    match element.header().filter(|_| quoted.is_ok()) {
        Some(element) => drop(headers.insert(FORWARDED, element)),
        None => drop(headers.remove(FORWARDED)),
    }
    let via = match version {
        Version::HTTP_2 => HeaderValue::from_static("2 banyan"),
        Version::HTTP_10 => HeaderValue::from_static("1.0 banyan"),
        _ => HeaderValue::from_static("1.1 banyan"),
    };
    headers.append(VIA, via);
}

/// All lines of what was said before, and ours.
#[cold]
fn chained<'h>(lines: impl Iterator<Item = &'h HeaderValue>, own: &ShortText) -> Option<HeaderValue> {
    let mut chain = String::new();
    for line in lines.filter_map(|line| line.to_str().ok()) {
        chain.push_str(line);
        chain.push_str(", ");
    }
    chain.push_str(own.as_str());
    HeaderValue::try_from(chain).ok()
}

/// An address as RFC 7239 §6 writes it.
struct Node(IpAddr);

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "\"[{address}]\""),
        }
    }
}

/// The address of the connection's other end.
pub(super) fn peer_of(address: SocketAddr) -> IpAddr {
    address.ip().to_canonical()
}
