//! Where a tenant hears of itself: chat rooms and webhooks.

use banyan_events::jobs::Priority;
use banyan_kernel::{Secret, Timestamp, Uuid};
use banyan_store::audit::Record;
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::{deliveries, execute};
use crate::entity::delivery;
use crate::entity::destination::{ActiveModel, Column, Entity, Model};
use crate::jobs::plan::send_at;
use crate::topic::Topic;

/// How many a tenant may have.
pub(crate) const MOST: usize = 50;
/// How long the key before signs beside a new one.
pub(crate) const OVERLAP_SECONDS: i64 = 86_400;

pub(crate) async fn list(tx: &Tx) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().order_by_asc(Column::Name).all(tx).await?)
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(tx).await?)
}

pub(crate) async fn add(tx: &Tx, row: Model) -> Result<(), StoreError> {
    tx.insert(row.into_active_model()).await
}

/// Writes all of a row that [`find`] gave.
pub(crate) async fn save(tx: &Tx, mut row: Model) -> Result<Model, StoreError> {
    row.updated_at = tx.now().micros();
    let (id, saved) = (row.id, row.clone());
    let mut changes: ActiveModel = row.into_active_model().reset_all();
    changes.not_set(Column::TenantId);
    changes.not_set(Column::Id);
    Entity::update_many().set(changes).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(saved)
}

pub(crate) async fn remove(tx: &Tx, id: Uuid) -> Result<u64, StoreError> {
    execute(tx, "DELETE FROM destinations WHERE id = $1", [id.into()]).await
}

impl Model {
    pub(crate) fn wants(&self, topic: Topic) -> bool {
        let topics = self.topics.as_array().into_iter().flatten();
        self.disabled_at.is_none() && topics.filter_map(serde_json::Value::as_str).any(|word| word == topic.word())
    }
}

/// Tells of a notification all destinations that want its topic, each by a job of its own.
pub(crate) async fn spread(tx: &Tx, notification: Uuid, topic: Topic) -> Result<(), StoreError> {
    for one in list(tx).await?.iter().filter(|one| one.wants(topic)) {
        let row = deliveries::new(tx, None, topic, one.way);
        let row = delivery::Model {
            notification_id: Some(notification),
            endpoint_id: Some(one.id),
            address_hint: Some(one.hint.clone()),
            ..row
        };
        let id = row.id;
        deliveries::add(tx, row).await?;
        send_at(tx, id, one.way, tx.now(), Priority::Normal).await?;
    }
    Ok(())
}

pub(crate) async fn worked(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE destinations SET last_success_at = $1 WHERE id = $2";
    execute(tx, SQL, [tx.now().micros().into(), id.into()]).await.map(drop)
}

/// It takes nothing any more: from here on it is left alone.
pub(crate) async fn disable(tx: &Tx, id: Uuid, reason: &str) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE destinations SET disabled_at = $1, reason = $2, updated_at = $1 WHERE id = $3 AND disabled_at IS NULL";
    if execute(tx, SQL, [tx.now().micros().into(), reason.into(), id.into()]).await? > 0 {
        tx.audit(Record::new("destination.disabled").object("destination", id).detail(json!({ "reason": reason })));
        tracing::warn!(destination = %id, reason, "a destination of a tenant takes nothing any more");
    }
    Ok(())
}

pub(crate) fn seal(store: &Store, id: Uuid, text: &str) -> Vec<u8> {
    store.environment().cipher.seal(text.as_bytes(), id.as_bytes())
}

fn open(store: &Store, id: Uuid, sealed: &[u8]) -> Option<String> {
    String::from_utf8(store.environment().cipher.open(sealed, id.as_bytes()).ok()?).ok()
}

/// The address; nothing where it cannot be opened.
pub(crate) fn target(store: &Store, row: &Model) -> Option<String> {
    open(store, row.id, &row.target)
}

/// By which a webhook is signed now: the present key, and the one before while both count.
pub(crate) fn keys(store: &Store, row: &Model, now: Timestamp) -> Vec<Secret<String>> {
    let previous = row.previous_secret.as_deref().filter(|_| row.previous_until.is_some_and(|until| until > now.micros()));
    let sealed = [row.secret.as_deref(), previous];
    sealed.into_iter().flatten().filter_map(|sealed| open(store, row.id, sealed)).map(Secret::new).collect()
}
