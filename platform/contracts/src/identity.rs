//! Events of the identity service.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};

use crate::Event;

/// A person has an account: by registration, invitation, or an administrator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRegistered {
    pub user_id: Uuid,
    /// BCP 47, where the person chose one.
    pub locale: Option<String>,
}

impl Event for UserRegistered {
    const TYPE: &'static str = "identity.user.registered";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}
