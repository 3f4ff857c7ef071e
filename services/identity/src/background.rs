//! What runs beside the requests: mails leave, other nodes are heard, keys rotate, what has expired is deleted.

use std::future::Future;
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{EngineKind, Tx};
use tokio::sync::watch;

use crate::revocations::REMEMBERED_SECONDS;
use crate::store::{api_keys, failures, outgoing, sessions, signals, tokens, usage};
use crate::{Identity, IdentityError};

/// How long a mail waits at most that was written by another process, or was not announced.
const MAIL_ROUND: Duration = Duration::from_secs(1);
/// How long it takes at most until an act on another node counts here.
const HEARING_ROUND: Duration = Duration::from_millis(500);
/// Signals of so many seconds are heeded again each time: enough for slow commits and clocks that differ.
const HEARING_OVERLAP_SECONDS: i64 = 30;
const TIDYING_ROUND: Duration = Duration::from_secs(3_600);
/// What has expired stays for a week, for questions.
const KEPT_SECONDS: i64 = 7 * 86_400;
/// Usage stays for a year and a month, so that a month can be compared with the same one a year before.
const USAGE_KEPT_SECONDS: i64 = 400 * 86_400;

impl Identity {
    /// Runs until `stop` becomes true.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let hearing = self.clone().hear_others(stop.clone());
        let mails = || async { self.send_mails().await.map(|_| ()) };
        let mailing = repeat("sending mails", MAIL_ROUND, stop.clone(), Some(&self.0.mail_due), mails);
        let tidy = || async { self.tidy().await };
        let tidying = repeat("tidying", TIDYING_ROUND, stop.clone(), None, tidy);
        tokio::join!(hearing, mailing, tidying);
    }

    /// Keeps sessions, rights, keys and tenants as other nodes change them, until `stop` becomes true: all that a process needs that only
    /// verifies. Part of [`Identity::run`].
    pub async fn hear_others(self, stop: watch::Receiver<bool>) {
        // An embedded store has one process, which heeds itself at once.
        if self.0.store.kind() == EngineKind::Postgres {
            let round = || async { self.hear(HEARING_OVERLAP_SECONDS).await };
            repeat("hearing other nodes", HEARING_ROUND, stop, None, round).await;
        }
    }

    /// Rotates keys and deletes what has expired, in every tenant.
    ///
    /// # Errors
    /// When the store fails; what was done so far stays done.
    pub async fn tidy(&self) -> Result<(), IdentityError> {
        self.keep_keys().await?;
        let now = self.0.clock.now();
        let expired = now.plus_seconds(-KEPT_SECONDS);
        for tenant in self.tenants() {
            self.own(tenant.id).write(move |tx| async move { sweep_tenant(&tx, expired).await }).await?;
        }
        let unheard = now.plus_seconds(-2 * REMEMBERED_SECONDS);
        let sweep = move |tx: Tx| async move {
            signals::sweep(&tx, unheard).await?;
            outgoing::sweep(&tx, expired).await?;
            Ok(())
        };
        self.own(Uuid::nil()).write(sweep).await
    }
}

async fn sweep_tenant(tx: &Tx, expired: Timestamp) -> Result<(), IdentityError> {
    sessions::sweep(tx, expired).await?;
    tokens::sweep(tx, expired).await?;
    failures::sweep(tx, expired).await?;
    api_keys::sweep(tx, expired).await?;
    usage::sweep(tx, tx.now().plus_seconds(-USAGE_KEPT_SECONDS)).await?;
    Ok(())
}

/// One round after the other: when woken, at the latest after `every`. A failed round is logged, and the next one tries again.
async fn repeat<F, Fut>(
    what: &'static str,
    every: Duration,
    mut stop: watch::Receiver<bool>,
    woken: Option<&tokio::sync::Notify>,
    round: F,
) where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<(), IdentityError>>,
{
    while !*stop.borrow() {
        if let Err(error) = round().await {
            tracing::warn!(%error, what, "a background round failed; the next one tries again");
        }
        let wake = async {
            match woken {
                Some(woken) => woken.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wake => {}
            () = tokio::time::sleep(every) => {}
            changed = stop.changed() => {
                // The one who could say stop is gone.
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}
