//! The connection to an authority: HTTPS, one request a connection, bounded in time and size.

use std::error::Error as StdError;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::TlsError;
use crate::pair::{chain, read};
use crate::provider;

const DEADLINE: Duration = Duration::from_secs(30);

/// Longer answers are no authority's, in bytes.
const LARGEST: usize = 1024 * 1024;

type Failure = Box<dyn StdError + Send + Sync>;

pub(super) struct Client(Arc<ClientConfig>);

impl Client {
    pub(super) fn new(roots: Option<&Path>) -> Result<Self, TlsError> {
        let mut store = RootCertStore::empty();
        match roots {
            None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(path) => {
                for certificate in chain(&read(path)?, path)? {
                    store.add(certificate)?;
                }
            }
        }
        let config = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        Ok(Self(Arc::new(config.with_root_certificates(store).with_no_client_auth())))
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let config = self.0.clone();
        Box::pin(async move {
            let answer = tokio::time::timeout(DEADLINE, exchange(config, request)).await;
            let answer = answer.unwrap_or_else(|_| Err("the authority did not answer in time".into()));
            answer.map(BytesResponse::from).map_err(Error::Other)
        })
    }
}

async fn exchange(config: Arc<ClientConfig>, request: Request<BodyWrapper<Bytes>>) -> Result<Response<Full<Bytes>>, Failure> {
    let (mut parts, body) = request.into_parts();
    let (host, port) = destination(&parts.uri)?;
    let name = ServerName::try_from(host.clone())?;
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, or with this task's time.
    let connection = AbortOnDrop(tokio::spawn(connection));
    let authority = parts.uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or(host);
    parts.headers.insert(http::header::HOST, HeaderValue::try_from(authority)?);
    parts.uri = parts.uri.path_and_query().map_or("/", |target| target.as_str()).parse()?;
    let answer = sender.send_request(Request::from_parts(parts, body)).await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
    drop(connection);
    Ok(Response::from_parts(head, Full::new(body)))
}

fn destination(uri: &Uri) -> Result<(String, u16), Failure> {
    if uri.scheme_str() != Some("https") {
        return Err("an authority's address begins with https://".into());
    }
    let host = uri.host().ok_or("an address without a host")?;
    Ok((host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(443)))
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
