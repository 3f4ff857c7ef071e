//! A start without a store: while PostgreSQL does not answer, the front door answers clients of feature flags out of what was kept, and everybody
//! else with 503; it opens for all as soon as the store does.
//!
//! Only a process with a front door waits so, and only where flags were kept or the bootstrap file has some. Every other start without a
//! store fails at once, with the reason: it would have nothing to say.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use banyan_edge::{Authenticate, Credential, Drain, Edge, EdgeSettings, Listen, Running, Sockets, TenantDirectory, TenantEntry};
use banyan_flags::{Alone, KeptTenant};
use banyan_http::{Service, Tenant};
use banyan_kernel::{Applications, ErrorCode, OsRandom};
use banyan_locale::Catalogues;
use banyan_mesh::{Mesh, Place, Upstream};
use banyan_store::StoreError;
use banyan_store::migrate::Upkeep;
use banyan_telemetry::{BuildInfo, Finding, HealthRegistry, Need};

use super::{Addresses, Inherited, PAGES, Start, announce, banner, door, flags};
use crate::cli::terminal;
use crate::cluster::EDGE;
use crate::data::Lock;
use crate::house::{Additions, House, applications, catalogues, clock_of, local_flags, services};

/// How long until the store is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A door that is open before the store is.
pub(super) struct Waiting {
    running: Running,
    alone: Alone,
}

/// Opens the house; where the store does not answer, as soon as it does. Meanwhile the door is open for clients of flags.
///
/// # Errors
/// As [`House::open_part`], where there is nothing to answer meanwhile.
pub(super) async fn open(
    start: &Start<'_>,
    lock: &mut Option<Lock>,
    inherited: &mut Inherited,
    listen: &Listen,
    waits: &Cell<bool>,
) -> Result<(House, Option<Waiting>)> {
    let open = || House::open_part(start.loaded, start.data, Upkeep::Migrate, start.roles.clone());
    let error = match open().await {
        Ok(house) => return Ok((house, None)),
        Err(error) => error,
    };
    // In the place of a process that serves nobody waits: that one goes on.
    let may_wait = is_out_of_reach(&error) && start.roles.have(EDGE) && inherited.predecessor.is_none();
    let waiting = if may_wait { Waiting::begin(start, lock, &mut inherited.sockets, listen)? } else { None };
    let Some(waiting) = waiting else { return Err(error) };
    waits.set(true);
    let mut reason = format!("{error:#}");
    tracing::error!(
        reason,
        "the store does not answer: this process answers clients of flags alone, as they were kept, until it does"
    );
    loop {
        tokio::time::sleep(AGAIN).await;
        match open().await {
            Ok(house) => {
                tracing::info!("the store answers");
                waits.set(false);
                inherited.sockets = waiting.running.sockets()?;
                return Ok((house, Some(waiting)));
            }
            // Once each, not each second.
            Err(error) => {
                let now = format!("{error:#}");
                if now != reason {
                    tracing::error!(reason = now, "the store does not answer as it should yet");
                    reason = now;
                }
            }
        }
    }
}

/// Whether it is the network, or a server that is not up: nothing that somebody would have to put right here.
fn is_out_of_reach(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::Unavailable(_))))
}

impl Waiting {
    /// None where nothing is known of flags.
    fn begin(start: &Start<'_>, lock: &mut Option<Lock>, sockets: &mut Sockets, listen: &Listen) -> Result<Option<Self>> {
        let Start { loaded, data, .. } = *start;
        let settings = &loaded.settings;
        let clock = clock_of(data);
        let services = services();
        let applications = applications()?;
        let local = local_flags(settings, clock.clone());
        let (folder, file) = (flags::folder(data), settings.flags.bootstrap.as_deref());
        let Some(alone) = Alone::begin(&folder, file, applications.default_application(), local) else { return Ok(None) };
        let Some(held) = lock.take() else { return Ok(None) };
        let catalogues = Arc::new(catalogues(&services, &applications, &Additions::of(settings))?);
        let mesh = Mesh::new(clock.clone(), Place::new(&settings.general.region, &settings.general.data_centre));
        mesh.register("flags-as-kept", alone.router(catalogues.clone(), clock.clone(), Arc::new(OsRandom)), Alone::paths())?;
        let pages = banyan_http::pages::pages(catalogues.clone(), crate::house::openapi(&services)?);
        mesh.register("pages", pages, PAGES)?;
        claim_the_rest(&mesh, &services)?;
        let build = BuildInfo::new(settings.general.version.clone().unwrap_or_else(|| crate::VERSION.to_owned()));
        let health = HealthRegistry::new(build, clock.clone());
        health.register("store", Need::Required, AGAIN, || async {
            Finding::down("it does not answer; flags are as they were kept")
        });
        let edge = Edge::builder(mesh, Arc::new(tenants(alone.tenants(), &applications, &catalogues)?), catalogues)
            .authenticate(Arc::new(Nobody))
            .health(health)
            .clock(clock)
            // The one that opens next is there already, on the same sockets.
            .settings(EdgeSettings {
                drain: Drain { grace: Duration::ZERO, ..door::settings(loaded)?.drain },
                ..door::settings(loaded)?
            })
            .build()?;
        let running = edge.serve_on(std::mem::take(sockets), listen.clone())?;
        let addresses = Addresses::of_door(&running);
        let (held, _) = announce(data, held, &addresses)?;
        *lock = Some(held);
        if !settings.general.environment.is_serious() {
            terminal::say(&banner::without_a_store(&running))?;
        }
        Ok(Some(Self { running, alone }))
    }

    /// The door is open for all: this one ends what it has begun.
    pub(super) async fn end(self, house: &House) {
        let Self { running, alone } = self;
        tokio::spawn(running.drain());
        let Some(room) = house.rooms.iter().find(|room| room.service.name == banyan_flags::SERVICE) else { return };
        if let Err(error) = alone.hand_over(&room.host).await {
            tracing::warn!(%error, "what was counted of flags while there was no store is lost");
        }
    }
}

/// Every other call has an owner, who is not there: it is 503, not 404.
fn claim_the_rest(mesh: &Mesh, services: &[Service]) -> Result<()> {
    let answered: BTreeSet<String> = Alone::paths().into_iter().collect();
    for service in services {
        mesh.declare(service.name, Upstream::default())?;
        mesh.claim(service.name, service.paths().iter().filter(|path| !answered.contains(*path)))?;
    }
    Ok(())
}

/// # Errors
/// When the program does not carry its own default application's languages.
fn tenants(kept: &[KeptTenant], applications: &Applications, catalogues: &Arc<Catalogues>) -> Result<TenantDirectory> {
    let entry = |kept: &KeptTenant| {
        let application = applications.get(&kept.application)?.clone();
        let tenant = Tenant { id: kept.id, name: kept.name.as_str().into(), application };
        TenantEntry::new(tenant, catalogues).ok()
    };
    let name = applications.default_application().name();
    let (default, others): (Vec<_>, Vec<_>) = kept.iter().filter_map(entry).partition(|entry| &*entry.tenant.name == name);
    let default = default.into_iter().next().with_context(|| format!("the tenant `{name}` cannot be made of what was kept"))?;
    Ok(TenantDirectory::new(default, others))
}

/// Whose token it is, and whether it still counts, is in the store.
struct Nobody;

#[async_trait]
impl Authenticate for Nobody {
    async fn authenticate(&self, _: &str) -> Result<Arc<dyn Credential>, ErrorCode> {
        Err(ErrorCode::ServiceUnavailable)
    }
}
