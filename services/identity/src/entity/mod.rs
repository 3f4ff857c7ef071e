//! Rows as SeaORM sees them. Times are microseconds since the epoch.

#![expect(unreachable_pub, reason = "SeaORM's macros write `pub`")]

pub(crate) mod api_key;
pub(crate) mod client_credential;
pub(crate) mod credential;
pub(crate) mod invitation;
pub(crate) mod login_failure;
pub(crate) mod membership;
pub(crate) mod one_time_token;
pub(crate) mod organisation;
pub(crate) mod outgoing_mail;
pub(crate) mod preference;
pub(crate) mod refresh_token;
pub(crate) mod role_assignment;
pub(crate) mod session;
pub(crate) mod signal;
pub(crate) mod signing_key;
pub(crate) mod tenant;
pub(crate) mod usage_hour;
pub(crate) mod user;
