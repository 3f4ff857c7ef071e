//! The certificates of a listener: chosen by name, changed while it serves.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use banyan_kernel::Clock;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::{Notify, watch};

use crate::challenges::Challenges;
use crate::error::TlsError;
use crate::pair::{CertificateInfo, Pair, PairFiles, PairText};
use crate::{HTTP, provider};

/// Tickets by which a client resumes, for each full handshake.
const TICKETS: usize = 2;

/// Certificates and keys of a listener. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct ServerCertificates(Arc<Inner>);

struct Inner {
    sources: Mutex<Sources>,
    table: Arc<Table>,
    config: Arc<ServerConfig>,
    challenges: Challenges,
    clock: Arc<dyn Clock>,
    fingerprints: RandomState,
}

struct Sources {
    files: Vec<FromFiles>,
    /// What an authority gave, which counts before the files for its names.
    obtained: Option<Pair>,
}

struct FromFiles {
    files: PairFiles,
    /// Of the texts that were read last, good or bad.
    seen: u64,
    pair: Pair,
}

/// What became of the files since they were read last.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// Pairs that are shown from now on.
    pub taken: Vec<CertificateInfo>,
    /// Why others were refused. The ones before them are shown on.
    pub refused: Vec<TlsError>,
}

impl ServerCertificates {
    /// Reads the pairs. The first is shown to who asks for no name, or for one that no pair has. Without any, handshakes
    /// fail until [`crate::Acme`] has brought one.
    ///
    /// # Errors
    /// The first pair that cannot be used. One that has expired is used, with a warning: that is the client's to refuse.
    pub fn load(files: Vec<PairFiles>, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let fingerprints = RandomState::new();
        let mut sources = Sources { files: Vec::new(), obtained: None };
        for files in files {
            let text = files.read()?;
            let pair = text.parse(&files)?;
            files.warn_of_others();
            if pair.info.not_after <= clock.now() {
                tracing::warn!(certificate = %files.certificate.display(), expired = %pair.info.not_after, "the certificate has expired");
            }
            sources.files.push(FromFiles { seen: fingerprint(&fingerprints, &text), files, pair });
        }
        let table = Arc::new(Table(ArcSwap::from_pointee(sources.names())));
        let config = Arc::new(config(table.clone())?);
        let inner = Inner { sources: Mutex::new(sources), table, config, challenges: Challenges::default(), clock, fingerprints };
        Ok(Self(Arc::new(inner)))
    }

    /// What a TLS acceptor needs. It stays true while certificates change.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.0.config.clone()
    }

    /// What an authority that wants to see that a domain is ours is answered at present.
    pub fn challenges(&self) -> &Challenges {
        &self.0.challenges
    }

    /// All certificates that are shown, the default first.
    pub fn shown(&self) -> Vec<CertificateInfo> {
        let sources = self.0.sources.lock();
        sources.pairs().map(|pair| pair.info.clone()).collect()
    }

    /// Reads files that have changed since. A pair that cannot be used is refused, and the one before goes on.
    /// Connections that are open keep what they have. It waits for the disk.
    pub fn reload(&self) -> Reloaded {
        let mut sources = self.0.sources.lock();
        let mut reloaded = Reloaded::default();
        for source in &mut sources.files {
            match self.0.reload_one(source) {
                Ok(None) => (),
                Ok(Some(info)) => reloaded.taken.push(info),
                Err(error) => reloaded.refused.push(error),
            }
        }
        if !reloaded.taken.is_empty() {
            self.0.table.0.store(Arc::new(sources.names()));
        }
        reloaded
    }

    /// Looks `every` so often, and whenever `nudge` says so, whether files have changed; says in the log what became of it.
    pub async fn watch(self, every: Duration, nudge: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        while !*stop.borrow_and_update() {
            tokio::select! {
                () = tokio::time::sleep(every) => (),
                () = nudge.notified() => (),
                changed = stop.changed() => if changed.is_err() { return },
            }
            let this = self.clone();
            let Ok(reloaded) = tokio::task::spawn_blocking(move || this.reload()).await else { continue };
            for info in &reloaded.taken {
                tracing::info!(names = info.names.join(" "), until = %info.not_after, "a certificate was taken");
            }
            // Somebody may just be writing the two files, one after the other: what is bad twice is said, once.
            let refused = reloaded.refused.iter().map(ToString::to_string);
            seen = refused
                .map(|reason| {
                    let times = seen.get(&reason).map_or(1, |times| times + 1);
                    (reason, times)
                })
                .collect();
            for (reason, _) in seen.iter().filter(|(_, times)| **times == 2) {
                tracing::error!(reason, "a changed certificate is refused; the one before is shown on");
            }
        }
    }

    /// Shows a pair from now on, before all others that have its names.
    pub(crate) fn install(&self, pair: Pair) {
        let mut sources = self.0.sources.lock();
        sources.obtained = Some(pair);
        self.0.table.0.store(Arc::new(sources.names()));
    }
}

impl Inner {
    fn reload_one(&self, source: &mut FromFiles) -> Result<Option<CertificateInfo>, TlsError> {
        let text = source.files.read()?;
        let seen = fingerprint(&self.fingerprints, &text);
        if seen == source.seen {
            return Ok(None);
        }
        let pair = text.parse(&source.files)?;
        if pair.info.not_after <= self.clock.now() {
            return Err(TlsError::Expired { path: source.files.certificate.clone(), at: pair.info.not_after });
        }
        source.files.warn_of_others();
        source.seen = seen;
        source.pair = pair;
        Ok(Some(source.pair.info.clone()))
    }
}

impl Sources {
    fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.files.iter().map(|source| &source.pair).chain(&self.obtained)
    }

    fn names(&self) -> Names {
        let mut by_name = HashMap::new();
        // The first that has a name shows itself.
        for pair in self.obtained.iter().chain(self.files.iter().map(|source| &source.pair)) {
            for name in &pair.info.names {
                by_name.entry(name.clone()).or_insert_with(|| pair.certified.clone());
            }
        }
        Names { by_name, default: self.pairs().next().map(|pair| pair.certified.clone()) }
    }
}

fn fingerprint(hasher: &RandomState, text: &PairText) -> u64 {
    hasher.hash_one((&text.certificate, &*text.key))
}

fn config(table: Arc<Table>) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(table);
    config.alpn_protocols = HTTP.iter().map(|name| name.to_vec()).collect();
    // Its keys change every six hours, so that a stolen one opens little (RFC 8446 appendix C.4).
    config.ticketer = rustls::crypto::ring::Ticketer::new()?;
    config.send_tls13_tickets = TICKETS;
    Ok(config)
}

struct Table(ArcSwap<Names>);

struct Names {
    by_name: HashMap<String, Arc<CertifiedKey>>,
    default: Option<Arc<CertifiedKey>>,
}

impl Names {
    /// By the whole name, then by `*.` and all but its first label (RFC 6125 §6.4.3), then the default.
    fn find(&self, asked: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let name = asked.map(str::to_ascii_lowercase);
        let wildcard = || Some(format!("*.{}", name.as_deref()?.split_once('.')?.1));
        let exact = name.as_deref().and_then(|name| self.by_name.get(name));
        exact.or_else(|| self.by_name.get(&wildcard()?)).or(self.default.as_ref()).cloned()
    }
}

impl ResolvesServerCert for Table {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.load().find(hello.server_name())
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificates").field("shown", &self.shown()).finish_non_exhaustive()
    }
}
