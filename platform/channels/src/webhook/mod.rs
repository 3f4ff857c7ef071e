//! Signed webhooks: [Standard Webhooks](https://www.standardwebhooks.com) 1.0.0, both ends.

mod keys;
mod send;
mod signature;

pub use keys::{SigningKey, VerifyingKey, WebhookKeyError};
pub use send::{Webhook, Webhooks};
pub use signature::{SIGNATURE, VerifiedWebhook, WEBHOOK_ID, WEBHOOK_TIMESTAMP, WebhookVerifyError, sign, verify};
