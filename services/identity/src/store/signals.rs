//! What one node tells the others.

use banyan_kernel::Timestamp;
use banyan_store::{StoreError, Tx};
use sea_orm::QueryOrder as _;
use sea_orm::prelude::*;

use super::insert;
use crate::entity::signal;
use crate::signals::Signal;

pub(crate) async fn add(tx: &Tx, signal: Signal) -> Result<(), StoreError> {
    let (kind, subject, value) = signal.parts();
    let row = signal::Model {
        id: tx.new_id(),
        tenant: tx.caller().tenant,
        kind: kind.to_owned(),
        subject,
        value,
        created_at: tx.now().micros(),
    };
    insert(tx, row).await
}

pub(crate) async fn since(tx: &Tx, time: Timestamp) -> Result<Vec<signal::Model>, StoreError> {
    let query = signal::Entity::find().filter(signal::Column::CreatedAt.gte(time.micros()));
    Ok(query.order_by_asc(signal::Column::CreatedAt).all(tx).await?)
}

pub(crate) async fn sweep(tx: &Tx, before: Timestamp) -> Result<(), StoreError> {
    signal::Entity::delete_many().filter(signal::Column::CreatedAt.lt(before.micros())).exec(tx).await?;
    Ok(())
}
