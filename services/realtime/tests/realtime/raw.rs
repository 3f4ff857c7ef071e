//! WebSocket as bytes (RFC 6455 §5), written by hand.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fixture::{Node, PATIENCE};

pub(crate) const FIN: u8 = 0x80;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A masked frame whose first byte is given: FIN, the reserved bits, the opcode.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(MASKED | u8::try_from(short).unwrap()),
        middle @ 126..=65_535 => {
            frame.push(MASKED | 126);
            frame.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            frame.push(MASKED | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// One message in frames of at most so many bytes.
pub(crate) fn fragments(opcode: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = if payload.is_empty() { vec![payload] } else { payload.chunks(size).collect() };
    let last = parts.len() - 1;
    let first_byte = |at: usize| (if at == 0 { opcode } else { 0 }) | (if at == last { FIN } else { 0 });
    parts.iter().enumerate().map(|(at, part)| frame(first_byte(at), part)).collect()
}

/// The payload of a close frame.
pub(crate) fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    [code.to_be_bytes().as_slice(), reason].concat()
}

/// A connection that has gone over to WebSocket.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    /// What the server has answered, in small letters.
    pub(crate) head: String,
}

impl Raw {
    pub(crate) async fn open(node: &Node, path: &str, fields: &str) -> Self {
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        // Each piece goes alone.
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{fields}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(
            head.starts_with("http/1.1 101") && head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
            "{head}"
        );
        Self { stream, head }
    }

    /// In pieces of so many bytes. A server that has closed already may not take all.
    pub(crate) async fn send(&mut self, bytes: &[u8], pieces: usize) {
        for piece in bytes.chunks(pieces.max(1)) {
            if self.stream.write_all(piece).await.is_err() {
                return;
            }
            if pieces < bytes.len() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The next frame, its opcode and payload; nothing at the end. Whatever the server sends is whole, unmasked, and has no reserved bits.
    pub(crate) async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        self.read_within(PATIENCE).await
    }

    async fn read_within(&mut self, within: Duration) -> Option<(u8, Vec<u8>)> {
        let reading = async {
            let first = self.stream.read_u8().await.ok()?;
            assert_eq!(first & 0xf0, FIN, "whole, without reserved bits");
            let length = match self.stream.read_u8().await.unwrap() {
                126 => usize::from(self.stream.read_u16().await.unwrap()),
                127 => usize::try_from(self.stream.read_u64().await.unwrap()).unwrap(),
                short => usize::from(short),
            };
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).await.unwrap();
            Some((first & 0x0f, payload))
        };
        timeout(within, reading).await.expect("something comes")
    }

    /// The code of the close frame, whatever comes before; 0 where the connection ends without one.
    pub(crate) async fn code(&mut self) -> u16 {
        while let Some((opcode, payload)) = self.read().await {
            if opcode == CLOSE {
                return code_of(&payload);
            }
        }
        0
    }
}

/// 0 for a close without one.
pub(crate) fn code_of(payload: &[u8]) -> u16 {
    payload.get(..2).map_or(0, |code| u16::from_be_bytes([code[0], code[1]]))
}
