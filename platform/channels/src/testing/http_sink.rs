//! A web server that keeps what it hears and answers as it was told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use banyan_kernel::SystemClock;
use banyan_tls::{Authority, Overwrite, PairFiles, ServerCertificates, TlsError};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Heard {
    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What is done with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    Say {
        status: u16,
        headers: Vec<(String, String)>,
        body: Bytes,
    },
    /// Never answered.
    Silence,
    /// The connection ends without an answer.
    HangUp,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::Say { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Say { status, headers, body: body.to_string().into() }
    }

    /// The same with another header, where anything is said.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Say { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// The server.
pub struct HttpSink {
    address: SocketAddr,
    scheme: &'static str,
    authority: Option<PathBuf>,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Default)]
struct State {
    heard: Mutex<Vec<Heard>>,
    next: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Option<Reply>>,
    connections: Mutex<usize>,
}

impl HttpSink {
    /// Over `http`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn plain() -> io::Result<Self> {
        Self::start(None).await
    }

    /// Over `https`, HTTP/2 or 1.1 as the client likes, at the name `localhost`. The authority to believe, [`HttpSink::authority`], is made
    /// in the folder.
    ///
    /// # Errors
    /// When no port is free, or the folder cannot be written.
    pub async fn tls(folder: &Path) -> io::Result<Self> {
        let (certificates, authority) = certificates(folder).map_err(io::Error::other)?;
        let mut sink = Self::start(Some(TlsAcceptor::from(certificates.config()))).await?;
        sink.authority = Some(authority);
        Ok(sink)
    }

    async fn start(tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let task = tokio::spawn(accept(listener, tls, state.clone())).abort_handle();
        Ok(Self { address, scheme, authority: None, state, task })
    }

    /// The next requests are answered so, in this order; those after them with [`HttpSink::always`], or 200 without a body.
    pub fn reply(&self, reply: Reply) {
        self.state.next.lock().push_back(reply);
    }

    pub fn always(&self, reply: Reply) {
        *self.state.otherwise.lock() = Some(reply);
    }

    /// All requests so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.state.heard.lock().clone()
    }

    /// Connections that were made so far.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority to believe.
    pub fn authority(&self) -> Option<PathBuf> {
        self.authority.clone()
    }

    /// The address with that path: at `localhost` over `https`, else at `127.0.0.1`.
    ///
    /// # Panics
    /// When the path is none.
    pub fn url(&self, path: &str) -> Url {
        let host = if self.authority.is_some() { "localhost" } else { "127.0.0.1" };
        let text = format!("{}://{host}:{}{path}", self.scheme, self.address.port());
        text.parse().expect("a path")
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn certificates(folder: &Path) -> Result<(ServerCertificates, PathBuf), TlsError> {
    let authority = Authority::at(&folder.join("certificates"), Arc::new(SystemClock));
    authority.init(30, Overwrite::Replace)?;
    let issued = authority.server(&["localhost".to_owned()], 30, Overwrite::Replace)?;
    let files: Vec<PairFiles> = vec![issued.files];
    Ok((ServerCertificates::load(files, Arc::new(SystemClock))?, authority.certificate()))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    // Connections end with the server.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        *state.connections.lock() += 1;
        let (tls, state) = (tls.clone(), state.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, state).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S, state: Arc<State>) {
    let hang_up = Arc::new(tokio::sync::Notify::new());
    let service = {
        let hang_up = hang_up.clone();
        service_fn(move |request| answer(request, state.clone(), hang_up.clone()))
    };
    let builder = Builder::new(TokioExecutor::new());
    tokio::select! {
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        () = hang_up.notified() => {}
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<State>,
    hang_up: Arc<tokio::sync::Notify>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let heard = Heard { method: head.method, target, version: head.version, headers: head.headers, body };
    let reply = {
        state.heard.lock().push(heard);
        let next = state.next.lock().pop_front();
        next.or_else(|| state.otherwise.lock().clone()).unwrap_or_else(|| Reply::status(200))
    };
    let Reply::Say { status, headers, body } = reply else {
        if matches!(reply, Reply::HangUp) {
            hang_up.notify_one();
        }
        return std::future::pending().await;
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}
