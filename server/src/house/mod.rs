//! All services together, on one engine: the only place that knows each of them.
//!
//! [`House::open`] makes what `banyan serve` runs and what the command line works on when no server runs.

mod authentication;
mod cache;
mod clock;
mod engine;
mod job_metrics;
mod observer;
mod parts;
mod personal;
mod replicas;
mod sinks;
mod tenants;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use banyan_cache::Cache;
use banyan_contracts::limits::LimitBook;
use banyan_edge::{Edge, Explanation, Limiter, Question, Refusal, RouteLine, UsageBook};
use banyan_events::jobs::Runner;
use banyan_events::{Consumer, Consumers};
use banyan_features::LocalFlags;
use banyan_http::{Host, Service};
use banyan_identity::Identity;
use banyan_kernel::{Applications, Clock, Ids, OsRandom, Random};
use banyan_locale::Catalogues;
use banyan_mesh::{Mesh, Place};
use banyan_store::Store;
use banyan_store::log::Log;
use banyan_store::migrate::Upkeep;
use banyan_telemetry::metrics::SlowStatements;
use banyan_telemetry::{BuildInfo, HealthRegistry, Metrics};
use parking_lot::Mutex;

use engine::Databases;

pub(crate) use authentication::Verifier;
pub(crate) use cache::remote as cache_remote;
pub(crate) use clock::of as clock_of;
pub(crate) use parts::{flags as local_flags, mail_settings, public_url, rate_limits};
pub(crate) use personal::personal_data;
pub(crate) use tenants::KnownTenants;
pub(crate) use words::{Additions, applications, catalogues};

use crate::alerts::{Alerts, Watched};
use crate::cluster::{EDGE, Roles};
use crate::data::DataDirectory;
use crate::settings::Loaded;

/// Every service of Banyan. Identity comes first: the others' demo data needs its people.
pub(crate) fn services() -> Vec<Service> {
    vec![
        banyan_identity::service(),
        banyan_content::service(),
        banyan_goals::service(),
        banyan_gateway::service(),
        banyan_event_door::service(),
        banyan_notifications::service(),
        banyan_flags::service(),
        banyan_translations::service(),
        banyan_support::service(),
        banyan_context::service(),
        banyan_realtime::service(),
    ]
}

/// Their names.
pub(crate) fn names() -> Vec<&'static str> {
    services().iter().map(|service| service.name).collect()
}

/// The version of each service's data that this program understands.
pub(crate) fn versions() -> BTreeMap<&'static str, u32> {
    services().iter().map(|service| (service.name, service.schema.version())).collect()
}

/// A service with what it runs on.
pub(crate) struct Room {
    pub(crate) service: Service,
    pub(crate) host: Host,
}

/// The opened installation.
pub(crate) struct House {
    /// What this process does of it.
    pub(crate) roles: Roles,
    /// Those whose data this process reads. [`House::served`] are those that it answers for.
    pub(crate) rooms: Vec<Room>,
    pub(crate) identity: Identity,
    pub(crate) applications: Arc<Applications>,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) mesh: Mesh,
    pub(crate) metrics: Metrics,
    pub(crate) health: HealthRegistry,
    pub(crate) build: BuildInfo,
    pub(crate) clock: Arc<dyn Clock>,
    /// Counts requests; identity shows who is limited.
    pub(crate) limiter: Limiter,
    /// Counts what was asked.
    pub(crate) usage: UsageBook,
    /// What is on, for services and the door.
    pub(crate) flags: LocalFlags,
    /// What is kept of answers.
    pub(crate) cache: Cache,
    /// Of whole answers, at the front door.
    pub(crate) answers: banyan_edge::Cache,
    /// Those of the services that run here, where this process is a server.
    pub(crate) consumers: Vec<Consumers>,
    runners: Mutex<Vec<Runner>>,
    /// How long logs keep events.
    pub(crate) events_kept: Duration,
    /// The open door, where this process serves.
    edge: OnceLock<Edge>,
}

