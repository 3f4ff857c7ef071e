//! WebSocket as far as a client needs it: texts that fit one frame.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Grows where a frame needs it.
const BUFFER: usize = 512;
const TEXT: u8 = 0x81;
const PONG: u8 = 0x8a;
/// Masks hide nothing from a server on this machine; the protocol wants one.
const MASK: [u8; 4] = [0; 4];

pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
    /// Of `read`, what was given out.
    used: usize,
}

impl Wire {
    /// Nothing where the server does not want another connection.
    pub(crate) async fn open(from: SocketAddr, server: SocketAddr, path: &str, host: &str) -> Option<Self> {
        let socket = TcpSocket::new_v4().ok()?;
        socket.bind(from).ok()?;
        let stream = socket.connect(server).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let mut wire = Self { stream, read: Vec::with_capacity(BUFFER), used: 0 };
        let hello = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        wire.stream.write_all(hello.as_bytes()).await.ok()?;
        loop {
            if let Some(end) = wire.read.windows(4).position(|four| four == b"\r\n\r\n") {
                wire.used = end + 4;
                return wire.read.starts_with(b"HTTP/1.1 101").then_some(wire);
            }
            wire.more().await?;
        }
    }

    async fn more(&mut self) -> Option<()> {
        let read = self.stream.read_buf(&mut self.read).await.ok()?;
        (read > 0).then_some(())
    }

    pub(crate) async fn send(&mut self, text: &str) -> Option<()> {
        self.frame(TEXT, text.as_bytes()).await
    }

    async fn frame(&mut self, kind: u8, data: &[u8]) -> Option<()> {
        let mut frame = vec![kind];
        match u16::try_from(data.len()).ok()? {
            short @ ..126 => frame.push(0x80 | u8::try_from(short).ok()?),
            long => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
        }
        frame.extend(MASK);
        frame.extend(data);
        self.stream.write_all(&frame).await.ok()
    }

    /// The next text, given to `hear`; nothing when the connection is over.
    pub(crate) async fn next<T>(&mut self, hear: impl FnOnce(&str) -> T) -> Option<T> {
        loop {
            let Some((kind, start, end)) = self.whole() else {
                self.make_room();
                self.more().await?;
                continue;
            };
            self.used = end;
            match kind {
                TEXT => return Some(hear(std::str::from_utf8(&self.read[start..end]).ok()?)),
                0x89 => {
                    let data = self.read[start..end].to_vec();
                    self.frame(PONG, &data).await?;
                }
                _ => return None,
            }
        }
    }

    /// The first frame that is there as a whole: its kind and where its data is.
    fn whole(&self) -> Option<(u8, usize, usize)> {
        let rest = &self.read[self.used..];
        let (kind, short) = (*rest.first()?, *rest.get(1)?);
        let (head, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(rest.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        let (start, end) = (self.used + head, self.used + head + length);
        (self.read.len() >= end).then_some((kind, start, end))
    }

    fn make_room(&mut self) {
        self.read.drain(..self.used);
        self.used = 0;
        self.read.shrink_to(BUFFER);
    }
}
