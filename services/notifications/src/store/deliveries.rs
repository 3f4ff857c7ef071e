//! Deliveries and what became of them.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use crate::entity::delivery::{ActiveModel, Column, Entity, Model};
use crate::topic::{DeliveryState, Topic, Way};

/// How many attempts are remembered.
const REMEMBERED: usize = 20;

/// A delivery that is to be made at once, in no mail that gathers.
pub(crate) fn new(tx: &Tx, user: Option<Uuid>, topic: Topic, way: Way) -> Model {
    let now = tx.now().micros();
    Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        notification_id: None,
        way,
        endpoint_id: None,
        topic,
        state: DeliveryState::Waiting,
        reason: None,
        only_if_unread: false,
        heeds_quiet_hours: false,
        rhythm: None,
        gathered_by: None,
        address_hint: None,
        attempts: 0,
        history: json!([]),
        provider_id: None,
        due_at: now,
        created_at: now,
        updated_at: now,
        ended_at: None,
    }
}

pub(crate) async fn add(tx: &Tx, row: Model) -> Result<(), StoreError> {
    tx.insert(row.into_active_model()).await
}

pub(crate) async fn find(tx: &Tx, id: Uuid) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(tx).await?)
}

/// Writes all of a row that [`find`] gave.
pub(crate) async fn save(tx: &Tx, mut row: Model) -> Result<(), StoreError> {
    row.updated_at = tx.now().micros();
    let id = row.id;
    let mut changes: ActiveModel = row.into_active_model().reset_all();
    changes.not_set(Column::TenantId);
    changes.not_set(Column::Id);
    Entity::update_many().set(changes).filter(Column::Id.eq(id)).exec(tx).await?;
    Ok(())
}

impl Model {
    /// An attempt was made.
    pub(crate) fn note(&mut self, at: Timestamp, outcome: &str, reason: &str) {
        self.attempts += 1;
        let mut history = self.history.as_array().cloned().unwrap_or_default();
        let keep_from = (history.len() + 1).saturating_sub(REMEMBERED);
        history.drain(..keep_from);
        history.push(json!({ "at": at, "outcome": outcome, "reason": short(reason) }));
        self.history = history.into();
    }

    /// It will not be tried any more.
    pub(crate) fn end(&mut self, at: Timestamp, state: DeliveryState, reason: Option<&str>) {
        self.state = state;
        self.reason = reason.map(short);
        self.ended_at = Some(at.micros());
    }
}

/// What other programs say may be long.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
