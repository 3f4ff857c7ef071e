//! Timers of one worker, used again. A new one costs an aligned allocation and a place in the runtime's wheel, with each request; putting a
//! known one off is one atomic store.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, Sleep, sleep_until};

/// How many a worker keeps. More requests than that at a time make their own.
const KEPT: usize = 1_024;

thread_local! {
    static SPARE: RefCell<Spare> = const { RefCell::new(Spare { runtime: None, timers: Vec::new() }) };
}

struct Spare {
    /// Whose wheel they stand in.
    runtime: Option<Id>,
    timers: Vec<Pin<Box<Sleep>>>,
}

/// A timer, which its worker uses again when it is dropped.
pub(crate) struct Timer {
    runtime: Id,
    /// Always there until it is dropped.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// # Panics
    /// Outside of a runtime, as every timer does.
    pub(crate) fn until(deadline: Instant) -> Self {
        let runtime = Handle::current().id();
        let known = SPARE.with_borrow_mut(|spare| if spare.runtime == Some(runtime) { spare.timers.pop() } else { None });
        let sleep = match known {
            Some(mut sleep) => {
                sleep.as_mut().reset(deadline);
                sleep
            }
            None => Box::pin(sleep_until(deadline)),
        };
        Self { runtime, sleep: Some(sleep) }
    }

    pub(crate) fn reset(&mut self, deadline: Instant) {
        if let Some(sleep) = &mut self.sleep {
            sleep.as_mut().reset(deadline);
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let Some(sleep) = self.sleep.take() else { return };
        // On the thread of another runtime, or of none, it ends here.
        if !Handle::try_current().is_ok_and(|handle| handle.id() == self.runtime) {
            return;
        }
        let _gone = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.runtime != Some(self.runtime) {
                *spare = Spare { runtime: Some(self.runtime), timers: Vec::new() };
            }
            if spare.timers.len() < KEPT {
                spare.timers.push(sleep);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::time::Duration;

    async fn elapsed(timer: &mut Timer) -> Duration {
        let begun = Instant::now();
        poll_fn(|cx| timer.poll(cx)).await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_is_used_again_keeps_its_new_time() {
        let (short, long) = (Duration::from_secs(1), Duration::from_secs(60));
        drop(Timer::until(Instant::now() + long));
        let mut earlier = Timer::until(Instant::now() + short);
        assert_eq!(elapsed(&mut earlier).await, short);
        // It has fired, and is used once more.
        drop(earlier);
        let mut later = Timer::until(Instant::now() + long);
        assert_eq!(elapsed(&mut later).await, long);
        later.reset(Instant::now() + short);
        assert_eq!(elapsed(&mut later).await, short);
    }

    #[test]
    fn a_timer_never_goes_from_one_runtime_to_another() {
        for _ in 0..3 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let mut timer = Timer::until(Instant::now() + Duration::from_secs(1));
                assert_eq!(elapsed(&mut timer).await, Duration::from_secs(1));
                drop(timer);
                drop(Timer::until(Instant::now() + Duration::from_secs(9)));
            });
        }
        let outside = {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async { Timer::until(Instant::now() + Duration::from_secs(9)) })
        };
        drop(outside);
    }
}
