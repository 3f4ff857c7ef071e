//! A client of shared documents: the library of the server in the place of Yjs, over a real socket.

use std::collections::HashMap;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use yrs::block::ClientID;
use yrs::sync::{AwarenessUpdate, Message, SyncMessage};
use yrs::types::ToJson as _;
use yrs::updates::decoder::Decode as _;
use yrs::updates::encoder::Encode as _;
use yrs::{
    Any, Doc, GetString as _, Map as _, OffsetKind, Options, ReadTxn as _, Text as _, Transact as _, TransactionMut, Update,
};

use crate::fixture::{Node, PATIENCE};

pub(crate) struct Editor {
    pub(crate) doc: Doc,
    pub(crate) socket: WebSocketStream<TcpStream>,
    /// What others show, by their client.
    pub(crate) shown: HashMap<u64, Value>,
    /// How often it was told that it may not.
    pub(crate) denied: usize,
    clock: u32,
}

pub(crate) fn document(client: u64) -> Doc {
    let mut options = Options::with_client_id(ClientID::new(client));
    options.offset_kind = OffsetKind::Utf16;
    options.cleanup_formatting = false;
    Doc::with_options(options)
}

/// The socket, or the status with which the way there is refused.
pub(crate) async fn dial(node: &Node, name: &str, token: &str) -> Result<WebSocketStream<TcpStream>, u16> {
    let stream = TcpStream::connect(node.address).await.unwrap();
    match tokio_tungstenite::client_async(format!("ws://localhost/realtime/doc/{name}?token={token}"), stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl Editor {
    /// Somebody who knows nothing yet, and knows what there is when this returns.
    pub(crate) async fn open(node: &Node, name: &str, token: &str, client: u64) -> Self {
        Self::with(document(client), node, name, token).await
    }

    /// Somebody who has been there.
    pub(crate) async fn with(doc: Doc, node: &Node, name: &str, token: &str) -> Self {
        let socket = dial(node, name, token).await.unwrap();
        let mut editor = Self { doc, socket, shown: HashMap::new(), denied: 0, clock: 0 };
        editor.settle().await;
        editor
    }

    pub(crate) async fn say(&mut self, message: &Message) {
        self.socket.send(Frame::binary(message.encode_v1())).await.unwrap();
    }

    /// Changes something, and says it.
    pub(crate) async fn edit<T>(&mut self, change: impl FnOnce(&mut TransactionMut<'_>) -> T) {
        let update = self.edit_silently(change);
        self.say(&Message::Sync(SyncMessage::Update(update))).await;
    }

    /// As without a line.
    pub(crate) fn edit_silently<T>(&mut self, change: impl FnOnce(&mut TransactionMut<'_>) -> T) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        let _whatever = change(&mut txn);
        txn.encode_update_v1()
    }

    /// Puts it at the end.
    pub(crate) async fn write(&mut self, words: &str) {
        let text = self.doc.get_or_insert_text("text");
        self.edit(|txn| text.push(txn, words)).await;
    }

    pub(crate) async fn set(&mut self, key: &str, value: i64) {
        let map = self.doc.get_or_insert_map("map");
        self.edit(|txn| map.insert(txn, key, value)).await;
    }

    /// Shows something of itself.
    pub(crate) async fn show(&mut self, client: u64, state: &str) {
        self.clock += 1;
        let aware = yrs::sync::awareness::AwarenessUpdateEntry { clock: self.clock, json: state.into() };
        let update = AwarenessUpdate { clients: [(ClientID::new(client), aware)].into() };
        self.say(&Message::Awareness(update)).await;
    }

    /// Whatever it has said is done, and it knows what was done then.
    pub(crate) async fn settle(&mut self) {
        let vector = self.doc.transact().state_vector();
        self.say(&Message::Sync(SyncMessage::SyncStep1(vector))).await;
        while self.hear().await != Heard::Answer {}
    }

    /// As [`Editor::settle`], and takes in nothing of what it hears.
    pub(crate) async fn wait(&mut self) {
        let vector = self.doc.transact().state_vector();
        self.say(&Message::Sync(SyncMessage::SyncStep1(vector))).await;
        while !matches!(self.frame().await, Frame::Binary(bytes) if bytes.starts_with(&[0, 1])) {}
    }

    /// Takes in what comes next.
    pub(crate) async fn hear(&mut self) -> Heard {
        match self.frame().await {
            Frame::Binary(bytes) => self.take(&bytes).await,
            Frame::Ping(_) => Heard::Else,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        timeout(PATIENCE, self.socket.next()).await.expect("something comes").expect("it goes on").unwrap()
    }

    async fn take(&mut self, bytes: &[u8]) -> Heard {
        match Message::decode_v1(bytes).unwrap() {
            Message::Sync(SyncMessage::SyncStep1(vector)) => {
                let missing = self.doc.transact().encode_diff_v1(&vector);
                self.say(&Message::Sync(SyncMessage::SyncStep2(missing))).await;
                Heard::Question
            }
            Message::Sync(SyncMessage::SyncStep2(update)) => {
                self.apply(&update);
                Heard::Answer
            }
            Message::Sync(SyncMessage::Update(update)) => {
                self.apply(&update);
                Heard::Update
            }
            Message::Awareness(update) => {
                for (client, entry) in update.clients {
                    match serde_json::from_str(&entry.json).unwrap() {
                        Value::Null => drop(self.shown.remove(&client.get())),
                        state => drop(self.shown.insert(client.get(), state)),
                    }
                }
                Heard::Shown
            }
            Message::Auth(reason) => {
                assert!(reason.is_some());
                self.denied += 1;
                Heard::Denied
            }
            other => panic!("{other:?}"),
        }
    }

    fn apply(&mut self, update: &[u8]) {
        self.doc.transact_mut().apply_update(Update::decode_v1(update).unwrap()).unwrap();
    }

    /// Hears until it is so.
    pub(crate) async fn until(&mut self, is: impl Fn(&Self) -> bool) {
        while !is(self) {
            self.hear().await;
        }
    }

    pub(crate) fn text(&self) -> String {
        self.doc.get_or_insert_text("text").get_string(&self.doc.transact())
    }

    pub(crate) fn map(&self) -> Any {
        self.doc.get_or_insert_map("map").to_json(&self.doc.transact())
    }

    /// The code with which the server closes, whatever comes before.
    pub(crate) async fn closed(mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("it is closed") {
                Some(Ok(Frame::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("no close frame, but {other:?}"),
            }
        }
    }
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Question,
    Answer,
    Update,
    Shown,
    Denied,
    Else,
}

/// After it all have what all have said.
pub(crate) async fn settle(editors: &mut [Editor]) {
    for _ in 0..2 {
        for editor in &mut *editors {
            editor.settle().await;
        }
    }
}
