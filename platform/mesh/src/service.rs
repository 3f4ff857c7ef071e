//! A service as its callers hold it.

mod exchange;
mod members;
mod outgoing;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use banyan_kernel::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use tower::Service;

use crate::Shared;
use crate::balance::{Care, Nobody, Question, Reach, Set};
use crate::body::AnswerBody;
use crate::call::{Answer, Call};
use crate::cells::{Cells, Count, Dice};
use crate::deadline::Deadline;
use crate::error::CallError;
use crate::health::breaker::{Breaker, Pass};
use crate::health::budget::Budget;
use crate::health::passive::Failure;
use crate::instance::{Instance, Outcome, Running, Transport};
use crate::observer::Change;
use crate::propagate::TRACEPARENT;
use crate::report::{InstanceHealth, ServiceReport};
use crate::upstream::{Breaker as BreakerRule, Concurrency, Ejection, Upstream};

/// A service with whatever instances it has at the moment. Cheap to clone.
#[derive(Clone)]
pub struct ServiceHandle(pub(crate) Arc<Inner>);

pub(crate) use members::Found;

pub(crate) struct Inner {
    name: Arc<str>,
    shared: Arc<Shared>,
    state: ArcSwap<State>,
    /// Held while the state is replaced, and while somebody is ejected; calling never waits.
    changing: Mutex<()>,
    /// Tells the maintenance that the rules are others now.
    version: watch::Sender<u64>,
    pub(crate) breaker: Breaker,
    budget: Budget,
    in_flight: AtomicU32,
    counts: Cells,
    dice: Dice,
}

/// Rules and instances, replaced as one.
pub(crate) struct State {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) set: Set,
}

/// The rules of a service of which nobody has said more than that its router is in this process: what it answers is its own affair.
fn in_process() -> Upstream {
    Upstream {
        ejection: Ejection::never(),
        breaker: BreakerRule::never(),
        concurrency: Concurrency { upstream: u32::MAX, instance: u32::MAX },
        ..Upstream::default()
    }
}

impl ServiceHandle {
    pub(crate) fn new(name: Arc<str>, shared: Arc<Shared>) -> Self {
        let state = State { upstream: Arc::new(in_process()), set: Set::new(Vec::new()) };
        Self(Arc::new(Inner {
            dice: Dice::new(shared.seed),
            name,
            shared,
            state: ArcSwap::from_pointee(state),
            changing: Mutex::new(()),
            version: watch::Sender::new(0),
            breaker: Breaker::default(),
            budget: Budget::default(),
            in_flight: AtomicU32::new(0),
            counts: Cells::default(),
        }))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.0.name.clone()
    }

    /// Sends the request and waits for its answer, with the rules of the service: who takes it, how long, how often.
    ///
    /// # Errors
    /// As [`ServiceHandle::send`].
    pub async fn call(&self, request: Request, deadline: Deadline) -> Result<Response, CallError> {
        self.send(request, Call::until(deadline)).await.map(Answer::into_response)
    }

    /// Sends the request and waits for the head of its answer. Dropping the future, or the answer's body, cancels the call.
    ///
    /// # Errors
    /// [`CallError::ServiceUnavailable`] when no instance can take it, [`CallError::CircuitOpen`], [`CallError::Overloaded`],
    /// [`CallError::DeadlineExceeded`], and what went wrong at the last try.
    pub async fn send(&self, mut request: Request, call: Call) -> Result<Answer, CallError> {
        self.send_from(&mut request, call).await
    }

    /// As [`ServiceHandle::send`], of a request that is taken from where it stands. Each future that holds one grows by it, and a request
    /// that goes through many hands would be in all of them.
    ///
    /// # Errors
    /// As [`ServiceHandle::send`].
    pub async fn send_from(&self, request: &mut Request, call: Call) -> Result<Answer, CallError> {
        let inner = &self.0;
        let state = inner.state.load_full();
        let now = inner.now();
        let instance = inner.choose(&state, &call, now)?;
        let allowed = call.deadline.remaining();
        if allowed.is_zero() {
            return Err(inner.too_late(allowed));
        }
        match &instance.transport {
            Transport::Local(router) => {
                let running = inner.begin(&state.upstream, &instance, now)?;
                inner.run_here(router, request, call.deadline, running, &state.upstream).await
            }
            Transport::Remote(_) => inner.exchange(&state, instance, request, call).await,
        }
    }

    /// Takes all instances out, as if they had died: calls are answered `ServiceUnavailable`. For tests and drills.
    pub fn stop(&self) {
        self.0.state.load().set.instances.iter().for_each(|instance| instance.stop());
    }

    /// Ends what [`ServiceHandle::stop`] began.
    pub fn resume(&self) {
        self.0.state.load().set.instances.iter().for_each(|instance| instance.resume());
    }

    /// Whether instances elsewhere are told who calls.
    pub fn introduces_callers(&self) -> bool {
        self.0.state.load().upstream.caller.is_some()
    }

    /// Whether any instance takes calls.
    pub fn is_available(&self) -> bool {
        let (state, now) = (self.0.state.load(), self.0.now());
        state.set.instances.iter().any(|instance| instance.is_well(&state.upstream, now))
    }

