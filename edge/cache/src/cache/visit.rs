//! The way of one request through the cache, top down.

mod origin;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Timestamp;
use http::Method;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_body::Body as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::Inner;
use crate::answer::{from_entry, not_here, tell};
use crate::conditions::{is_for_the_origin, is_special};
use crate::directives::{Applies, Directives};
use crate::entry::{Audience, Entry, StaleRule};
use crate::fetch::Origin;
use crate::flights::{Claim, Landing, Lead, landing};
use crate::key::{Key, Person};
use crate::policy::{ClientDirectives, Policy};
use crate::stats::count;
use crate::status::{Forward, From, Stored, forwarded, hit};
use crate::tags;

/// An answer that is renewed while nobody waits for it may take this long with its body.
const RENEWING: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) struct Visit {
    cache: Arc<Inner>,
    key: Key,
    parts: Parts,
    policy: Arc<Policy>,
    person: Person,
    wishes: Directives,
    origin: Origin,
}

/// What the store has for a request.
enum Found {
    Entry(Arc<Entry>),
    Nothing(Forward),
    /// Nothing, and nothing is to be expected.
    Pass,
}

/// What may be done with a stored answer now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Fresh,
    /// The client said that it takes it.
    StaleForClient,
    /// It serves while it is renewed.
    StaleWhileRenewed,
    /// Only after the origin says that it still holds.
    AfterAsking(Forward),
}

impl Visit {
    pub(super) fn new(cache: Arc<Inner>, key: Key, parts: Parts, policy: Arc<Policy>, person: Person, origin: Origin) -> Self {
        let mut wishes = Directives::of(&parts.headers);
        if policy.client == ClientDirectives::Ignore {
            wishes = Directives { only_if_cached: wishes.only_if_cached, ..Directives::default() };
        }
        Self { cache, key, parts, policy, person, wishes, origin }
    }

    pub(super) async fn answer(self) -> Response {
        if self.wishes.no_store || is_for_the_origin(&self.parts.headers) {
            return self.pass(Forward::Request).await;
        }
        let until = Instant::now() + self.policy.wait;
        loop {
            let now = self.cache.clock.now();
            let (why, stale) = match self.find(now) {
                Found::Pass => return self.pass(Forward::Miss).await,
                Found::Nothing(why) => (why, None),
                Found::Entry(entry) => match self.use_of(&entry, now) {
                    Use::AfterAsking(why) => (why, Some(entry)),
                    usable => return self.serve_stored(&entry, now, usable),
                },
            };
            if self.wishes.only_if_cached {
                let mut response = not_here();
                tell(&mut response, crate::status::not_here());
                return response;
            }
            if self.goes_alone(why, stale.is_some()) {
                return self.go(None, why, stale).await;
            }
            match self.cache.flights.claim(self.key.flight()) {
                Claim::Lead(lead) => return self.go(Some(lead), why, stale).await,
                Claim::Alone => return self.go(None, why, stale).await,
                Claim::Wait(watched) => {
                    count(&self.cache.stats.waited);
                    match timeout_at(until, landing(watched)).await {
                        Ok(Landing::Stored | Landing::Abandoned) if Instant::now() < until => {}
                        _ => return self.go(None, why, stale).await,
                    }
                }
            }
        }
    }

    /// What is stored for this request.
    fn find(&self, now: Timestamp) -> Found {
        let Some(record) = self.cache.store.get(&self.key.text) else { return Found::Nothing(Forward::UriMiss) };
        let mut why = Forward::UriMiss;
        for entry in record.entries.iter().rev() {
            if !self.is_meant(entry) {
                why = Forward::VaryMiss;
                continue;
            }
            if self.cache.holds(entry) {
                return Found::Entry(entry.clone());
            }
        }
        if record.pass_until.is_some_and(|until| now < until) {
            return Found::Pass;
        }
        Found::Nothing(why)
    }

    fn is_meant(&self, entry: &Entry) -> bool {
        let mine = entry.part == self.key.part && crate::vary::matches(&entry.selected, &self.parts.headers);
        mine && (entry.audience == Audience::Everybody || !self.is_personal())
    }

    fn is_personal(&self) -> bool {
        self.person == Person::Known || self.parts.headers.contains_key(AUTHORIZATION)
    }

    /// RFC 9111 §4.2.4, §5.2.1.
    fn use_of(&self, entry: &Entry, now: Timestamp) -> Use {
        let (age, wishes) = (entry.age(now), &self.wishes);
        let unwanted = wishes.no_cache == Some(Applies::ToAll) || wishes.max_age.is_some_and(|most| age > most);
        if unwanted {
            return Use::AfterAsking(Forward::Request);
        }
        if entry.is_fresh(now) {
            let rest = entry.lifetime - age;
            let enough = wishes.min_fresh.is_none_or(|least| rest >= least);
            return if enough { Use::Fresh } else { Use::AfterAsking(Forward::Request) };
        }
        let stale = entry.stale_for(now);
        if entry.staleness.rule != StaleRule::Allowed || wishes.min_fresh.is_some() {
            return Use::AfterAsking(Forward::Stale);
        }
        if wishes.max_stale.is_some_and(|most| stale <= most) {
            return Use::StaleForClient;
        }
        if stale < entry.staleness.while_revalidate {
            return Use::StaleWhileRenewed;
        }
        Use::AfterAsking(Forward::Stale)
    }

    fn serve_stored(&self, entry: &Arc<Entry>, now: Timestamp, usable: Use) -> Response {
        if usable == Use::Fresh {
            count(&self.cache.stats.hits);
        } else {
            count(&self.cache.stats.stale);
        }
        if usable == Use::StaleWhileRenewed
            && let Claim::Lead(lead) = self.cache.flights.claim(self.key.flight())
        {
            let (visit, entry) = (self.clone(), entry.clone());
            tokio::spawn(timeout(RENEWING, visit.renew_alone(entry, lead)));
        }
        let told = hit(entry.lifetime, entry.age(now), From::Here);
        from_entry(entry, &self.key, &self.cache.store, &self.parts, now, told)
    }

    /// Asks again without a client, and reads the whole answer, so that it is stored.
    async fn renew_alone(mut self, entry: Arc<Entry>, lead: Lead) {
        self.parts.method = Method::GET;
        self.wishes = Directives::default();
        let mut body = self.go(Some(lead), Forward::Stale, Some(entry)).await.into_body();
        while let Some(Ok(_)) = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await {}
    }

    /// Whether the answer is for this request alone, so that nobody should wait for it.
    fn goes_alone(&self, why: Forward, asks_again: bool) -> bool {
        self.is_personal() || self.is_for_itself(why, asks_again)
    }

    /// Whether the answer is one that no other request could be given.
    fn is_for_itself(&self, why: Forward, asks_again: bool) -> bool {
        let special = !asks_again && is_special(&self.parts.headers);
        self.parts.method == Method::HEAD || why == Forward::Request || special
    }

    async fn pass(self, why: Forward) -> Response {
        if self.wishes.only_if_cached {
            let mut response = not_here();
            tell(&mut response, crate::status::not_here());
            return response;
        }
        count(&self.cache.stats.passed);
        let mut response = self.origin.fetch(Request::from_parts(self.parts, Body::empty())).await;
        tags::hide(response.headers_mut());
        tell(&mut response, forwarded(why, Stored::No));
        response
    }
}
