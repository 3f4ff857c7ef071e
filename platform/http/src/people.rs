//! What services do with a person's rows when the account goes, and what they give to a newcomer: asked by another service, never from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::routing::{delete, post};
use banyan_contracts::identity::FirstThing;
use banyan_kernel::{Actor, Caller, ErrorCode, Role, Roles, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx, grants};
use http::StatusCode;

use crate::Problem;

/// Where a service is asked to erase a person's rows. It is no path of the interface: the door knows nothing of it.
pub const PEOPLE: &str = "/internal/people";

type Working = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;
/// Removes, in one transaction, all that is a person's.
pub(crate) type Erase = dyn Fn(Tx, Uuid) -> Working + Send + Sync;

/// Gives a newcomer something, as that person.
pub(crate) type Give = dyn Fn(Tx, Uuid, FirstThing) -> Working + Send + Sync;
/// Takes it back.
pub(crate) type Take = dyn Fn(Tx, Uuid, Uuid) -> Working + Send + Sync;

#[derive(Clone)]
pub(crate) struct FirstThings {
    pub(crate) give: Arc<Give>,
    pub(crate) take: Arc<Take>,
}

#[derive(Clone)]
struct Welcomes {
    store: Store,
    things: FirstThings,
}

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
    let caller = service_of(caller)?;
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

/// The service that asks.
fn service_of(caller: Option<Extension<Caller>>) -> Result<Caller, ErrorCode> {
    let caller = caller.ok_or(ErrorCode::Unauthenticated)?.0;
    if matches!(caller.actor, Actor::System(_)) { Ok(caller) } else { Err(ErrorCode::Forbidden) }
}

pub(crate) fn first_things(store: Store, things: FirstThings) -> Router {
    Router::new()
        .route(&format!("{PEOPLE}/{{user}}/first-things"), post(give_first_thing))
        .route(&format!("{PEOPLE}/{{user}}/first-things/{{id}}"), delete(take_first_thing))
        .with_state(Welcomes { store, things })
}

/// The person for whom a service asks.
fn person(caller: &Caller, user: Uuid) -> Caller {
    Caller::user(caller.tenant, user, Roles::from_iter([Role::User]), caller.request)
}

async fn give_first_thing(
    State(desk): State<Welcomes>,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
    Json(thing): Json<FirstThing>,
) -> Result<StatusCode, Problem> {
    let caller = service_of(caller)?;
    let (give, thing) = (&desk.things.give, &thing);
    let work = move |tx: Tx| async move { give(tx, user, thing.clone()).await };
    desk.store.bind(&person(&caller, user)).write(work).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take_first_thing(
    State(desk): State<Welcomes>,
    caller: Option<Extension<Caller>>,
    Path((user, id)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let caller = service_of(caller)?;
    let take = &desk.things.take;
    let work = move |tx: Tx| async move { take(tx, user, id).await };
    desk.store.bind(&person(&caller, user)).write(work).await?;
    Ok(StatusCode::NO_CONTENT)
}
