//! One connection: HTTP/1.1 or HTTP/2, whichever the client begins with.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::response::Response;
use banyan_kernel::ErrorCode;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Ending;
use super::arrival::Doorway;
use super::plain::{self, Finding};
use super::tape::{Framing, Tape, Verdict};
use super::wire::Wire;
use super::worker::Door;
use crate::request::address::Peer;
use crate::request::body::{BodyWatch, EndOfBody, guard};
use crate::settings::EdgeSettings;
use crate::upgrade::{self, Asked};
use crate::visit::LastOfConnection;

/// The most that the parser keeps of a head, in bytes. Above the address's own limit of 64 KiB, so that a long address is
/// called that; what is shorter is refused by our own, smaller limits, with a problem.
const PARSER_BUFFER: usize = 128 * 1024;

/// A body of so many bytes that nobody wanted is read and thrown away, so that the connection can be kept.
const DRAINED: u64 = 4 * 1024;

pub(super) type Speaker = auto::Builder<TokioExecutor>;

/// How connections are spoken with.
pub(super) fn speaker(settings: &EdgeSettings) -> Speaker {
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
pub(super) async fn serve<S>(doorway: Arc<Doorway>, stream: S, peer: Peer, ending: watch::Receiver<Ending>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let tape = Arc::new(Tape::default());
    // In a box, which an upgraded connection does without: those are many and mostly silent.
    Box::pin(speak(doorway.clone(), stream, tape.clone(), peer, ending.clone())).await;
    if tape.is_upgraded() {
        upgraded(&doorway, &tape, ending).await;
    }
}

/// HTTP, until the connection ends or goes over to another protocol.
async fn speak<S>(doorway: Arc<Doorway>, stream: S, tape: Arc<Tape>, peer: Peer, mut ending: watch::Receiver<Ending>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let deadlines = doorway.settings().deadlines.clone();
    let first_within = deadlines.header;
    let wire = Wire::new(stream, tape.clone(), deadlines);
    let service = {
        let line = Arc::new(Line { doorway: doorway.clone(), tape: tape.clone(), ending: ending.clone(), peer });
        // In a box, because the library moves it about, and keeps room for one in every connection.
        service_fn(move |request: Request<Incoming>| Box::pin(answer(line.clone(), request)))
    };
    let protocol = doorway.speaker();
    let mut connection = std::pin::pin!(protocol.serve_connection_with_upgrades(TokioIo::new(wire), service));
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
                let step = *ending.borrow_and_update();
                match step {
                    _ if changed.is_err() => return,
                    Ending::Now => return,
                    // HTTP/2 can say which requests it has still seen; HTTP/1.1 says it with the next answer.
                    Ending::LastRequests if tape.has_frames() => connection.as_mut().graceful_shutdown(),
                    Ending::Draining => connection.as_mut().graceful_shutdown(),
                    Ending::NotYet | Ending::LastRequests => (),
                }
            }
        }
    }
}

/// Waits until an upgraded connection ends; when the process ends, it is told so after a while.
async fn upgraded(doorway: &Doorway, tape: &Tape, mut ending: watch::Receiver<Ending>) {
    let _shown = doorway.edge().0.metrics.http().upgrade();
    tokio::select! {
        () = tape.until_gone() => return,
        _ = ending.wait_for(|ending| *ending != Ending::NotYet) => (),
    }
    tokio::select! {
        () = tape.until_gone() => return,
        _ = ending.wait_for(|ending| *ending == Ending::Now) => return,
        () = sleep(doorway.settings().drain.upgraded) => tape.close(),
    }
    tokio::select! {
        () = tape.until_gone() => (),
        _ = ending.wait_for(|ending| *ending == Ending::Now) => (),
    }
}

fn length_of(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What the requests of one connection share.
struct Line {
    doorway: Arc<Doorway>,
    tape: Arc<Tape>,
    ending: watch::Receiver<Ending>,
    peer: Peer,
}

/// What needs no waiting is done before the future begins, so that it holds the request once.
fn answer(line: Arc<Line>, request: Request<Incoming>) -> impl Future<Output = Result<Response, Infallible>> {
    let Line { doorway, tape, peer, .. } = &*line;
    let framing = match request.version() {
        Version::HTTP_2 => Framing::Frames,
        _ if request.headers().contains_key(TRANSFER_ENCODING) => Framing::Chunked,
        _ => Framing::Length(length_of(request.headers()).unwrap_or_default()),
    };
    let verdict = tape.parsed(framing);
    let (mut parts, body) = request.into_parts();
    let asked = upgrade::look(&mut parts);
    let counts = if framing == Framing::Frames { EndOfBody::Marked } else { EndOfBody::Silence };
    let (body, watch) = guard(body, counts, doorway.settings().deadlines.body, Some(tape.clone()));
    let finding = match verdict {
        Verdict::Ambiguous => Finding::Refuse,
        Verdict::Clear | Verdict::Unseen => plain::look(doorway, &parts, *peer),
    };
    let mut request = Request::from_parts(parts, body);
    async move {
        let (edge, peer) = (&line.doorway.edge().0, line.peer);
        if line.doorway.door() == Door::Admin {
            return Ok(Box::pin(edge.operate(request.method(), request.uri().path())).await);
        }
        let sent = watch.clone().filter(|_| !matches!(framing, Framing::Length(1..=DRAINED)));
        let response = match finding {
            Finding::Serve => edge.answer(&mut request, watch, peer).await,
            Finding::Answer(response) => response,
            Finding::Refuse => Box::pin(edge.refuse(&mut request, peer, ErrorCode::MalformedRequest)).await,
        };
        let left = Left { framing, verdict, asked, sent };
        Ok(line.end(response, left))
    }
}

/// What has to be known of a request when its answer goes out.
struct Left {
    framing: Framing,
    verdict: Verdict,
    asked: Option<Asked>,
    /// A body that was to be read.
    sent: Option<Arc<BodyWatch>>,
}

impl Line {
    /// Says whether the connection goes on.
    fn end(&self, mut response: Response, left: Left) -> Response {
        if go_over(&mut response, left.asked, &self.tape) == Protocol::Foreign {
            return response;
        }
        // What nobody read stands before the next request, so the connection cannot be kept: a client that keeps connections must know.
        let unread = left.sent.is_some_and(|sent| !sent.is_complete());
        let ends = unread
            || left.verdict == Verdict::Unseen
            || *self.ending.borrow() != Ending::NotYet
            || response.extensions().get::<LastOfConnection>().is_some();
        if left.framing != Framing::Frames && ends {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What is spoken after an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    Foreign,
}

/// Where the service has gone over to what was asked for, says so to the client; else takes out what would say so.
fn go_over(response: &mut Response, asked: Option<Asked>, tape: &Tape) -> Protocol {
    match asked {
        Some(asked) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
            tape.upgrade();
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
            response.headers_mut().insert(UPGRADE, asked.protocol());
            Protocol::Foreign
        }
        _ => {
            response.headers_mut().remove(UPGRADE);
            Protocol::Http
        }
    }
}
