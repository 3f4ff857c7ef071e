//! `banyan serve`: from the settings to an open door, and in good order to the end.

mod alone;
mod banner;
mod beside;
mod demo;
mod door;
mod doors;
mod events;
mod flags;
mod guard;
mod heads;
mod health;
pub(crate) mod images;
mod logs;
mod plan;
pub(crate) mod routes;
mod signals;
#[cfg(test)]
mod stopped;
mod texts;
mod tidy;
mod tls;
mod usage;

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use banyan_edge::{Drained, Edge, Listen, Running, Sockets};
use banyan_kernel::{Clock as _, SystemClock, Timestamp};
use banyan_mesh::discovery::{DnsResolver, Resolve, Sources};
use banyan_mesh::registry::{MemoryRegistry, RegistryStore};
use serde_json::json;

use crate::admin_socket::AdminSocket;
use crate::cli::{Ended, terminal};
use crate::cluster::{self, Cluster, EDGE, Roles};
use crate::data::{DataDirectory, Holder, Lock};
use crate::hand_over::{self, Predecessor, Successor, Window};
use crate::house::{House, KnownTenants, Verifier};
use crate::settings::{DatabaseChoice, Loaded};
use beside::{Beside, Extent, LastWork};
use doors::Doors;
use signals::Signals;
use tls::Tls;

/// Whether there are to be demo people and what they wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demo {
    None,
    Wanted,
}

/// The pages about the interface.
pub(crate) const PAGES: [&str; 5] = ["/openapi.json", "/docs", "/docs/assets/{file}", "/errors", "/errors/{slug}"];

/// Whether another process serves in this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Own,
    TakenOver,
}

/// What the process works on, kept through a hand-over that failed.
struct Start<'s> {
    loaded: &'s Loaded,
    data: &'s DataDirectory,
    roles: &'s Roles,
    cluster: Option<&'s Cluster>,
    demo: Demo,
    begun: Timestamp,
}

/// How serving ended.
enum Outcome {
    Ended(Ended),
    HandedOver(Successor),
}

/// Another process that drains may take so long, beside the time that the settings give to requests.
const LET_GO: Duration = Duration::from_secs(30);

/// What the door saw of migrations, and what was counted of flags, is written within this time each at the end, or lost.
const LAST_SUMS: Duration = Duration::from_secs(3);

