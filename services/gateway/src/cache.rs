//! Purges of the doors' caches: written down once, done by every process. Each door keeps its answers in its own memory.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use banyan_http::Host;
use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use banyan_store::{Rows, Tx};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::entity::purge::{Column, Entity, Model};
use crate::error::GatewayError;

/// What a purge names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PurgedThing)]
pub enum What {
    /// All answers that carry the tag.
    Tag,
    /// One address with all of its queries: `example.org/news/1`. If a picture is there, the images that were made of it, too.
    Address,
    /// All addresses that begin so: `example.org/news/`.
    Prefix,
    Everything,
}

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    pub what: What,
    /// Empty for everything.
    pub name: String,
}

/// A door that forgets: it has when this ends.
pub type Purging = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Rows older than this are of no use: whoever began later has nothing of what was to be forgotten.
const KEPT: Duration = Duration::from_secs(86_400);
/// Clocks of nodes differ, and a transaction ends after its rows have their time: so much further back is looked at again.
const MARGIN: Duration = Duration::from_secs(120);
/// More at once are done as one purge of everything.
const MOST: u64 = 500;

impl What {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Address => "address",
            Self::Prefix => "prefix",
            Self::Everything => "everything",
        }
    }

    fn of(name: &str) -> Self {
        let known = [Self::Tag, Self::Address, Self::Prefix];
        // What is not known any more must not be left in the caches.
        known.into_iter().find(|what| what.name() == name).unwrap_or(Self::Everything)
    }
}

/// Writes a purge down, with who asked for it and why.
pub(crate) async fn write_down(tx: &Tx, purge: &Purge, why: Option<&str>) -> Result<Uuid, GatewayError> {
    let now = tx.now().micros();
    let old = now.saturating_sub(i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX));
    Entity::delete_many().filter(Column::CreatedAt.lt(old)).exec(tx).await?;
    let (what, name) = (purge.what.name(), purge.name.as_str());
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        what: what.to_owned(),
        name: name.to_owned(),
        purged_by: tx.caller().user_id(),
        why: why.map(str::to_owned),
        created_at: now,
    };
    let id = row.id;
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let detail = json!({ "what": what, "name": name, "why": why });
    tx.audit(Record::new("gateway.cache.purged").object("purge", id).detail(detail));
    Ok(id)
}

/// From the command line of an operator. `operators` is the tenant of those who steer the door. Every door does it within a second or so.
///
/// # Errors
/// When it cannot be written down; then nothing is forgotten.
pub async fn purge(host: &Host, operators: Uuid, purge: &Purge, why: Option<&str>) -> Result<(), GatewayError> {
    let rows = host.store.system(operators);
    rows.write(move |tx| async move { write_down(&tx, purge, why).await.map(drop) }).await
}

/// The purges that this process has done.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// When it was last looked, in microseconds; none before the first look.
    looked: Option<i64>,
    ids: HashSet<Uuid>,
}

impl App {
    /// Does what was written down since the last time, once.
    pub(crate) async fn follow_purges(&self, rows: &Rows, done: &mut Done) -> Result<(), GatewayError> {
        let Some(door) = self.door.get() else { return Ok(()) };
        let (looked, margin) = (done.looked, i64::try_from(MARGIN.as_micros()).unwrap_or(0));
        let written = rows.read(move |tx| async move {
            let now = tx.now().micros();
            let from = looked.unwrap_or(now).saturating_sub(margin);
            let found = Entity::find().filter(Column::CreatedAt.gte(from)).order_by_asc(Column::CreatedAt).limit(MOST + 1);
            Ok::<_, GatewayError>((now, found.all(&tx).await?))
        });
        let (now, written): (i64, Vec<Model>) = written.await?;
        let new: Vec<&Model> = written.iter().filter(|row| !done.ids.contains(&row.id)).collect();
        let purges = if written.len() as u64 > MOST && !new.is_empty() {
            vec![Purge { what: What::Everything, name: String::new() }]
        } else {
            new.iter().map(|row| Purge { what: What::of(&row.what), name: row.name.clone() }).collect()
        };
        for purge in purges {
            door.purge(purge).await;
        }
        done.ids = written.iter().map(|row| row.id).collect();
        done.looked = Some(now);
        Ok(())
    }
}
