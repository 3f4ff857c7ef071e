//! Upstreams on sockets of their own: real servers, and one that records bytes and answers what it was told.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use banyan_kernel::SystemClock;
use banyan_mesh::{Discovery, Endpoint, Mesh, Place, Upstream};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::Service;

pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn mesh() -> Mesh {
    Mesh::new(Arc::new(SystemClock), Place::default())
}

pub(crate) fn upstream(addresses: &[SocketAddr]) -> Upstream {
    let endpoints = addresses.iter().map(|address| Endpoint::new(format!("http://{address}").parse().unwrap()));
    Upstream { discovery: Discovery::Static(endpoints.collect()), ..Upstream::default() }
}

pub(crate) fn get(path: &str) -> Request {
    Request::builder().uri(path).body(Body::empty()).unwrap()
}

pub(crate) async fn text(body: impl Into<Body>) -> String {
    String::from_utf8(axum::body::to_bytes(body.into(), 1 << 20).await.unwrap().into()).unwrap()
}

/// Waits for a condition, with a deadline.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(SOON, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what} did not come about");
}

/// A server of a router, HTTP/1.1 and HTTP/2, that can die at once.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    tasks: Arc<Mutex<JoinSet<()>>>,
    accepting: tokio::task::JoinHandle<()>,
}

pub(crate) async fn serve(router: Router) -> Served {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), router)
}

pub(crate) fn serve_on<S>(listener: TcpListener, service: S) -> Served
where
    S: Service<http::Request<hyper::body::Incoming>, Response = axum::response::Response, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let address = listener.local_addr().unwrap();
    let tasks = Arc::new(Mutex::new(JoinSet::new()));
    let connections = Arc::new(AtomicUsize::new(0));
    let (spawned, counted) = (tasks.clone(), connections.clone());
    let accepting = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { return };
            counted.fetch_add(1, Ordering::SeqCst);
            let service = TowerToHyperService::new(service.clone());
            spawned.lock().spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    });
    Served { address, connections, tasks, accepting }
}

impl Served {
    /// As `kill -9` does it: the socket and all connections are gone.
    pub(crate) async fn kill(&self) {
        self.accepting.abort();
        while !self.accepting.is_finished() {
            tokio::task::yield_now().await;
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
    }

    pub(crate) fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What a raw upstream does with the nth connection.
pub(crate) async fn raw<F, R>(each: F) -> SocketAddr
where
    F: Fn(usize, TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(each(number, stream));
            number += 1;
        }
    });
    address
}

/// Reads one head, to its empty line.
pub(crate) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Answers each request with the same bytes, and keeps the heads that came.
pub(crate) async fn recording(answer: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = heads.clone();
    let address = raw(move |_, mut stream| {
        let kept = kept.clone();
        async move {
            loop {
                let head = read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                kept.lock().push(head);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await;
    (address, heads)
}
