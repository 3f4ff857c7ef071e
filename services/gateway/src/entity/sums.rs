//! What all doors together saw of a migration's present run.

use banyan_contracts::splits::SplitSums;
use banyan_kernel::Uuid;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "split_sums")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// The migration's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of the run. What was seen of one before it has gone.
    pub generation: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub sums: Sums,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

banyan_store::record!(Model { tenant_id, id, generation, sums as json, updated_at });

/// As it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Sums(pub SplitSums);
