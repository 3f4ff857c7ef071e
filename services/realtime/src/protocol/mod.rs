//! Centrifugo's client protocol, version 2, in JSON (<https://centrifugal.dev/docs/transports/client_protocol>): a frame holds commands or
//! replies, a line each; an empty object is a ping or a pong.

mod code;
mod command;
mod reply;

pub(crate) use code::{Disconnect, Refusal, Unsubscribed};
pub(crate) use command::{Command, Connect, History, Publish, Request, Rpc, Subscribe, commands};
pub(crate) use reply::{
    Answered, Connected, Empty, Failure, HistoryPage, JoinOrLeave, PING, Person, Presence, PresenceStats, Refreshed, Subscribed,
    failed, failure, publication, publication_push, push, reply,
};
