//! A cache before an origin that answers from a script, and a clock that the test moves.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use banyan_http_cache::{Cache, Origin, Person, Policy, Scope};
use banyan_kernel::{TestClock, Timestamp};
use http::request::Parts;
use http::{HeaderMap, Method};
use parking_lot::Mutex;
use tokio::sync::Notify;

pub(crate) const ANYONE: Scope<'static> = Scope { tenant: "t", locale: None, person: Person::Nobody };
pub(crate) const SOMEBODY: Scope<'static> = Scope { tenant: "t", locale: None, person: Person::Known };

type Answer = Box<dyn FnOnce() -> Response + Send>;

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Parts>>,
    held: Mutex<Option<Arc<Notify>>>,
    waiting: AtomicUsize,
}

pub(crate) struct Bench {
    pub(crate) cache: Cache,
    pub(crate) clock: TestClock,
    pub(crate) policy: Arc<Policy>,
    pub(crate) origin: Origin,
    script: Arc<Script>,
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What the cache said it did.
    pub(crate) fn cache(&self) -> &str {
        self.header("cache-status").trim_start_matches("Banyan; ")
    }

    pub(crate) fn is_hit(&self) -> bool {
        self.cache().starts_with("hit")
    }
}

pub(crate) fn bench() -> Bench {
    bench_with(Policy::default())
}

pub(crate) fn bench_with(policy: Policy) -> Bench {
    let clock = TestClock::at(Timestamp::from_seconds(1_700_000_000));
    bench_of(policy, Cache::new(8 << 20, Arc::new(clock.clone())), clock)
}

pub(crate) fn bench_of(policy: Policy, cache: Cache, clock: TestClock) -> Bench {
    let script = Arc::new(Script::default());
    let asked = script.clone();
    let origin = Origin::new(move |request: Request| answer(asked.clone(), request));
    Bench { cache, clock, policy: Arc::new(policy), origin, script }
}

async fn answer(script: Arc<Script>, request: Request) -> Response {
    script.asked.lock().push(request.into_parts().0);
    let held = script.held.lock().clone();
    if let Some(held) = held {
        script.waiting.fetch_add(1, Ordering::SeqCst);
        held.notified().await;
        script.waiting.fetch_sub(1, Ordering::SeqCst);
    }
    let answer = script.answers.lock().pop_front();
    answer.expect("the origin was asked more often than the test expects")()
}

pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let builder = headers.iter().fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(body.into()).unwrap()
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request {
    let builder = Request::builder().method(method).uri(path).header("host", "example.org");
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(Body::empty()).unwrap()
}

pub(crate) async fn read(response: Response) -> Got {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Got { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

impl Bench {
    /// The origin's next answer.
    pub(crate) fn next(&self, status: u16, headers: &[(&str, &str)], body: &'static str) -> &Self {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.next_with(move || {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
            response(status, &headers, body)
        })
    }

    pub(crate) fn next_with(&self, answer: impl FnOnce() -> Response + Send + 'static) -> &Self {
        self.script.answers.lock().push_back(Box::new(answer));
        self
    }

    pub(crate) async fn send(&self, request: Request, scope: Scope<'_>) -> Got {
        read(self.cache.serve(request, &self.policy, scope, &self.origin).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        self.send(request(Method::GET, path, headers), ANYONE).await
    }

    /// How often the origin was asked.
    pub(crate) fn asked(&self) -> usize {
        self.script.asked.lock().len()
    }

    pub(crate) fn last_asked(&self) -> HeaderMap {
        self.script.asked.lock().last().unwrap().headers.clone()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    /// From now on the origin waits before it answers, until [`Bench::release`].
    pub(crate) fn hold(&self) -> Arc<Notify> {
        let held = Arc::new(Notify::new());
        *self.script.held.lock() = Some(held.clone());
        held
    }

    /// Lets all go on that wait and come.
    pub(crate) fn release(&self, held: &Notify) {
        *self.script.held.lock() = None;
        held.notify_waiters();
    }

    /// Waits until so many requests wait in the origin.
    pub(crate) async fn until_waiting(&self, requests: usize) {
        until(|| self.script.waiting.load(Ordering::SeqCst) == requests).await;
    }
}

/// Waits for a condition; fails after ten seconds.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the condition never came true");
}

/// A body that gives these pieces and then breaks off or ends.
pub(crate) fn pieces(pieces: Vec<Result<&'static str, std::io::Error>>) -> Body {
    let pieces = pieces.into_iter().map(|piece| piece.map(|text| Bytes::from_static(text.as_bytes())));
    Body::from_stream(futures_util::stream::iter(pieces))
}
