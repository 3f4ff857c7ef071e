//! Images resized and re-encoded on demand: `GET /images?url=…&w=640&q=75`.
//!
//! [`Images::answer`] reads the wish, fetches the source through a [`Fetch`], or from the same host through [`OwnPaths`], and turns it into
//! WebP, AVIF (by setting), JPEG or PNG, as the client accepts. What it answers may be stored by any cache; the front door puts its own before it.
//!
//! Everything is bounded: which hosts a source may come from, how far its address may point, bytes, pixels, memory, time,
//! how many are worked on at once and how many wait. Sources are JPEG, PNG and still WebP; SVG (a document with scripts),
//! GIF and moving pictures are refused.

mod direct;
mod error;
mod fetch;
mod format;
mod pixels;
mod settings;
mod tag;
mod wish;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use direct::DirectFetch;
pub use error::ImageError;
pub use fetch::{Fetch, FetchError, OwnPaths};
pub use format::{Format, canonical_accept};
pub use settings::{AllowedHost, Avif, ImageSettings, InvalidFolder, InvalidHost, OwnFolder, Reach};
pub use tag::source_tag;
pub use wish::{Source, WIDTHS, Wish};

/// Makes images. Cheap to clone.
#[derive(Clone)]
pub struct Images(Arc<Inner>);

struct Inner {
    settings: ImageSettings,
    fetch: Arc<dyn Fetch>,
    /// Who works. Fetching is not work.
    workers: Arc<Semaphore>,
    /// Who works or waits.
    places: Semaphore,
}

impl Images {
    pub fn new(settings: ImageSettings, fetch: Arc<dyn Fetch>) -> Self {
        let at_once = settings.at_once.max(1);
        let places = Semaphore::new(at_once + settings.waiting);
        Self(Arc::new(Inner { workers: Arc::new(Semaphore::new(at_once)), places, fetch, settings }))
    }

    /// The few forms of `Accept` that make a difference, for a cache in front.
    pub fn canonical_accept(&self, headers: &HeaderMap) -> HeaderValue {
        canonical_accept(headers, &self.0.settings)
    }

    /// Answers a request with this query and these fields. `own` gives what lies on the host that was asked.
    ///
    /// # Errors
    /// [`ImageError`], which says which part of the query is wrong, or what is wrong with the source.
    pub async fn answer(&self, query: Option<&str>, headers: &HeaderMap, own: &dyn OwnPaths) -> Result<Response, ImageError> {
        let settings = &self.0.settings;
        let wish = Wish::read(query.unwrap_or_default(), settings)?;
        let formats = Format::accepted(headers, settings);
        let fetching = match &wish.source {
            Source::Web(url) => {
                let host = settings.allows(url).ok_or(ImageError::HostNotAllowed)?;
                self.0.fetch.fetch(url, host, settings.largest_source)
            }
            Source::Own(path) if settings.allows_own(path) => own.fetch(path, settings.largest_source),
            Source::Own(_) => return Err(ImageError::PathNotAllowed),
        };
        let _place = self.0.places.try_acquire().map_err(|_| ImageError::Busy)?;
        let source = timeout(settings.fetch_deadline, fetching).await.map_err(|_| FetchError::TooSlow)??;
        let (bytes, format) = self.transform(source, wish.width, wish.quality, formats).await?;
        let tag = match &wish.source {
            Source::Web(url) => source_tag(url.as_str()),
            Source::Own(path) => own.host().and_then(|host| source_tag(&format!("{host}{path}"))),
        };
        Ok(respond(bytes, format, settings.lifetime, tag))
    }

    /// The work itself, on a thread where it may take its time.
    async fn transform(
        &self,
        source: Bytes,
        width: u32,
        quality: u8,
        formats: Vec<Format>,
    ) -> Result<(Vec<u8>, Format), ImageError> {
        let deadline = self.0.settings.work_deadline;
        let permit = timeout(deadline, self.0.workers.clone().acquire_owned()).await.map_err(|_| ImageError::Busy)?;
        let permit = permit.map_err(|_| ImageError::Busy)?;
        let inner = self.0.clone();
        // The permit goes along: who gives up waiting does not make room for another one, as the work goes on.
        let working = tokio::task::spawn_blocking(move || {
            let done = pixels::transform(&source, width, quality, &formats, &inner.settings);
            drop(permit);
            done
        });
        match timeout(deadline, working).await {
            Ok(Ok(done)) => done,
            Ok(Err(panicked)) => {
                tracing::warn!(%panicked, "an image broke its decoder");
                Err(ImageError::Broken)
            }
            Err(_) => Err(ImageError::TooMuchWork),
        }
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Images").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

fn respond(bytes: Vec<u8>, format: Format, lifetime: Duration, source: Option<String>) -> Response {
    let digest = Sha256::digest(&bytes);
    let tag: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(VARY, HeaderValue::from(ACCEPT));
    // For the cache, by whom a change of the source is told.
    if let Some(tag) = source.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        headers.insert(HeaderName::from_static("cache-tag"), tag);
    }
    // Opened by itself it is a picture and nothing else, whatever is in it.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let seconds = lifetime.as_secs();
    for (name, text) in
        [(CACHE_CONTROL, format!("public, max-age={seconds}, stale-while-revalidate={seconds}")), (ETAG, format!("\"{tag}\""))]
    {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
    response
}
