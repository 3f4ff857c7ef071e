//! Whether an answer may be stored in a shared cache (RFC 9111 §3), and what of it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AGE, AUTHORIZATION, CONNECTION, COOKIE, DATE, ETAG, LAST_MODIFIED, SET_COOKIE};
use http::request::Parts as Request;
use http::response::Parts as Response;
use http::{HeaderMap, HeaderName, Method, StatusCode};

use crate::directives::{Applies, Directives, members};
use crate::entry::{Audience, Entry};
use crate::key::{Key, Person};
use crate::lifetime::{Exchange, Said, guessed, initial_age, may_be_guessed};
use crate::policy::{CookieRule, Policy};
use crate::tags;
use crate::vary::{fields, select};

/// Fields of one connection (RFC 9110 §7.6.1) and of the way to a proxy, which are nobody else's business.
const ONE_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something about this request: another one's answer may well be stored.
    Request,
    /// Something that will be so for the next answer, too: nobody should wait for it.
    Answer,
    /// An error that is over soon.
    Moment,
}

/// What is asked, by whom, and how long the question took.
pub(crate) struct Question<'q> {
    pub(crate) request: &'q Request,
    pub(crate) key: &'q Key,
    pub(crate) person: Person,
    pub(crate) policy: &'q Policy,
    /// How far the store's marks had come before it was asked.
    pub(crate) born: u64,
    pub(crate) exchange: Exchange,
}

/// The entry for an answer, with an empty body.
pub(crate) fn judge(question: &Question<'_>, answer: &Response) -> Result<Entry, Refusal> {
    let Question { request, policy, exchange, .. } = question;
    let said = Said::by(&answer.headers);
    check_request(request)?;
    check_answer(answer.status, &said.directives)?;
    let audience = audience(&said.directives);
    let personal = question.person == Person::Known || request.headers.contains_key(AUTHORIZATION);
    if personal && audience == Audience::Nobodies {
        return Err(Refusal::Request);
    }
    let careful = policy.cookies == CookieRule::Careful;
    if careful && answer.headers.contains_key(SET_COOKIE) {
        return Err(Refusal::Answer);
    }
    let explicit = said.explicit_lifetime(&answer.headers, exchange.received);
    let lifetime = match explicit {
        Some(lifetime) => lifetime,
        None if personal || (careful && request.headers.contains_key(COOKIE)) => return Err(Refusal::Request),
        None => {
            let assumed = assumed_lifetime(&said.directives, answer.status, &answer.headers, policy, *exchange);
            assumed.ok_or(refusal_of(answer.status))?
        }
    };
    let selected = select(fields(&answer.headers).ok_or(Refusal::Answer)?, &request.headers);
    let mut tags = tags::named_by(&answer.headers).map_err(|_| Refusal::Answer)?;
    tags.extend(policy.tags.iter().cloned());
    let marks = std::iter::once(question.key.path_mark.clone()).chain(tags.iter().map(tags::Tag::mark));
    let entry = Entry {
        status: answer.status,
        headers: with_date(stored_fields(&answer.headers, &said.directives), *exchange),
        body: Bytes::new(),
        part: question.key.part.clone(),
        selected,
        marks: marks.collect(),
        born: question.born,
        received: exchange.received,
        initial_age: initial_age(&answer.headers, *exchange),
        lifetime,
        staleness: said.staleness(policy),
        audience,
        encodings: Arc::default(),
    };
    // Nothing could ever be done with it.
    let useless = entry.lifetime <= entry.initial_age && !entry.has_validator() && entry.staleness.while_revalidate == 0;
    if useless && entry.staleness.if_error == 0 {
        return Err(refusal_of(answer.status));
    }
    Ok(entry)
}

fn check_request(request: &Request) -> Result<(), Refusal> {
    let asked = Directives::of(&request.headers);
    if request.method != Method::GET || asked.no_store {
        return Err(Refusal::Request);
    }
    Ok(())
}

