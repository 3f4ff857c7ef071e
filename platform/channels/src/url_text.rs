//! Addresses in settings and stored values, without a feature of `url` that would be built for everybody.

use serde::{Deserialize, Deserializer, Serializer, de};
use url::Url;

pub(crate) fn serialize<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| de::Error::custom("not an absolute address"))
}

/// With `#[serde(default)]`, for one that may be missing.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    deserialize(deserializer).map(Some)
}
