//! CloudEvents 1.0 in JSON (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>).

use banyan_kernel::{Timestamp, Uuid};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A typed event. `TYPE` names what happened in the past tense, `<service>.<thing>.<happened>`; `VERSION` rises when a field's meaning changes.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    const TYPE: &'static str;
    const VERSION: u32;

    /// What the event is about, and the key by which order is kept: usually an id.
    fn subject(&self) -> String;
}

/// An event as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub struct CloudEvent {
    pub specversion: String,
    pub id: Uuid,
    /// `/services/<service>`.
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub subject: String,
    pub time: Timestamp,
    pub datacontenttype: String,
    /// Extension attribute: the tenant.
    pub tenant: Uuid,
    /// Extension attribute: the version of `data`.
    pub dataversion: u32,
    pub data: serde_json::Value,
}

impl CloudEvent {
    /// The data as the type that `E` names.
    ///
    /// # Errors
    /// When the event is of another type or version, or the data has another shape.
    pub fn decode<E: Event>(&self) -> Result<E, serde_json::Error> {
        if self.kind != E::TYPE || self.dataversion != E::VERSION {
            let found = format!("expected {} v{}, found {} v{}", E::TYPE, E::VERSION, self.kind, self.dataversion);
            return Err(serde::de::Error::custom(found));
        }
        E::deserialize(&self.data)
    }
}
