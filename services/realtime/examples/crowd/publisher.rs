//! Publications over HTTP, on a connection of each publisher, at a pace or as many as go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::delays::Delays;
use crate::dialect::{Dialect, HOST};
use crate::listener::room;

pub(crate) struct Load {
    pub(crate) server: SocketAddr,
    pub(crate) token: String,
    pub(crate) rooms: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) at_once: usize,
    pub(crate) length: Duration,
}

impl Load {
    /// How many were taken.
    pub(crate) async fn run(self, dialect: Dialect) -> u64 {
        let (load, next, taken) = (Arc::new(self), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let begun = Instant::now();
        let publishers = (0..load.at_once).map(|_| {
            let (load, next, taken) = (load.clone(), next.clone(), taken.clone());
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(load.server).await.unwrap();
                stream.set_nodelay(true).unwrap();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let due = load.rate.map(|rate| begun + Duration::from_secs_f64(number as f64 / rate));
                    if due.unwrap_or_else(Instant::now) > begun + load.length {
                        return;
                    }
                    if let Some(due) = due {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let place = usize::try_from(number).unwrap() % load.rooms.max(1);
                    let body = json!({ "room": room(place), "data": { "at": Delays::now(), "price": "64000.25" } }).to_string();
                    let request = format!(
                        "POST {} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
                         Content-Length: {}\r\n\r\n{body}",
                        dialect.publish_path(),
                        load.token,
                        body.len()
                    );
                    stream.write_all(request.as_bytes()).await.unwrap();
                    if answer(&mut stream).await {
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        });
        for publisher in publishers.collect::<Vec<_>>() {
            publisher.await.unwrap();
        }
        taken.load(Ordering::Relaxed)
    }
}

/// Reads one answer, whose length is told: whether it is a yes.
async fn answer(stream: &mut TcpStream) -> bool {
    let mut read = Vec::new();
    loop {
        assert!(stream.read_buf(&mut read).await.unwrap() > 0, "the server ended the connection");
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |text| text.trim().parse().unwrap());
        if read.len() >= end + 4 + length {
            return head.starts_with("http/1.1 2");
        }
    }
}
