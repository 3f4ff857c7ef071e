//! To the origin and back: asking again, storing on the way, standing in for an error.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Timestamp;
use http::header::CONTENT_LENGTH;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body::Body as _;

use super::Visit;
use crate::answer::{from_entry, tell};
use crate::cache::deposit::{Depositing, Reserved};
use crate::conditions::ask_again;
use crate::entry::{Entry, StaleRule};
use crate::flights::{Landing, Lead};
use crate::keep::Keeping;
use crate::lifetime::Exchange;
use crate::stats::count;
use crate::status::{Forward, Stored, forwarded, revalidated};
use crate::storable::{Question, Refusal, judge, renewed};
use crate::tags;

/// Tells the origin that `Surrogate-Control` is understood here, and by which name.
static SURROGATE_CAPABILITY: HeaderName = HeaderName::from_static("surrogate-capability");

impl Visit {
    /// To the origin, and by the store if it may.
    pub(super) async fn go(&self, lead: Option<Lead>, why: Forward, stale: Option<Arc<Entry>>) -> Response {
        let mut parts = self.parts.clone();
        let asks_again = stale.filter(|_| self.parts.method == Method::GET);
        if let Some(entry) = &asks_again {
            ask_again(&mut parts.headers, entry);
        }
        let born = match self.cache.store.counter().await {
            Ok(born) => born,
            Err(error) => {
                self.cache.failed(&error);
                0
            }
        };
        let asked = self.cache.clock.now();
        parts.headers.append(&SURROGATE_CAPABILITY, HeaderValue::from_static("banyan=\"Surrogate/1.0\""));
        let response = self.origin.fetch(Request::from_parts(parts, Body::empty())).await;
        let exchange = Exchange { asked, received: self.cache.clock.now() };
        if let Some(entry) = asks_again {
            if response.status() == StatusCode::NOT_MODIFIED && entry.has_validator() {
                return self.still_holds(&entry, response, exchange, born, lead).await;
            }
            if is_failure(response.status()) && self.may_stand_in(&entry, exchange.received) {
                count(&self.cache.stats.stale);
                let told = revalidated(response.status(), Stored::No);
                return from_entry(&entry, &self.key, &self.cache.store, &self.parts, exchange.received, told);
            }
        }
        self.take(response, exchange, born, lead, why).await
    }

    async fn still_holds(&self, entry: &Entry, word: Response, exchange: Exchange, born: u64, lead: Option<Lead>) -> Response {
        count(&self.cache.stats.revalidated);
        let (head, _) = word.into_parts();
        let entry = Arc::new(renewed(entry, &self.question(exchange, born), &head));
        let (landing, stored) = match self.cache.put(&self.key, entry.clone()).await {
            Ok(()) => (Landing::Stored, Stored::Yes),
            Err(error) => {
                self.cache.failed(&error);
                (Landing::Refused, Stored::No)
            }
        };
        if let Some(lead) = lead {
            lead.land(landing);
        }
        let told = revalidated(head.status, stored);
        from_entry(&entry, &self.key, &self.cache.store, &self.parts, exchange.received, told)
    }

    /// RFC 5861 §4.
    fn may_stand_in(&self, entry: &Entry, now: Timestamp) -> bool {
        entry.staleness.rule == StaleRule::Allowed
            && self.wishes.no_cache.is_none()
            && entry.stale_for(now) < self.wishes.stale_if_error.unwrap_or(0).max(entry.staleness.if_error)
    }

    /// Passes the origin's answer on, and stores it on the way if it may be.
    async fn take(&self, response: Response, exchange: Exchange, born: u64, lead: Option<Lead>, why: Forward) -> Response {
        count(&self.cache.stats.misses);
        let (mut head, body) = response.into_parts();
        let announced = announced(&head).or_else(|| body.size_hint().exact());
        let judged = judge(&self.question(exchange, born), &head);
        let judged = judged.and_then(|entry| match announced {
            Some(bytes) if bytes > self.policy.largest_body => Err(Refusal::Answer),
            _ => Ok(entry),
        });
        tags::hide(&mut head.headers);
        let until = exchange.received.plus_seconds(i64::try_from(self.policy.remember_refusal.as_secs()).unwrap_or(0));
        let (body, stored) = match judged {
            Ok(entry) => {
                let reserved = Reserved::nothing_of(&self.cache.collecting);
                let (cache, key) = (self.cache.clone(), self.key.clone());
                let deposit = Depositing { cache, key, entry, lead, remember_refusal_until: until, reserved };
                (Body::new(Keeping::new(body, self.policy.largest_body, announced, deposit)), Stored::Yes)
            }
            Err(refusal) => {
                if let Some(lead) = lead {
                    self.land_refused(lead, refusal, until).await;
                }
                (body, Stored::No)
            }
        };
        let mut response = Response::from_parts(head, body);
        tell(&mut response, forwarded(why, stored));
        response
    }

    async fn land_refused(&self, lead: Lead, refusal: Refusal, until: Timestamp) {
        match refusal {
            Refusal::Request => lead.land(Landing::Abandoned),
            Refusal::Moment => lead.land(Landing::Refused),
            Refusal::Answer => {
                self.cache.remember_refusal(&self.key, until).await;
                lead.land(Landing::Refused);
            }
        }
    }

    fn question(&self, exchange: Exchange, born: u64) -> Question<'_> {
        let Self { parts: request, key, policy, person, .. } = self;
        Question { request, key, person: *person, policy, born, exchange }
    }
}

fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

fn announced(head: &http::response::Parts) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
