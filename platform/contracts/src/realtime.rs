//! What services ask of the realtime service, and what it asks of them: rooms that people listen to, and who may.

use banyan_kernel::Uuid;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Event;

/// Said in the transaction of a change: who listens to the room hears the data, in the order in which it was committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomAddressed {
    /// `session:0190…`, `user:0190…`, `market:BTC-USD`: a namespace and what it is about. At most 255 bytes.
    pub room: String,
    /// As listeners get it. At most 32 KiB.
    #[schema(value_type = Object)]
    pub data: Value,
}

impl Event for RoomAddressed {
    const TYPE: &'static str = "realtime.room.addressed";
    const VERSION: u32 = 1;

    fn subject(&self) -> String {
        self.room.clone()
    }
}

/// Whose rooms a namespace has: the service is asked for the caller's access, at [`access_path`].
pub const NAMESPACES: [(&str, &str); 1] = [(SESSION, "context")];

/// Rooms of the context engine's sessions, by the session's id.
pub const SESSION: &str = "session";

/// Rooms of people, by their id: only the person listens, only services speak.
pub const USER: &str = "user";

/// The room of a session's participants.
pub fn session_room(session: Uuid) -> String {
    format!("{SESSION}:{session}")
}

/// The room of one person.
pub fn user_room(user: Uuid) -> String {
    format!("{USER}:{user}")
}

/// Where a service answers, with a [`RoomAccess`], what the caller may do in a room of its namespace. It is no path of the interface: only
/// other services reach it, in the name of a person.
pub fn access_path(namespace: &str, id: &str) -> String {
    format!("{ROOMS}/{namespace}/{id}")
}

/// See [`access_path`].
pub const ROOMS: &str = "/internal/rooms";

/// Whose methods a namespace has: what people call by their connection, `<namespace>.<name>` with JSON, is a call of that service in their name, a
/// `POST` to [`method_path`]. It answers 200 with JSON, or with a problem.
pub const METHOD_NAMESPACES: [(&str, &str); 1] = [(CONTEXT, "context")];

/// Methods of the context engine.
pub const CONTEXT: &str = "context";

/// Where a service answers a method. It is no path of the interface: only other services reach it, in the name of a person.
pub fn method_path(namespace: &str, name: &str) -> String {
    format!("{METHODS}/{namespace}/{name}")
}

/// See [`method_path`].
pub const METHODS: &str = "/internal/methods";

/// What a caller may do in a room. Nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoomAccess {
    /// Listen, see who else does, and what was said before.
    pub subscribe: bool,
    /// Speak to all who listen; change the room's shared document.
    pub publish: bool,
}
