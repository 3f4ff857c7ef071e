//! Each channel against a server of its own: what is sent, to the letter, and what is made of each answer.

#![expect(clippy::unwrap_used, reason = "tests")]

mod mail;
mod outbound;
mod push;
mod rooms;
mod sns;
mod support;
mod web_push;
mod webhooks;
