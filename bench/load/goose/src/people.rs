//! Who calls. Made before by the harness, because a password takes long to hash.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use goose::goose::GooseUser;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Access tokens live 15 minutes; those of the file may be some minutes old.
const RENEW_AFTER: Duration = Duration::from_secs(8 * 60);

const REFRESH: &str = "/api/v1/auth/refresh";

pub(crate) struct People {
    people: Vec<Mutex<Person>>,
}

struct Person {
    tokens: Tokens,
    renew_at: Instant,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

impl People {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the people from {}", file.display()))?;
        let people: Vec<Tokens> =
            serde_json::from_str(&text).with_context(|| format!("{} is no list of people", file.display()))?;
        ensure!(!people.is_empty(), "{} names nobody", file.display());
        let renew_at = Instant::now() + RENEW_AFTER;
        Ok(Self { people: people.into_iter().map(|tokens| Mutex::new(Person { tokens, renew_at })).collect() })
    }

    /// The access token of the person who stands behind the user. Where there are more users than people, a person has several.
    pub(crate) async fn token(&self, user: &GooseUser) -> String {
        let mut person = self.people[user.weighted_users_index % self.people.len()].lock().await;
        if Instant::now() >= person.renew_at {
            // What fails shows in the next call, which is counted.
            if let Some(tokens) = renewed(user, &person.tokens.refresh_token).await {
                person.tokens = tokens;
            }
            person.renew_at = Instant::now() + RENEW_AFTER;
        }
        person.tokens.access_token.clone()
    }
}

/// As an app does in the background: it is no part of the script, so it is not measured.
async fn renewed(user: &GooseUser, refresh_token: &str) -> Option<Tokens> {
    let url = user.build_url(REFRESH).ok()?;
    let body = serde_json::json!({ "refreshToken": refresh_token });
    user.client.post(url).json(&body).send().await.ok()?.json().await.ok()
}
