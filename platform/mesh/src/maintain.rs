//! What a mesh does beside calls: finding instances, and asking whether they are well. One task of the process does it for all workers.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinSet};

use crate::Mesh;
use crate::discovery::{Sources, keep_finding};
use crate::health::check::keep_checking;
use crate::service::Inner;

impl Mesh {
    /// Never ends; spawn it once, on a runtime that lives as long as the process. Without it, only static lists and routers of this process
    /// are called, and only calls tell who is well.
    pub async fn maintain(self, sources: Sources) {
        let mut tasks = JoinSet::new();
        let mut watched: BTreeMap<Arc<str>, (Arc<Inner>, AbortHandle)> = BTreeMap::new();
        let mut tables = self.0.tables.subscribe();
        loop {
            tables.borrow_and_update();
            let services = self.0.table.load().services.clone();
            watched.retain(|name, (watched, task)| {
                let stays = services.get(name).is_some_and(|service| Arc::ptr_eq(&service.0, watched));
                if !stays {
                    task.abort();
                }
                stays
            });
            for (name, service) in services {
                let inner = service.0.clone();
                watched.entry(name).or_insert_with(|| (inner.clone(), tasks.spawn(watch(inner, sources.clone()))));
            }
            tokio::select! {
                changed = tables.changed() => if changed.is_err() { return },
                Some(ended) = tasks.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        tracing::error!(%error, "the watch over a service ended in a panic");
                    }
                }
            }
        }
    }
}

/// Works by the present rules until there are others.
async fn watch(service: Arc<Inner>, sources: Sources) {
    let mut versions = service.versions();
    loop {
        versions.borrow_and_update();
        let upstream = service.upstream();
        let finding = keep_finding(service.clone(), upstream.clone(), sources.clone());
        let checking = async {
            match upstream.health.clone() {
                Some(check) => keep_checking(service.clone(), upstream.clone(), check).await,
                None => pending().await,
            }
        };
        tokio::select! {
            changed = versions.changed() => if changed.is_err() { return },
            ((), ()) = async { tokio::join!(finding, checking) } => (),
        }
    }
}
