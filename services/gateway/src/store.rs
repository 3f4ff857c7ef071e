//! The service's queries. Row security decides what is visible.

use banyan_http::{Paged, Paging};
use banyan_store::Tx;
use sea_orm::EntityTrait;

use crate::entity::migration::{Column, Entity, Model};
use crate::error::GatewayError;

/// What a list of migrations may be ordered by; the first is the default.
const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt), ("updatedAt", Column::UpdatedAt), ("name", Column::Name)];

pub(crate) async fn list(tx: &Tx, paging: &Paging) -> Result<Paged<Model>, GatewayError> {
    Ok(paging.fetch_last(tx, Entity::find(), ORDERS).await?)
}
