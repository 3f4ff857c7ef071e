//! Somebody who was given a variant, once an experiment.
//!
//! Whoever knows a person's id can find the row again, so it is personal all the same: it goes with the account, and when the experiment has
//! ended.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_subjects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub experiment_id: Uuid,
    /// SHA-256 of the experiment's id and the person's.
    pub subject: Vec<u8>,
    pub variant: String,
    pub exposed_at: i64,
    pub converted_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
