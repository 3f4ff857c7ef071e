//! People leave: they ask for their account to be erased, and have some days to think again.

use std::time::Duration;

use banyan_events::jobs::{Enqueued, Job, JobContext, JobError, JobHandler, enqueue, find_waiting, withdraw};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};

use crate::accounts::user_of;
use crate::erasing::close_and_erase;
use crate::managing::keep_an_owner;
use crate::store::accounts;
use crate::{Identity, IdentityError};

/// For so long an account stays as it is after its person asked.
const GRACE: Duration = Duration::from_secs(14 * 86_400);

/// Waits for the end of the grace.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Leave {
    user: Uuid,
}

impl Job for Leave {
    const KIND: &'static str = "identity.leave";
}

fn key(user: Uuid) -> String {
    user.to_string()
}

impl Identity {
    /// The caller, who knows the password, leaves. Asked again, it answers the same. Says when the account goes.
    pub(crate) async fn ask_to_leave(&self, caller: &Caller, password: &str) -> Result<Timestamp, IdentityError> {
        let id = user_of(caller)?;
        let rows = self.system(caller.tenant, caller.request);
        let read = move |tx: Tx| async move {
            let user = accounts::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok::<_, IdentityError>((user, accounts::password_hash(&tx, id).await?))
        };
        let (user, stored) = rows.read(read).await?;
        self.confirm_password(&rows, &user, stored, password).await?;
        let asked = rows.write(move |tx| async move {
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            keep_an_owner(&tx, &person, banyan_kernel::Roles::NONE).await?;
            if let Enqueued::New(_) = enqueue(&tx, &Leave { user: id }).delay(GRACE).unique(key(id)).await? {
                tx.audit(Record::new("user.erasure-asked").subject(id).object("user", id));
            }
            find_waiting::<Leave>(&tx, &key(id)).await?.ok_or(IdentityError::Conflict)
        });
        asked.await
    }

    /// When the caller's account goes, if they asked for it.
    pub(crate) async fn leaves_at(&self, caller: &Caller) -> Result<Option<Timestamp>, IdentityError> {
        self.leaving_of(caller, user_of(caller)?).await
    }

    /// When somebody's account goes, if they asked for it.
    pub(crate) async fn leaving_of(&self, caller: &Caller, id: Uuid) -> Result<Option<Timestamp>, IdentityError> {
        let rows = self.system(caller.tenant, caller.request);
        rows.read(move |tx| async move { Ok(find_waiting::<Leave>(&tx, &key(id)).await?) }).await
    }

    /// The caller stays. Who never asked to leave stays, too.
    pub(crate) async fn stay(&self, caller: &Caller) -> Result<(), IdentityError> {
        let id = user_of(caller)?;
        let rows = self.system(caller.tenant, caller.request);
        let stay = move |tx: Tx| async move {
            if withdraw::<Leave>(&tx, &key(id)).await? {
                tx.audit(Record::new("user.erasure-withdrawn").subject(id).object("user", id));
            }
            Ok(())
        };
        rows.write(stay).await
    }
}

pub(crate) fn handler(identity: &Identity) -> JobHandler {
    let identity = identity.clone();
    JobHandler::new(move |job: Leave, context: JobContext| {
        let identity = identity.clone();
        async move { leave(&identity, job.user, &context).await }
    })
}

/// The account is closed, and its erasure begins, in one transaction.
async fn leave(identity: &Identity, user: Uuid, context: &JobContext) -> Result<(), JobError> {
    let signals = context.finish(move |tx| async move {
        // An administrator was faster.
        let Some(person) = accounts::person(&tx, user).await? else { return Ok(Vec::new()) };
        close_and_erase(&tx, &person).await.map_err(|error| match error {
            IdentityError::Store(error) => error.into(),
            other => JobError::Fatal(other.to_string()),
        })
    });
    identity.heed(&signals.await?);
    Ok(())
}
