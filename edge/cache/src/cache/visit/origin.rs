//! To the origin and back: asking again, storing on the way, standing in for an error.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Timestamp;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;

use super::{Use, Visit};
use crate::answer::{from_entry, tell};
use crate::cache::deposit::{Depositing, Reserved};
use crate::conditions::ask_again;
use crate::entry::{Entry, StaleRule};
use crate::flights::{Landing, Lead};
use crate::keep::Keeping;
use crate::lifetime::Exchange;
use crate::shared::Birth;
use crate::stats::count;
use crate::status::{Forward, From, Stored, forwarded, hit, revalidated};
use crate::storable::{Question, Refusal, judge, renewed};
use crate::tags;

/// Tells the origin that `Surrogate-Control` is understood here, and by which name.
static SURROGATE_CAPABILITY: HeaderName = HeaderName::from_static("surrogate-capability");

/// What other doors have.
enum Others {
    Have(Arc<Entry>),
    /// Not what is meant, as things stand.
    Lack(Birth),
    /// There are none, or nobody can tell.
    Unknown,
}

/// When the origin was asked, and how things stood before.
struct AskedAt {
    exchange: Exchange,
    born: u64,
    birth: Option<Birth>,
}

impl Visit {
    /// To the origin, and by the store if it may.
    pub(super) async fn go(&self, lead: Option<Lead>, why: Forward, stale: Option<Arc<Entry>>) -> Response {
        let born = self.cache.store.counter();
        let birth = match self.ask_others(why, stale.is_some(), born).await {
            Others::Have(entry) => return self.serve_shared(&entry, lead),
            Others::Lack(birth) => Some(birth),
            Others::Unknown => None,
        };
        let mut parts = self.parts.clone();
        let asks_again = stale.filter(|_| self.parts.method == Method::GET);
        if let Some(entry) = &asks_again {
            ask_again(&mut parts.headers, entry);
        }
        let asked = self.cache.clock.now();
        parts.headers.append(&SURROGATE_CAPABILITY, HeaderValue::from_static("banyan=\"Surrogate/1.0\""));
        let response = self.origin.fetch(Request::from_parts(parts, Body::empty())).await;
        let exchange = Exchange { asked, received: self.cache.clock.now() };
        let asked = AskedAt { exchange, born, birth };
        if let Some(entry) = asks_again {
            if response.status() == StatusCode::NOT_MODIFIED && entry.has_validator() {
                return self.still_holds(&entry, response, asked, lead).await;
            }
            if is_failure(response.status()) && self.may_stand_in(&entry, exchange.received) {
                count(&self.cache.stats.stale);
                let told = revalidated(response.status(), Stored::No);
                return from_entry(&entry, &self.key, &self.cache.store, &self.parts, exchange.received, told);
            }
        }
        self.take(response, asked, lead, why)
    }

    /// What other doors have of it. A request that is answered for itself alone asks nobody.
    async fn ask_others(&self, why: Forward, asks_again: bool, born: u64) -> Others {
        let Some(shared) = self.cache.shared.as_ref().filter(|_| !self.is_for_itself(why, asks_again)) else {
            return Others::Unknown;
        };
        let Some(birth) = shared.look(&self.key, born).await else { return Others::Unknown };
        let now = self.cache.clock.now();
        match shared.pick(&birth, |entry| self.is_meant(entry) && self.use_of(entry, now) == Use::Fresh).await {
            Some(entry) => Others::Have(entry),
            None => Others::Lack(birth),
        }
    }

    fn serve_shared(&self, entry: &Arc<Entry>, lead: Option<Lead>) -> Response {
        count(&self.cache.stats.hits);
        count(&self.cache.stats.shared);
        self.cache.keep(&self.key, entry);
        if let Some(lead) = lead {
            lead.land(Landing::Stored);
        }
        let now = self.cache.clock.now();
        let told = hit(entry.lifetime, entry.age(now), From::AnotherDoor);
        from_entry(entry, &self.key, &self.cache.store, &self.parts, now, told)
    }

    async fn still_holds(&self, entry: &Entry, word: Response, asked: AskedAt, lead: Option<Lead>) -> Response {
        count(&self.cache.stats.revalidated);
        let (head, _) = word.into_parts();
        let entry = self.cache.put(&self.key, renewed(entry, &self.question(&asked), &head));
        if let Some(lead) = lead {
            lead.land(Landing::Stored);
        }
        let received = asked.exchange.received;
        self.cache.share(&self.key, &entry, asked.birth).await;
        let told = revalidated(head.status, Stored::Yes);
        from_entry(&entry, &self.key, &self.cache.store, &self.parts, received, told)
    }

    /// RFC 5861 §4.
    fn may_stand_in(&self, entry: &Entry, now: Timestamp) -> bool {
        entry.staleness.rule == StaleRule::Allowed
            && self.wishes.no_cache.is_none()
            && entry.stale_for(now) < self.wishes.stale_if_error.unwrap_or(0).max(entry.staleness.if_error)
    }

    /// Passes the origin's answer on, and stores it on the way if it may be.
    fn take(&self, response: Response, asked: AskedAt, lead: Option<Lead>, why: Forward) -> Response {
        count(&self.cache.stats.misses);
        let (mut head, body) = response.into_parts();
        let announced = announced(&head).or_else(|| body.size_hint().exact());
        let judged = judge(&self.question(&asked), &head);
        let judged = judged.and_then(|entry| match announced {
            Some(bytes) if bytes > self.policy.largest_body => Err(Refusal::Answer),
            _ => Ok(entry),
        });
        tags::hide(&mut head.headers);
        let until = asked.exchange.received.plus_seconds(i64::try_from(self.policy.remember_refusal.as_secs()).unwrap_or(0));
        let (body, stored) = match judged {
            Ok(entry) => {
                let reserved = Reserved::nothing_of(&self.cache.collecting);
                let (cache, key) = (self.cache.clone(), self.key.clone());
                let deposit = Depositing { cache, key, entry, lead, birth: asked.birth, remember_refusal_until: until, reserved };
                (Body::new(Keeping::new(body, self.policy.largest_body, announced, deposit)), Stored::Yes)
            }
            Err(refusal) => {
                if let Some(lead) = lead {
                    self.land_refused(lead, refusal, until);
                }
                (body, Stored::No)
            }
        };
        let mut response = Response::from_parts(head, body);
        tell(&mut response, forwarded(why, stored));
        response
    }

    fn land_refused(&self, lead: Lead, refusal: Refusal, until: Timestamp) {
        match refusal {
            Refusal::Request => lead.land(Landing::Abandoned),
            Refusal::Moment => lead.land(Landing::Refused),
            Refusal::Answer => {
                self.cache.remember_refusal(&self.key, until);
                lead.land(Landing::Refused);
            }
        }
    }

    fn question(&self, asked: &AskedAt) -> Question<'_> {
        let Self { parts: request, key, policy, person, .. } = self;
        Question { request, key, person: *person, policy, born: asked.born, exchange: asked.exchange }
    }
}

fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

fn announced(head: &http::response::Parts) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
