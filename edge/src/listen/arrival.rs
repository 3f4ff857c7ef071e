//! What comes before the first request: who the client is, whether it may have a connection, and TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use banyan_tls::{Challenges, ServerCertificates};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Ending;
use super::addresses::{Addresses, Place};
use super::connection::{self, Speaker};
use super::proxy;
use super::worker::{Counted, Door, turn_away};
use crate::Edge;
use crate::request::address::{Peer, Transport};
use crate::settings::{EdgeSettings, ProxyProtocol};

/// One listener, as all its connections share it.
pub(super) struct Doorway {
    edge: Edge,
    door: Door,
    speaker: Speaker,
    acceptor: Option<TlsAcceptor>,
    challenges: Option<Challenges>,
    addresses: Arc<Addresses>,
}

/// A connection that may bring requests.
enum Arrived {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Its address has too many.
    TooMany(TcpStream),
}

impl Doorway {
    pub(super) fn new(edge: Edge, door: Door, certificates: Option<&ServerCertificates>) -> Self {
        let speaker = connection::speaker(&edge.0.settings);
        let acceptor = certificates.filter(|_| door == Door::Tls).map(|certificates| certificates.config().into());
        let challenges = certificates.filter(|_| door != Door::Admin).map(|certificates| certificates.challenges().clone());
        let addresses = edge.0.addresses.clone();
        Self { edge, door, speaker, acceptor, challenges, addresses }
    }

    pub(super) fn edge(&self) -> &Edge {
        &self.edge
    }

    pub(super) fn door(&self) -> Door {
        self.door
    }

    pub(super) fn settings(&self) -> &EdgeSettings {
        &self.edge.0.settings
    }

    pub(super) fn speaker(&self) -> &Speaker {
        &self.speaker
    }

    pub(super) fn challenges(&self) -> Option<&Challenges> {
        self.challenges.as_ref()
    }

    /// Whether the address is a proxy's of ours.
    pub(super) fn trusts(&self, address: SocketAddr) -> bool {
        let address = address.ip().to_canonical();
        self.settings().trusted_proxies.iter().any(|network| network.contains(address))
    }

    /// Serves a connection from its first byte to its end.
    pub(super) async fn welcome(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        counted: Counted,
        ending: watch::Receiver<Ending>,
    ) {
        // In a box: it is there only at the beginning.
        let arriving = Box::pin(self.arrive(stream, address));
        let (arrived, peer, place) = match timeout(self.settings().deadlines.handshake, arriving).await {
            Ok(Ok(arrived)) => arrived,
            Ok(Err(error)) => {
                tracing::debug!(%error, %address, "a connection ended before its first request");
                return;
            }
            Err(_) => {
                tracing::debug!(%address, "a connection was too slow before its first request");
                return;
            }
        };
        match arrived {
            Arrived::Plain(stream) => connection::serve(self, stream, peer, ending).await,
            Arrived::Tls(stream) => connection::serve(self, stream, peer, ending).await,
            Arrived::TooMany(stream) => return Box::pin(turn_away(stream, counted)).await,
        }
        drop((counted, place));
    }

    async fn arrive(&self, mut stream: TcpStream, address: SocketAddr) -> io::Result<(Arrived, Peer, Option<Place>)> {
        let transport = if self.door == Door::Tls { Transport::Tls } else { Transport::Plain };
        let mut peer = Peer { address, transport };
        if self.door == Door::Admin {
            return Ok((Arrived::Plain(stream), peer, None));
        }
        let mut ours = self.trusts(address);
        if ours
            && self.settings().proxy_protocol == ProxyProtocol::FromTrustedProxies
            && let Some(client) = proxy::read(&mut stream).await?
        {
            peer.address = client;
            ours = self.trusts(client);
        }
        let most = self.settings().limits.connections_of_address;
        let place = if ours { None } else { self.addresses.take(peer.address.ip(), most) };
        if place.is_none() && !ours {
            if self.door == Door::Tls {
                return Err(io::Error::other("its address has too many connections"));
            }
            return Ok((Arrived::TooMany(stream), peer, None));
        }
        let arrived = match &self.acceptor {
            Some(acceptor) => Arrived::Tls(Box::new(acceptor.accept(stream).await?)),
            None => Arrived::Plain(stream),
        };
        Ok((arrived, peer, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<A, B, C, D, E, F>(_begins: fn(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn an_upgraded_connection_takes_a_kilobyte() {
        let size = size_of_future(Doorway::welcome);
        assert!(size <= 1_024, "{size} bytes for each connection: box what is there only for a moment");
    }
}
