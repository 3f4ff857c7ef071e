//! Erasing an account in every service.
//!
//! Identity drives it as a saga that asks each service in turn through the mesh, in its own name. An event that each service heeds would do the
//! same with less coupling, but nobody would know when all of them have, and only then may the account itself go: until then an
//! administrator sees whose erasure is stuck, and at which service.

use std::time::Duration;

use axum::body::Body;
use banyan_contracts::identity::UserErased;
use banyan_events::jobs::{JobError, Jobs, Retries};
use banyan_events::sagas::{Saga, StepContext, start};
use banyan_http::Peer;
use banyan_http::people::PEOPLE;
use banyan_kernel::{Caller, RequestId, Uuid};
use banyan_mesh::Mesh;
use banyan_store::audit::Record;
use banyan_store::idempotency::Cipher;
use banyan_store::{Rows, StoreError, Tx, grants};
use http::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};

use crate::managing::disable;
use crate::model::{Manager, Person};
use crate::schema::SERVICE;
use crate::signals::Signal;
use crate::store::{accounts, invitations, outgoing};
use crate::{Identity, IdentityError};

/// The saga's name, as it is stored.
const ERASE: &str = "erase-account";
/// The services that hold rows of people, by name: a service that is added says so here, which a test of the server compares.
pub const ERASING_SERVICES: [&str; 7] = ["content", "goals", "notifications", "flags", "support", "context", "realtime"];
/// How long a service may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Whose account it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Erase {
    user: Uuid,
}

/// Nothing is undone: what one service has erased cannot be brought back. So it is tried for days, and then waits for a person.
pub(crate) fn jobs(identity: &Identity, mesh: &Mesh) -> Jobs {
    let mut saga = Saga::new::<Erase>(ERASE).point_of_no_return();
    for service in ERASING_SERVICES {
        let mesh = mesh.clone();
        let ask = move |context: StepContext<Erase>| {
            let mesh = mesh.clone();
            async move { ask(&mesh, service, &context).await }
        };
        saga = saga.step_without_undo(service, ask).retries(Retries::OVER_DAYS);
    }
    let cipher = identity.0.store.environment().cipher.clone();
    let own = move |context: StepContext<Erase>| {
        let cipher = cipher.clone();
        async move { erase_account(&context, &cipher).await }
    };
    Jobs::new()
        .handle(crate::leaving::handler(identity))
        .saga(crate::welcoming::saga(identity, mesh))
        .saga(saga.step_without_undo(SERVICE, own).retries(Retries::OVER_DAYS).build())
}

impl Identity {
    /// Closes the account at once, and has all of it erased.
    pub(crate) async fn begin_erasing(&self, rows: &Rows, by: Manager, id: Uuid) -> Result<(), IdentityError> {
        let begun = rows.write(move |tx| async move {
            let person = accounts::person(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            by.may_change(id, person.rights.roles)?;
            close_and_erase(&tx, &person).await
        });
        self.heed(&begun.await?);
        Ok(())
    }
}

/// In the transaction of whoever decided it.
pub(crate) async fn close_and_erase(tx: &Tx, person: &Person) -> Result<Vec<Signal>, IdentityError> {
    let id = person.user.id;
    let signals = if person.is_active() { disable(tx, person).await? } else { Vec::new() };
    start(tx, ERASE, &Erase { user: id }).unique(id.to_string()).await?;
    tx.audit(Record::new("user.erasure-begun").subject(id).object("user", id));
    Ok(signals)
}

/// Has a service erase its rows. It answers the same however often it is asked.
async fn ask(mesh: &Mesh, service: &str, context: &StepContext<Erase>) -> Result<(), JobError> {
    let caller = Caller::system(context.tenant(), SERVICE, RequestId(context.saga()));
    let path = format!("{PEOPLE}/{}", context.input().user);
    let told = Peer { mesh, service, within: ANSWER }.tell(caller, Method::DELETE, &path, Body::empty()).await;
    told.map_err(|error| JobError::Retry(error.to_string()))
}

/// Last of all the account: sessions, credentials, roles, keys and memberships go with it, and what knows its address: invitations, and
/// mails that have not left. The audit log keeps its id, and nothing else. Then everybody hears of it.
async fn erase_account(context: &StepContext<Erase>, cipher: &Cipher) -> Result<(), JobError> {
    let user = context.input().user;
    let erase = move |tx: Tx| async move {
        let Some(found) = accounts::find(&tx, user).await? else { return Ok(()) };
        invitations::erase(&tx, user, &found.email).await?;
        outgoing::erase(&tx, &found.email, cipher).await?;
        grants::erase(&tx, user).await?;
        for sql in ["DELETE FROM usage_hours WHERE user_id = $1", "DELETE FROM users WHERE id = $1"] {
            let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [user.into()]);
            tx.execute_raw(statement).await.map_err(StoreError::from)?;
        }
        tx.publish(&UserErased { user_id: user }).await?;
        tx.audit(Record::new("user.erased").subject(user).object("user", user));
        Ok(())
    };
    context.write(erase).await
}
