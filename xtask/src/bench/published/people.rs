//! People with a session and an API key each.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::{Value, json};

use crate::server::{PASSWORD, Running};

/// Passwords are hashed slowly, on few threads of the server: more clients would only wait.
const CLIENTS: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    access_token: String,
    /// For tools that renew what expires after 15 minutes.
    refresh_token: String,
    /// For tools that do not: it does not expire.
    key: String,
}

pub(super) struct People(Vec<Person>);

impl People {
    /// Registers so many.
    pub(super) fn make(server: &Running, count: usize) -> Result<Self> {
        let next = AtomicUsize::new(0);
        let client = || -> Result<Vec<Person>> {
            let mut made = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(made);
                }
                made.push(make(server, number)?);
            }
        };
        let made: Result<Vec<Vec<Person>>> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
            let ended = clients.into_iter().map(|client| client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            ended.collect()
        });
        Ok(Self(made?.into_iter().flatten().collect()))
    }

    /// As JSON, for all tools but JMeter, and their keys as CSV beside it. Gives the path of the first.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join("people.json");
        fs::write(&file, serde_json::to_string(&self.0)?).with_context(|| format!("cannot write {}", file.display()))?;
        let keys: String = self.0.iter().map(|person| person.key.clone() + "\n").collect();
        fs::write(folder.join("people.csv"), "key\n".to_owned() + &keys)?;
        Ok(file)
    }
}

fn make(server: &Running, number: usize) -> Result<Person> {
    let who = json!({ "email": format!("load{number}@example.org"), "password": PASSWORD, "name": "Load" });
    let admission = server.post("/api/v1/auth/register", None, &who)?;
    let token = text(&admission, "accessToken")?;
    let key = server.post("/api/v1/keys", Some(&token), &json!({ "name": "Load" }))?;
    Ok(Person { access_token: token, refresh_token: text(&admission, "refreshToken")?, key: text(&key, "secret")? })
}

fn text(answer: &Value, field: &str) -> Result<String> {
    let value = answer.get(field).and_then(Value::as_str).with_context(|| format!("an answer has no {field}"))?;
    Ok(value.to_owned())
}
