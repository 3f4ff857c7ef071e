//! The way of one request through the door, top down.

mod cached;
mod change;
mod finish;
mod fixed;
mod forward;
mod images;
mod lasting;
mod limiting;
mod split;
mod way;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_contracts::usage::KeyOwner;
use banyan_http::trace::{Trust, X_REQUEST_ID, identify};
use banyan_http::version::Served;
use banyan_http::{ClientAddress, Problem, TraceContext};
use banyan_kernel::{Caller, ErrorCode, RequestId};
use banyan_locale::Negotiated;
use banyan_mesh::{Call, Deadline};
use banyan_telemetry::RequestScope;
use banyan_telemetry::scope::{TraceId, within, within_sync};
use http::header::{ALLOW, CONTENT_LENGTH, ORIGIN};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};

pub(crate) use finish::LastOfConnection;

use crate::Inner;
use crate::answer::compress::Wish;
use crate::limits::Decision;
use crate::operations::not_allowed;
use crate::policies::UpgradeRule;
use crate::policies::access::Shown;
use crate::policies::places::Place;
use crate::random::BufferedRandom;
use crate::request::address::{Client, Peer};
use crate::request::body::BodyWatch;
use crate::request::tenant::{TenantEntry, named_by, settle};
use crate::request::{hops, language, shape};
use crate::routes::{CompiledRoute, Target};
use crate::split::MAIN;
use crate::upgrade;
use way::Way;

/// What is known of a request while it is answered.
struct Visit {
    begun: Instant,
    request: RequestId,
    trace: TraceContext,
    /// The id that the client gave it: for the log only.
    clients_id: Option<HeaderValue>,
    method: Method,
    client: Client,
    /// The page's origin, as its browser says it.
    origin: Option<HeaderValue>,
    wish: Wish,
    route: Option<Arc<CompiledRoute>>,
    served: Option<Served>,
    tenant: Option<Arc<TenantEntry>>,
    negotiated: Option<Negotiated>,
    rate: Option<Decision>,
    /// The API key that asks.
    key: Option<KeyOwner>,
    /// By which somebody asks: answers that go on for long end with it.
    credential: Option<Arc<dyn crate::Credential>>,
}

/// What the checks at the door came to.
enum Admission {
    /// On to whom the route names.
    Admitted(Passage),
    /// Answered already.
    Answered(Response),
    Refused(Problem),
}

/// A request that goes on, and what is said of it there.
#[derive(Clone)]
struct Passage {
    route: Arc<CompiledRoute>,
    client: Client,
    /// The other end of the connection.
    peer: IpAddr,
    request: RequestId,
    trace: TraceContext,
    tenant: Arc<TenantEntry>,
    /// Bytes that its body may have.
    body_limit: u64,
    /// Of a route that is split.
    side: usize,
    _place: Option<Arc<Place>>,
}

/// Counts a request as in flight until dropped.
struct Load<'e>(&'e AtomicUsize);