impl House {
    /// Opens the engine, makes or upgrades the databases if `upkeep` allows it, and makes the tenants that every installation has.
    pub(crate) async fn open(loaded: &Loaded, data: &DataDirectory, upkeep: Upkeep) -> Result<Self> {
        Self::open_part(loaded, data, upkeep, Roles::all()).await
    }

    /// As [`House::open`], with the databases of the services of `roles`, and of others: whoever verifies tokens reads identity's, every
    /// process evaluates flags and shows texts that were published. A door reads the gateway's, which holds its plan.
    pub(crate) async fn open_part(loaded: &Loaded, data: &DataDirectory, upkeep: Upkeep, roles: Roles) -> Result<Self> {
        let clock = clock::of(data);
        let random: Arc<dyn Random> = Arc::new(OsRandom);
        let settings = &loaded.settings;
        let version = settings.general.version.clone().unwrap_or_else(|| crate::VERSION.to_owned());
        let build = BuildInfo::new(version).with_commit(option_env!("BANYAN_COMMIT").unwrap_or_default());
        let slow = SlowStatements::after(settings.database.slow_statement.0, clock.clone());
        let metrics = Metrics::new(&build, &clock, slow);
        let services = services();
        let applications = Arc::new(applications()?);
        let catalogues = Arc::new(catalogues(&services, &applications, &Additions::of(settings))?);
        banyan_content::check_applications(&applications, &catalogues)?;
        let read_by_doors = |service: &Service| service.name == banyan_gateway::SERVICE && roles.have(EDGE);
        // Every process shows who asks, what is on, and what was published.
        let all = [banyan_identity::SERVICE, banyan_flags::SERVICE, banyan_translations::SERVICE];
        let read_by_all = |service: &Service| all.contains(&service.name);
        let opened = |service: &Service| roles.have(service.name) || read_by_all(service) || read_by_doors(service);
        let services: Vec<Service> = services.into_iter().filter(opened).collect();
        let (stores, databases) = engine::open_stores(loaded, data, &services, &metrics, &clock, &random, upkeep).await?;
        let cache = cache::of(loaded, &metrics, &clock, &random)?;
        cache::end_by_commits(&cache, services.iter().zip(&stores));
        let answers = cache::of_answers(loaded, &clock, &*random)?;
        let mesh = Mesh::new(clock.clone(), Place::new(&settings.general.region, &settings.general.data_centre));
        let ids = Ids::new(clock.clone(), random.clone());
        let limiter = parts::limiter(loaded, clock.clone())?;
        let flags = parts::flags(settings, clock.clone());
        let host = |store: Store| Host {
            settings: parts::settings_of(store.service(), settings, data),
            store,
            catalogues: catalogues.clone(),
            applications: applications.clone(),
            mesh: mesh.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            random: random.clone(),
            resources: for_all(&flags, &cache),
        };
        let mut rooms: Vec<Room> =
            services.into_iter().zip(stores).map(|(service, store)| Room { service, host: host(store) }).collect();
        if let Some(gateway) = rooms.iter_mut().find(|room| room.service.name == banyan_gateway::SERVICE) {
            gateway.host.resources.insert(banyan_gateway::DoorLink::default());
        }
        if let Some(flags) = rooms.iter_mut().find(|room| room.service.name == banyan_flags::SERVICE) {
            flags.host.resources.insert(banyan_flags::Shared::default());
        }
        let identity = open_identity(&mut rooms, roles.have(EDGE).then_some(&limiter)).await?;
        if let Some(room) = rooms.iter_mut().find(|room| room.service.name == banyan_realtime::SERVICE) {
            // Before its consumers are made, which share the rooms with its routes.
            room.host.resources.insert(banyan_realtime::Shared::default());
            room.host.resources.insert::<Arc<dyn banyan_realtime::VerifyToken>>(Arc::new(Verifier(identity.clone())));
        }
        let logs = logs(&rooms, &roles, &databases, upkeep).await?;
        if let Some(room) = rooms.iter_mut().find(|room| room.service.name == banyan_event_door::SERVICE) {
            room.host.resources.insert(banyan_event_door::Logs(logs.clone()));
        }
        let served = rooms.iter().filter(|room| roles.have(room.service.name));
        let consumers = served.map(|room| room.service.run_consumers(&room.host, &logs)).collect::<Result<Vec<_>, _>>()?;
        let sinks = sinks::sinks(settings, &ids)?;
        let consumers: Vec<Consumers> = consumers
            .into_iter()
            .map(|consumers: Consumers| sinks.iter().cloned().fold(consumers, Consumers::relayed_to))
            .collect();
        for consumers in &consumers {
            // For the calls that show them.
            if let Some(room) = rooms.iter_mut().find(|room| room.service.name == consumers.service()) {
                room.host.resources.insert(consumers.clone());
            }
        }
        let health = HealthRegistry::new(build.clone(), clock.clone());
        let alerts = Alerts::of(settings, data, &catalogues, &clock, &random);
        let runners = Mutex::new(runners(&rooms, &roles, &metrics, &random, alerts.as_ref().map(|alerts| (alerts, &health)))?);
        let house = Self {
            roles,
            rooms,
            identity,
            applications,
            catalogues,
            mesh,
            metrics,
            health,
            build,
            clock,
            limiter,
            usage: UsageBook::default(),
            flags,
            cache,
            answers,
            consumers,
            runners,
            events_kept: settings.events.retention.0,
            edge: OnceLock::new(),
        };
        house.ensure_tenants().await?;
        Ok(house)
    }

