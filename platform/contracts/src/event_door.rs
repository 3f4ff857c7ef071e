//! Events of the door for events itself.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Event;

/// Webhooks of a subscription are not sent any more, and nobody asked for that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDisabled {
    pub webhook_id: Uuid,
    /// Who made it.
    pub owner_id: Uuid,
    /// `gone`: the receiver answered 410; `failing`: nothing arrived for days; `backlog`: too much waits.
    pub reason: String,
}

impl Event for WebhookDisabled {
    const TYPE: &'static str = "events.webhook.disabled";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.webhook_id.to_string()
    }
}
