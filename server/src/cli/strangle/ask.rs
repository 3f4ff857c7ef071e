//! What the control plane is asked, and what it says when it refuses.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::calls::refusal;
use super::super::installation::Installation;
use crate::acts::{Act, Answer, Asked, Door, Told, perform};
use crate::settings::Loaded;

pub(super) const LEGACY: &str = "/api/v1/gateway/legacy";
pub(super) const MIGRATIONS: &str = "/api/v1/gateway/migrations";

pub(super) struct Gateway(Loaded);

/// A migration as the API gives it; what is not named here is in `rest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Migration {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) stage: String,
    pub(super) service: Option<String>,
    pub(super) url: Option<String>,
    pub(super) percent: f64,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Migration {
    /// Where it moves to.
    pub(super) fn to(&self) -> String {
        match (&self.service, &self.url) {
            (Some(service), _) => format!("service {service}"),
            (None, url) => url.clone().unwrap_or_default(),
        }
    }

    pub(super) fn member(&self, member: &str) -> &Value {
        self.rest.get(member).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, member: &str) -> &str {
        self.rest.get(member).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Gateway {
    pub(super) fn of(installation: &Installation) -> Result<Self> {
        installation.load().map(Self)
    }

    pub(super) fn get(&self, path: &str) -> Result<Value> {
        Ok(self.ask(asked("GET", path))?.body)
    }

    /// As [`Gateway::get`], where only a process with a front door has something to say.
    pub(super) fn seen_by_the_door(&self, path: &str) -> Result<Value> {
        let told = self.ask(asked("GET", path))?;
        if told.door == Door::Elsewhere {
            bail!("no server with a front door runs on {}: --data names the directory of one", self.0.data.display());
        }
        Ok(told.body)
    }

    pub(super) fn put(&self, path: &str, body: Value, reason: &str) -> Result<Value> {
        let asked = Asked { body: Some(body), reason: Some(reason.to_owned()), ..asked("PUT", path) };
        Ok(self.ask(asked)?.body)
    }

    pub(super) fn remove(&self, path: &str, reason: &str) -> Result<Value> {
        Ok(self.ask(Asked { reason: Some(reason.to_owned()), ..asked("DELETE", path) })?.body)
    }

    /// With a tag: only if nobody has changed anything since it was given.
    pub(super) fn post(&self, path: &str, body: Value, tag: Option<String>) -> Result<Value> {
        Ok(self.ask(Asked { body: Some(body), if_match: tag, ..asked("POST", path) })?.body)
    }

    /// All migrations by name.
    pub(super) fn migrations(&self) -> Result<Vec<Migration>> {
        let mut found = Vec::new();
        for page in 1.. {
            let mut answer = self.get(&format!("{MIGRATIONS}?orderBy=name&order=ASC&limit=100&page={page}"))?;
            found.extend(serde_json::from_value::<Vec<Migration>>(answer["data"].take())?);
            if answer["pagination"]["hasNext"] != true {
                break;
            }
        }
        Ok(found)
    }

    /// One migration, with the tag of its present state.
    pub(super) fn migration(&self, name: &str) -> Result<(Migration, Option<String>)> {
        let all = self.migrations()?;
        let Some(found) = all.iter().find(|migration| migration.name == name) else {
            let known: Vec<&str> = all.iter().map(|migration| migration.name.as_str()).collect();
            let known =
                if known.is_empty() { "there are none yet".to_owned() } else { format!("there are {}", known.join(", ")) };
            bail!("there is no migration `{name}` ({known}); `banyan strangle observe` begins one");
        };
        let told = self.ask(asked("GET", &format!("{MIGRATIONS}/{}", found.id)))?;
        Ok((serde_json::from_value(told.body)?, told.tag))
    }

    fn ask(&self, asked: Asked) -> Result<Told> {
        match perform(&self.0, &Act::AskGateway(asked))? {
            Answer::Gateway(told) if told.status < 400 => Ok(told),
            Answer::Gateway(told) if told.status == 412 => {
                bail!("somebody else took a step in the meantime: look at `banyan strangle status` and decide again")
            }
            Answer::Gateway(told) => Err(refusal(&told.body, "the control plane refuses this")),
            _ => bail!("the running server answered something else: use this command in its version"),
        }
    }
}

fn asked(method: &str, path: &str) -> Asked {
    Asked { method: method.to_owned(), path: path.to_owned(), body: None, if_match: None, reason: None }
}
