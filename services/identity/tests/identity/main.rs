//! The identity service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod administration;
mod api_keys;
mod audit;
mod command_line;
mod indexes;
mod invitations;
mod keys;
mod leaving;
mod legacy;
mod limits;
mod login;
mod nodes;
mod organisations;
mod pages;
mod profile;
mod recovery;
mod refresh;
mod refusals;
mod registration;
mod service_accounts;
mod sessions;
mod support;
mod usage;
