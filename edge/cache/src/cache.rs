//! The cache itself: what is asked of it from outside.

mod deposit;
mod invalidate;
mod visit;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::extract::Request;
use axum::response::Response;
use banyan_cache::Shelf;
use banyan_kernel::Clock;
use banyan_telemetry::Metrics;
use http::Method;
use http_body::Body as _;
use parking_lot::Mutex;

use crate::fetch::Origin;
use crate::flights::Flights;
use crate::key::{Key, Scope};
use crate::policy::Policy;
use crate::shared::Shared;
use crate::stats::{CacheStats, Shown, StatsReport, count};
use crate::status::{Forward, Stored, forwarded};
use crate::store::Store;

pub(crate) use deposit::Depositing;
pub use invalidate::{Asked, Purge};

use invalidate::Prefixes;
use visit::Visit;

/// A shared cache. Cheap to clone; one for all workers.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    /// What other doors keep, too.
    shared: Option<Shared>,
    clock: Arc<dyn Clock>,
    flights: Flights,
    stats: Arc<CacheStats>,
    prefixes: Mutex<Prefixes>,
    /// Bytes of bodies that are on their way to clients and into the store.
    collecting: Arc<AtomicUsize>,
}

impl Cache {
    /// How much it holds unless something else is said, in bytes.
    pub const BYTES: u64 = 64 << 20;

    /// `bytes`: how much it may hold in memory, keys and overhead included.
    pub fn new(bytes: u64, clock: Arc<dyn Clock>) -> Self {
        Self::over(bytes, None, clock)
    }

    /// With others that have the same shelf: what one fetched serves all, and what went through one ends it in all of those that
    /// [listen](Self::listen). While the shelf cannot be reached, each goes by what it knows itself.
    pub fn sharing(bytes: u64, shelf: Shelf, clock: Arc<dyn Clock>) -> Self {
        Self::over(bytes, Some(Shared::new(shelf)), clock)
    }

    fn over(bytes: u64, shared: Option<Shared>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            store: Arc::new(Store::new(bytes)),
            shared,
            clock,
            flights: Flights::default(),
            stats: Arc::default(),
            prefixes: Mutex::default(),
            collecting: Arc::default(),
        }))
    }

    /// Answers a request of a route with this policy.
    ///
    /// Methods other than `GET` and `HEAD` go to the origin; after a success of one that is not safe, what is stored of
    /// its address and of those that `Location` and `Content-Location` name has ended (RFC 9111 §4.4).
    pub async fn serve(&self, request: Request, policy: &Arc<Policy>, scope: Scope<'_>, origin: &Origin) -> Response {
        let readable = matches!(*request.method(), Method::GET | Method::HEAD) && request.body().is_end_stream();
        if !readable {
            count(&self.0.stats.passed);
            let (method, uri) = (request.method().clone(), request.uri().clone());
            let host = crate::key::host_of(&uri, request.headers());
            let mut response = origin.fetch(request).await;
            let asked = Asked { method: &method, host: &host, uri: &uri, tenant: scope.tenant };
            self.after(asked, response.status(), response.headers()).await;
            crate::answer::tell(&mut response, forwarded(Forward::Method, Stored::No));
            return response;
        }
        let (parts, _) = request.into_parts();
        let key = Key::new(&parts, policy, scope);
        Visit::new(self.0.clone(), key, parts, policy.clone(), scope.person, origin.clone()).answer().await
    }

    /// Hears what went through others, until it is dropped; ends at once where nothing is shared. One for a process, on a runtime that lasts.
    pub async fn listen(self) {
        if let Some(shared) = &self.0.shared {
            shared.listen(&*self.0).await;
        }
    }

    pub fn stats(&self) -> StatsReport {
        self.0.stats.report(&self.0.store)
    }

    /// Shows the counts among the metrics of the process. Call once.
    pub fn show(&self, metrics: &Metrics) {
        metrics.add_collector(Shown { stats: self.0.stats.clone(), store: self.0.store.clone() });
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("store", &self.0.store).finish_non_exhaustive()
    }
}
