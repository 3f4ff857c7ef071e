//! The route file while the server runs: read at the start, and again when it changes or at SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use banyan_edge::{Edge, Fault, HouseRoute, Known, Outbound, RouteFile};
use banyan_kernel::OsRandom;
use banyan_mesh::caller::ClusterSecret;
use rustls::{ClientConfig, RootCertStore};
use tokio::signal::unix::{SignalKind, signal};

use crate::data::DataDirectory;
use crate::data::key::Installed;
use crate::settings::{Finding, Loaded, Place, SettingsError};

/// How often the file is looked at. Asking for its time costs a system call, and works on every file system, over the network and in
/// containers that mount it.
const EVERY: Duration = Duration::from_secs(1);

/// What a route file may name.
pub(crate) fn known() -> Known {
    let services = crate::house::names().into_iter().map(str::to_owned).chain(["pages".to_owned()]);
    Known { services: services.collect(), ..Known::default() }
}

/// The paths of services and pages.
pub(crate) fn house_routes() -> Vec<HouseRoute> {
    let services = crate::house::services();
    let own = services.iter().flat_map(|service| service.paths().into_iter().map(|path| (service.name, path)));
    let pages = super::PAGES.iter().map(|path| ("pages", (*path).to_owned()));
    own.chain(pages).map(|(service, pattern)| HouseRoute { service: service.to_owned(), pattern }).collect()
}

/// The routes of the settings' file; none where there is no file.
pub(super) fn read(file: Option<&Path>) -> Result<RouteFile> {
    let Some(path) = file else { return Ok(RouteFile::default()) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    RouteFile::parse(&text, &known()).map_err(|faults| refused(path, &faults).into())
}

/// What upstreams are reached with: a key from which each upstream's own is made, and the roots that browsers believe.
pub(super) fn outbound(loaded: &Loaded) -> Result<Outbound> {
    let secret = caller_secret(loaded)?;
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    Ok(Outbound { secret: Some(secret), tls: Some(Arc::new(tls)) })
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

/// Follows the file until it is dropped. Other settings of the file take effect at the next start.
pub(super) fn watch(edge: Edge, file: Option<PathBuf>) -> Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        let mut present = file.as_deref().map(Seen::of);
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => Asked::ByChange,
                _ = hangup.recv() => Asked::BySignal,
            };
            let (Some(path), Some(seen)) = (file.as_deref(), present.as_mut()) else { continue };
            let now = Seen::of(path);
            if asked == Asked::BySignal || now != *seen {
                *seen = now;
                load(&edge, path);
            }
        }
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByChange,
    BySignal,
}

/// By what a change of the file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen(Option<(SystemTime, u64)>);

impl Seen {
    fn of(path: &Path) -> Self {
        let data = std::fs::metadata(path).ok();
        Self(data.and_then(|data| Some((data.modified().ok()?, data.len()))))
    }
}

fn load(edge: &Edge, path: &Path) {
    let file = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%file, %error, "the routes stay as they are: the file cannot be read");
            return;
        }
    };
    match edge.load(&text, &known()) {
        Ok(()) => tracing::info!(%file, "routes taken anew"),
        Err(faults) => {
            for fault in faults.iter().take(20) {
                tracing::error!(%file, line = fault.line, column = fault.column, %fault, "the routes stay as they are");
            }
        }
    }
}
