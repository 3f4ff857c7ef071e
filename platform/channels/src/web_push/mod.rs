//! Push to browsers: RFC 8030, encrypted by RFC 8291, as us by RFC 8292 (VAPID).

mod encrypt;
mod keys;
mod send;
mod subscription;

pub use keys::{NewVapidKeys, VapidKeys, VapidSettings};
pub use send::{PushMessage, Urgency, WebPush};
pub use subscription::{Subscription, SubscriptionError, SubscriptionKeys};
