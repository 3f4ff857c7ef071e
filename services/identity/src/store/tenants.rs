//! The tenants of the installation.

use banyan_store::{StoreError, Tx};
use sea_orm::QueryOrder as _;
use sea_orm::prelude::*;

use super::insert;
use crate::entity::tenant;

pub(crate) async fn all(tx: &Tx) -> Result<Vec<tenant::Model>, StoreError> {
    Ok(tenant::Entity::find().order_by_asc(tenant::Column::Name).all(tx).await?)
}

pub(crate) async fn add(tx: &Tx, row: tenant::Model) -> Result<(), StoreError> {
    insert(tx, row).await
}
