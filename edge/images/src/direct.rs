//! Fetching over the network, without a pool and without detours.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HOST, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::fetch::{Fetch, FetchError};
use crate::settings::{AllowedHost, Reach};
use banyan_kernel::is_public;

/// Connects to the address that it has checked itself, so that a name which answers differently the second time leads
/// nowhere else. HTTP/1.1, `https` with the public authorities, no redirects, no proxy, nothing of the caller's request.
pub struct DirectFetch {
    tls: TlsConnector,
}

impl DirectFetch {
    /// # Errors
    /// When the TLS library lacks the versions that are asked for, which a build of ours does not.
    pub fn new() -> Result<Self, rustls::Error> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn exchange(&self, source: &Url, address: SocketAddr) -> Result<Response<Incoming>, FetchError> {
        let stream = TcpStream::connect(address).await.map_err(unreachable)?;
        if source.scheme() == "http" {
            return ask(stream, source).await;
        }
        let host = source.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(unreachable)?;
        ask(self.tls.connect(name, stream).await.map_err(unreachable)?, source).await
    }
}

#[async_trait]
impl Fetch for DirectFetch {
    async fn fetch(&self, source: &Url, host: &AllowedHost, largest: usize) -> Result<Bytes, FetchError> {
        let address = resolve(source, host.reach).await?;
        let response = self.exchange(source, address).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Err(FetchError::NotFound),
            status => return Err(FetchError::Status(status.as_u16())),
        }
        // Nothing was asked for that would need unpacking, and unpacking is where bombs go off.
        if response.headers().contains_key(CONTENT_ENCODING) {
            return Err(FetchError::Status(415));
        }
        read(response, largest).await
    }
}

/// An address that may be reached. If any of a name's addresses may not, none is: such a name is not to be trusted.
async fn resolve(source: &Url, reach: Reach) -> Result<SocketAddr, FetchError> {
    let port = source.port_or_known_default().unwrap_or(80);
    let host = source.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await.map_err(unreachable)?.collect();
    if reach == Reach::Public && addresses.iter().any(|address| !is_public(address.ip())) {
        return Err(FetchError::ForbiddenAddress);
    }
    addresses.first().copied().ok_or(FetchError::NotFound)
}

async fn ask<S>(stream: S, source: &Url) -> Result<Response<Incoming>, FetchError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    // Ends with the sender or with the response's body, whichever is dropped last.
    tokio::spawn(connection);
    let path = &source[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(path)
        .header(HOST, &source[url::Position::BeforeHost..url::Position::AfterPort])
        .header(ACCEPT, "image/webp,image/png,image/jpeg")
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, "Banyan-Images")
        .body(Body::empty())
        .map_err(unreachable)?;
    sender.send_request(request).await.map_err(unreachable)
}

async fn read(response: Response<Incoming>, largest: usize) -> Result<Bytes, FetchError> {
    let announced = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > largest as u64) {
        return Err(FetchError::TooLarge);
    }
    let mut body = response.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(unreachable)?.into_data() else { continue };
        if bytes.len() + data.len() > largest {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FetchError {
    FetchError::Unreachable(error.into())
}
