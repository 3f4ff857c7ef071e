//! The route file while the server runs: read at the start, and again when it changes or at SIGHUP.

mod known;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use banyan_edge::{BuiltIn, Edge, Fault, HouseRoute, ImagePage, Known, Outbound, RouteFile};
use banyan_http::version::Versions;
use banyan_kernel::{Clock, OsRandom};
use banyan_mesh::caller::ClusterSecret;
use rustls::{ClientConfig, RootCertStore};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use known::{known, known_of};

use crate::data::DataDirectory;
use crate::data::key::Installed;
use crate::settings::{Finding, Loaded, Place, SettingsError};

/// How often the file is looked at. Asking for its time costs a system call, and works on every file system, over the network and in
/// containers that mount it.
const EVERY: Duration = Duration::from_secs(1);

/// What a door by these settings has without its routes. Settings that cannot be read open no pictures.
pub(crate) fn built_in(loaded: Option<&Loaded>) -> BuiltIn {
    BuiltIn {
        services: house_routes(),
        version: Versions::default().current,
        images: loaded.map_or(ImagePage::None, super::images::page),
    }
}

/// The paths of services and pages.
fn house_routes() -> Vec<HouseRoute> {
    let services = crate::house::services();
    let own = services.iter().flat_map(|service| service.paths().into_iter().map(|path| (service.name, path)));
    let pages = super::PAGES.iter().map(|path| ("pages", (*path).to_owned()));
    own.chain(pages).map(|(service, pattern)| HouseRoute { service: service.to_owned(), pattern }).collect()
}

/// The routes of the settings' file; none where there is no file. What names files that cannot be used is refused with them.
pub(super) fn read(file: Option<&Path>, outbound: &Outbound, clock: &Arc<dyn Clock>) -> Result<RouteFile> {
    let Some(path) = file else { return Ok(RouteFile::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let routes = RouteFile::parse(&text, &known(&text)).map_err(|faults| refused(path, &faults))?;
    let faults = outbound.check(&routes, clock);
    if faults.is_empty() { Ok(routes) } else { Err(refused(path, &faults).into()) }
}

/// What upstreams are reached with: a key from which each upstream's own is made, and the roots that browsers believe.
pub(super) fn outbound(loaded: &Loaded) -> Result<Outbound> {
    let secret = caller_secret(loaded)?;
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    let guarded = loaded.settings.edge.guarded_networks.clone().into();
    Ok(Outbound { secret: Some(secret), tls: Some(Arc::new(tls)), guarded, ..Outbound::default() })
}

/// From what the keys are made by which upstreams check who calls: the installation's key.
pub(crate) fn caller_secret(loaded: &Loaded) -> Result<ClusterSecret> {
    let data = DataDirectory::open(&loaded.data)?;
    let given = loaded.settings.general.master_key.as_ref().map(|key| &key.0);
    Ok(ClusterSecret::new(data.master_key(given, Installed::Data, &OsRandom)?.expose())?)
}

/// The faults as the settings' own are shown.
pub(crate) fn refused(path: &Path, faults: &[Fault]) -> SettingsError {
    let finding = |fault: &Fault| {
        let place = Place::File { path: path.to_owned(), line: fault.line };
        Finding::at(place, format!("`{}` {}; {}", fault.key, fault.reason, fault.remedy))
    };
    SettingsError { findings: faults.iter().map(finding).collect() }
}

/// Follows the file until it is dropped. Other settings of the file take effect at the next start. `seen` is how the file was before its
/// routes were read at the start: what was written since is a change, however early it came.
pub(super) fn watch(edge: Edge, file: Option<PathBuf>, mut seen: Seen, known: Known) -> Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => Asked::ByChange,
                _ = hangup.recv() => Asked::BySignal,
            };
            let Some(path) = file.as_deref() else { continue };
            match asked {
                // Whoever asks has written the file to its end.
                Asked::BySignal => seen = Seen::of(Some(path)),
                Asked::ByChange if seen.look(path) == Look::AsBefore => continue,
                Asked::ByChange => (),
            }
            load(&edge, path, &known);
        }
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByChange,
    BySignal,
}

