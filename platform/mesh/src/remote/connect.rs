//! Making a connection: name, TCP, TLS, handshake.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio_rustls::TlsConnector;

use super::Target;
use super::pool::{self, Lease};
use crate::body::OutBody;
use crate::call::Upgrade;
use crate::error::Reason;
use crate::upstream::{Protocol, Reach, Tls, Upstream};

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// The most that is read of a head before it ends, in bytes.
const HEAD_BYTES: usize = 128 * 1024;
const HEAD_BYTES_HTTP2: u32 = 128 * 1024;

const OUT_OF_REACH: Reason = Reason::Plain("its address is one that this upstream may not have");

/// TLS towards one target.
pub(super) struct Secure {
    /// Offers what the upstream's protocol says.
    usual: TlsConnector,
    /// Offers HTTP/1.1 only, for upgrades.
    http1: TlsConnector,
    /// None for a name that no certificate can have.
    name: Option<ServerName<'static>>,
}

impl Secure {
    pub(super) fn new(tls: &Tls, protocol: Protocol, host: &str) -> Self {
        let offering = |protocols: &[&[u8]]| {
            let mut config = ClientConfig::clone(&tls.config);
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            TlsConnector::from(Arc::new(config))
        };
        let name = tls.server_name.clone().unwrap_or_else(|| host.to_owned());
        Self {
            usual: match protocol {
                Protocol::Automatic => offering(&[HTTP2, HTTP1]),
                Protocol::Http1 => offering(&[HTTP1]),
                Protocol::Http2 => offering(&[HTTP2]),
            },
            http1: offering(&[HTTP1]),
            name: ServerName::try_from(name).ok(),
        }
    }
}

impl Target {
    pub(super) async fn connect(&self, upstream: &Upstream, upgrade: Upgrade) -> Result<Lease, Reason> {
        let runtime = Handle::current().id();
        let within = upstream.timeouts.connect;
        let connecting = async {
            if upgrade == Upgrade::Passed || self.never_speaks_http2() {
                return self.open(upstream, upgrade, runtime).await;
            }
            // One at a time: the second in line finds the connection that the first one has made.
            let turn = pool::turn_to_connect(self, upstream, runtime);
            let _mine = turn.lock().await;
            if let Some(lease) = pool::take(self, upstream, upgrade) {
                return Ok(lease);
            }
            if !pool::has_room(self, upstream, runtime)
                && let Some(lease) = pool::crowd_in(self, upstream, runtime)
            {
                return Ok(lease);
            }
            self.open(upstream, upgrade, runtime).await
        };
        match tokio::time::timeout(within, connecting).await {
            Ok(made) => made,
            Err(_) => Err(Reason::Plain("the connection took too long")),
        }
    }

    /// Without TLS there is nothing to agree on.
    fn never_speaks_http2(&self) -> bool {
        self.protocol == Protocol::Http1 || (self.protocol == Protocol::Automatic && self.secure.is_none())
    }

    async fn open(&self, upstream: &Upstream, upgrade: Upgrade, runtime: Id) -> Result<Lease, Reason> {
        let tcp = match self.address {
            Some(address) if upstream.reach.allows(address.ip()) => TcpStream::connect(address).await?,
            Some(_) => return Err(OUT_OF_REACH),
            None => self.find(&upstream.reach).await?,
        };
        // Requests are written whole, so waiting for more to send with them only costs time.
        tcp.set_nodelay(true)?;
        let Some(secure) = &self.secure else {
            return if self.protocol == Protocol::Http2 && upgrade == Upgrade::Refused {
                self.greet_http2(upstream, tcp, runtime).await
            } else {
                self.greet_http1(upstream, tcp, runtime).await
            };
        };
        let name = secure.name.clone().ok_or(Reason::Plain("no certificate can have this host's name"))?;
        let connector = if upgrade == Upgrade::Passed { &secure.http1 } else { &secure.usual };
        let tls = connector.connect(name, tcp).await?;
        match tls.get_ref().1.alpn_protocol() {
            Some(HTTP2) => self.greet_http2(upstream, tls, runtime).await,
            _ if self.protocol == Protocol::Http2 => Err(Reason::Plain("it does not speak HTTP/2")),
            _ => self.greet_http1(upstream, tls, runtime).await,
        }
    }

    /// By name. Addresses out of reach are passed over.
    async fn find(&self, reach: &Reach) -> Result<TcpStream, Reason> {
        if *reach == Reach::Anywhere {
            return Ok(TcpStream::connect((&*self.host, self.port)).await?);
        }
        let mut last = OUT_OF_REACH;
        for address in tokio::net::lookup_host((&*self.host, self.port)).await?.filter(|address| reach.allows(address.ip())) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    async fn greet_http1<S>(&self, upstream: &Upstream, stream: S, runtime: Id) -> Result<Lease, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut protocol = http1::Builder::new();
        protocol.max_buf_size(HEAD_BYTES);
        let (sender, connection) = protocol.handshake::<_, OutBody>(TokioIo::new(stream)).await?;
        tokio::spawn(note_end(connection.with_upgrades()));
        Ok(pool::lease_http1(self, upstream, runtime, sender))
    }

    async fn greet_http2<S>(&self, upstream: &Upstream, stream: S, runtime: Id) -> Result<Lease, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut protocol = http2::Builder::new(TokioExecutor::new());
        protocol
            .timer(TokioTimer::new())
            .initial_stream_window_size(256 * 1024)
            .initial_connection_window_size(2 * 1024 * 1024)
            .max_header_list_size(HEAD_BYTES_HTTP2)
            // A node that was cut off without a word is noticed.
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        let (sender, connection) = protocol.handshake::<_, OutBody>(TokioIo::new(stream)).await?;
        tokio::spawn(note_end(connection));
        Ok(pool::share_http2(self, upstream, runtime, &sender))
    }
}

/// Drives a connection. How it ended is known to the calls on it.
async fn note_end(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to an upstream ended");
    }
}
