//! What an access token says.

use banyan_kernel::{Caller, RequestId, Role, Timestamp, Uuid};
use serde::{Deserialize, Serialize};

use super::LEEWAY_SECONDS;

/// The claims of RFC 9068 §2.2 and ours: `tid`, `sid`, `ver`, `roles`, `orgs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "iss")]
    pub issuer: String,
    #[serde(rename = "aud")]
    pub audience: String,
    /// The user.
    #[serde(rename = "sub")]
    pub user: Uuid,
    /// The application that asked: a service account's id, or `banyan` for a person.
    pub client_id: String,
    #[serde(rename = "tid")]
    pub tenant: Uuid,
    #[serde(rename = "sid")]
    pub session: Uuid,
    /// The version of the user's rights; one that is lower than the present is revoked.
    #[serde(rename = "ver")]
    pub rights_version: i64,
    pub roles: Vec<Role>,
    #[serde(rename = "orgs", default, skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<Uuid>,
    /// Seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Seconds since the epoch.
    #[serde(rename = "exp")]
    pub expires_at: i64,
    #[serde(rename = "jti")]
    pub id: Uuid,
}

impl Claims {
    /// The caller that the token stands for.
    pub fn caller(&self, request: RequestId) -> Caller {
        Caller::user(self.tenant, self.user, self.roles.iter().copied().collect(), request)
            .with_session(self.session)
            .with_organisations(self.organisations.as_slice().into())
    }

    /// Not expired, with the leeway for another node's clock.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now.seconds() < self.expires_at.saturating_add(LEEWAY_SECONDS)
    }
}