fn check_answer(status: StatusCode, said: &Directives) -> Result<(), Refusal> {
    let partial = matches!(status, StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    if status.is_informational() || partial {
        return Err(Refusal::Request);
    }
    // `must-understand` puts the status in the place of `no-store` (RFC 9111 §5.2.2.3).
    let forbidden = if said.must_understand { !is_understood(status) } else { said.no_store };
    if forbidden || said.private == Some(Applies::ToAll) {
        return Err(refusal_of(status));
    }
    Ok(())
}

/// Statuses whose meaning for a cache is known.
fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300..=303 | 307 | 308 | 400..=417 | 421 | 422 | 426 | 428 | 429 | 451 | 500..=505)
}

fn refusal_of(status: StatusCode) -> Refusal {
    if status.is_server_error() { Refusal::Moment } else { Refusal::Answer }
}

/// An answer to a person may be stored if it says that it may be shared (RFC 9111 §3.5).
fn audience(said: &Directives) -> Audience {
    let shared = said.public || said.s_maxage.is_some() || said.must_revalidate;
    if shared { Audience::Everybody } else { Audience::Nobodies }
}

fn assumed_lifetime(
    said: &Directives,
    status: StatusCode,
    headers: &HeaderMap,
    policy: &Policy,
    exchange: Exchange,
) -> Option<u64> {
    let by_status = policy.lifetimes.of(status).filter(|_| said.no_cache != Some(Applies::ToAll));
    let guess = || may_be_guessed(status, said).then(|| guessed(headers, exchange.received, policy.heuristic))?;
    // Worth keeping only to ask whether it still holds.
    let to_ask =
        || (status == StatusCode::OK && (headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED))).then_some(0);
    by_status.or_else(guess).or_else(to_ask)
}

/// The fields of an answer that are stored (RFC 9111 §3.1).
fn stored_fields(headers: &HeaderMap, said: &Directives) -> HeaderMap {
    let mut stored = headers.clone();
    for value in headers.get_all(CONNECTION) {
        members(value).for_each(|name| drop(stored.remove(name)));
    }
    ONE_HOP.iter().for_each(|name| drop(stored.remove(*name)));
    for applies in [&said.no_cache, &said.private] {
        if let Some(Applies::ToFields(names)) = applies {
            names.iter().for_each(|name| drop(stored.remove(name)));
        }
    }
    stored.remove(AGE);
    tags::hide(&mut stored);
    stored
}

/// An answer without a date gets one from who received it (RFC 9110 §6.6.1).
fn with_date(mut headers: HeaderMap, exchange: Exchange) -> HeaderMap {
    headers.entry(DATE).or_insert_with(|| crate::date::write(exchange.received));
    headers
}

/// Fields that tell about the stored bytes, which the word that they still hold does not change (RFC 9111 §3.2).
static OF_THE_BODY: [HeaderName; 5] = [
    HeaderName::from_static("content-encoding"),
    HeaderName::from_static("content-length"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-range"),
    HeaderName::from_static("etag"),
];

/// The entry after the origin said that it still holds (RFC 9111 §4.3.4).
pub(crate) fn renewed(entry: &Entry, question: &Question<'_>, not_modified: &Response) -> Entry {
    let fresh = stored_fields(&not_modified.headers, &Said::by(&not_modified.headers).directives);
    let mut headers = entry.headers.clone();
    for name in fresh.keys().filter(|name| !OF_THE_BODY.contains(name)) {
        headers.remove(name);
        for value in fresh.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    let said = Said::by(&headers);
    let Question { policy, exchange, .. } = question;
    let explicit = said.explicit_lifetime(&headers, exchange.received);
    let lifetime =
        explicit.or_else(|| assumed_lifetime(&said.directives, entry.status, &headers, policy, *exchange)).unwrap_or(0);
    Entry {
        headers,
        received: exchange.received,
        initial_age: initial_age(&not_modified.headers, *exchange),
        lifetime,
        staleness: said.staleness(policy),
        audience: audience(&said.directives),
        born: question.born,
        ..entry.clone()
    }
}
