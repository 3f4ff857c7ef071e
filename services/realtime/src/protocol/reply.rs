//! What clients are told. Each is written once, however many hear it.

use std::fmt::Write as _;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::code::Refusal;

/// A ping; clients answer it alike.
pub(crate) static PING: Utf8Bytes = Utf8Bytes::from_static("{}");

#[derive(Serialize)]
struct Reply<'r, T> {
    id: u32,
    #[serde(flatten)]
    result: Named<'r, T>,
}

/// A value under a name that is known when it is written.
struct Named<'n, T>(&'n str, &'n T);

impl<T: Serialize> Serialize for Named<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// `{"id":1,"subscribe":{…}}`
pub(crate) fn reply<T: Serialize>(id: u32, name: &str, result: &T) -> Utf8Bytes {
    json(&Reply { id, result: Named(name, result) })
}

/// Why something is not done, as clients are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) message: String,
    /// The client may try again.
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) temporary: bool,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.number(), message: refusal.to_string(), temporary: refusal.is_temporary() }
    }
}

/// `{"id":1,"error":{…}}`
pub(crate) fn failed(id: u32, refusal: Refusal) -> Utf8Bytes {
    failure(id, &refusal.into())
}

/// As [`failed`], in words of somebody else.
pub(crate) fn failure(id: u32, failure: &Failure) -> Utf8Bytes {
    reply(id, "error", failure)
}

#[derive(Serialize)]
struct Push<'p, T> {
    channel: &'p str,
    #[serde(flatten)]
    what: Named<'p, T>,
}

/// `{"push":{"channel":"user:1","join":{…}}}`
pub(crate) fn push<T: Serialize>(channel: &str, name: &str, what: &T) -> Utf8Bytes {
    json(&Named("push", &Push { channel, what: Named(name, what) }))
}

/// A publication with its place: `body` is an object that is not empty, as [`publication`] writes it.
pub(crate) fn publication_push(channel: &str, body: &str, offset: Option<u64>) -> Utf8Bytes {
    let mut text = String::with_capacity(body.len() + channel.len() + 64);
    text.push_str("{\"push\":{\"channel\":");
    // Names of rooms have no character that JSON writes otherwise.
    let _in_memory = write!(text, "\"{channel}\",\"pub\":");
    with_offset(&mut text, body, offset);
    text.push_str("}}");
    text.into()
}

fn with_offset(text: &mut String, body: &str, offset: Option<u64>) {
    match (offset, body.strip_suffix('}')) {
        (Some(offset), Some(open)) => {
            let _in_memory = write!(text, "{open},\"offset\":{offset}}}");
        }
        _ => text.push_str(body),
    }
}

#[derive(Serialize)]
struct Body<'b> {
    data: &'b RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<&'b RawValue>,
}

/// The body of a publication, as it is kept and sent.
pub(crate) fn publication(data: &RawValue, info: Option<&RawValue>) -> String {
    serde_json::to_string(&Body { data, info }).unwrap_or_default()
}

#[derive(Serialize)]
pub(crate) struct Empty {}

/// What a method has answered, as it was written.
#[derive(Serialize)]
pub(crate) struct Answered<'r> {
    pub(crate) data: &'r RawValue,
}

#[derive(Serialize)]
pub(crate) struct Connected<'r> {
    pub(crate) client: &'r str,
    pub(crate) version: &'r str,
    pub(crate) expires: bool,
    /// In seconds.
    pub(crate) ttl: u32,
    /// In seconds.
    pub(crate) ping: u32,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) pong: bool,
    pub(crate) session: &'r str,
    pub(crate) node: &'r str,
}

#[derive(Serialize)]
pub(crate) struct Refreshed<'r> {
    pub(crate) client: &'r str,
    pub(crate) version: &'r str,
    pub(crate) expires: bool,
    pub(crate) ttl: u32,
}

#[derive(Default)]
pub(crate) struct Subscribed {
    pub(crate) recoverable: bool,
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    pub(crate) recovered: bool,
    pub(crate) was_recovering: bool,
    /// With their places.
    pub(crate) publications: Vec<(u64, std::sync::Arc<str>)>,
}

