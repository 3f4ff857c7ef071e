//! What leaves Banyan for people and programs: mail, push, texts, chat, pages to those on call, signed webhooks.
//!
//! One message, one attempt, one clear result: [`Attempt`]. Nothing here keeps rows, waits for a second try or knows a person; that is for
//! the jobs above, which read from a [`Refused`] whether to come again ([`Hope::Temporary`]), to give the message up
//! ([`Hope::Permanent`]) or the address ([`Hope::Gone`]).
//!
//! All HTTP goes through one [`Outbound`], whose [`Guard`] keeps addresses that people typed away from the networks that Banyan itself stands
//! in. `docs/channels.md` says how each channel is set up.

pub mod apns;
mod attempt;
pub mod chat;
pub mod fcm;
mod guard;
pub mod http;
mod jwt;
pub mod mail;
pub mod pagerduty;
mod secrets;
mod settings;
pub mod sms;
pub mod sns;
#[cfg(feature = "testing")]
pub mod testing;
mod url_text;
pub mod web_push;
pub mod webhook;

pub use attempt::{Attempt, Delivered, Hope, MessageError, ProviderWord, Reason, Refused, SmtpStep};
pub use guard::{AddressError, AllowedHost, AllowedHostError, Guard, GuardSettings, Resolve, ResolveError, SystemResolver};
pub use http::{Answer, HttpClient, HttpClientError, HttpSettings, Outbound, OutboundRequest};
pub use jwt::KeyError;
pub use secrets::SecretText;
pub use settings::{ChannelSettings, ChannelSettingsError, Channels};
