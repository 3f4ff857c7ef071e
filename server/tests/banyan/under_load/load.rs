//! Clients that ask without a pause until they are stopped, with every failure written down.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::harness::eventually;

const CLIENTS: usize = 6;

/// An answer that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(50);

pub(crate) struct Load {
    state: Arc<State>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    stop: AtomicBool,
    answered: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Load {
    /// `GET path`, again and again. Some clients keep their connection for ever, some come anew each time, some in between. Nothing is
    /// tried twice. `good` says which answers are right.
    pub(crate) fn begin<S: Read + Write + 'static>(
        path: &str,
        connect: impl Fn() -> io::Result<S> + Send + Sync + 'static,
        good: impl Fn(&Answer) -> bool + Send + Sync + 'static,
    ) -> Self {
        let request = Arc::new(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        let (state, connect, good) = (Arc::<State>::default(), Arc::new(connect), Arc::new(good));
        let client = |number: usize| {
            let (state, connect, good, request) = (state.clone(), connect.clone(), good.clone(), request.clone());
            std::thread::spawn(move || {
                let keeps = [usize::MAX, 1, 7][number % 3];
                let mut connection: Option<(S, usize)> = None;
                while !state.stop.load(Ordering::Relaxed) {
                    let outcome = ask(&mut connection, &*connect, &request);
                    let failure = match outcome {
                        Ok(answer) if good(&answer) => None,
                        Ok(answer) => Some(format!("{} {}", answer.status, answer.body)),
                        Err(error) => {
                            connection = None;
                            Some(error.to_string())
                        }
                    };
                    state.failures.lock().unwrap().extend(failure);
                    connection = connection.filter(|(_, used)| *used < keeps);
                    state.answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { state, clients }
    }

    /// Waits for so many more answers.
    pub(crate) fn more(&self, count: usize) {
        let wanted = self.state.answered.load(Ordering::Relaxed) + count;
        eventually("answers under load", || (self.state.answered.load(Ordering::Relaxed) >= wanted).then_some(()));
    }

    /// How many were answered. None may have failed.
    #[track_caller]
    pub(crate) fn end(self) -> usize {
        self.state.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().unwrap();
        }
        let failures = std::mem::take(&mut *self.state.failures.lock().unwrap());
        let answered = self.state.answered.load(Ordering::Relaxed);
        assert!(failures.is_empty(), "{} of {answered} failed: {:#?}", failures.len(), &failures[..failures.len().min(20)]);
        answered
    }
}

/// One request with its answer, over the connection that is there or a new one.
fn ask<S: Read + Write>(
    connection: &mut Option<(S, usize)>,
    connect: &impl Fn() -> io::Result<S>,
    request: &str,
) -> io::Result<Answer> {
    let (mut stream, used) = match connection.take() {
        Some(kept) => kept,
        None => (connect()?, 0),
    };
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    if !head.contains("\r\nconnection: close\r\n") {
        *connection = Some((stream, used + 1));
    }
    Ok(Answer { status: head[9..12].parse().unwrap_or(0), body: String::from_utf8_lossy(&body).into_owned() })
}

/// Connects to a server's plain listener.
pub(crate) fn plain(url: &str) -> impl Fn() -> io::Result<TcpStream> + Send + Sync + use<> {
    let address = url.strip_prefix("http://").unwrap().to_owned();
    move || {
        let stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}