impl Subscribed {
    /// The reply. Bodies are copied as they are.
    pub(crate) fn reply(&self, id: u32) -> Utf8Bytes {
        let bodies: usize = self.publications.iter().map(|(_, body)| body.len() + 32).sum();
        let mut text = String::with_capacity(bodies + 160);
        let _in_memory = write!(text, "{{\"id\":{id},\"subscribe\":{{");
        if self.recoverable {
            let _in_memory = write!(
                text,
                "\"recoverable\":true,\"positioned\":true,\"epoch\":\"{}\",\"offset\":{},\"recovered\":{},\"was_recovering\":{}",
                self.epoch, self.offset, self.recovered, self.was_recovering
            );
        }
        if !self.publications.is_empty() {
            text.push_str(",\"publications\":[");
            publications(&mut text, &self.publications);
            text.push(']');
        }
        text.push_str("}}");
        text.into()
    }
}

fn publications(text: &mut String, all: &[(u64, std::sync::Arc<str>)]) {
    for (index, (offset, body)) in all.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        with_offset(text, body, Some(*offset));
    }
}

/// A part of what was said in a room.
#[derive(Default)]
pub(crate) struct HistoryPage {
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    pub(crate) publications: Vec<(u64, std::sync::Arc<str>)>,
}

impl HistoryPage {
    /// The page as an object of JSON.
    pub(crate) fn json(&self) -> String {
        let mut text = String::from("{\"publications\":[");
        publications(&mut text, &self.publications);
        let _in_memory = write!(text, "],\"epoch\":\"{}\",\"offset\":{}}}", self.epoch, self.offset);
        text
    }

    pub(crate) fn reply(&self, id: u32) -> Utf8Bytes {
        format!("{{\"id\":{id},\"history\":{}}}", self.json()).into()
    }
}

/// Somebody who listens, as the others see it.
#[derive(Serialize)]
pub(crate) struct Person<'r> {
    pub(crate) user: &'r str,
    pub(crate) client: &'r str,
}

/// Who is in a room, by connection.
pub(crate) struct Presence<'r>(pub(crate) &'r [(String, Box<RawValue>)]);

impl Serialize for Presence<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct All<'a>(&'a [(String, Box<RawValue>)]);
        impl Serialize for All<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(client, info)| (client, info)))
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("presence", &All(self.0))?;
        map.end()
    }
}

#[derive(Serialize)]
pub(crate) struct PresenceStats {
    pub(crate) num_clients: usize,
    pub(crate) num_users: usize,
}

#[derive(Serialize)]
pub(crate) struct JoinOrLeave<'r> {
    pub(crate) info: &'r RawValue,
}

fn json<T: Serialize>(value: &T) -> Utf8Bytes {
    match serde_json::to_string(value) {
        Ok(text) => text.into(),
        Err(error) => {
            tracing::error!(%error, "a reply cannot be written");
            PING.clone()
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_have_the_form_that_clients_read() {
        let data = RawValue::from_string("{\"a\":[1, 2]}".to_owned()).unwrap();
        let body = publication(&data, None);
        assert_eq!(
            publication_push("user:1", &body, Some(7)).as_str(),
            "{\"push\":{\"channel\":\"user:1\",\"pub\":{\"data\":{\"a\":[1, 2]},\"offset\":7}}}"
        );
        assert_eq!(
            publication_push("user:1", &body, None).as_str(),
            "{\"push\":{\"channel\":\"user:1\",\"pub\":{\"data\":{\"a\":[1, 2]}}}}"
        );
        assert_eq!(
            failed(3, Refusal::Internal).as_str(),
            "{\"id\":3,\"error\":{\"code\":100,\"message\":\"internal server error\",\"temporary\":true}}"
        );
        assert_eq!(reply(4, "ping", &Empty {}).as_str(), "{\"id\":4,\"ping\":{}}");
        let subscribed = Subscribed {
            recoverable: true,
            epoch: "e".into(),
            offset: 2,
            recovered: true,
            was_recovering: true,
            publications: vec![(2, body.into())],
        };
        let read: serde_json::Value = serde_json::from_str(&subscribed.reply(5)).unwrap();
        assert_eq!(read["subscribe"]["publications"][0]["offset"], 2);
        assert_eq!(Subscribed::default().reply(6).as_str(), "{\"id\":6,\"subscribe\":{}}");
        assert_eq!(push("user:1", "unsubscribe", &Empty {}).as_str(), "{\"push\":{\"channel\":\"user:1\",\"unsubscribe\":{}}}");
    }
}
