//! A client that shows every frame.

use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _};
use http::header::ACCEPT_LANGUAGE;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::fixture::{Node, PATIENCE};

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
    /// What came while something else was waited for.
    early: VecDeque<Value>,
    id: u32,
}

impl Client {
    /// Nothing is said yet.
    pub(crate) async fn open(node: &Node) -> Self {
        Self::open_in(node, "en").await
    }

    /// As [`Client::open`], in a language.
    pub(crate) async fn open_in(node: &Node, language: &str) -> Self {
        let stream = TcpStream::connect(node.address).await.unwrap();
        let mut request = "ws://localhost/api/v1/realtime/connection/websocket".into_client_request().unwrap();
        request.headers_mut().insert(ACCEPT_LANGUAGE, language.parse().unwrap());
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        Self { socket, early: VecDeque::new(), id: 0 }
    }

    pub(crate) async fn connect(node: &Node, token: &str) -> Self {
        let mut client = Self::open(node).await;
        let connected = client.ask("connect", json!({ "token": token })).await;
        assert!(connected["connect"]["client"].is_string(), "{connected}");
        client
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    /// The reply to a command.
    pub(crate) async fn ask(&mut self, name: &str, what: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.say(json!({ "id": id, name: what }).to_string()).await;
        loop {
            let found = self.read().await;
            if found["id"] == id {
                return found;
            }
            self.early.push_back(found);
        }
    }

    pub(crate) async fn subscribe(&mut self, room: &str) -> Value {
        let reply = self.ask("subscribe", json!({ "channel": room })).await;
        assert!(reply["subscribe"].is_object(), "{reply}");
        reply["subscribe"].clone()
    }

    /// The code of the refusal.
    pub(crate) async fn refused(&mut self, name: &str, what: Value) -> u64 {
        let reply = self.ask(name, what).await;
        reply["error"]["code"].as_u64().unwrap_or_else(|| panic!("{reply}"))
    }

    /// The next push.
    pub(crate) async fn push(&mut self) -> Value {
        match self.early.pop_front() {
            Some(found) => found["push"].clone(),
            None => self.read().await["push"].clone(),
        }
    }

    /// The next frame that is no ping; those are answered.
    pub(crate) async fn read(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) if text.as_str() == "{}" => self.say("{}").await,
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn frame(&mut self) -> Option<Message> {
        timeout(PATIENCE, self.socket.next()).await.expect("something comes").map(Result::unwrap)
    }

    /// The code with which the server closes, whatever comes before.
    pub(crate) async fn closed(mut self) -> u16 {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("it is closed") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Text(text))) if text.as_str() == "{}" => {}
                Some(Ok(Message::Text(_))) => {}
                other => panic!("no close frame, but {other:?}"),
            }
        }
    }
}
