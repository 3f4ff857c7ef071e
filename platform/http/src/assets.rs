//! Files that the program brings along for its pages: under a name that changes with their content, kept by browsers for a year, compressed
//! once at the best level.

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OnceCell;

use crate::coding::Coding;
use crate::conditions::{ETag, Preconditions};

/// A year, the longest that means anything (RFC 9111 §1.2.2 speaks of 2^31 s, browsers of a year). Another content has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A name of another version of the program, which a page of that version asks for while both serve.
const ASK_AGAIN: &str = "no-cache";

/// One file. Meant to be a `static`.
#[derive(Debug)]
pub struct ShippedAsset {
    folder: &'static str,
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    path: OnceLock<String>,
    forms: [OnceCell<Option<Bytes>>; 3],
}

impl ShippedAsset {
    /// `folder` begins and ends with a slash; the name becomes `<stem>.<digest>.<extension>`.
    pub const fn new(
        folder: &'static str,
        stem: &'static str,
        extension: &'static str,
        media_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        let forms = [const { OnceCell::const_new() }; 3];
        Self { folder, stem, extension, media_type, bytes, path: OnceLock::new(), forms }
    }

    /// Where pages find it.
    pub fn path(&self) -> &str {
        self.path.get_or_init(|| {
            let digest: String = Sha256::digest(self.bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            format!("{}{}.{digest}.{}", self.folder, self.stem, self.extension)
        })
    }

    /// Whether a name in its folder is one of this file: the present one, one of another version, or the bare one.
    pub fn is_named(&self, name: &str) -> bool {
        let inner = name.strip_prefix(self.stem).and_then(|rest| rest.strip_suffix(self.extension)?.strip_suffix('.'));
        let digest = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        inner.is_some_and(|inner| inner.is_empty() || inner.strip_prefix('.').is_some_and(digest))
    }

    /// The file as the client wishes it, asked for by a path that [`ShippedAsset::is_named`] knows; 304 for a client that has it.
    pub async fn answer(&'static self, path: &str, headers: &HeaderMap) -> Response {
        let lifetime = if path == self.path() { FOR_EVER } else { ASK_AGAIN };
        let (coding, bytes) = match Coding::wished(headers) {
            Some(coding) => match self.compressed(coding).await {
                Some(bytes) => (Some(coding), bytes),
                None => (None, Bytes::from_static(self.bytes)),
            },
            None => (None, Bytes::from_static(self.bytes)),
        };
        // Each form has a tag of its own: they differ byte for byte.
        let tag = ETag::of_bytes(&bytes);
        let known = Preconditions::of(headers).is_ok_and(|conditions| conditions.has(&tag));
        let vary = HeaderValue::from_static("accept-encoding");
        let about: [(HeaderName, HeaderValue); 3] =
            [(CACHE_CONTROL, HeaderValue::from_static(lifetime)), (ETAG, tag.header_value()), (VARY, vary)];
        if known {
            return (StatusCode::NOT_MODIFIED, about).into_response();
        }
        let kind = [(CONTENT_TYPE, HeaderValue::from_static(self.media_type))];
        let mut response = (about, kind, bytes).into_response();
        if let Some(coding) = coding {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
        response
    }

    /// None where it makes nothing smaller. Made once, where it may take its time.
    async fn compressed(&'static self, coding: Coding) -> Option<Bytes> {
        let form = &self.forms[coding as usize];
        let made = form.get_or_init(|| async {
            let bytes = self.bytes;
            let working = tokio::task::spawn_blocking(move || compress(bytes, coding)).await;
            working.ok().flatten().filter(|made| made.len() < bytes.len())
        });
        made.await.clone()
    }
}

fn compress(bytes: &[u8], coding: Coding) -> Option<Bytes> {
    use async_compression::Level;
    use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZstdEncoder};

    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    // Into memory nothing waits; the runtime is there because the encoders only have this form.
    let made = runtime.block_on(async {
        Ok::<_, std::io::Error>(match coding {
            Coding::Gzip => {
                let mut encoder = GzipEncoder::with_quality(Vec::new(), Level::Best);
                encoder.write_all(bytes).await?;
                encoder.shutdown().await?;
                encoder.into_inner()
            }
            Coding::Brotli => {
                let mut encoder = BrotliEncoder::with_quality(Vec::new(), Level::Best);
                encoder.write_all(bytes).await?;
                encoder.shutdown().await?;
                encoder.into_inner()
            }
            Coding::Zstd => {
                let mut encoder = ZstdEncoder::with_quality(Vec::new(), Level::Precise(19));
                encoder.write_all(bytes).await?;
                encoder.shutdown().await?;
                encoder.into_inner()
            }
        })
    });
    made.ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    static TEXT: ShippedAsset = ShippedAsset::new(
        "/assets/",
        "page",
        "css",
        "text/css; charset=utf-8",
        b"body { color: black } body { color: black } body { color: black } body { color: black } body { color: black } body {}",
    );
    static TINY: ShippedAsset = ShippedAsset::new("/assets/", "tiny", "svg", "image/svg+xml", b"<svg/>");

    fn wishing(coding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(http::header::ACCEPT_ENCODING, HeaderValue::from_static(coding))])
    }

    async fn body(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), 10_000).await.unwrap()
    }

    #[tokio::test]
    async fn each_form_has_its_tag_and_a_client_that_has_it_gets_nothing() {
        let mut tags = Vec::new();
        for (wish, coding) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("identity", "")] {
            let answer = TEXT.answer(TEXT.path(), &wishing(wish)).await;
            let headers = answer.headers().clone();
            assert_eq!(headers.get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap()), coding);
            assert_eq!(headers[CACHE_CONTROL], "public, max-age=31536000, immutable");
            assert_eq!(headers[VARY], "accept-encoding");
            let mut again = wishing(wish);
            again.insert(http::header::IF_NONE_MATCH, headers[ETAG].clone());
            let known = TEXT.answer(TEXT.path(), &again).await;
            assert_eq!((known.status().as_u16(), body(known).await.len()), (304, 0));
            assert_eq!(body(answer).await.len() < TEXT.bytes.len(), !coding.is_empty());
            tags.push(headers[ETAG].clone());
        }
        tags.dedup();
        assert_eq!(tags.len(), 4);
        let tiny = TINY.answer(TINY.path(), &wishing("br")).await;
        assert!(!tiny.headers().contains_key(CONTENT_ENCODING), "it would be larger");
    }

    #[tokio::test]
    async fn another_content_has_another_name_and_names_of_other_versions_are_asked_again() {
        assert!(TEXT.path().starts_with("/assets/page.") && TEXT.path().ends_with(".css") && TEXT.path() != TINY.path());
        let name = TEXT.path().strip_prefix("/assets/").unwrap();
        for good in [name, "page.css", "page.0123456789ab.css"] {
            assert!(TEXT.is_named(good), "{good}");
            assert_eq!(TEXT.answer(&format!("/assets/{good}"), &HeaderMap::new()).await.status(), 200);
        }
        let old = TEXT.answer("/assets/page.0123456789ab.css", &HeaderMap::new()).await;
        assert_eq!(old.headers()[CACHE_CONTROL], "no-cache");
        for bad in ["", "page", "page.js", "page..css", "page.xyz.css", "pagecss", "page.ab.css.css", "apage.css", "page.css/"] {
            assert!(!TEXT.is_named(bad), "{bad}");
        }
    }
}
