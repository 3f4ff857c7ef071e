//! What a call by name costs above the bare call: in this process, and over loopback by HTTP/1.1 and HTTP/2.
//!
//! Run by `cargo xtask bench mesh`, as `call_cost ROUNDS CALLS`. One call after the other, from one thread; the server has another. Bare and
//! mesh take turns, and the round in the middle counts. Prints JSON: microseconds for each call, of the clock and of the caller's processor.
#![allow(clippy::print_stdout, reason = "a command-line tool speaks to its user")]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use banyan_kernel::SystemClock;
use banyan_mesh::{Call, Discovery, Endpoint, Mesh, Place, Protocol, ServiceHandle, Upstream};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PATH: &str = "/goals/7";
const WITHIN: Duration = Duration::from_secs(30);

/// Microseconds for each call.
#[derive(Clone, Copy)]
struct Cost {
    clock: f64,
    processor: f64,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let rounds = arguments.next().transpose()?.unwrap_or(5).max(1);
    let calls = arguments.next().transpose()?.unwrap_or(20_000).max(1);
    let address = serve()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cases = runtime.block_on(measure_all(address, rounds, calls))?;
    println!("{}", json!({ "rounds": rounds, "calls": calls, "cases": cases }));
    Ok(())
}

fn router() -> Router {
    Router::new().route("/goals/{id}", get(|| async { "a body that is as long as that of many a small answer of a service" }))
}

/// Listens on a thread of its own, until the program ends.
fn serve() -> Outcome<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener)));
    Ok(address)
}

async fn accept(listener: std::net::TcpListener) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router());
        tokio::spawn(async move {
            // A connection ends as its client likes.
            let _ended = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn measure_all(address: SocketAddr, rounds: u32, calls: u32) -> Outcome<Vec<Value>> {
    let mesh = Mesh::new(Arc::new(SystemClock), Place::default());
    let here = mesh.register("here", router(), ["/goals/{id}"])?;
    let mut cases = Vec::new();

    let own = router();
    let bare = async || {
        let answer = own.clone().oneshot(Request::get(PATH).body(Body::empty())?).await?;
        answer.into_body().collect().await?;
        Ok(())
    };
    cases.push(compare("in process", rounds, calls, bare, async || by_name(&here).await).await?);

    let far = remote(&mesh, "http1", address, Protocol::Http1)?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let bare = async || {
        sender.ready().await?;
        sender.send_request(bare_request(PATH)?).await?.into_body().collect().await?;
        Ok(())
    };
    cases.push(compare("HTTP/1.1 over loopback", rounds, calls, bare, async || by_name(&far).await).await?);

    let far = remote(&mesh, "http2", address, Protocol::Http2)?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let bare = async || {
        sender.ready().await?;
        sender.send_request(bare_request(&format!("http://{address}{PATH}"))?).await?.into_body().collect().await?;
        Ok(())
    };
    cases.push(compare("HTTP/2 over loopback", rounds, calls, bare, async || by_name(&far).await).await?);
    Ok(cases)
}

fn bare_request(uri: &str) -> http::Result<Request<Empty<Bytes>>> {
    Request::get(uri).header("host", "localhost").body(Empty::new())
}

fn remote(mesh: &Mesh, name: &str, address: SocketAddr, protocol: Protocol) -> Outcome<ServiceHandle> {
    let endpoint = Endpoint::new(format!("http://{address}").parse()?);
    Ok(mesh.declare(name, Upstream { discovery: Discovery::Static(vec![endpoint]), protocol, ..Upstream::default() })?)
}

async fn by_name(service: &ServiceHandle) -> Outcome<()> {
    let request = Request::get(PATH).header("host", "localhost").body(Body::empty())?;
    service.send(request, Call::within(WITHIN)).await?.into_response().into_body().collect().await?;
    Ok(())
}

/// Both in turn.
async fn compare(
    name: &str,
    rounds: u32,
    calls: u32,
    mut bare: impl AsyncFnMut() -> Outcome<()>,
    mut mesh: impl AsyncFnMut() -> Outcome<()>,
) -> Outcome<Value> {
    let (mut of_bare, mut of_mesh) = (Vec::new(), Vec::new());
    // The first round warms up, and does not count.
    for round in 0..=rounds {
        let costs = (measure(calls, &mut bare).await?, measure(calls, &mut mesh).await?);
        if round > 0 {
            of_bare.push(costs.0);
            of_mesh.push(costs.1);
        }
    }
    let (bare, mesh) = (middle(of_bare), middle(of_mesh));
    Ok(json!({
        "name": name,
        "bareMicroseconds": bare.clock,
        "meshMicroseconds": mesh.clock,
        "bareProcessorMicroseconds": bare.processor,
        "meshProcessorMicroseconds": mesh.processor,
    }))
}

async fn measure(calls: u32, call: &mut impl AsyncFnMut() -> Outcome<()>) -> Outcome<Cost> {
    let (begun, processor) = (Instant::now(), processor_time()?);
    for _ in 0..calls {
        call().await?;
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(calls);
    Ok(Cost { clock: each(begun.elapsed()), processor: each(processor_time()?.saturating_sub(processor)) })
}

/// Of this thread, in user and in kernel mode.
fn processor_time() -> Outcome<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = text.split_whitespace().next().ok_or("the kernel keeps no times of threads")?;
    Ok(Duration::from_nanos(first.parse()?))
}

fn middle(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|one, other| one.processor.total_cmp(&other.processor));
    costs[costs.len() / 2]
}