    /// From here on the routes of the door can be listed.
    pub(crate) fn show_routes_of(&self, edge: Edge) {
        let _opened_once = self.edge.set(edge);
    }

    /// The routes of the open door; none where this process does not serve.
    pub(crate) fn routes(&self) -> Option<Vec<RouteLine>> {
        self.edge.get().map(Edge::routes)
    }

    /// What of the stored routes and upstreams is left out.
    pub(crate) fn refused_routes(&self) -> Option<Vec<Refusal>> {
        self.edge.get().map(|edge| edge.refusals().to_vec())
    }

    /// Which route of the open door would answer.
    pub(crate) fn explain_route(&self, question: &Question) -> Option<Explanation> {
        self.edge.get().map(|edge| edge.explain(question))
    }

    /// Makes ids of requests and nodes.
    pub(crate) fn ids(&self) -> Ids {
        Ids::new(self.clock.clone(), Arc::new(OsRandom))
    }

    /// Tells realtime clients to come again, as this process ends; ends when they have gone.
    pub(crate) async fn end_conversations(&self, within: Duration) {
        let realtime = self.served().find(|room| room.service.name == banyan_realtime::SERVICE);
        if let Some(shared) = realtime.and_then(|room| room.host.resource::<banyan_realtime::Shared>()) {
            shared.stop(within).await;
        }
    }

    /// The services that run in this process.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|room| self.roles.have(room.service.name))
    }

    pub(crate) fn stores(&self) -> impl Iterator<Item = &Store> {
        self.rooms.iter().map(|room| &room.host.store)
    }

    /// The store of a service.
    pub(crate) fn store(&self, service: &str) -> Option<&Store> {
        self.stores().find(|store| store.service() == service)
    }

    /// Those that do the services' jobs; given once.
    pub(crate) fn take_runners(&self) -> Vec<Runner> {
        std::mem::take(&mut self.runners.lock())
    }

    /// Every application has a tenant of its name from the start, and the operators have theirs.
    async fn ensure_tenants(&self) -> Result<()> {
        let wanted = parts::tenants_of(&self.applications);
        self.identity.ensure_tenants(&wanted).await.context("cannot make the tenants that every installation has")?;
        Ok(())
    }
}

/// What every service is given.
fn for_all(flags: &LocalFlags, cache: &Cache) -> http::Extensions {
    let mut resources = http::Extensions::new();
    resources.insert(flags.clone());
    resources.insert(cache.clone());
    resources
}

