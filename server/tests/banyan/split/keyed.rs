//! Constant load of posts, each with an `Idempotency-Key`, and the count of what came of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::load::BREATH;
use crate::harness::{PASSWORD, client, eventually, get};

const WRITERS: usize = 4;

pub(crate) struct Posts {
    url: String,
    state: Arc<State>,
    writers: Vec<JoinHandle<Writer>>,
}

#[derive(Default)]
struct State {
    ended: AtomicBool,
    answered: AtomicUsize,
}

/// Somebody who has written down what they posted, with the id that was answered.
struct Writer {
    token: String,
    goals: BTreeMap<String, String>,
    entries: BTreeMap<String, String>,
    failures: Vec<String>,
}

impl Posts {
    pub(crate) fn begin(url: &str) -> Self {
        let state = Arc::<State>::default();
        let writers = (0..WRITERS).map(|number| {
            let (state, url) = (state.clone(), url.to_owned());
            std::thread::spawn(move || write(&state, &url, number))
        });
        Self { url: url.to_owned(), writers: writers.collect(), state }
    }

    /// Waits for so many more answers.
    pub(crate) fn more(&self, count: usize) {
        let wanted = self.state.answered.load(Ordering::Relaxed) + count;
        eventually("answers under load", || (self.state.answered.load(Ordering::Relaxed) >= wanted).then_some(()));
    }

    /// None has failed, and of each there is one row: the one that was answered.
    pub(crate) fn end_and_count(self) {
        self.state.ended.store(true, Ordering::Relaxed);
        for writer in self.writers {
            let writer = writer.join().unwrap();
            assert_eq!(writer.failures, Vec::<String>::new());
            assert!(writer.goals.len() > 10 && writer.entries.len() > 10, "too few to tell");
            let goals = rows(&format!("{}/api/v1/goals", self.url), &writer.token, "title");
            assert_eq!(goals, sorted(&writer.goals));
            let entries = rows(&format!("{}/api/v1/content/journal", self.url), &writer.token, "content");
            assert_eq!(entries, sorted(&writer.entries));
        }
    }
}

fn write(state: &State, url: &str, number: usize) -> Writer {
    let agent = client();
    let who = json!({ "email": format!("writer{number}@example.org"), "password": PASSWORD, "name": "Writer" });
    let text = agent.post(format!("{url}/api/v1/auth/register")).send_json(&who).unwrap().body_mut().read_to_string().unwrap();
    let token: Value = serde_json::from_str(&text).unwrap();
    let token = token["accessToken"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned();
    let mut writer = Writer { token, goals: BTreeMap::new(), entries: BTreeMap::new(), failures: Vec::new() };
    let mut turn = 0;
    while !state.ended.load(Ordering::Relaxed) {
        turn += 1;
        let words = format!("{number}-{turn}");
        let (path, body, written) = match turn % 2 {
            0 => ("/api/v1/goals", json!({ "title": words }), &mut writer.goals),
            _ => ("/api/v1/content/journal", json!({ "content": words }), &mut writer.entries),
        };
        let post = agent.post(format!("{url}{path}")).header("Authorization", format!("Bearer {}", writer.token));
        let told = match post.header("Idempotency-Key", &words).send_json(&body) {
            Ok(mut response) => (response.status().as_u16(), response.body_mut().read_to_string().unwrap_or_default()),
            Err(error) => (0, error.to_string()),
        };
        let id = serde_json::from_str::<Value>(&told.1).ok().and_then(|body| Some(body["id"].as_str()?.to_owned()));
        match (told.0, id) {
            (201, Some(id)) => drop(written.insert(words, id)),
            _ => writer.failures.push(format!("{path} {words}: {told:?}")),
        }
        state.answered.fetch_add(1, Ordering::Relaxed);
        std::thread::park_timeout(BREATH);
    }
    writer
}

/// Words and id of every row of the list, sorted.
fn rows(list: &str, token: &str, words: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for page in 1.. {
        let (status, body) = get(&format!("{list}?limit=100&page={page}"), Some(token));
        assert_eq!(status, 200, "{body}");
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.extend(body["data"].as_array().unwrap().iter().map(|row| (text(row, words), text(row, "id"))));
        if body["pagination"]["hasNext"] != json!(true) {
            break;
        }
    }
    rows.sort();
    rows
}

fn sorted(written: &BTreeMap<String, String>) -> Vec<(String, String)> {
    written.iter().map(|(words, id)| (words.clone(), id.clone())).collect()
}
