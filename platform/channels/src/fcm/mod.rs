//! Push to Android, and to what else uses Firebase Cloud Messaging: its HTTP v1 interface.
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>

mod access;
mod send;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use banyan_kernel::Secret;
use serde::Deserialize;
use url::Url;

pub use send::Fcm;

use crate::jwt::KeyError;
use crate::secrets::SecretText;

/// How Firebase knows us.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmSettings {
    /// The service account's key, in JSON as the console gives it.
    pub service_account: SecretText,
    /// Default: `https://fcm.googleapis.com`.
    #[serde(default, deserialize_with = "crate::url_text::optional")]
    pub base_url: Option<Url>,
}

/// Nothing could be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum FcmSettingsError {
    #[error("the service account's file: {0}")]
    File(#[from] std::io::Error),
    #[error("the service account is not in JSON with `project_id`, `client_email`, `private_key` and `token_uri`")]
    Account,
    #[error("the service account's `private_key`: {0}")]
    Key(#[from] KeyError),
    #[error("`base_url` is no address")]
    BaseUrl,
}

/// The key of a service account, of which only these parts are of use.
#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    #[serde(default)]
    private_key_id: Option<String>,
    private_key: Secret<String>,
    client_email: String,
    #[serde(with = "crate::url_text")]
    token_uri: Url,
}

/// A notification to one installation of an app.
#[derive(Clone, Default)]
pub struct FcmMessage {
    /// The registration token that the app got.
    pub token: String,
    pub title: String,
    pub body: String,
    /// For the app: at most 4096 bytes with all else; `from`, and what begins with `google` or `gcm`, is reserved.
    pub data: BTreeMap<String, String>,
    /// How long it is kept for a device that is away: at most 28 days. Not set, 28 days.
    pub lifetime: Option<Duration>,
    /// Whether a sleeping device is woken.
    pub wake: Wake,
    /// A later message of the same key takes its place.
    pub collapse_key: Option<String>,
}

/// Whether a device is woken up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wake {
    #[default]
    WhenAwake,
    AtOnce,
}

impl fmt::Debug for FcmMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FcmMessage").finish_non_exhaustive()
    }
}
