//! The connection that hears what other processes say.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::Msg;
use redis::aio::PubSubSink;
use tokio::time::timeout;

use super::super::{Ear, Place};
use super::names::{CONTROL, key, room_of, said_of};
use super::{AT_ONCE, DEADLINE, Inner};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Hears as long as anybody is there who could.
pub(super) async fn hear(broker: Weak<Inner>) {
    let mut pause = FIRST_PAUSE;
    while let Some(inner) = broker.upgrade() {
        let connected = timeout(DEADLINE, inner.client.get_async_pubsub()).await;
        let Ok(Ok(connection)) = connected else {
            drop(inner);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        };
        let (sink, mut messages) = connection.split();
        let mut restored = tokio::spawn(restore(inner.clone(), sink));
        let (ear, mut is_restored) = (inner.ear.clone(), false);
        drop(inner);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else { break };
                    let Some(ear) = ear.upgrade() else { return };
                    tell(&*ear, &message);
                }
                done = &mut restored, if !is_restored => match done {
                    Ok(Restored::Whole) => is_restored = true,
                    // Once more, from the beginning.
                    _ => break,
                },
            }
        }
        restored.abort();
        let Some(inner) = broker.upgrade() else { return };
        inner.sink.send_replace(None);
        tracing::warn!("Redis is not heard any more; trying again");
        drop(inner);
        tokio::time::sleep(FIRST_PAUSE).await;
        pause = FIRST_PAUSE;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restored {
    Whole,
    Broken,
}

/// Hears again of all rooms, and finds who has missed something. Beside the reading, which confirms it.
async fn restore(inner: Arc<Inner>, mut sink: PubSubSink) -> Restored {
    if inner.subscribe(&mut sink, &[CONTROL.to_owned()]).await.is_err() {
        return Restored::Broken;
    }
    let Some(ear) = inner.ear.upgrade() else { return Restored::Broken };
    let rooms = ear.rooms();
    for some in rooms.chunks(AT_ONCE) {
        let channels: Vec<String> = some.iter().map(|room| key(room, "")).collect();
        if inner.subscribe(&mut sink, &channels).await.is_err() {
            return Restored::Broken;
        }
    }
    // Who listens from now on says so to this connection.
    inner.sink.send_replace(Some(sink));
    if !inner.heard.swap(true, Ordering::AcqRel) {
        return Restored::Whole;
    }
    for room in rooms {
        match inner.top(&room).await {
            Ok(Some(top)) => ear.compare(&room, &top),
            // All that was known of it is gone.
            Ok(None) => ear.compare(&room, &Place { epoch: "".into(), offset: 0 }),
            Err(error) => {
                tracing::warn!(%error, "the place of a room cannot be read");
                return Restored::Broken;
            }
        }
    }
    Restored::Whole
}

fn tell(ear: &dyn Ear, message: &Msg) {
    let (channel, content) = (message.get_channel_name(), message.get_payload_bytes());
    let Ok(content) = std::str::from_utf8(content) else { return };
    if channel == CONTROL {
        if let Ok(notice) = serde_json::from_str(content) {
            ear.noticed(&notice);
        }
        return;
    }
    if let (Some(room), Some(said)) = (room_of(channel), said_of(content)) {
        ear.heard(&room, &said);
    }
}
