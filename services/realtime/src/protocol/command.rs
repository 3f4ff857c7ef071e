//! What clients say.

use serde::Deserialize;
use serde_json::value::RawValue;

/// More commands than these in one frame are malformed.
const MOST_COMMANDS: usize = 256;
/// Deeper JSON breaks those who read it with a stack.
const DEEPEST: usize = 64;

/// A frame that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame cannot be read")]
pub(crate) struct Malformed;

/// One line of a frame. Fields that are not known are passed over, as newer clients send them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Command<'f> {
    /// 0 asks for no reply.
    pub(crate) id: u32,
    #[serde(borrow)]
    connect: Option<Connect<'f>>,
    #[serde(borrow)]
    subscribe: Option<Subscribe<'f>>,
    unsubscribe: Option<Channel>,
    #[serde(borrow)]
    publish: Option<Publish<'f>>,
    presence: Option<Channel>,
    presence_stats: Option<Channel>,
    history: Option<History>,
    ping: Option<Nothing>,
    refresh: Option<Refresh>,
    sub_refresh: Option<Channel>,
    #[serde(borrow)]
    rpc: Option<Rpc<'f>>,
    send: Option<Nothing>,
}

/// What a command asks for.
#[derive(Debug)]
pub(crate) enum Request<'f> {
    Pong,
    Connect(Connect<'f>),
    Subscribe(Subscribe<'f>),
    Unsubscribe(String),
    Publish(Publish<'f>),
    Presence(String),
    PresenceStats(String),
    History(History),
    Ping,
    Refresh(String),
    SubRefresh,
    Rpc(Rpc<'f>),
    Send,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Nothing {}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Channel {
    channel: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refresh {
    token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Connect<'f> {
    pub(crate) token: String,
    /// Read, so that what is no JSON is found.
    #[serde(borrow)]
    #[serde(rename = "data")]
    _data: Option<&'f RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Subscribe<'f> {
    pub(crate) channel: String,
    pub(crate) recover: bool,
    pub(crate) epoch: String,
    pub(crate) offset: u64,
    pub(crate) join_leave: bool,
    #[serde(borrow)]
    #[serde(rename = "data")]
    _data: Option<&'f RawValue>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Publish<'f> {
    #[serde(default)]
    pub(crate) channel: String,
    /// `null` is something that can be said.
    #[serde(borrow, default = "null")]
    pub(crate) data: &'f RawValue,
}

/// A call of a method.
#[derive(Debug, Deserialize)]
pub(crate) struct Rpc<'f> {
    #[serde(default)]
    pub(crate) method: String,
    #[serde(borrow, default = "null")]
    pub(crate) data: &'f RawValue,
}

fn null() -> &'static RawValue {
    RawValue::NULL
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct History {
    pub(crate) channel: String,
    /// 0 asks for the position alone, a negative number for all.
    pub(crate) limit: i32,
    pub(crate) since: Option<Since>,
    pub(crate) reverse: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Since {
    pub(crate) offset: u64,
    pub(crate) epoch: String,
}

impl<'f> Command<'f> {
    /// # Errors
    /// When it asks for several things at once.
    pub(crate) fn request(self) -> Result<Request<'f>, Malformed> {
        let all = [
            self.connect.map(Request::Connect),
            self.subscribe.map(Request::Subscribe),
            self.unsubscribe.map(|asked| Request::Unsubscribe(asked.channel)),
            self.publish.map(Request::Publish),
            self.presence.map(|asked| Request::Presence(asked.channel)),
            self.presence_stats.map(|asked| Request::PresenceStats(asked.channel)),
            self.history.map(Request::History),
            self.ping.map(|_| Request::Ping),
            self.refresh.map(|asked| Request::Refresh(asked.token)),
            self.sub_refresh.map(|_| Request::SubRefresh),
            self.rpc.map(Request::Rpc),
            self.send.map(|_| Request::Send),
        ];
        let mut asked = all.into_iter().flatten();
        match (asked.next(), asked.next(), self.id) {
            (Some(request), None, _) => Ok(request),
            (None, None, 0) => Ok(Request::Pong),
            _ => Err(Malformed),
        }
    }
}

/// The commands of a frame, in order.
///
/// # Errors
/// When one of its lines is no command, or nothing is in it.
pub(crate) fn commands(frame: &str) -> Result<Vec<Command<'_>>, Malformed> {
    if is_deep(frame) {
        return Err(Malformed);
    }
    let lines = frame.split('\n').map(str::trim).filter(|line| !line.is_empty());
    let commands: Vec<Command<'_>> = lines.take(MOST_COMMANDS + 1).map(command).collect::<Result<_, _>>()?;
    if commands.is_empty() || commands.len() > MOST_COMMANDS { Err(Malformed) } else { Ok(commands) }
}

/// serde takes a list for an object, member by member; clients do not.
fn command(line: &str) -> Result<Command<'_>, Malformed> {
    if line.starts_with('{') { serde_json::from_str(line).map_err(|_| Malformed) } else { Err(Malformed) }
}

/// Whether brackets are nested deeper than anybody needs. Brackets in strings are none.
fn is_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(frame: &str) -> Result<Request<'_>, Malformed> {
        commands(frame)?.pop().ok_or(Malformed)?.request()
    }

    #[test]
    fn a_batch_is_read_in_order_and_unknown_fields_are_passed_over() {
        let frame = "{\"id\":1,\"connect\":{\"token\":\"t\",\"name\":\"js\",\"headers\":{}}}\n{\"id\":2,\"subscribe\":{\"channel\":\"user:1\",\"recover\":true,\"epoch\":\"e\",\"offset\":7,\"flag\":1}}\n{}\n";
        let all = commands(frame).unwrap();
        assert_eq!(all.iter().map(|command| command.id).collect::<Vec<_>>(), [1, 2, 0]);
        let mut all = all.into_iter().map(|command| command.request().unwrap());
        assert!(matches!(all.next(), Some(Request::Connect(connect)) if connect.token == "t"));
        assert!(
            matches!(all.next(), Some(Request::Subscribe(asked)) if asked.recover && asked.offset == 7 && asked.epoch == "e")
        );
        assert!(matches!(all.next(), Some(Request::Pong)));
    }

    #[test]
    fn what_is_no_command_is_refused() {
        let many = "{}\n".repeat(MOST_COMMANDS + 1);
        let deep = format!("{{\"id\":1,\"publish\":{{\"channel\":\"c\",\"data\":{}{}}}}}", "[".repeat(1_000), "]".repeat(1_000));
        for bad in [
            "",
            "\n",
            "null",
            "[]",
            "1",
            "{",
            "{\"id\":-1}",
            "{\"id\":\"1\"}",
            "{\"id\":1}",
            "{\"id\":4294967296,\"ping\":{}}",
            "{\"id\":1,\"ping\":{},\"rpc\":{}}",
            "{\"id\":1,\"subscribe\":{\"channel\":7}}",
            "{} {}",
            &many,
            &deep,
        ] {
            assert!(one(bad).is_err(), "{bad:.60}");
        }
        assert!(one("{\"id\":1,\"publish\":{\"channel\":\"c\",\"data\":\"[[[[\\\"[[\"}}").is_ok());
    }

    proptest! {
        #[test]
        fn no_frame_makes_the_parser_panic(frame in ".{0,200}", id in any::<u32>(), inner in "[\\[\\]{}\",:a-z0-9]{0,80}") {
            let _any = commands(&frame);
            let _any = commands(&format!("{{\"id\":{id},\"publish\":{{\"data\":{inner}}}}}"));
        }
    }
}
