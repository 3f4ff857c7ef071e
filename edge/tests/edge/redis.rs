//! The run's Redis, behind a switch of the test's own: so that a test can cut it off without taking it from the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use banyan_testkit::redis_url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    Whole,
    Cut,
}

pub(crate) struct Redis {
    /// Of the test alone; the run's server has many.
    database: u8,
    port: u16,
    line: Arc<watch::Sender<Line>>,
    asked: Arc<AtomicUsize>,
    direct: redis::aio::MultiplexedConnection,
}

impl Redis {
    /// # Panics
    /// When there is no Redis: a test never skips in silence.
    pub(crate) async fn start(database: u8) -> Self {
        let url = url::Url::parse(&redis_url()).unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(6_379));
        let client = redis::Client::open(format!("redis://{}:{}/{database}", server.0, server.1)).unwrap();
        let mut direct = client.get_multiplexed_async_connection().await.expect("the run's Redis answers");
        redis::cmd("FLUSHDB").query_async::<()>(&mut direct).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(watch::Sender::new(Line::Whole));
        let asked = Arc::new(AtomicUsize::new(0));
        tokio::spawn(forward(listener, server, line.clone(), asked.clone()));
        Self { database, port, line, asked, direct }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/{}", self.port, self.database)
    }

    /// Ends all connections, and each new one at once.
    pub(crate) async fn cut(&self) {
        self.line.send_replace(Line::Cut);
        // Until the forwarders have let go.
        let gone = async {
            while self.line.receiver_count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), gone).await.expect("the connections end");
    }

    pub(crate) fn mend(&self) {
        self.line.send_replace(Line::Whole);
    }

    pub(crate) async fn command(&self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async::<redis::Value>(&mut self.direct.clone()).await.unwrap();
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query_async(&mut self.direct.clone()).await.unwrap()
    }

    /// Bytes that nodes have sent so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Carries one direction and counts.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, count: &AtomicUsize) {
    let mut buffer = [0_u8; 4_096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count.fetch_add(read, Ordering::SeqCst);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

async fn forward(listener: TcpListener, server: (String, u16), line: Arc<watch::Sender<Line>>, asked: Arc<AtomicUsize>) {
    loop {
        let Ok((inside, _)) = listener.accept().await else { return };
        let mut cut = line.subscribe();
        if *cut.borrow() == Line::Cut {
            continue;
        }
        let (server, asked) = (server.clone(), asked.clone());
        tokio::spawn(async move {
            let outside = TcpStream::connect(server).await.unwrap();
            let (inside, outside) = (inside.into_split(), outside.into_split());
            let answered = AtomicUsize::new(0);
            tokio::select! {
                () = carry(inside.0, outside.1, &asked) => {}
                () = carry(outside.0, inside.1, &answered) => {}
                _ = cut.wait_for(|line| *line == Line::Cut) => {}
            }
        });
    }
}
