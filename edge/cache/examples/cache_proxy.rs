//! A proxy that is nothing but the cache: `cache_proxy 127.0.0.1:8000` answers for the origin there, on a free port that it
//! prints. `cargo xtask cache-tests` asks it the questions of `http-cache-tests`.

#![allow(clippy::print_stdout, reason = "a program that is run by hand")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use banyan_http_cache::{Cache, CookieRule, Heuristic, Origin, Person, Policy, Scope};
use banyan_kernel::SystemClock;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::{HeaderValue, StatusCode, Uri};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let origin = std::env::args().nth(1).ok_or("say where the origin is: cache_proxy 127.0.0.1:8000")?;
    let cache = Cache::new(Cache::BYTES, Arc::new(SystemClock));
    // As RFC 9111 has it, with its heuristic and without our care for cookies.
    let policy = Arc::new(Policy {
        heuristic: Heuristic::Share { percent: 10, at_most: Duration::from_secs(86_400) },
        cookies: CookieRule::Ignore,
        ..Policy::default()
    });
    let origin = Origin::new(move |request| forward(origin.clone(), request));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let (cache, policy, origin) = (cache.clone(), policy.clone(), origin.clone());
        tokio::spawn(async move {
            let serving = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let (cache, policy, origin) = (cache.clone(), policy.clone(), origin.clone());
                async move {
                    let scope = Scope { tenant: "one", locale: None, person: Person::Nobody };
                    let response = cache.serve(request.map(Body::new), &policy, scope, &origin).await;
                    // An answer that broke off before it began must not look like an answer.
                    if response.extensions().get::<Broken>().is_some() {
                        Err(std::io::Error::other("origin"))
                    } else {
                        Ok(response)
                    }
                }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serving).await;
        });
    }
}

/// The origin closed the connection without an answer.
#[derive(Clone)]
struct Broken;

async fn forward(origin: String, request: Request) -> Response {
    match exchange(&origin, request).await {
        Ok(response) => response,
        Err(_) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response.extensions_mut().insert(Broken);
            response
        }
    }
}

async fn exchange(origin: &str, mut request: Request) -> Result<Response, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(TcpStream::connect(origin).await?)).await?;
    tokio::spawn(connection);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse::<Uri>()?;
    *request.uri_mut() = path;
    request.headers_mut().remove(CONNECTION);
    request.headers_mut().remove(TRANSFER_ENCODING);
    request.headers_mut().insert(HOST, HeaderValue::from_str(origin)?);
    let mut response = sender.send_request(request).await?.map(Body::new);
    // A proxy takes the fields of one hop away (RFC 9110 §7.6.1), which in the door the mesh does.
    let listed: Vec<String> =
        response.headers().get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    for name in
        listed.iter().flat_map(|list| list.split(',')).map(str::trim).chain(["keep-alive", "proxy-connection", "te", "upgrade"])
    {
        response.headers_mut().remove(name);
    }
    response.headers_mut().remove(CONNECTION);
    response.headers_mut().remove(TRANSFER_ENCODING);
    Ok(response)
}
