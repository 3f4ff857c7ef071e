//! Making answers smaller on the way: gzip at level 6, brotli, zstd, for text of more than 1 KiB. What comes out of the cache is compressed
//! once for each coding, and the result is kept beside it.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use banyan_http::coding::Coding;
use banyan_http_cache::{Encoding, StoredBody};
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body::Body as _;
use tower::{ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_http::compression::predicate::SizeAbove;

use super::keeping::Keeping;

/// Below this an answer fits into a packet anyway, in bytes.
const SMALLEST: u64 = 1024;
const LEVEL: CompressionLevel = CompressionLevel::Precise(6);
static X_NO_COMPRESSION: HeaderName = HeaderName::from_static("x-no-compression");

/// Put into an answer's extensions, it stays as it is: what holds a secret beside text of the sender's choice would
/// betray the secret by its size (BREACH).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uncompressed;

/// What the request says about compression, taken before it goes on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish(Option<Coding>);

impl Wish {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(Coding::wished(headers).filter(|_| !headers.contains_key(&X_NO_COMPRESSION)))
    }
}

const fn kept_as(coding: Coding) -> Encoding {
    match coding {
        Coding::Gzip => Encoding::Gzip,
        Coding::Brotli => Encoding::Brotli,
        Coding::Zstd => Encoding::Zstd,
    }
}

/// Compresses the answer if it is worth it and the client wishes it.
pub(crate) async fn compress(mut response: Response, Wish(wish): Wish) -> Response {
    if !is_worth_it(&response) {
        return response;
    }
    let Some(encoding) = wish.map(kept_as) else {
        varies(response.headers_mut());
        return response;
    };
    let stored = response.extensions_mut().remove::<StoredBody>();
    if let Some(body) = stored.as_ref().and_then(|stored| stored.compressed(encoding)) {
        return compressed_before(response, encoding, body);
    }
    let mut asked = Request::new(());
    asked.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding.name()));
    let mut answer = Some(response);
    let answering = service_fn(move |_: Request<()>| {
        let answer = answer.take().unwrap_or_default();
        std::future::ready(Ok::<_, Infallible>(answer))
    });
    let compressing = Compression::new(answering).quality(LEVEL).compress_when(SizeAbove::new(0));
    let response = match Box::pin(compressing.oneshot(asked)).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    match stored {
        Some(stored) => response.map(|body| Body::new(Keeping::new(body, stored, encoding))),
        None => response,
    }
}

/// The answer with a body that was compressed for another request.
fn compressed_before(mut response: Response, encoding: Encoding, body: bytes::Bytes) -> Response {
    let headers = response.headers_mut();
    varies(headers);
    headers.remove(ACCEPT_RANGES);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *response.body_mut() = Body::from(body);
    response
}

fn varies(headers: &mut HeaderMap) {
    let lines = headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok());
    let mut names = lines.flat_map(|line| line.split(',')).map(str::trim);
    if !names.any(|name| name == "*" || name.eq_ignore_ascii_case(ACCEPT_ENCODING.as_str())) {
        headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Text, more than a little of it, whole, and not a stream of events, which would wait in the compressor's buffer.
fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let (length, exact) = (headers.get(CONTENT_LENGTH), response.body().size_hint().exact());
    let length = exact.or_else(|| length?.to_str().ok()?.parse().ok());
    length.is_none_or(|bytes| bytes > SMALLEST)
        && !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED)
        && headers.get(CONTENT_TYPE).is_some_and(is_text)
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && response.extensions().get::<Uncompressed>().is_none()
}

fn is_text(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let named =
        ["application/json", "application/javascript", "application/xml", "application/wasm", "application/openmetrics-text"];
    let built_on_text = essence.ends_with("+json") || essence.ends_with("+xml");
    (essence.starts_with("text/") && essence != "text/event-stream") || built_on_text || named.contains(&essence.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, bytes: usize) -> Response {
        let mut response = Response::new(Body::from("a".repeat(bytes)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    fn wish(pairs: &[(&'static str, &'static str)]) -> Wish {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        Wish::of(&headers)
    }

    async fn encoding(response: Response, accept: &'static str) -> Option<String> {
        let response = compress(response, wish(&[("accept-encoding", accept)])).await;
        response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn what_is_worth_it_is_compressed_as_wished() {
        for (accept, expected) in [
            ("gzip", "gzip"),
            ("br", "br"),
            ("zstd", "zstd"),
            ("gzip;q=0.1, br;q=0.9", "br"),
            ("GZIP", "gzip"),
            ("gzip, deflate, br, zstd", "zstd"),
            ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
            ("zstd;q=0, x-gzip", "gzip"),
        ] {
            assert_eq!(encoding(answer("application/json", 2_000), accept).await.as_deref(), Some(expected), "{accept}");
        }
        assert_eq!(encoding(answer("application/problem+json", 2_000), "gzip").await.as_deref(), Some("gzip"));
        for accept in
            ["identity", "gzip;q=0", "gzip;q=0.000", "gzip;q=2", "gzip;q=NaN", "gzip;x=1", "deflate", "*", "gzipped", ""]
        {
            assert_eq!(encoding(answer("application/json", 2_000), accept).await, None, "{accept}");
        }
    }

    #[tokio::test]
    async fn what_is_small_binary_streamed_or_secret_stays() {
        assert_eq!(encoding(answer("application/json", 1_024), "gzip").await, None);
        assert_eq!(encoding(answer("image/png", 2_000), "gzip").await, None);
        assert_eq!(encoding(answer("text/event-stream", 2_000), "gzip").await, None);
        let mut secret = answer("application/json", 2_000);
        secret.extensions_mut().insert(Uncompressed);
        assert_eq!(encoding(secret, "gzip").await, None);
        let mut partial = answer("application/json", 2_000);
        *partial.status_mut() = StatusCode::PARTIAL_CONTENT;
        assert_eq!(encoding(partial, "gzip").await, None);
    }

    #[tokio::test]
    async fn a_client_opts_out_and_caches_are_told() {
        let out = compress(answer("text/html", 2_000), wish(&[("accept-encoding", "gzip"), ("x-no-compression", "1")])).await;
        assert!(!out.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(out.headers()[VARY], "accept-encoding");
        let length = axum::body::to_bytes(out.into_body(), 10_000).await.unwrap().len();
        assert_eq!(length, 2_000);
    }
}
