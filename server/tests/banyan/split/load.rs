//! Constant load of requests that may be repeated, with every failure written down.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::harness::{client, eventually};

const CALLERS: usize = 4;
/// Between two requests of a caller: beside two dozen processes there are other tests, whose deadlines count too.
pub(super) const BREATH: Duration = Duration::from_millis(40);

pub(crate) struct Load {
    state: Arc<State>,
    callers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    ended: AtomicBool,
    answered: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Load {
    pub(crate) fn begin(url: &str) -> Self {
        let state = Arc::<State>::default();
        let callers = (0..CALLERS).map(|number| {
            let (state, url) = (state.clone(), url.to_owned());
            std::thread::spawn(move || call(&state, &url, number))
        });
        Self { callers: callers.collect(), state }
    }

    /// Waits for so many more answers.
    pub(crate) fn more(&self, count: usize) {
        let wanted = self.state.answered.load(Ordering::Relaxed) + count;
        eventually("answers under load", || (self.state.answered.load(Ordering::Relaxed) >= wanted).then_some(()));
    }

    /// What failed.
    pub(crate) fn end(self) -> Vec<String> {
        self.state.ended.store(true, Ordering::Relaxed);
        for caller in self.callers {
            caller.join().unwrap();
        }
        std::mem::take(&mut *self.state.failures.lock().unwrap())
    }
}

fn call(state: &State, url: &str, number: usize) {
    let agent = client();
    let who = json!({ "email": format!("load{number}@example.org"), "password": crate::harness::PASSWORD, "name": "Load" });
    let text = agent.post(format!("{url}/api/v1/auth/register")).send_json(&who).unwrap().body_mut().read_to_string().unwrap();
    let token: serde_json::Value = serde_json::from_str(&text).unwrap();
    let token = format!("Bearer {}", token["accessToken"].as_str().unwrap_or_else(|| panic!("{text}")));
    let paths = ["/api/v1/goals", "/api/v1/content/journal", "/api/v1/users/profile", "/api/v1/habits"];
    let mut at = number;
    while !state.ended.load(Ordering::Relaxed) {
        let path = paths[at % paths.len()];
        at += 1;
        let outcome = agent.get(format!("{url}{path}")).header("Authorization", &token).call();
        let failure = match outcome {
            Ok(response) if response.status().as_u16() == 200 => None,
            Ok(mut response) => {
                Some(format!("{path}: {} {}", response.status(), response.body_mut().read_to_string().unwrap_or_default()))
            }
            Err(error) => Some(format!("{path}: {error}")),
        };
        if let Some(failure) = failure {
            state.failures.lock().unwrap().push(failure);
        }
        state.answered.fetch_add(1, Ordering::Relaxed);
        std::thread::park_timeout(BREATH);
    }
}