/// Those of the services whose data is open here, and of those that the services of this process listen to.
async fn logs(rooms: &[Room], roles: &Roles, databases: &Databases, upkeep: Upkeep) -> Result<Vec<Log>> {
    let mut logs: Vec<Log> = rooms.iter().map(|room| room.host.store.log()).collect();
    let served = || rooms.iter().filter(|room| roles.have(room.service.name));
    let everything = served().any(|room| room.service.consumers_of(&room.host).iter().any(Consumer::hears_everything));
    let wanted: Vec<&str> = served().flat_map(|room| room.service.sources_of(&room.host)).collect();
    for source in services() {
        let is_wanted = everything || wanted.contains(&source.name);
        if is_wanted && !logs.iter().any(|log| log.service() == source.name) {
            // It may never have run: somebody who listens to it need not wait for that.
            logs.push(databases.open_log_of(source.schema, upkeep).await?);
        }
    }
    Ok(logs)
}

/// One for each service of this process that has jobs.
fn runners(
    rooms: &[Room],
    roles: &Roles,
    metrics: &Metrics,
    random: &Arc<dyn Random>,
    alerts: Option<(&Alerts, &HealthRegistry)>,
) -> Result<Vec<Runner>> {
    let families = job_metrics::Families::registered(metrics);
    let mut runners = Vec::new();
    for room in rooms.iter().filter(|room| roles.have(room.service.name)) {
        let jobs = room.service.jobs_of(&room.host);
        let jobs = match alerts {
            None => jobs,
            Some((alerts, health)) => {
                let (store, consumers) = (room.host.store.clone(), room.host.resource::<Consumers>());
                alerts.beside(jobs, &Watched { store, consumers, health: health.clone() })
            }
        };
        if jobs.is_empty() {
            continue;
        }
        let runner = Runner::new(room.host.store.clone(), jobs, random.clone());
        let runner = runner.with_context(|| format!("the jobs of `{}` are declared wrongly", room.service.name))?;
        runners.push(runner.observed(Arc::new(families.of(room.service.name))));
    }
    Ok(runners)
}

async fn open_identity(rooms: &mut [Room], limiter: Option<&Limiter>) -> Result<Identity> {
    let room = rooms
        .iter_mut()
        .find(|room| room.service.name == banyan_identity::SERVICE)
        .context("identity is not among the services")?;
    if let Some(limiter) = limiter {
        room.host.resources.insert::<Arc<dyn LimitBook>>(Arc::new(limiter.clone()));
    }
    let identity = Identity::open(&room.host).await.context("identity cannot start")?;
    room.host.resources.insert(identity.clone());
    Ok(identity)
}

/// The OpenAPI document of services, as it is served and checked in.
pub(crate) fn openapi<'s>(services: impl IntoIterator<Item = &'s Service>) -> Result<String> {
    let services: Vec<&Service> = services.into_iter().collect();
    let names: Vec<&str> = services.iter().map(|service| service.name).collect();
    let background = banyan_http::background::document(&names);
    let documents = services.into_iter().map(Service::openapi).chain([&background]);
    let document = banyan_http::openapi::merge(crate::VERSION, documents)?;
    Ok(banyan_http::openapi::text(&document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_that_can_erase_what_is_a_persons_is_asked_to() {
        let can: Vec<&str> = services().iter().filter(|service| service.can_erase()).map(|service| service.name).collect();
        assert_eq!(can, banyan_identity::ERASING_SERVICES);
    }

    #[test]
    fn every_service_that_holds_rows_of_people_is_asked_for_a_copy() {
        let holders = services().into_iter().filter(|service| !service.personal().is_empty());
        let mut holders: Vec<&str> = holders.map(|service| service.name).collect();
        let mut asked = banyan_identity::COPYING_SERVICES;
        holders.sort_unstable();
        asked.sort_unstable();
        assert_eq!(holders, asked);
    }
}
