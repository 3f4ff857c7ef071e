//! One connection: HTTP/1.1 or HTTP/2, whichever the client begins with.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::Response;
use banyan_kernel::ErrorCode;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Ending;
use super::tape::{Framing, Tape, Verdict};
use super::wire::Wire;
use super::worker::Door;
use crate::request::address::Peer;
use crate::request::body::guard;
use crate::settings::EdgeSettings;
use crate::visit::LastOfConnection;
use crate::{Edge, Inner};

/// The most that the parser keeps of a head, in bytes. Above the address's own limit of 64 KiB, so that a long address is
/// called that; what is shorter is refused by our own, smaller limits, with a problem.
const PARSER_BUFFER: usize = 128 * 1024;

/// A body of so many bytes that nobody wanted is read and thrown away, so that the connection can be kept.
const DRAINED: u64 = 4 * 1024;

pub(super) type Protocol = auto::Builder<TokioExecutor>;

/// How connections are spoken with.
pub(super) fn protocol(settings: &EdgeSettings) -> Protocol {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(settings.deadlines.idle).max_buf_size(PARSER_BUFFER);
    let header_bytes = u32::try_from(settings.limits.header_bytes + settings.limits.uri_bytes).unwrap_or(u32::MAX);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.limits.streams)
        // Twice, so that our own limits answer first, with a problem.
        .max_header_list_size(header_bytes.saturating_mul(2))
        .keep_alive_interval(settings.deadlines.idle)
        .keep_alive_timeout(settings.deadlines.header);
    protocol
}

/// Serves the connection to its end, or until the process ends.
pub(super) async fn serve<S>(
    edge: Edge,
    door: Door,
    protocol: Arc<Protocol>,
    stream: S,
    peer: Peer,
    mut ending: watch::Receiver<Ending>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tape = Arc::new(Tape::default());
    let deadlines = edge.0.settings.deadlines.clone();
    let first_within = deadlines.header;
    let wire = Wire::new(stream, tape.clone(), deadlines);
    let service = {
        let tape = tape.clone();
        service_fn(move |request: Request<Incoming>| {
            let (edge, tape) = (edge.clone(), tape.clone());
            async move { Ok::<_, Infallible>(answer(&edge.0, door, request, peer, tape).await) }
        })
    };
    let mut connection = std::pin::pin!(protocol.serve_connection(TokioIo::new(wire), service));
    let mut first = std::pin::pin!(sleep(first_within));
    let mut waiting = true;
    loop {
        tokio::select! {
            biased;
            // Broken pipes and malformed requests are the client's affair.
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(%error, "connection ended early");
                }
                return;
            }
            () = first.as_mut(), if waiting => {
                waiting = false;
                // Who connects and says nothing would otherwise sit before the protocol is known, and in HTTP/2 for ever.
                // A head that has begun is the wire's affair.
                if !tape.heard() && tape.head_since().is_none() {
                    connection.as_mut().graceful_shutdown();
                }
            }
            changed = ending.changed() => {
                if changed.is_err() || *ending.borrow_and_update() == Ending::Now {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn length_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn answer(edge: &Inner, door: Door, request: Request<Incoming>, peer: Peer, tape: Arc<Tape>) -> Response {
    let framing = match request.version() {
        Version::HTTP_2 => Framing::Frames,
        _ if request.headers().contains_key(TRANSFER_ENCODING) => Framing::Chunked,
        _ => Framing::Length,
    };
    let verdict = tape.parsed(framing);
    let (parts, body) = request.into_parts();
    if door == Door::Admin {
        return edge.operate(&parts.method, parts.uri.path()).await;
    }
    let drained = framing == Framing::Length && length_of(&parts.headers).is_some_and(|length| length <= DRAINED);
    let (body, watch) = guard(body, edge.settings.deadlines.body, Some(tape));
    let sent = watch.clone().filter(|_| !drained);
    let mut response = if verdict == Verdict::Ambiguous {
        edge.refuse(parts, peer, ErrorCode::MalformedRequest).await
    } else {
        edge.answer(parts, body, watch, peer).await
    };
    // What nobody read stands before the next request, so the connection cannot be kept: a client that keeps connections must know.
    let unread = sent.is_some_and(|sent| !sent.is_complete());
    if framing != Framing::Frames && (unread || response.extensions().get::<LastOfConnection>().is_some()) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
