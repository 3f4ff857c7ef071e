//! This process as one of several: its listener for the others, and what it says of itself.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::response::Response;
use banyan_edge::Edge;
use banyan_mesh::receiver::{Offered, Receiver};
use banyan_mesh::registry::{HOLDS, Registration, RegistryStore, keep_registered};
use banyan_telemetry::Phase;
use hyper::body::Incoming;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tower::service_fn;

use super::furnish::Surroundings;
use super::registry::PostgresRegistry;
use super::{Cluster, EDGE, door};
use crate::house::{House, KnownTenants};
use crate::settings::Loaded;

/// Other nodes ask the registry every two seconds; so long calls may still come to one that has left it.
pub(crate) const UNTIL_HEARD: Duration = Duration::from_secs(3);

/// An open node.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    /// None where the settings alone say where the others are.
    pub(crate) registry: Option<Arc<dyn RegistryStore>>,
    house: Arc<House>,
    id: String,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
    beating: Option<JoinHandle<()>>,
    /// Its workers. An option, so that it can be let go of without waiting.
    runtime: Option<Runtime>,
}

/// How the end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    InGoodOrder,
    /// Calls were cut off that took longer than they may.
    Cut,
}

impl Node {
    /// Listens, and says so. `edge` answers operators where this process has no front door.
    ///
    /// # Errors
    /// When an address is taken, or the database is out of reach.
    pub(crate) async fn open(cluster: &Cluster, loaded: &Loaded, house: &Arc<House>, edge: &Edge) -> Result<Self> {
        let registry: Option<Arc<dyn RegistryStore>> = match cluster.joins.have_registry() {
            true => Some(Arc::new(PostgresRegistry::open(&cluster.login).await?)),
            false => None,
        };
        let workers = loaded.settings.general.workers.map(|count| count.0 as usize);
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        if let Some(workers) = workers {
            builder.worker_threads(workers);
        }
        let runtime = builder.thread_name("mesh").enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let (mut serving, mut admin) = (Vec::new(), None);
        let entered = runtime.enter();
        let listener = door::bind(cluster.listen)?;
        let address = listener.local_addr()?;
        let acceptor = cluster.tls.as_ref().map(|tls| TlsAcceptor::from(tls.server()));
        serving.push(runtime.spawn(door::serve(listener, acceptor, receiver(cluster, house)?, stopped.clone())));
        if let Some(wanted) = loaded.settings.general.admin_listen.0.filter(|_| !house.roles.have(EDGE)) {
            let listener = door::bind(wanted)?;
            admin = Some(listener.local_addr()?);
            let edge = edge.clone();
            let operators = service_fn(move |request: http::Request<Incoming>| {
                let edge = edge.clone();
                async move { Ok::<Response, Infallible>(edge.operate(request.method(), request.uri().path()).await) }
            });
            serving.push(runtime.spawn(door::serve(listener, None, operators, stopped)));
        }
        drop(entered);
        let registration = registration(cluster, house, address);
        let id = registration.id.clone();
        let mut node = Self {
            address,
            admin,
            registry: registry.clone(),
            house: house.clone(),
            id,
            stop,
            serving,
            beating: None,
            runtime: Some(runtime),
        };
        if let Some(registry) = registry.filter(|_| !registration.services.is_empty()) {
            registry.put(&registration, HOLDS).await.context("this node could not be registered")?;
            node.beating = Some(tokio::spawn(keep_registered(registry, present(house.clone(), registration))));
        }
        if !house.roles.have(EDGE) {
            house.health.enter(Phase::Serving);
        }
        tracing::info!(%address, roles = house.roles.names(), "part of a cluster");
        Ok(node)
    }

    /// How long calls may still come to this node when it ends.
    pub(crate) fn until_heard(&self, grace: Duration) -> Duration {
        if self.beating.is_some() { grace.max(UNTIL_HEARD) } else { grace }
    }

    /// Leaves the registry, answers until the others have heard of it, and ends calls under way within `deadline`.
    pub(crate) async fn drain(&mut self, grace: Duration, deadline: Duration) -> Left {
        self.house.health.enter(Phase::Draining);
        if let Some(beating) = self.beating.take() {
            beating.abort();
            if let Some(registry) = &self.registry
                && let Err(error) = registry.remove(&self.id).await
            {
                tracing::warn!(%error, "other nodes will find out by themselves that this one is gone");
            }
            tokio::time::sleep(grace.max(UNTIL_HEARD)).await;
        }
        self.stop.send_replace(true);
        let ending = async {
            for serving in std::mem::take(&mut self.serving) {
                let _cut = serving.await;
            }
        };
        let ended = tokio::time::timeout(deadline, ending).await;
        if ended.is_ok() { Left::InGoodOrder } else { Left::Cut }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // In the middle of an event loop nothing may wait for another one.
            runtime.shutdown_background();
        }
    }
}

fn receiver(cluster: &Cluster, house: &House) -> Result<Receiver> {
    let offered = house.served().map(|room| Offered {
        name: room.service.name,
        router: room.service.router(&room.host),
        verifier: cluster.verifier(room.service.name, &house.clock),
    });
    let tenants = KnownTenants::new(house.identity.clone(), house.applications.clone(), house.catalogues.clone())?;
    let names = crate::house::names();
    Ok(Receiver::new(offered, &names, house.ids()).furnished(Arc::new(Surroundings(tenants))))
}

fn registration(cluster: &Cluster, house: &House, address: SocketAddr) -> Registration {
    let scheme = if cluster.tls.is_some() { "https" } else { "http" };
    let place = house.mesh.place();
    Registration {
        id: house.ids().next().to_string(),
        services: house.served().map(|room| room.service.name.to_owned()).collect(),
        address: cluster.advertise.clone().unwrap_or_else(|| format!("{scheme}://{address}")),
        region: place.region.to_string(),
        data_centre: place.data_centre.to_string(),
        load: None,
        weight: 1,
        version: house.build.version.chars().take(60).collect(),
    }
}

/// The registration with the load of this moment.
fn present(house: Arc<House>, registration: Registration) -> impl Fn() -> Registration + Send {
    move || {
        let own = house.mesh.services().into_iter().filter(|service| house.roles.have(&service.name));
        let in_flight: u32 = own.map(|service| service.load).sum();
        // One that does a thousand things at a time is full, as far as a score is concerned.
        Registration { load: Some((f64::from(in_flight) / 1_000.0).min(1.0)), ..registration.clone() }
    }
}
