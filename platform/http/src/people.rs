//! What services do with a person's rows when the account goes or a copy of them is asked for, and what they give to a newcomer: asked by another
//! service, never from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Extension, Path, Query, State};
use axum::routing::{delete, get, post};
use banyan_contracts::identity::FirstThing;
use banyan_kernel::{Actor, Caller, ErrorCode, Role, Roles, Uuid};
use banyan_store::audit::Record;
use banyan_store::personal::Personal;
use banyan_store::{Store, StoreError, Tx, grants};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Problem;

/// Below it a service is asked to erase a person's rows, or for a copy of them. It is no path of the interface: the door knows nothing of it.
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

/// Some of what a service holds of a person: rows of one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CopiedRows {
    pub table: String,
    pub rows: Vec<Map<String, Value>>,
    /// Where the copy goes on; nothing at its end.
    pub next: Option<CopyPlace>,
}

/// A place in the copy of a person's rows, and what is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyPlace {
    /// Which of the service's tables that hold rows of people.
    pub table: usize,
    /// The last row that was read of it.
    pub after: Option<Uuid>,
}

#[derive(Clone)]
struct Copies {
    store: Store,
    tables: Arc<[Personal]>,
}

pub(crate) fn copies(store: Store, tables: Vec<Personal>) -> Router {
    let copies = Copies { store, tables: tables.into() };
    Router::new().route(&format!("{PEOPLE}/{{user}}/copy"), get(copy_rows)).with_state(copies)
}

/// Reads as the person would, so that nothing is told that row security keeps from them.
async fn copy_rows(
    State(copies): State<Copies>,
    caller: Option<Extension<Caller>>,
    Path(user): Path<Uuid>,
    Query(place): Query<CopyPlace>,
) -> Result<Json<CopiedRows>, Problem> {
    let caller = service_of(caller)?;
    let table = copies.tables.get(place.table).ok_or(ErrorCode::NotFound)?;
    let read = move |tx: Tx| async move { table.page(&tx, place.after).await };
    let page = copies.store.bind(&person(&caller, user)).read(read).await?;
    let next = match page.next {
        Some(after) => Some(CopyPlace { table: place.table, after: Some(after) }),
        None => Some(CopyPlace { table: place.table + 1, after: None }).filter(|next| next.table < copies.tables.len()),
    };
    Ok(Json(CopiedRows { table: table.table().to_owned(), rows: page.rows, next }))
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
