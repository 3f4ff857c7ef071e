//! Routes whose answers are kept.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use banyan_http_cache::{Asked, Origin, Person, Scope};
use banyan_kernel::{Caller, ErrorCode};
use banyan_locale::Negotiated;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, HOST};

use super::Passage;
use crate::Inner;
use crate::routes::Target;
use crate::routes::kept::Kept;

impl Inner {
    /// By the cache, which asks on its own whoever answers, now or later when an old answer is renewed.
    pub(super) async fn by_cache(&self, passage: &Passage, kept: &Kept, request: &mut Request) -> Response {
        let Some(door) = self.own.get().cloned() else { return self.reach(passage, request).await };
        let known = request.extensions().get::<Caller>().is_some_and(|caller| caller.user_id().is_some());
        let person = if known { Person::Known } else { Person::Nobody };
        // A picture is the same in every language; only what is wrong with a wish is worded.
        let worded = !matches!(passage.route.target, Target::Images);
        let locale = request.extensions().get::<Negotiated>().filter(|_| worded).map(|negotiated| negotiated.locale);
        let tenant = passage.tenant.tenant.id.to_string();
        // Two routes may share an address and differ by a field of the request; their answers are not the same.
        let variant = format!("{}{}", locale.as_ref().map_or("", |locale| locale.tag()), kept.mark);
        let scope = Scope { tenant: &tenant, locale: Some(&variant), person };
        // What is kept while it is asked for again holds none of the route's places.
        let passage = Arc::new(Passage { _place: None, ..passage.clone() });
        let origin = Origin::new(move |request| answer(door.clone(), passage.clone(), request));
        // In a box: it is larger than all the way past the cache.
        Box::pin(self.cache.serve(std::mem::take(request), &kept.policy, scope, &origin)).await
    }

    /// Past the cache. What the request changed is served no longer, whichever route keeps it (RFC 9111 §4.4).
    pub(super) async fn past_cache(&self, passage: &Passage, request: &mut Request) -> Response {
        if request.method().is_safe() || !self.keeps.load(Ordering::Relaxed) {
            return self.reach(passage, request).await;
        }
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let host = request.headers().get(HOST).cloned();
        let response = self.reach(passage, request).await;
        let host = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default(),
        };
        let tenant = passage.tenant.tenant.id.to_string();
        let asked = Asked { method: &method, host, uri: &uri, tenant: &tenant };
        self.cache.after(asked, response.status(), response.headers()).await;
        response
    }
}

async fn answer(door: Weak<Inner>, passage: Arc<Passage>, mut request: Request) -> Response {
    let Some(door) = door.upgrade() else { return Problem::new(ErrorCode::ServiceUnavailable).into_response() };
    let rendering = door.problems.of(&request);
    let mut response = rendering.render(pin!(door.reach(&passage, &mut request))).await;
    // A problem of ours is worded for one request and names it.
    if response.extensions().get::<ErrorCode>().is_some() {
        response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
