//! Certificates of the listener for TLS: from files, from an authority by ACME, or from the one in the data directory.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_edge::ListenTls;
use banyan_kernel::{Clock, OsRandom, SystemClock};
use banyan_tls::{Acme, AcmeSettings, Authority, Kind, PairFiles, ServerCertificates};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::cli::terminal::Usage;
use crate::data::DataDirectory;
use crate::settings::{Loaded, Settings};

/// What is listened with; nothing where TLS is off.
pub(super) struct Tls {
    pub(super) listen: Option<ListenTls>,
    acme: Option<Acme>,
}

/// What keeps certificates fresh, until it is dropped.
pub(super) struct Keeping {
    _tasks: JoinSet<()>,
    _stop: watch::Sender<bool>,
}

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// When TLS is wished and there is nothing to show, or what there is cannot be used.
    pub(super) fn open(loaded: &Loaded, data: &DataDirectory) -> Result<Self> {
        let settings = &loaded.settings;
        let Some(address) = settings.general.tls_listen.0 else { return Ok(Self { listen: None, acme: None }) };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let certificates = ServerCertificates::load(pairs(settings, data)?, clock.clone())?;
        let acme = match &settings.tls.acme_domains[..] {
            [] => None,
            domains => {
                let settings = AcmeSettings {
                    directory: settings.tls.acme_directory.0.clone(),
                    email: settings.tls.acme_email.clone(),
                    domains: domains.iter().map(|domain| domain.0.clone()).collect(),
                    roots: settings.tls.acme_roots.clone(),
                    folder: data.acme(),
                };
                Some(Acme::new(settings, certificates.clone(), clock, Arc::new(OsRandom)).context("`tls.acme_domains`")?)
            }
        };
        Ok(Self { listen: Some(ListenTls { address, certificates }), acme })
    }

    /// Looks for changed files, also at SIGHUP, and obtains and renews by ACME.
    ///
    /// # Errors
    /// When the system takes no signal handler.
    pub(super) fn keep(self, settings: &Settings) -> Result<Keeping> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if let Some(listen) = self.listen {
            let nudge = Arc::new(Notify::new());
            let mut hang_up = signal(SignalKind::hangup())?;
            let nudged = nudge.clone();
            tasks.spawn(async move {
                while hang_up.recv().await.is_some() {
                    nudged.notify_one();
                }
            });
            tasks.spawn(listen.certificates.watch(settings.tls.reload_interval.0, nudge, stopped.clone()));
        }
        if let Some(acme) = self.acme {
            tasks.spawn(acme.run(stopped));
        }
        Ok(Keeping { _tasks: tasks, _stop: stop })
    }
}

/// The files of the settings, else those that `banyan certs server` has made, unless ACME brings some.
fn pairs(settings: &Settings, data: &DataDirectory) -> Result<Vec<PairFiles>> {
    let (certificates, keys) = (&settings.tls.certificate, &settings.tls.key);
    if certificates.len() != keys.len() {
        let (certificates, keys) = (certificates.len(), keys.len());
        let problem =
            format!("`tls.certificate` names {certificates} files and `tls.key` {keys}: each certificate needs its key");
        return Err(Usage(problem).into());
    }
    if !certificates.is_empty() || !settings.tls.acme_domains.is_empty() {
        let files = certificates.iter().zip(keys);
        return Ok(files.map(|(certificate, key)| PairFiles { certificate: certificate.clone(), key: key.clone() }).collect());
    }
    let own = own_pairs(&data.certs())?;
    if own.is_empty() {
        let problem = "`tls_listen` is set, and there is no certificate: name files by `tls.certificate` and `tls.key`, have one \
                       obtained by `tls.acme_domains`, or make one to try by `banyan certs init` and `banyan certs server localhost`";
        return Err(Usage(problem.to_owned()).into());
    }
    Ok(own)
}

fn own_pairs(folder: &Path) -> Result<Vec<PairFiles>> {
    let list = Authority::at(folder, Arc::new(SystemClock)).list()?;
    Ok(list.into_iter().filter(|issued| issued.kind == Kind::Server).map(|issued| issued.files).collect())
}

/// The port to which the plain listener sends people: that of `public_url`, for a balancer may stand before us, else ours.
pub(super) fn public_port(settings: &Settings) -> Option<u16> {
    let own = settings.general.tls_listen.0.as_ref().map(SocketAddr::port)?;
    let url = settings.general.public_url.as_ref().and_then(|url| url::Url::parse(&url.0).ok());
    let outside = url.filter(|url| url.scheme() == "https").and_then(|url| url.port_or_known_default());
    Some(outside.unwrap_or(own))
}
