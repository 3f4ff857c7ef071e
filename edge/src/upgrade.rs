//! Connections that go over to another protocol, such as WebSocket (RFC 9110 §7.8), passed on to who answers 101.
//!
//! The connection looks whether a request asks for it, in a form that has one meaning; only then the two fields that ask go
//! on to the service. A service in this process finds hyper's `OnUpgrade` in the request and takes the connection itself. A
//! remote one has put its own end into the answer, and bytes are copied between the two.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use banyan_http::Problem;
use banyan_kernel::ErrorCode;
use banyan_mesh::Upgrade;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::time::timeout;

use crate::policies::UpgradeRule;

/// Read at a time from either end, in bytes: connections of this kind are many and mostly silent.
const BUFFER: usize = 4 * 1024;

/// After one end has said that it is done, the other has so long to finish.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// Longer names of protocols are nobody's.
const LONGEST_NAME: usize = 64;

/// A request that may go over to another protocol.
#[derive(Clone)]
pub(crate) struct Asked {
    protocol: HeaderValue,
    client: OnUpgrade,
}

impl Asked {
    pub(crate) fn protocol(&self) -> HeaderValue {
        self.protocol.clone()
    }
}

/// Whether the request asks to go over to one protocol, with no body and no doubt. If not, the service cannot do it either.
pub(crate) fn look(parts: &mut Parts) -> Option<Asked> {
    let client = parts.extensions.remove::<OnUpgrade>()?;
    let asks = parts.version == Version::HTTP_11
        && parts.method == Method::GET
        && names_upgrade(&parts.headers)
        && ![TRANSFER_ENCODING, CONTENT_LENGTH, EXPECT].iter().any(|name| parts.headers.contains_key(name));
    if !asks {
        return None;
    }
    let mut named = parts.headers.get_all(UPGRADE).iter();
    let protocol = named.next().filter(|protocol| is_one_foreign_protocol(protocol))?.clone();
    if named.next().is_some() {
        return None;
    }
    parts.extensions.insert(client.clone());
    let asked = Asked { protocol, client };
    parts.extensions.insert(asked.clone());
    Some(asked)
}

/// Puts the fields back that were taken out with those for this hop, if the service may answer them.
pub(crate) fn forward(parts: &mut Parts) {
    let Some(protocol) = parts.extensions.get::<Asked>().map(Asked::protocol) else { return };
    parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    parts.headers.insert(UPGRADE, protocol);
}

/// How the mesh is to send the request. Who does not ask for another protocol is not kept from HTTP/2.
pub(crate) fn wish(request: &Request, rule: UpgradeRule) -> Upgrade {
    match rule {
        UpgradeRule::Passed if request.extensions().get::<Asked>().is_some() => Upgrade::Passed,
        UpgradeRule::Passed | UpgradeRule::Refused => Upgrade::Refused,
    }
}

/// Joins the ends where the service goes over; refuses where nobody has asked, or for something else.
pub(crate) fn settle(asked: Option<Asked>, mut response: Response) -> Response {
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let agreed = response.headers().get(UPGRADE);
    let asked =
        asked.filter(|asked| agreed.is_some_and(|agreed| agreed.as_bytes().eq_ignore_ascii_case(asked.protocol.as_bytes())));
    let Some(asked) = asked else {
        tracing::warn!("a service went over to a protocol that nobody had asked for");
        return Problem::new(ErrorCode::ServiceUnavailable).into_response();
    };
    if let Some(upstream) = response.extensions_mut().remove::<OnUpgrade>() {
        tokio::spawn(join(asked.client, upstream));
    }
    response
}

/// `Connection: upgrade`, maybe among others.
fn names_upgrade(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|token| token.trim().eq_ignore_ascii_case("upgrade"))
}

/// One name, and not another form of HTTP or TLS: who speaks those behind our back is not looked at by us any more.
fn is_one_foreign_protocol(name: &HeaderValue) -> bool {
    let bytes = name.as_bytes();
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._+/".contains(byte);
    let first = bytes.split(|byte| *byte == b'/').next().unwrap_or_default().to_ascii_lowercase();
    (1..=LONGEST_NAME).contains(&bytes.len())
        && bytes.iter().all(is_token)
        && !matches!(first.as_slice(), b"h2c" | b"h2" | b"h3" | b"http" | b"tls" | b"connect-udp" | b"connect-ip")
}

/// Copies until both ends are done. Deadlines are the wire's, which is below the client's end.
async fn join(client: OnUpgrade, upstream: OnUpgrade) {
    let (Ok(client), Ok(upstream)) = tokio::join!(client, upstream) else { return };
    let (from_client, to_client) = split(TokioIo::new(client));
    let (from_upstream, to_upstream) = split(TokioIo::new(upstream));
    let mut up = std::pin::pin!(copy(from_client, to_upstream));
    let mut down = std::pin::pin!(copy(from_upstream, to_client));
    let (first, second) = tokio::select! {
        ended = &mut up => (ended, timeout(LAST_WORDS, down).await),
        ended = &mut down => (ended, timeout(LAST_WORDS, up).await),
    };
    tracing::debug!(?first, ?second, "an upgraded connection has ended");
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) => return to.shutdown().await,
            Ok(read) => read,
            // The other end must hear that this one is gone.
            Err(error) => {
                let _gone_already = to.shutdown().await;
                return Err(error);
            }
        };
        to.write_all(&buffer[..read]).await?;
        to.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_protocol_that_is_not_our_own_may_be_asked_for() {
        for good in ["websocket", "WebSocket", "irc/6.9", "spice", "SPDY/3.1"] {
            assert!(is_one_foreign_protocol(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in ["", "h2c", "H2C", "HTTP/2.0", "TLS/1.0", "tls", "h2c/1", "websocket, h2c", "websocket h2c", "a,b", "h2"] {
            assert!(!is_one_foreign_protocol(&HeaderValue::from_static(bad)), "{bad}");
        }
        assert!(!is_one_foreign_protocol(&HeaderValue::try_from("a".repeat(65)).unwrap()));
    }
}
