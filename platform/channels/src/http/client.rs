//! The one client: guarded, without redirects, proxies and cookies.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use banyan_tls::{ClientConfigs, ClientFiles, TlsError};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE, USER_AGENT};
use http::{HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::connection::{Connection, connect};
use super::pool::{Pool, Sender};
use super::{Answer, HttpSettings, Outbound, OutboundRequest};
use crate::attempt::Reason;
use crate::guard::{Guard, Resolve, SystemResolver, Target};

const AGENT: &str = concat!("Banyan/", env!("CARGO_PKG_VERSION"));

/// The client cannot be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct HttpClient(Arc<Inner>);

struct Inner {
    guard: Guard,
    resolver: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    pool: Pool,
    deadline: Duration,
    longest_answer: usize,
}

impl HttpClient {
    /// # Errors
    /// When the file of authorities cannot be read.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpClientError> {
        Self::resolving(settings, Arc::new(SystemResolver))
    }

    /// With another source of addresses.
    ///
    /// # Errors
    /// As [`HttpClient::new`].
    pub fn resolving(settings: &HttpSettings, resolver: Arc<dyn Resolve>) -> Result<Self, HttpClientError> {
        let files = ClientFiles { authorities: settings.authorities.clone(), ..ClientFiles::default() };
        let mut tls = ClientConfig::clone(&*ClientConfigs::default().get(&files)?);
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Inner {
            guard: Guard::new(&settings.guard),
            resolver,
            tls: Arc::new(tls),
            pool: Pool::default(),
            deadline: settings.deadline(),
            longest_answer: settings.longest_answer,
        })))
    }

    /// To ask about an address when it is typed.
    pub fn guard(&self) -> &Guard {
        &self.0.guard
    }
}

#[async_trait]
impl Outbound for HttpClient {
    async fn exchange(&self, request: OutboundRequest) -> Result<Answer, Reason> {
        let deadline = Instant::now() + request.deadline.unwrap_or(self.0.deadline);
        let response = timeout_at(deadline, self.0.exchange(request)).await.unwrap_or(Err(Reason::Deadline))?;
        Ok(self.0.read(response, deadline).await)
    }
}

impl Inner {
    async fn exchange(&self, request: OutboundRequest) -> Result<Response<Incoming>, Reason> {
        let target = self.guard.target(&request.url)?;
        let authority = request.url[Position::BeforeHost..Position::AfterPort].to_owned();
        if request.url.scheme() == "https"
            && let Some(sender) = self.pool.get(&authority)
            && let Some(response) = self.over_kept(sender, &authority, &request).await?
        {
            return Ok(response);
        }
        let addresses = match target {
            Target::Addresses(addresses) => addresses,
            Target::Name { name, port, trust } => {
                let found = self.resolver.resolve(&name).await.map_err(|_| Reason::Unresolved)?;
                self.guard.choose(&found, port, trust)?
            }
        };
        if addresses.is_empty() {
            return Err(Reason::Unresolved);
        }
        match connect(&request.url, &addresses, &self.tls).await? {
            Connection::One(mut sender) => sender.send_request(head_and_body(&request, Version::HTTP_11)?).await.map_err(lost),
            Connection::Many(mut sender) => {
                self.pool.keep(authority, sender.clone());
                sender.send_request(head_and_body(&request, Version::HTTP_2)?).await.map_err(lost)
            }
        }
    }

    /// `None` when the connection had gone before the request was sent: then a new one is made.
    async fn over_kept(
        &self,
        mut sender: Sender,
        authority: &str,
        request: &OutboundRequest,
    ) -> Result<Option<Response<Incoming>>, Reason> {
        let sent = async {
            sender.ready().await.map_err(|_| None)?;
            let request = head_and_body(request, Version::HTTP_2).map_err(Some)?;
            sender
                .try_send_request(request)
                .await
                .map_err(|mut failed| if failed.take_message().is_some() { None } else { Some(lost(failed.into_error())) })
        };
        match sent.await {
            Ok(response) => Ok(Some(response)),
            Err(why) => {
                self.pool.forget(authority);
                why.map_or(Ok(None), Err)
            }
        }
    }

    /// The status is what counts: an answer that is too long, too slow or cut off is an answer, with what of it came.
    async fn read(&self, response: Response<Incoming>, deadline: Instant) -> Answer {
        let (head, mut body) = response.into_parts();
        let mut bytes = BytesMut::new();
        while bytes.len() < self.longest_answer {
            let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await else { break };
            let Ok(data) = frame.into_data() else { continue };
            bytes.extend_from_slice(&data[..data.len().min(self.longest_answer - bytes.len())]);
        }
        Answer { status: head.status, headers: head.headers, body: bytes.freeze() }
    }
}

fn head_and_body(request: &OutboundRequest, version: Version) -> Result<Request<Full<Bytes>>, Reason> {
    let url: &Url = &request.url;
    let mut out = Request::new(Full::new(request.body.clone()));
    *out.method_mut() = request.method.clone();
    *out.version_mut() = version;
    *out.headers_mut() = request.headers.clone();
    for ours in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE] {
        out.headers_mut().remove(ours);
    }
    let unfit = |_| Reason::Protocol;
    if version == Version::HTTP_2 {
        *out.uri_mut() = url[..Position::AfterQuery].parse().map_err(|_| Reason::Protocol)?;
    } else {
        *out.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| Reason::Protocol)?;
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(unfit)?;
        out.headers_mut().insert(HOST, host);
    }
    out.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn lost(error: hyper::Error) -> Reason {
    // A dropped connection and a malformed answer alike: whether the request arrived is not known.
    tracing::debug!(%error, "no answer");
    Reason::Protocol
}
