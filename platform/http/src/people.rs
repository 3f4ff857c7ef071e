//! What services do with a person's rows when the account goes: asked by another service, never from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::routing::delete;
use banyan_kernel::{Actor, Caller, ErrorCode, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx, grants};
use http::StatusCode;

use crate::Problem;

/// Where a service is asked to erase a person's rows. It is no path of the interface: the door knows nothing of it.
pub const PEOPLE: &str = "/internal/people";

type Erasing = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;
/// Removes, in one transaction, all that is a person's.
pub(crate) type Erase = dyn Fn(Tx, Uuid) -> Erasing + Send + Sync;

#[derive(Clone)]
struct Desk {
    store: Store,
    erase: Arc<Erase>,
}

pub(crate) fn router(store: Store, erase: Arc<Erase>) -> Router {
    Router::new().route(&format!("{PEOPLE}/{{user}}"), delete(erase_person)).with_state(Desk { store, erase })
}

/// Answers 204 however often it is asked; and 403 to everybody but a service that acts for itself, which nobody becomes by a request.
async fn erase_person(
    State(desk): State<Desk>,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    if !matches!(caller.actor, Actor::System(_)) {
        return Err(ErrorCode::Forbidden.into());
    }
    let erase = &desk.erase;
    let work = move |tx: Tx| async move {
        erase(tx.clone(), user).await?;
        grants::erase(&tx, user).await?;
        tx.audit(Record::new("person.erased").subject(user));
        Ok::<_, StoreError>(())
    };
    desk.store.bind(&caller).write(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
