//! What runs beside the requests: consumers of events, jobs, mails, keys, tidying.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_telemetry::{Finding, Need};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::data::DataDirectory;
use crate::house::House;

/// How long it may take to end.
const LAST_WORK: Duration = Duration::from_secs(10);

/// The running work.
pub(super) struct Beside {
    stop: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

/// How much of it this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// What only it can do: to hear of others' acts, and to write down what its door counted. The rest another process does.
    Own,
}

/// How the work ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LastWork {
    Done,
    /// It was cut off in a transaction, which is undone, and goes on at the next start.
    Left,
}

impl Beside {
    pub(super) fn start(house: &Arc<House>, data: &DataDirectory, extent: Extent) -> Self {
        let (stop, heard) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if extent == Extent::Whole {
            for consumers in &house.consumers {
                tasks.spawn(consumers.clone().run(heard.clone()));
            }
            for runner in house.take_runners() {
                tasks.spawn(runner.run(heard.clone()));
            }
            tasks.spawn(super::events::run(house.clone(), super::events::report(house), heard.clone()));
            tasks.spawn(super::heads::run(house.clone(), data.audit_heads(), heard.clone()));
            let differs = Arc::new(AtomicBool::new(false));
            super::guard::report(house, differs.clone());
            tasks.spawn(super::guard::run(house.clone(), differs, heard.clone()));
            tasks.spawn(super::tidy::run(house.clone(), heard.clone()));
        }
        tasks.spawn(super::usage::run(house.clone(), heard.clone()));
        let (cache, answers, mut stopped) = (house.cache.clone(), house.answers.clone(), heard.clone());
        tasks.spawn(async move {
            let told = async move { stopped.wait_for(|stop| *stop).await.map(drop) };
            tokio::select! {
                ((), ()) = async { tokio::join!(cache.listen(), answers.listen()) } => {}
                _told_or_gone = told => {}
            }
        });
        let identity = house.identity.clone();
        if extent == Extent::Whole && house.roles.have(banyan_identity::SERVICE) {
            tasks.spawn(identity.run(heard));
        } else {
            tasks.spawn(identity.hear_others(heard));
        }
        let broken = Arc::new(AtomicBool::new(false));
        report(house, broken.clone());
        Self { stop, ended: tokio::spawn(watch_over(tasks, broken)) }
    }

    pub(super) async fn stop(self) -> LastWork {
        self.stop.send_replace(true);
        match tokio::time::timeout(LAST_WORK, self.ended).await {
            Ok(_) => LastWork::Done,
            Err(_) => LastWork::Left,
        }
    }
}

/// Work that broke off is seen by whoever asks for the server's health.
fn report(house: &House, broken: Arc<AtomicBool>) {
    house.health.register("background", Need::Optional, LAST_WORK, move || {
        let broken = broken.load(Ordering::Relaxed);
        async move {
            if broken {
                Finding::down("work beside the requests broke off: look into the log, and restart")
            } else {
                Finding::up()
            }
        }
    });
}

/// Until all have ended. None of them ends by itself before it is told to.
async fn watch_over(mut tasks: JoinSet<()>, broken: Arc<AtomicBool>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            broken.store(true, Ordering::Relaxed);
            tracing::error!(%error, "work beside the requests broke off");
        }
    }
}