/// The file as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    stamp: Stamp,
    /// Of what was in it when it was last taken.
    digest: Option<u64>,
    /// Of something else that was in it at the last look. It counts when it is still there at the next one: half a file may be a file of
    /// which nothing is wrong, and an empty one is.
    other: Option<Option<u64>>,
    /// Whether it was read again since its stamp was new: clocks of file systems are coarse, and a second change in the same moment
    /// leaves the stamp as it is.
    settled: Settled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Yes,
    NotYet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Changed,
    AsBefore,
}

/// What the system says of a file: when it was written, its length, and which one it is, for files that are put in the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    fn of(path: &Path) -> Self {
        let data = std::fs::metadata(path).ok();
        Self(data.and_then(|data| Some((data.modified().ok()?, data.len(), data.ino()))))
    }
}

impl Seen {
    /// Now, before anything else reads it.
    pub(super) fn of(path: Option<&Path>) -> Self {
        let stamp = path.map_or(Stamp(None), Stamp::of);
        Self { stamp, digest: path.and_then(digest), other: None, settled: Settled::NotYet }
    }

    fn look(&mut self, path: &Path) -> Look {
        let stamp = Stamp::of(path);
        if stamp == self.stamp && self.settled == Settled::Yes {
            return Look::AsBefore;
        }
        let found = digest(path);
        let other = Some(found).filter(|found| *found != self.digest);
        let settled = if stamp == self.stamp && other.is_none() { Settled::Yes } else { Settled::NotYet };
        let look = if other.is_some() && other == self.other { Look::Changed } else { Look::AsBefore };
        *self = match look {
            Look::Changed => Self { stamp, digest: found, other: None, settled },
            Look::AsBefore => Self { stamp, digest: self.digest, other, settled },
        };
        look
    }
}

/// None for a file that cannot be read.
fn digest(path: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    std::fs::read(path).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

fn load(edge: &Edge, path: &Path, known: &Known) {
    let file = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%file, %error, "the routes stay as they are: the file cannot be read");
            return;
        }
    };
    match edge.load(&text, known) {
        Ok(()) => tracing::info!(%file, "routes taken anew"),
        Err(faults) => {
            for fault in faults.iter().take(20) {
                tracing::error!(%file, line = fault.line, column = fault.column, %fault, "the routes stay as they are");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_seen_once_when_it_is_whole_even_in_the_same_moment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("banyan.toml");
        std::fs::write(&path, "a = 1").unwrap();
        let at = std::fs::metadata(&path).unwrap().modified().unwrap();
        let write = |text: &str| {
            let file = std::fs::File::create(&path).unwrap();
            std::io::Write::write_all(&mut &file, text.as_bytes()).unwrap();
            // The clock of the file system has not moved.
            file.set_modified(at).unwrap();
        };
        write("a = 1");
        let mut seen = Seen::of(Some(&path));
        let mut looks = |count: usize| (0..count).map(|_| seen.look(&path)).collect::<Vec<_>>();
        let once = [Look::AsBefore, Look::Changed, Look::AsBefore, Look::AsBefore];
        // After it was seen, and before anybody looks for the first time.
        write("a = 2");
        assert_eq!(looks(4), once);
        // What is still being written is nothing yet.
        for half in ["", "a", "a = ", "a = 3"] {
            write(half);
            assert_eq!(looks(1), [Look::AsBefore], "{half}");
        }
        assert_eq!(looks(3), [Look::Changed, Look::AsBefore, Look::AsBefore]);
        // Touched, and nothing else; changed, and changed back.
        std::fs::write(&path, "a = 3").unwrap();
        assert_eq!(looks(2), [Look::AsBefore, Look::AsBefore]);
        write("a = 4");
        assert_eq!(looks(1), [Look::AsBefore]);
        write("a = 3");
        assert_eq!(looks(3), [Look::AsBefore, Look::AsBefore, Look::AsBefore]);
        // Another file in its place, and none.
        std::fs::write(folder.path().join("new"), "a = 66").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(looks(4), once);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(looks(4), once);
    }
}
