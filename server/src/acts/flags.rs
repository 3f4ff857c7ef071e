//! What the command line asks the service of flags.

use anyhow::Result;
use banyan_flags::SERVICE;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Answer;
use super::call::Call;
use crate::house::House;

/// A call of the service's API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagsAsked {
    /// The tenant's name.
    pub(crate) tenant: String,
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// For the history and the audit log.
    pub(crate) reason: Option<String>,
}

/// What it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FlagsTold {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl House {
    pub(super) async fn ask_flags(&self, asked: &FlagsAsked) -> Result<Answer> {
        let FlagsAsked { tenant, method, path, body, reason } = asked;
        let (body, reason) = (body.as_ref().map(Value::to_string), reason.as_deref());
        let called = self.call(Call { service: SERVICE, tenant, method, path, body, if_match: None, reason }).await?;
        Ok(Answer::Flags(FlagsTold { status: called.status.as_u16(), body: called.json()? }))
    }
}
