//! What the command line asks the control plane of the front door.

use anyhow::{Context as _, Result};
use banyan_gateway::SERVICE;
use banyan_kernel::OPERATORS;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;
use super::call::Call;
use crate::cluster::EDGE;
use crate::house::{House, Room};

/// A call of the control plane's API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The tag of the state that the call is meant for.
    pub(crate) if_match: Option<String>,
    /// For the audit log.
    pub(crate) reason: Option<String>,
}

/// What it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) tag: Option<String>,
    pub(crate) body: Value,
    /// Whether the one who answered has the front door in its process, so that it knows what the door saw.
    pub(crate) door: Door,
}

/// Whether there is a front door in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Door {
    Here,
    Elsewhere,
}

impl House {
    pub(super) async fn ask_gateway(&self, asked: &Asked) -> Result<Answer> {
        let room = self.rooms.iter().find(|room| room.service.name == SERVICE);
        room.context("this process knows nothing of the front door: ask one with the role `edge` or `gateway`")?;
        self.introduce_services()?;
        let Asked { method, path, body, if_match, reason } = asked;
        let (body, if_match, reason) = (body.as_ref().map(Value::to_string), if_match.as_deref(), reason.as_deref());
        let called = self.call(Call { service: SERVICE, tenant: OPERATORS, method, path, body, if_match, reason }).await?;
        let (status, body) = (called.status.as_u16(), called.json()?);
        let door = if self.routes().is_some() && self.roles.have(EDGE) { Door::Here } else { Door::Elsewhere };
        Ok(Answer::Gateway(Told { status, tag: called.tag, body, door }))
    }

    /// A house that does not serve has told the mesh of nobody.
    fn introduce_services(&self) -> Result<()> {
        let unknown = |room: &&Room| self.mesh.service(room.service.name).is_none();
        for room in self.rooms.iter().filter(unknown) {
            self.mesh.register(room.service.name, room.service.router(&room.host), room.service.paths())?;
        }
        Ok(())
    }
}
