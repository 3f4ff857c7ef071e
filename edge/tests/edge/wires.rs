//! A service that goes over to other protocols, streams, and passes on to an upstream; and certificates for a door.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use banyan_edge::{EdgeSettings, Listen, ListenTls, Running};
use banyan_kernel::SystemClock;
use banyan_tls::{Authority, Overwrite, ServerCertificates};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::fixture::{Door, door_with};

/// What a test and the service tell each other.
#[derive(Clone, Default)]
pub(crate) struct Signals {
    /// The next piece of a stream may be made.
    pub(crate) next: Arc<Notify>,
    /// The first piece of a body has come.
    pub(crate) first: Arc<Notify>,
}

#[derive(Clone)]
struct Wires {
    signals: Signals,
    upstream: std::net::SocketAddr,
}

const PATHS: [&str; 9] = [
    "/wires/ws",
    "/wires/raw",
    "/wires/unasked",
    "/wires/other",
    "/wires/remote",
    "/wires/events",
    "/wires/text",
    "/wires/upload",
    "/wires/fields",
];

/// A door with the service of this file beside the toy, and an upstream that notes what reaches it.
pub(crate) struct Wired {
    pub(crate) door: Door,
    pub(crate) signals: Signals,
    /// Heads that have reached the upstream, as they came.
    pub(crate) heads: mpsc::UnboundedReceiver<String>,
}

pub(crate) async fn wired(change: impl FnOnce(&mut EdgeSettings)) -> Wired {
    let door = door_with(change);
    let signals = Signals::default();
    let (upstream, heads) = upstream().await;
    let router = Router::new()
        .route("/wires/ws", any(websocket))
        .route("/wires/raw", any(raw))
        .route("/wires/unasked", get(|| async { (StatusCode::SWITCHING_PROTOCOLS, [("upgrade", "websocket")]) }))
        .route("/wires/other", get(|| async { (StatusCode::SWITCHING_PROTOCOLS, [("upgrade", "irc")]) }))
        .route("/wires/remote", any(remote))
        .route("/wires/events", get(|state| pieces(state, "text/event-stream", "data: ")))
        .route("/wires/text", get(|state| pieces(state, "text/plain", "")))
        .route("/wires/upload", post(upload))
        .route("/wires/fields", any(fields))
        .with_state(Wires { signals: signals.clone(), upstream });
    door.edge.mesh().register("wires", router, PATHS).unwrap();
    door.edge.reload();
    Wired { door, signals, heads }
}

async fn websocket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|mut socket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            if let Message::Text(text) = message
                && socket.send(Message::Text(format!("you said {text}").into())).await.is_err()
            {
                return;
            }
        }
    })
}

/// Echoes bytes in a protocol of its own.
async fn raw(mut request: Request) -> Response {
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return (StatusCode::UPGRADE_REQUIRED, [("upgrade", "echo")]).into_response();
    };
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (mut reading, mut writing) = tokio::io::split(TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut reading, &mut writing).await;
        let _ = writing.shutdown().await;
    });
    (StatusCode::SWITCHING_PROTOCOLS, [("upgrade", "echo"), ("connection", "upgrade")]).into_response()
}

/// Passes the request on, as the mesh does with what is elsewhere.
async fn remote(State(wires): State<Wires>, request: Request) -> Response {
    let stream = TcpStream::connect(wires.upstream).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    let (mut parts, body) = request.into_parts();
    parts.extensions.clear();
    parts.uri = parts.uri.path().parse().unwrap();
    let mut response = sender.send_request(Request::from_parts(parts, body)).await.unwrap();
    let upgrade = hyper::upgrade::on(&mut response);
    let (parts, body) = response.into_parts();
    let mut response = Response::from_parts(parts, Body::new(body));
    response.extensions_mut().insert(upgrade);
    response
}

/// Speaks as much HTTP/1.1 as is needed: says yes to `echo`, and echoes; says 200 to all else.
async fn upstream() -> (std::net::SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await?);
                }
                let head = String::from_utf8(head).unwrap();
                let goes_over = head.contains("upgrade: echo");
                let _ = sender.send(head);
                if !goes_over {
                    return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno").await;
                }
                stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await?;
                let (mut reading, mut writing) = stream.split();
                tokio::io::copy(&mut reading, &mut writing).await?;
                writing.shutdown().await
            });
        }
    });
    (address, receiver)
}

/// Three pieces, each made when the test says so.
async fn pieces(State(wires): State<Wires>, kind: &'static str, before: &'static str) -> Response {
    let stream = futures_util::stream::unfold(1, move |at| {
        let next = wires.signals.next.clone();
        async move {
            if at > 3 {
                return None;
            }
            next.notified().await;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from(format!("{before}piece {at}\n\n")))), at + 1))
        }
    });
    ([("content-type", kind)], Body::new(StreamBody::new(stream.fuse()))).into_response()
}

/// Tells of the first piece at once, and gives the length of all.
async fn upload(State(wires): State<Wires>, request: Request) -> String {
    let mut stream = request.into_body().into_data_stream();
    let mut length = 0;
    while let Some(Ok(piece)) = stream.next().await {
        if length == 0 {
            wires.signals.first.notify_one();
        }
        length += piece.len();
    }
    length.to_string()
}

/// The names of fields that reach a service, and whether it could go over.
async fn fields(request: Request) -> String {
    let mut names: Vec<_> = request.headers().keys().map(|name| name.as_str().to_owned()).collect();
    names.sort_unstable();
    let could = request.extensions().get::<OnUpgrade>().is_some();
    let (_, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().len()).unwrap_or_default();
    format!("{} / {could} / {body}", names.join(" "))
}

/// An authority with one certificate, for `localhost`.
pub(crate) struct Certified {
    folder: tempfile::TempDir,
    pub(crate) certificates: ServerCertificates,
}

impl Certified {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::at(folder.path(), Arc::new(SystemClock));
        authority.init(10, Overwrite::Refuse).unwrap();
        let server = authority.server(&["localhost".to_owned()], 10, Overwrite::Refuse).unwrap();
        let certificates = ServerCertificates::load(vec![server.files], Arc::new(SystemClock)).unwrap();
        Self { folder, certificates }
    }

    /// Makes the certificate anew.
    pub(crate) fn renew(&self) {
        let authority = Authority::at(self.folder.path(), Arc::new(SystemClock));
        authority.server(&["localhost".to_owned()], 10, Overwrite::Replace).unwrap();
    }

    pub(crate) fn serve(&self, door: &Door) -> Running {
        let any = || "127.0.0.1:0".parse().unwrap();
        let tls = Some(ListenTls { address: any(), certificates: self.certificates.clone() });
        door.edge.serve(Listen { public: any(), tls, admin: Some(any()) }).unwrap()
    }

    pub(crate) fn connector(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.folder.path().join("ca.pem")).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config).into()
    }

    pub(crate) async fn connect(&self, running: &Running, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(running.tls_addr().unwrap()).await?;
        self.connector(protocols).connect(ServerName::try_from("localhost").unwrap(), stream).await
    }
}

/// Reads until the text has come.
pub(crate) async fn read_until(stream: &mut (impl tokio::io::AsyncRead + Unpin), end: &str) -> String {
    let mut text = String::new();
    let reading = async {
        let mut buffer = [0; 1];
        while !text.contains(end) {
            match stream.read(&mut buffer).await {
                Ok(1) => text.push(char::from(buffer[0])),
                other => panic!("{other:?} after {text:?}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap_or_else(|_| panic!("no {end:?}"));
    text
}