impl Drop for Load<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    /// Requests go from hand to hand by reference: each future that held one would grow by it, and they stand inside one another.
    pub(crate) async fn answer(&self, request: &mut Request, watch: Option<Arc<BodyWatch>>, peer: Peer) -> Response {
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        let load = Load(&self.in_flight);
        let running = self.metrics.http().start();
        let (mut visit, admission) = self.receive(request, peer, in_flight).await;
        let response = match admission {
            Admission::Admitted(mut passage) => {
                if let Some(watch) = &watch {
                    watch.allow(passage.body_limit);
                }
                // Pinned here: moving it would copy all that it may ever hold.
                let work = pin!(self.respond(&mut passage, request, watch));
                within(visit.scope(), work).await
            }
            Admission::Answered(response) => self.word(&visit, request, response),
            Admission::Refused(problem) => self.word(&visit, request, problem.into_response()),
        };
        let response = self.finish(response, &mut visit).await;
        drop((load, running));
        response
    }

    /// Looks at the request before anybody else does.
    async fn receive(&self, request: &mut Request, peer: Peer, in_flight: usize) -> (Visit, Admission) {
        let (mut parts, body) = std::mem::take(request).into_parts();
        let mut visit = self.begin(&mut parts, peer);
        let admission = match self.admit(&mut parts, &mut visit, peer, in_flight).await {
            Ok(admission) => admission,
            Err(problem) => Admission::Refused(problem),
        };
        self.introduce(&mut parts, &mut visit);
        *request = Request::from_parts(parts, body);
        (visit, admission)
    }

    /// The words of an answer that the door gives by itself.
    fn word(&self, visit: &Visit, request: &Request, response: Response) -> Response {
        within_sync(visit.scope(), || self.problems.of(request).word(response))
    }

    /// Refuses what is not even looked at.
    pub(crate) async fn refuse(&self, request: &mut Request, peer: Peer, code: ErrorCode) -> Response {
        let (mut parts, _) = std::mem::take(request).into_parts();
        let mut visit = self.begin(&mut parts, peer);
        self.introduce(&mut parts, &mut visit);
        *request = Request::from_parts(parts, Body::empty());
        let response = self.word(&visit, request, Problem::new(code).into_response());
        self.finish(response, &mut visit).await
    }

    fn begin(&self, parts: &mut Parts, peer: Peer) -> Visit {
        let request = identify(parts, &self.ids, &BufferedRandom, Trust::Stranger);
        let trace = parts.extensions.get::<TraceContext>().cloned().unwrap_or_else(|| TraceContext::start(&BufferedRandom));
        Visit {
            begun: Instant::now(),
            request,
            trace,
            clients_id: parts.headers.remove(&X_REQUEST_ID).filter(is_id),
            method: parts.method.clone(),
            client: Client::find(peer, &mut parts.headers, &self.settings.trusted_proxies),
            origin: parts.headers.get(ORIGIN).cloned(),
            wish: Wish::of(&parts.headers),
            route: None,
            served: None,
            tenant: None,
            negotiated: None,
            rate: None,
            key: None,
            credential: None,
        }
    }

    /// Whether the request may go on, and to whom.
    async fn admit(&self, parts: &mut Parts, visit: &mut Visit, peer: Peer, in_flight: usize) -> Result<Admission, Problem> {
        shape::check(parts, &self.settings.limits, peer.transport)?;
        hops::strip_hop_by_hop(&mut parts.headers);
        hops::strip_identity(&mut parts.headers);
        upgrade::forward(parts);
        if let Some(answer) = options_of_everything(parts) {
            return Ok(Admission::Answered(answer));
        }
        let route = match self.way(parts, visit)? {
            Way::To(route) => route,
            Way::Answered(answer) => return Ok(Admission::Answered(answer)),
        };
        if let Target::Probe(probe) = route.target {
            return Ok(Admission::Answered(Box::pin(self.probe(probe, &parts.method)).await));
        }
        if in_flight > self.settings.limits.in_flight {
            return Err(ErrorCode::Overloaded.into());
        }
        let place = match &route.places {
            Some(places) => Some(places.take().ok_or(ErrorCode::Overloaded)?),
            None => None,
        };
        self.settle_who(parts, visit, &route).await?;
        let body_limit = route.policies.body_limit.unwrap_or(self.settings.limits.body_bytes);
        if announced_length(parts).is_some_and(|bytes| bytes > body_limit) {
            return Err(too_large(body_limit));
        }
        let tenant = visit.tenant.clone().unwrap_or_else(|| self.tenants.default_tenant());
        Ok(Admission::Admitted(Passage {
            route,
            client: visit.client,
            peer: forward::peer_of(peer.address),
            request: visit.request,
            trace: visit.trace.clone(),
            tenant,
            body_limit,
            side: MAIN,
            _place: place.map(Arc::new),
        }))
    }

    /// Tenant, limits, credential, language: who asks, and whether they may ask so often.
    async fn settle_who(&self, parts: &mut Parts, visit: &mut Visit, route: &CompiledRoute) -> Result<(), Problem> {
        let named = named_by(parts, &*self.tenants, &self.settings.base_domains)?;
        let presumed = named.clone().unwrap_or_else(|| self.tenants.default_tenant());
        visit.tenant = Some(presumed.clone());
        self.limit_address(visit, route, &presumed).await?;
        let credential = match route.policies.access.reads_credentials() {
            true => self.verify(visit, &parts.headers, &presumed).await?,
            // It may be one of the upstream's own.
            false => None,
        };
        let tenant = settle(named, credential.as_ref().map(|credential| credential.tenant()), &*self.tenants)?;
        visit.tenant = Some(tenant.clone());
        let preference = credential.as_ref().and_then(|credential| credential.language());
        visit.negotiated = Some(language::negotiate(parts, &tenant, preference.as_deref()));
        let caller = match &credential {
            Some(credential) => credential.caller(visit.request),
            None => Caller::anonymous(tenant.tenant.id, visit.request),
        };
        let plan = credential.as_ref().and_then(|credential| credential.plan());
        self.limit_caller(visit, route, &tenant, &caller, plan.as_deref()).await?;
        let scopes: Option<Vec<Arc<str>>> = caller.scopes().map(|scopes| scopes.iter().map(|one| one.name().into()).collect());
        route.policies.access.check(&caller, Shown { is_key: caller.key().is_some(), scopes: scopes.as_deref() })?;
        parts.extensions.insert(caller);
        parts.extensions.insert(ClientAddress(visit.client.address));
        visit.credential = credential;
        Ok(())
    }

    /// Puts what services read into the request; for a refusal, as much as is needed to word it.
    fn introduce(&self, parts: &mut Parts, visit: &mut Visit) {
        let tenant = visit.tenant.get_or_insert_with(|| self.tenants.default_tenant());
        let negotiated = *visit.negotiated.get_or_insert_with(|| language::negotiate(parts, tenant, None));
        parts.extensions.insert(negotiated);
        parts.extensions.insert(tenant.tenant.clone());
    }

    async fn respond(&self, passage: &mut Passage, request: &mut Request, watch: Option<Arc<BodyWatch>>) -> Response {
        if passage.route.split.is_none() && !passage.route.is_observed() {
            return self.rendered(passage, request, watch).await;
        }
        let entered = self.enter(passage, request);
        Box::pin(async {
            let response = self.rendered(passage, request, watch).await;
            self.leave(entered, response).await
        })
        .await
    }

    async fn rendered(&self, passage: &Passage, request: &mut Request, watch: Option<Arc<BodyWatch>>) -> Response {
        let rendering = self.problems.of(request);
        let work = pin!(self.dispatch(passage, request, watch));
        rendering.render(work).await
    }

    /// Straight to who answers, past the cache.
    async fn reach(&self, passage: &Passage, request: &mut Request) -> Response {
        let method = request.method().clone();
        let (target, entry) = passage.route.side(passage.side);
        if let Target::Service(service) = target
            && service.introduces_callers()
        {
            forward::describe(passage, request);
        }
        match (target, entry) {
            (Target::Service(service), None) => {
                let upgrade = upgrade::wish(request, UpgradeRule::Passed);
                let call = Call { upgrade, ..Call::until(Deadline::after(self.settings.deadlines.call)) };
                match Box::pin(service.send_from(request, call)).await {
                    Ok(answer) => answer.into_response(),
                    Err(error) => Problem::new(error.code()).caused_by(&error).into_response(),
                }
            }
            (Target::Service(service), Some(entry)) => Box::pin(self.forward_to_service(passage, entry, service, request)).await,
            (Target::Upstream(handle, upstream), Some(entry)) => {
                self.forward_to_upstream(passage, entry, upstream, handle, request).await
            }
            (Target::Redirect | Target::Respond, Some(entry)) => fixed::fixed(passage, entry, request),
            // Rare, and large: in a box, so that the future of every request is not as large as they are.
            (Target::Page(page), _) => Box::pin(self.page(*page, &std::mem::take(request).into_parts().0)).await,
            (Target::Images, _) => Box::pin(self.make_image(passage, &std::mem::take(request).into_parts().0)).await,
            (Target::Probe(probe), _) => Box::pin(self.probe(*probe, &method)).await,
            (Target::Nobody | Target::Upstream(..) | Target::Redirect | Target::Respond, _) => {
                Problem::new(ErrorCode::ServiceUnknown).into_response()
            }
        }
    }

    async fn dispatch(&self, passage: &Passage, request: &mut Request, watch: Option<Arc<BodyWatch>>) -> Response {
        let method = request.method().clone();
        if matches!(passage.route.target, Target::Images) {
            if !matches!(method, Method::GET | Method::HEAD) {
                return not_allowed();
            }
            self.wish_for_image(request);
        }
        let passed = passage.route.policies.upgrade == UpgradeRule::Passed;
        let asked = request.extensions().get::<upgrade::Asked>().filter(|_| passed).cloned();
        // Another protocol is nobody else's.
        let response = match passage.route.kept(passage.side).filter(|_| asked.is_none()) {
            Some(kept) => self.by_cache(passage, kept, request).await,
            None => self.past_cache(passage, request).await,
        };
        let response = upgrade::settle(asked, response);
        // Whatever the handler made of a body that broke off, the reason is known here.
        if let Some(code) = watch.and_then(|watch| watch.broken())
            && !response.status().is_success()
        {
            return match code {
                ErrorCode::PayloadTooLarge => too_large(passage.body_limit).into_response(),
                code => Problem::new(code).into_response(),
            };
        }
        let (target, _) = passage.route.side(passage.side);
        let own = matches!(target, Target::Service(_) | Target::Page(_) | Target::Images);
        if method == Method::OPTIONS && own { options_of(response) } else { response }
    }
}

