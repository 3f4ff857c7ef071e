//! A connection to an address that was looked at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::attempt::Reason;

/// To reach one of several addresses, so that a dead one leaves time for the next.
const CONNECT: Duration = Duration::from_secs(5);
/// A connection that does not answer a ping is given up.
const PING: Duration = Duration::from_secs(20);

/// An end of a connection that takes requests.
pub(super) enum Connection {
    /// For one request.
    One(http1::SendRequest<Full<Bytes>>),
    /// For many at once.
    Many(http2::SendRequest<Full<Bytes>>),
}

pub(super) async fn connect(url: &Url, addresses: &[SocketAddr], tls: &Arc<ClientConfig>) -> Result<Connection, Reason> {
    let stream = first(addresses).await?;
    let _ = stream.set_nodelay(true);
    if url.scheme() == "http" {
        return one(stream).await;
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Reason::Tls)?;
    let stream = TlsConnector::from(tls.clone()).connect(name, stream).await.map_err(|_| Reason::Tls)?;
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") { many(stream).await } else { one(stream).await }
}

async fn first(addresses: &[SocketAddr]) -> Result<TcpStream, Reason> {
    for address in addresses {
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(Reason::Unreachable)
}

async fn one<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> Result<Connection, Reason> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(64 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Reason::Protocol)?;
    // Ends with the sender or with the body of the answer, whichever is dropped last.
    tokio::spawn(connection);
    Ok(Connection::One(sender))
}

async fn many<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> Result<Connection, Reason> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(PING).keep_alive_timeout(PING).max_header_list_size(16 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Reason::Protocol)?;
    // Ends when the last sender is dropped, or the other end goes.
    tokio::spawn(connection);
    Ok(Connection::Many(sender))
}