    pub fn report(&self) -> ServiceReport {
        let (inner, now) = (&self.0, self.0.now());
        let state = inner.state.load();
        let upstream = &*state.upstream;
        let tenths = |number: f64| (number * 10.0).round() / 10.0;
        ServiceReport {
            name: self.name().to_owned(),
            health: if state.set.instances.iter().any(|instance| instance.answers(upstream, now)) {
                InstanceHealth::Up
            } else {
                InstanceHealth::Down
            },
            instances: state.set.instances.iter().map(|instance| instance.report(upstream, now)).collect(),
            balance: upstream.balance.name(),
            breaker: inner.breaker.state(),
            load: inner.in_flight.load(Ordering::Relaxed),
            retries: inner.counts.sum(Count::Retries),
            hedges: inner.counts.sum(Count::Hedges),
            shed: inner.counts.sum(Count::Shed),
            retry_budget: tenths(inner.budget.left(&upstream.retry, now)),
        }
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn run_here(
        self: &Arc<Self>,
        router: &Router,
        request: &mut Request,
        deadline: Deadline,
        mut running: Running,
        upstream: &Upstream,
    ) -> Result<Answer, CallError> {
        let allowed = deadline.remaining();
        let trace = request.headers().get(&TRACEPARENT).cloned();
        let Some(response) = deadline.bound(trace, router.clone().call(std::mem::take(request))).await else {
            running.end(upstream, Outcome::TooLate);
            return Err(self.too_late(allowed));
        };
        let response = match response {
            Ok(response) => response,
            Err(never) => match never {},
        };
        running.end(upstream, if response.status().is_server_error() { Outcome::AnsweredError } else { Outcome::Answered });
        let instance = running.instance().id.clone();
        Ok(Answer { response: response.map(|body| AnswerBody::local(body, running)), instance, tries: 1 })
    }

    fn choose(&self, state: &State, call: &Call, now: Timestamp) -> Result<Arc<Instance>, CallError> {
        let found = state.set.choose(&self.question(state, call, &[], Reach::Everywhere, now));
        found.cloned().map_err(|nobody| match nobody {
            Nobody::Well => CallError::ServiceUnavailable { name: self.name.to_string() },
            Nobody::WithRoom => self.overloaded(state.upstream.concurrency.instance),
        })
    }

    /// Somebody elsewhere for a further try, rather not one of those that have failed.
    fn choose_other(&self, state: &State, call: &Call, tried: &[u64]) -> Option<Arc<Instance>> {
        state.set.choose(&self.question(state, call, tried, Reach::Elsewhere, self.now())).ok().cloned()
    }

    fn question<'q>(&'q self, state: &'q State, call: &Call, tried: &'q [u64], reach: Reach, now: Timestamp) -> Question<'q> {
        Question {
            upstream: &state.upstream,
            here: &self.shared.here,
            dice: &self.dice,
            now,
            key: call.key,
            tried,
            reach,
            care: Care::Answering,
        }
    }

    /// Counts a try in, if it may be made.
    fn begin(self: &Arc<Self>, upstream: &Upstream, instance: &Arc<Instance>, now: Timestamp) -> Result<Running, CallError> {
        let limit = upstream.concurrency.upstream;
        if self.in_flight.fetch_add(1, Ordering::Relaxed) >= limit {
            self.left();
            return Err(self.overloaded(limit));
        }
        let pass = self.breaker.admit(&upstream.breaker, now).map_err(|retry_after| {
            self.left();
            CallError::CircuitOpen { name: self.name.to_string(), retry_after }
        })?;
        Ok(Running::begin(self, instance, pass, now))
    }

    /// A try ended.
    pub(crate) fn left(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn succeeded(&self, upstream: &Upstream, instance: &Instance, pass: Pass, now: Timestamp) {
        instance.passive.succeeded();
        if let Some(state) = self.breaker.succeeded(&upstream.breaker, pass, now) {
            self.tell(&Change::Breaker(state));
        }
    }

    pub(crate) fn failed(&self, upstream: &Upstream, instance: &Instance, pass: Pass, failure: Failure, now: Timestamp) {
        if let Some(state) = self.breaker.failed(&upstream.breaker, pass, now) {
            self.tell(&Change::Breaker(state));
        }
        if instance.passive.failed(&upstream.ejection, failure, now) {
            self.eject(upstream, instance, now);
        }
    }

    /// Unless too many are out already.
    #[expect(clippy::cast_precision_loss, reason = "instances are few")]
    fn eject(&self, upstream: &Upstream, instance: &Instance, now: Timestamp) {
        let changing = self.changing.lock();
        let state = self.state.load();
        let is_out = |one: &Instance| one.passive.ejected_for(&upstream.ejection, now).is_some();
        if is_out(instance) {
            return;
        }
        let out = state.set.instances.iter().filter(|one| is_out(one)).count();
        if (out + 1) as f64 > state.set.instances.len() as f64 * upstream.ejection.most_of_hosts {
            return;
        }
        instance.passive.eject(&upstream.ejection, now);
        drop(changing);
        self.tell(&Change::Ejected(instance.id.clone()));
    }

    pub(crate) fn tell(&self, change: &Change) {
        self.shared.tell(&self.name, change);
    }

    fn too_late(&self, after: Duration) -> CallError {
        CallError::DeadlineExceeded { name: self.name.to_string(), after }
    }

    fn overloaded(&self, limit: u32) -> CallError {
        self.counts.add(Count::Shed);
        CallError::Overloaded { name: self.name.to_string(), limit }
    }
}

impl fmt::Debug for ServiceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
