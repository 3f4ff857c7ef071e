//! What servers speak: enough of it to listen to a room.

use serde_json::json;

/// Held against the name of a tenant by Banyan; the others do not look.
pub(crate) const HOST: &str = "localhost";

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dialect {
    /// Centrifugo's protocol, version 2, in JSON: Banyan.
    Centrifugo,
    /// `{"subscribe": room}`, then what is said there, as it was said: a server by hand.
    Plain,
    /// Socket.IO 4 (Engine.IO 4) by WebSocket alone.
    SocketIo,
}

/// What to do about a text of the server.
pub(crate) enum Heard {
    /// Something that was said in the room: [`all_said_at`] has when.
    Said,
    Answer(&'static str),
    /// Only now it may be said which room is meant: [`Dialect::wish`].
    Admitted,
    /// The room is listened to.
    Listening,
    Nothing,
    Refused,
}

impl Dialect {
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Centrifugo => "/connection/websocket",
            Self::Plain => "/",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        }
    }

    pub(crate) const fn publish_path(self) -> &'static str {
        match self {
            Self::Centrifugo => "/api/v1/realtime/publish",
            Self::Plain | Self::SocketIo => "/publish",
        }
    }

    /// What a client says first, one frame each.
    pub(crate) fn greetings(self, token: &str, room: &str) -> Vec<String> {
        match self {
            Self::Centrifugo => {
                let connect = json!({ "id": 1, "connect": { "token": token } });
                let subscribe = json!({ "id": 2, "subscribe": { "channel": room } });
                vec![format!("{connect}\n{subscribe}")]
            }
            Self::Plain => vec![json!({ "subscribe": room }).to_string()],
            Self::SocketIo => vec!["40".to_owned()],
        }
    }

    /// What a client of Socket.IO says once it is admitted: what it says before ends the connection.
    pub(crate) fn wish(room: &str) -> String {
        format!("42{}", json!(["subscribe", room]))
    }

    /// Of a frame of Centrifugo each line is a message: the most telling one counts.
    pub(crate) fn hear(self, text: &str) -> Heard {
        match self {
            Self::Centrifugo if text.trim() == "{}" => Heard::Answer("{}"),
            Self::Centrifugo if text.contains("\"error\"") || text.contains("\"disconnect\"") => Heard::Refused,
            Self::Centrifugo if text.contains("\"subscribe\"") => Heard::Listening,
            Self::Plain if text == "\"listening\"" => Heard::Listening,
            Self::SocketIo if text == "2" => Heard::Answer("3"),
            Self::SocketIo if text.starts_with("40") => Heard::Admitted,
            Self::SocketIo if text.starts_with("42[\"listening\"") => Heard::Listening,
            _ if text.contains("\"at\":") => Heard::Said,
            _ => Heard::Nothing,
        }
    }
}

/// The number after `"at":`.
fn said_at(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("\"at\":")?;
    let digits = rest.split(|other: char| !other.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// All that are in one frame: servers put several publications into one.
pub(crate) fn all_said_at(text: &str) -> impl Iterator<Item = u64> {
    text.match_indices("\"at\":").filter_map(|(place, _)| said_at(&text[place..]))
}
