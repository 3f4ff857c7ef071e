//! One call to instances elsewhere: a try, and perhaps another.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use axum::extract::Request;
use http::StatusCode;
use tokio::time::Instant;

use super::outgoing::Outgoing;
use super::{Inner, State};
use crate::body::{AnswerBody, OutBody, Pause};
use crate::call::{Answer, Call, Upgrade};
use crate::cells::Count;
use crate::error::{CallError, Reason};
use crate::instance::{Instance, Outcome, Transport};
use crate::remote::timer::Timer;
use crate::remote::{Failed, head};
use crate::upstream::Upstream;

/// Why a try came to nothing.
enum Missed {
    /// It was not made: too many calls, or the breaker.
    Refused(CallError),
    Failed(Failed),
    TooLate,
}

struct Exchange<'e> {
    service: &'e Arc<Inner>,
    state: &'e State,
    call: Call,
    outgoing: Outgoing,
    begun: Instant,
    until: Instant,
    tries: u32,
    most: u32,
    /// Who has failed.
    tried: Vec<u64>,
}

impl Inner {
    pub(super) async fn exchange(
        self: &Arc<Self>,
        state: &State,
        first: Arc<Instance>,
        request: &mut Request,
        call: Call,
    ) -> Result<Answer, CallError> {
        let upstream = &*state.upstream;
        let begun = Instant::now();
        let most = call.tries.of(upstream.retry.tries);
        if most > 1 || upstream.hedge.is_some() {
            self.budget.deposit(self.now());
        }
        let kept_for = if upstream.hedge.is_some() { most.max(2) } else { most };
        let outgoing = Outgoing::new(request, upstream, &call, kept_for);
        let until = call.deadline.instant().min(begun + upstream.timeouts.total);
        let mut exchange = Exchange { service: self, state, call, outgoing, begun, until, tries: 0, most, tried: Vec::new() };
        exchange.run(first).await
    }

    /// One try, to the head of the answer. A request that was not sent is left where it is.
    async fn attempt(
        self: &Arc<Self>,
        upstream: &Upstream,
        instance: &Arc<Instance>,
        request: &mut Option<http::Request<OutBody>>,
        until: Instant,
        upgrade: Upgrade,
    ) -> Result<http::Response<AnswerBody>, Missed> {
        let mut running = self.begin(upstream, instance, self.now()).map_err(Missed::Refused)?;
        let Transport::Remote(target) = &instance.transport else {
            return Err(Missed::Failed(Failed::BadAnswer(Reason::Plain("this instance is in this process"))));
        };
        let mut timer = Timer::until(until);
        let mut sending = std::pin::pin!(target.send(upstream, request, upgrade));
        let sent = std::future::poll_fn(|cx| match sending.as_mut().poll(cx) {
            Poll::Ready(sent) => Poll::Ready(Some(sent)),
            Poll::Pending => timer.poll(cx).map(|()| None),
        });
        let (mut response, lease) = match sent.await {
            Some(Ok(sent)) => sent,
            Some(Err(failed)) => {
                // A body that its sender broke off says nothing about the instance.
                match failed {
                    Failed::BadRequest(_) => {}
                    Failed::Unreachable(_) => running.end(upstream, Outcome::Unreachable),
                    Failed::Broken(_) | Failed::BadAnswer(_) => running.end(upstream, Outcome::NoAnswer),
                }
                return Err(Missed::Failed(failed));
            }
            None => {
                running.end(upstream, Outcome::TooLate);
                return Err(Missed::TooLate);
            }
        };
        let status = response.status();
        if status == StatusCode::SWITCHING_PROTOCOLS && upgrade == Upgrade::Refused {
            running.end(upstream, Outcome::NoAnswer);
            return Err(Missed::Failed(Failed::BadAnswer(Reason::Plain("it switched protocols unasked"))));
        }
        running.end(upstream, outcome_of(status, upstream));
        head::clean_answer(status, response.headers_mut());
        let pause = Pause::new(timer, upstream.timeouts.body_idle);
        Ok(response.map(|body| AnswerBody::remote(body, lease, pause, running)))
    }
}

fn outcome_of(status: StatusCode, upstream: &Upstream) -> Outcome {
    if !status.is_server_error() {
        Outcome::Answered
    } else if upstream.ejection.statuses.contains(&status) {
        Outcome::AnsweredBadly
    } else {
        Outcome::AnsweredError
    }
}