/// Serves until a signal, or until another process has taken the place.
pub(crate) fn run(loaded: &Loaded, demo: Demo, place: Place) -> Result<Ended> {
    let begun = SystemClock.now();
    let _last_lines = logs::set_up(&loaded.settings)?;
    demo::allow(demo, &loaded.settings)?;
    let roles = cluster::check(loaded)?;
    demo::allow_for(demo, &roles)?;
    let data = DataDirectory::open_or_create(&loaded.data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cluster = Cluster::open(loaded, &roles, &data)?;
    let start = Start { loaded, data: &data, roles: &roles, cluster: cluster.as_ref(), demo, begun };
    let mut inherited = Inherited::nothing();
    if place == Place::TakenOver {
        match hand_over::find(&data)? {
            Some((predecessor, sockets)) => inherited = Inherited { sockets, predecessor: Some(predecessor) },
            None => tracing::warn!("nobody serves on the data directory: this is a usual start"),
        }
    }
    for note in &loaded.notes {
        tracing::warn!("{note}");
    }
    if let DatabaseChoice::Postgres(login) = &loaded.database
        && let Some(weakness) = std::iter::once(&login.url).chain(&login.replicas).find_map(crate::postgres::weakness)
    {
        tracing::warn!("{weakness}; `banyan doctor` says what to do");
    }
    let ended = loop {
        match runtime.block_on(serve(&start, inherited)) {
            Ok(Outcome::Ended(ended)) => break Ok(ended),
            Err(error) => break Err(error),
            Ok(Outcome::HandedOver(successor)) => match successor.wait_until_up() {
                Ok(()) => {
                    tracing::info!("ended; another process serves now");
                    break Ok(Ended::Well);
                }
                Err(error) => {
                    tracing::error!(%error, "the process that took our place has ended before it served: we begin again");
                    inherited = Inherited { sockets: successor.sockets, predecessor: None };
                }
            },
        }
    };
    // Blocking work that nobody waits for any more must not hold the end up.
    runtime.shutdown_background();
    ended
}

/// What another process has left to this one.
struct Inherited {
    sockets: Sockets,
    predecessor: Option<Predecessor>,
}

impl Inherited {
    fn nothing() -> Self {
        Self { sockets: Sockets::default(), predecessor: None }
    }
}

/// The lock of the data directory. On SQLite the old process has to give it free first; on PostgreSQL both may serve.
async fn take_lock(start: &Start<'_>, inherited: &mut Inherited) -> Result<Option<Lock>> {
    let patience = start.loaded.settings.general.drain_timeout.0 + start.loaded.settings.general.drain_grace.0 + LET_GO;
    match &mut inherited.predecessor {
        Some(_) if !start.loaded.database.is_sqlite() => Ok(None),
        Some(predecessor) => {
            predecessor.go()?;
            Lock::wait(start.data, "server", patience).await.map(Some)
        }
        // Sockets without a process: it has failed, and may still be ending.
        None if !inherited.sockets.public.is_empty() => Lock::wait(start.data, "server", patience).await.map(Some),
        None => Lock::take(start.data, "server").map(Some),
    }
}

async fn serve(start: &Start<'_>, mut inherited: Inherited) -> Result<Outcome> {
    let Start { loaded, data, .. } = *start;
    let mut signals = Signals::listen()?;
    // All that can be looked at before the data is.
    door::settings(loaded)?;
    let tls = Tls::open(loaded, data)?;
    // Whether it serves without a store.
    let waits = Cell::new(false);
    let opening = async {
        let mut lock = take_lock(start, &mut inherited).await?;
        let listen = Listen {
            public: loaded.settings.general.listen,
            tls: tls.listen.clone(),
            admin: loaded.settings.general.admin_listen.0,
        };
        let (house, waiting) = alone::open(start, &mut lock, &mut inherited, &listen, &waits).await?;
        let house = Arc::new(house);
        let people = demo::seed(start.demo, &house).await?;
        // Before the first request, too.
        let flags = flags::begin(&house, loaded, data).await;
        // Before the first request: what it says is heard although the process dies with it.
        for consumers in &house.consumers {
            consumers.note_beginnings().await?;
        }
        let seen = routes::Seen::of(loaded.file.as_deref());
        let edge = make_edge(loaded, &house, start.cluster)?;
        let known = routes::known_of(loaded.file.as_deref());
        let follower = plan::begin(&house, &edge, known.clone()).await?;
        let texts = texts::begin(&house).await?;
        let doors = Doors::open(start, &house, &edge, std::mem::take(&mut inherited.sockets), listen).await?;
        if let Some(waiting) = waiting {
            waiting.end(&house).await;
        }
        anyhow::Ok((lock, house, people, edge, doors, (follower, flags, texts), (seen, known)))
    };
    let (lock, house, people, edge, doors, (follower, flags, texts), (seen, known)) = tokio::select! {
        opened = opening => opened?,
        // Whatever was begun is in transactions.
        () = signals.next() => {
            return Ok(Outcome::Ended(if waits.get() { Ended::Well } else { Ended::AtOnce }));
        }
    };
    let keeping = tls.keep(&loaded.settings)?;
    let extent = if loaded.settings.cluster.background { Extent::Whole } else { Extent::Own };
    let beside = Beside::start(&house, data, extent);
    let watching = tokio::spawn(routes::watch(edge.clone(), loaded.file.clone(), seen, known)?);
    let maintaining = tokio::spawn(house.mesh.clone().maintain(sources(&house, &doors)));
    let (stop_following, stop) = tokio::sync::watch::channel(false);
    let _texts = texts.map(|texts| tokio::spawn(texts.run(stop.clone())));
    let following = follower.map(|follower| tokio::spawn(follower.run(stop.clone())));
    let following_flags = flags.map(|flags| tokio::spawn(flags.run(stop)));
    house.show_routes_of(edge);
    let window = Window::open(data)?;
    let socket = tokio::spawn(AdminSocket::open(data)?.serve(house.clone()));
    let lock = let_go(start, inherited.predecessor, lock).await?;
    let (lock, address_file) = announce(data, lock, &Addresses::of(&doors))?;
    let millis = SystemClock.now().micros().saturating_sub(start.begun.micros()) / 1_000;
    tracing::info!(millis, engine = if loaded.database.is_sqlite() { "sqlite" } else { "postgres" }, "ready");
    // Where programs read what is written, the line in the log is enough.
    if !loaded.settings.general.environment.is_serious() {
        terminal::say(&banner::text(loaded, &doors, &people))?;
    }

    let successor = tokio::select! {
        () = signals.next() => None,
        successor = doors.watch(&window) => Some(successor),
    };
    tracing::info!(handed_over = successor.is_some(), "draining; a second signal ends at once");
    drop(window);
    let stopper = doors.stopper();
    let finishing = async {
        let drained = doors.drain(&loaded.settings, &house).await;
        socket.abort();
        watching.abort();
        maintaining.abort();
        drop(stop_following);
        for following in following.into_iter().chain(following_flags) {
            // It has something to write down.
            let _in_time = tokio::time::timeout(LAST_SUMS, following).await;
        }
        let last = beside.stop().await;
        drop(keeping);
        (drained, last)
    };
    let ended = tokio::select! {
        (drained, last) = finishing => match (drained, last) {
            (Drained::Finished, LastWork::Done) => Ended::Well,
            (Drained::Cut, _) => {
                tracing::warn!("requests were cut: they took longer than `drain_timeout`");
                Ended::Wrong
            }
            (_, LastWork::Left) => {
                tracing::warn!("work beside the requests was left: it goes on at the next start");
                Ended::Well
            }
        },
        () = signals.next() => {
            tracing::warn!("ending at once");
            if let Some(stopper) = stopper {
                stopper.end();
            }
            Ended::AtOnce
        }
    };
    // From here on another process may work on the data.
    drop((house, lock));
    if let Some(successor) = successor {
        return Ok(Outcome::HandedOver(successor));
    }
    let _best_effort = std::fs::remove_file(address_file);
    let _best_effort = std::fs::remove_file(data.socket());
    tracing::info!("ended");
    Ok(Outcome::Ended(ended))
}

/// Tells the old process that this one serves, and gives the lock, for which it may have to end first.
async fn let_go(start: &Start<'_>, predecessor: Option<Predecessor>, lock: Option<Lock>) -> Result<Lock> {
    if let Some(mut predecessor) = predecessor {
        if lock.is_none() {
            predecessor.go()?;
        }
        predecessor.up();
    }
    match lock {
        Some(lock) => Ok(lock),
        None => {
            let general = &start.loaded.settings.general;
            Lock::wait(start.data, "server", general.drain_timeout.0 + general.drain_grace.0 + LET_GO).await
        }
    }
}

/// Who is asked where upstreams are. A machine without name servers has no upstreams that need them.
fn sources(house: &House, doors: &Doors) -> Sources {
    let resolver = DnsResolver::of_system().inspect_err(|error| tracing::warn!(%error, "upstreams cannot be found by name"));
    let registry: Arc<dyn RegistryStore> = match doors.node.as_ref().and_then(|node| node.registry.clone()) {
        Some(registry) => registry,
        None => Arc::new(MemoryRegistry::new(house.clock.clone())),
    };
    Sources { resolver: resolver.ok().map(|resolver| Arc::new(resolver) as Arc<dyn Resolve>), registry: Some(registry) }
}

/// Puts services, pages and door together and listens.
#[cfg(test)]
fn open_door(loaded: &Loaded, house: &House, inherited: Sockets, listen: Listen) -> Result<(Edge, Running)> {
    let edge = make_edge(loaded, house, None)?;
    let running = edge.serve_on(inherited, listen)?;
    Ok((edge, running))
}

/// Puts services, pages and door together. Without the role `edge` it answers operators alone.
fn make_edge(loaded: &Loaded, house: &House, cluster: Option<&Cluster>) -> Result<Edge> {
    for room in house.served() {
        house.mesh.register(room.service.name, room.service.router(&room.host), room.service.paths())?;
    }
    if let Some(cluster) = cluster {
        cluster.declare_others(house)?;
    }
    if house.roles.have(EDGE) {
        let services = crate::house::services();
        let pages = banyan_http::pages::pages(house.catalogues.clone(), crate::house::openapi(&services)?);
        house.mesh.register("pages", pages, PAGES)?;
    }
    let tenants = KnownTenants::new(house.identity.clone(), house.applications.clone(), house.catalogues.clone())?;
    health::register(house);
    let outbound = routes::outbound(loaded)?;
    let file = routes::read(loaded.file.as_deref(), &outbound, &house.clock)?;
    let edge = Edge::builder(house.mesh.clone(), Arc::new(tenants), house.catalogues.clone())
        .authenticate(Arc::new(Verifier(house.identity.clone())))
        .health(house.health.clone())
        .metrics(house.metrics.clone())
        .clock(house.clock.clone())
        .routes(file)
        .outbound(outbound)
        .limiter(house.limiter.clone())
        .cache(house.answers.clone())
        .usage(house.usage.clone())
        .flags(house.flags.clone())
        .settings(door::settings(loaded)?);
    let edge = match images::images(loaded)? {
        Some(images) => edge.images(images),
        None => edge,
    };
    Ok(edge.build()?)
}

/// Where a process listens.
#[derive(Default)]
struct Addresses {
    public: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    mesh: Option<SocketAddr>,
}

impl Addresses {
    fn of_door(door: &Running) -> Self {
        Self { public: Some(door.local_addr()), tls: door.tls_addr(), admin: door.admin_addr(), mesh: None }
    }

    fn of(doors: &Doors) -> Self {
        let public = doors.public.as_ref().map(Self::of_door).unwrap_or_default();
        Self { admin: doors.admin_addr(), mesh: doors.node.as_ref().map(|node| node.address), ..public }
    }
}

/// Says where the server listens: in the lock, for people, and in a file, for programs.
fn announce(data: &DataDirectory, mut lock: Lock, addresses: &Addresses) -> Result<(Lock, std::path::PathBuf)> {
    let url = |scheme: &str, address: Option<SocketAddr>| address.map(|address| format!("{scheme}://{address}"));
    let (listen, tls) = (url("http", addresses.public), url("https", addresses.tls));
    let (admin, mesh) = (url("http", addresses.admin), url("http", addresses.mesh));
    let holder = Holder {
        pid: std::process::id(),
        version: crate::VERSION.to_owned(),
        what: "server".to_owned(),
        listen: listen.clone().or_else(|| mesh.clone()),
    };
    lock.write(&holder)?;
    let file = data.address_file();
    let text = json!({ "listen": listen, "tls": tls, "admin": admin, "mesh": mesh }).to_string();
    crate::data::write_private(&file, text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok((lock, file))
}
