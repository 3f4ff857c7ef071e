//! A subscription.

#![expect(unreachable_pub, reason = "the derives of entities want it")]

use sea_orm::entity::prelude::*;

use crate::follow::Wanted;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub tenant: Uuid,
    pub owner_id: Uuid,
    pub url: String,
    pub types: String,
    pub description: Option<String>,
    pub enabled: bool,
    pub secret: Vec<u8>,
    pub former_secret: Option<Vec<u8>>,
    pub former_until: Option<i64>,
    pub failures: i64,
    pub failing_since: Option<i64>,
    pub disabled_reason: Option<String>,
    pub disabled_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How far the clocks of two processes may be apart, in microseconds.
    const SKEW: i64 = 1_000_000;

    pub(crate) fn wanted(&self) -> Wanted {
        // What is stored was read by it before.
        Wanted::parse(&self.types).unwrap_or_else(Wanted::nothing)
    }

    /// Whether it was there when the event happened.
    pub(crate) fn was_there(&self, occurred_at: i64) -> bool {
        occurred_at.saturating_add(Self::SKEW) >= self.created_at
    }
}