impl Visit {
    fn scope(&self) -> RequestScope {
        let tenant = self.tenant.as_ref().map(|tenant| tenant.tenant.id);
        RequestScope { request: self.request, trace: TraceId(self.trace.trace), tenant }
    }
}

/// The methods of the address, which the refusal of this one lists.
fn options_of(mut refused: Response) -> Response {
    if refused.status() != StatusCode::METHOD_NOT_ALLOWED {
        return refused;
    }
    let allowed = refused.headers_mut().remove(ALLOW);
    let listed = allowed.as_ref().and_then(|value| value.to_str().ok()).filter(|list| !list.is_empty());
    let list = listed.map_or_else(|| "OPTIONS".to_owned(), |list| format!("{list},OPTIONS"));
    (StatusCode::NO_CONTENT, [(ALLOW, list)]).into_response()
}

/// `OPTIONS *` asks whether anybody is there (RFC 9110 §9.3.7).
fn options_of_everything(parts: &Parts) -> Option<Response> {
    (parts.method == Method::OPTIONS && parts.uri.path() == "*").then(|| StatusCode::NO_CONTENT.into_response())
}

fn announced_length(parts: &Parts) -> Option<u64> {
    parts.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: u64) -> Problem {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Problem::new(ErrorCode::PayloadTooLarge).detail_message("payload-too-large-limit", [("limit", limit.into())])
}

/// What a client may have in the log: up to 128 characters of a kind that cannot forge anything.
fn is_id(value: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=128).contains(&value.len()) && value.as_bytes().iter().all(plain)
}
