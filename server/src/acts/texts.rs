//! What the command line asks the service of translations.

use anyhow::{Context as _, Result};
use banyan_translations::SERVICE;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::call::Call;
use crate::house::House;

/// A call of the service's API.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextsAsked {
    /// The tenant's name; that of the operators for everybody.
    pub(crate) tenant: String,
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// As it is: JSON, or a file.
    pub(crate) body: Option<String>,
    /// For the history and the audit log.
    pub(crate) reason: Option<String>,
}

/// What it answered.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TextsTold {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl House {
    pub(super) async fn ask_translations(&self, asked: &TextsAsked) -> Result<Answer> {
        let TextsAsked { tenant, method, path, body, reason } = asked;
        let (body, reason) = (body.clone(), reason.as_deref());
        let called = self.call(Call { service: SERVICE, tenant, method, path, body, if_match: None, reason }).await?;
        let body = String::from_utf8(called.body.into()).context("the service of translations answered what is no text")?;
        Ok(Answer::Translations(TextsTold { status: called.status.as_u16(), body }))
    }
}