impl Exchange<'_> {
    async fn run(&mut self, first: Arc<Instance>) -> Result<Answer, CallError> {
        let mut instance = first;
        loop {
            let mut request = self.prepared();
            if request.is_none() {
                return Err(self.error(Missed::TooLate, &instance));
            }
            self.tries += 1;
            let until = self.until.min(Instant::now() + self.state.upstream.timeouts.per_try);
            let outcome = match self.state.upstream.hedge {
                Some(hedge) if self.tries == 1 && self.outgoing.can_repeat() => {
                    let after = Instant::now() + hedge.after;
                    Box::pin(self.hedged(&mut instance, &mut request, until, after)).await
                }
                _ => {
                    let upstream = &self.state.upstream;
                    self.service.attempt(upstream, &instance, &mut request, until, self.call.upgrade).await
                }
            };
            let missed = match outcome {
                Ok(response) => {
                    if !self.state.upstream.retry.statuses.contains(&response.status()) {
                        return Ok(self.answer(response, &instance));
                    }
                    match self.another(&instance) {
                        Some(next) => {
                            instance = next;
                            continue;
                        }
                        None => return Ok(self.answer(response, &instance)),
                    }
                }
                Err(missed) => missed,
            };
            if let (Missed::Failed(Failed::Unreachable(_)), Some(unsent)) = (&missed, request) {
                self.outgoing.put_back(unsent);
            }
            let hopeless = matches!(missed, Missed::Refused(_) | Missed::Failed(Failed::BadRequest(_)));
            match if hopeless { None } else { self.another(&instance) } {
                Some(next) => instance = next,
                None => return Err(self.error(missed, &instance)),
            }
        }
    }

    /// The request for the next try, with what is said anew each time; none when it is too late for that.
    fn prepared(&mut self) -> Option<http::Request<OutBody>> {
        let left = self.until.saturating_duration_since(Instant::now());
        let mut request = self.outgoing.next().filter(|_| !left.is_zero())?;
        self.outgoing.introduce(&mut request, self.service, &self.state.upstream, left);
        Some(request)
    }

    /// Who gets the next try, if there may be one: the request can be sent again, there is time, and the budget allows it.
    fn another(&mut self, failed: &Arc<Instance>) -> Option<Arc<Instance>> {
        if self.tries >= self.most || !self.outgoing.can_repeat() || Instant::now() >= self.until {
            return None;
        }
        self.tried.push(failed.id.key);
        let next = self.choose_other()?;
        self.withdraw(Count::Retries).then_some(next)
    }

    fn choose_other(&self) -> Option<Arc<Instance>> {
        self.service.choose_other(self.state, &self.call, &self.tried)
    }

    fn withdraw(&self, what: Count) -> bool {
        let allowed = self.service.budget.withdraw(&self.state.upstream.retry, self.service.now());
        if allowed {
            self.service.counts.add(what);
        }
        allowed
    }

    /// A try, and after a while another one beside it. The first answer wins, and dropping the other future cancels that try.
    async fn hedged(
        &mut self,
        instance: &mut Arc<Instance>,
        request: &mut Option<http::Request<OutBody>>,
        until: Instant,
        after: Instant,
    ) -> Result<http::Response<AnswerBody>, Missed> {
        let (service, upstream, upgrade) = (self.service, &*self.state.upstream, self.call.upgrade);
        let first = instance.clone();
        let mut again;
        let outcome = {
            let mut one = std::pin::pin!(service.attempt(upstream, &first, request, until, upgrade));
            if let Ok(outcome) = tokio::time::timeout_at(after, one.as_mut()).await {
                return outcome;
            }
            self.tried.push(first.id.key);
            let beside = self.choose_other().filter(|other| other.id != first.id);
            let Some(second) = beside.filter(|_| self.withdraw(Count::Hedges)) else { return one.await };
            again = self.prepared();
            if again.is_none() {
                return one.await;
            }
            self.tries += 1;
            let mut other = std::pin::pin!(service.attempt(upstream, &second, &mut again, until, upgrade));
            tokio::select! {
                outcome = one.as_mut() => match outcome {
                    Ok(response) => Ok(response),
                    Err(_) => {
                        *instance = second.clone();
                        other.await
                    }
                },
                outcome = other.as_mut() => match outcome {
                    Ok(response) => {
                        *instance = second.clone();
                        Ok(response)
                    }
                    Err(_) => one.await,
                },
            }
        };
        // They are the same one: whichever was not sent can be.
        *request = request.take().or(again);
        outcome
    }

    fn answer(&self, response: http::Response<AnswerBody>, instance: &Instance) -> Answer {
        Answer { response, instance: instance.id.clone(), tries: self.tries }
    }

    fn error(&self, missed: Missed, instance: &Instance) -> CallError {
        let (name, instance) = (self.service.name().to_owned(), instance.id.as_str().to_owned());
        match missed {
            Missed::Refused(error) => error,
            Missed::TooLate => self.service.too_late(self.begun.elapsed()),
            Missed::Failed(Failed::Unreachable(reason)) => CallError::Unreachable { name, instance, reason },
            Missed::Failed(Failed::Broken(reason)) => CallError::Broken { name, instance, reason },
            Missed::Failed(Failed::BadAnswer(reason)) => CallError::BadAnswer { name, instance, reason },
            Missed::Failed(Failed::BadRequest(reason)) => CallError::BadRequest { name, reason },
        }
    }
}
