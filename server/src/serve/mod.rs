//! `banyan serve`: from the settings to an open door, and in good order to the end.

mod banner;
mod beside;
mod demo;
mod door;
mod heads;
mod health;
mod logs;
pub(crate) mod routes;
mod signals;
#[cfg(test)]
mod stopped;
mod tidy;
mod usage;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use banyan_edge::{Drained, Edge, Listen, Running};
use banyan_kernel::{Clock as _, SystemClock, Timestamp};
use banyan_mesh::discovery::{DnsResolver, Resolve, Sources};
use banyan_mesh::registry::{MemoryRegistry, RegistryStore};
use serde_json::json;

use crate::admin_socket::AdminSocket;
use crate::cli::{Ended, terminal};
use crate::data::{DataDirectory, Holder, Lock};
use crate::house::{House, KnownTenants, Verifier};
use crate::settings::Loaded;
use beside::{Beside, LastWork};
use signals::Signals;

/// Whether there are to be demo people and what they wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demo {
    None,
    Wanted,
}

/// The pages about the interface.
pub(crate) const PAGES: [&str; 6] = ["/openapi.json", "/docs", "/docs/page.js", "/docs/page.css", "/errors", "/errors/{slug}"];

/// Serves until a signal.
pub(crate) fn run(loaded: &Loaded, demo: Demo) -> Result<Ended> {
    let begun = SystemClock.now();
    logs::set_up(&loaded.settings)?;
    demo::allow(demo, &loaded.settings)?;
    let data = DataDirectory::open_or_create(&loaded.data)?;
    let mut lock = Lock::take(&data, "server")?;
    for note in &loaded.notes {
        tracing::warn!("{note}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(loaded, &data, &mut lock, demo, begun));
    // Blocking work that nobody waits for any more must not hold the end up.
    runtime.shutdown_background();
    ended
}

async fn serve(loaded: &Loaded, data: &DataDirectory, lock: &mut Lock, demo: Demo, begun: Timestamp) -> Result<Ended> {
    let mut signals = Signals::listen()?;
    let opening = async {
        let house = Arc::new(House::open(loaded, data).await?);
        let people = demo::seed(demo, &house).await?;
        let (edge, running) = open_door(loaded, &house)?;
        anyhow::Ok((house, people, edge, running))
    };
    let (house, people, edge, running) = tokio::select! {
        opened = opening => opened?,
        // Whatever was begun is in transactions.
        () = signals.next() => return Ok(Ended::AtOnce),
    };
    let beside = Beside::start(&house, data);
    let watching = tokio::spawn(routes::watch(edge.clone(), loaded.file.clone())?);
    let maintaining = tokio::spawn(house.mesh.clone().maintain(sources(&house)));
    house.show_routes_of(edge);
    let socket = tokio::spawn(AdminSocket::open(data)?.serve(house.clone()));
    let address_file = announce(data, lock, &running)?;
    let millis = SystemClock.now().micros().saturating_sub(begun.micros()) / 1_000;
    tracing::info!(millis, engine = if loaded.database.is_sqlite() { "sqlite" } else { "postgres" }, "ready");
    // Where programs read what is written, the line in the log is enough.
    if !loaded.settings.general.environment.is_serious() {
        terminal::say(&banner::text(loaded, &running, &people))?;
    }

    signals.next().await;
    tracing::info!("draining; a second signal ends at once");
    let stopper = running.stopper();
    let finishing = async {
        let drained = running.drain().await;
        socket.abort();
        watching.abort();
        maintaining.abort();
        let last = beside.stop().await;
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
            stopper.end();
            Ended::AtOnce
        }
    };
    let _best_effort = std::fs::remove_file(address_file);
    let _best_effort = std::fs::remove_file(data.socket());
    tracing::info!("ended");
    Ok(ended)
}

/// Who is asked where upstreams are. A machine without name servers has no upstreams that need them.
fn sources(house: &House) -> Sources {
    let resolver = DnsResolver::of_system().inspect_err(|error| tracing::warn!(%error, "upstreams cannot be found by name"));
    let registry: Arc<dyn RegistryStore> = Arc::new(MemoryRegistry::new(house.clock.clone()));
    Sources { resolver: resolver.ok().map(|resolver| Arc::new(resolver) as Arc<dyn Resolve>), registry: Some(registry) }
}

/// Puts services, pages and door together and listens.
fn open_door(loaded: &Loaded, house: &House) -> Result<(Edge, Running)> {
    for room in &house.rooms {
        house.mesh.register(room.service.name, room.service.router(&room.host), room.service.paths())?;
    }
    let pages =
        banyan_http::pages::pages(house.catalogues.clone(), crate::house::openapi(house.rooms.iter().map(|room| &room.service))?);
    house.mesh.register("pages", pages, PAGES)?;
    let tenants = KnownTenants::new(house.identity.clone(), house.applications.clone(), house.catalogues.clone())?;
    health::register(house);
    let edge = Edge::builder(house.mesh.clone(), Arc::new(tenants), house.catalogues.clone())
        .authenticate(Arc::new(Verifier(house.identity.clone())))
        .health(house.health.clone())
        .metrics(house.metrics.clone())
        .clock(house.clock.clone())
        .routes(routes::read(loaded.file.as_deref())?)
        .outbound(routes::outbound(loaded)?)
        .limiter(house.limiter.clone())
        .usage(house.usage.clone())
        .settings(door::settings(loaded))
        .build()?;
    let general = &loaded.settings.general;
    let running = edge.serve(Listen { public: general.listen, admin: general.admin_listen.0 })?;
    Ok((edge, running))
}

/// Says where the server listens: in the lock, for people, and in a file, for programs.
fn announce(data: &DataDirectory, lock: &mut Lock, running: &Running) -> Result<std::path::PathBuf> {
    let listen = format!("http://{}", running.local_addr());
    let admin = running.admin_addr().map(|address| format!("http://{address}"));
    let holder = Holder {
        pid: std::process::id(),
        version: crate::VERSION.to_owned(),
        what: "server".to_owned(),
        listen: Some(listen.clone()),
    };
    lock.write(&holder)?;
    let file = data.address_file();
    let text = json!({ "listen": listen, "admin": admin }).to_string();
    crate::data::write_private(&file, text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}
