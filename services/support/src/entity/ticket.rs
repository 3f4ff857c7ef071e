//! What a person asked, and where it stands.

use sea_orm::entity::prelude::*;

use crate::model::{Category, Outcome, Priority, State};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user_id: Uuid,
    pub reference: String,
    pub category: Category,
    pub subject: String,
    pub locale: String,
    pub state: State,
    pub priority: Priority,
    pub assignee_id: Option<Uuid>,
    pub tier: i64,
    pub asked_at: i64,
    pub requested_at: i64,
    pub due_at: Option<i64>,
    pub escalated_at: Option<i64>,
    pub first_answered_at: Option<i64>,
    pub first_due_at: i64,
    pub solved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub outcome: Option<Outcome>,
    pub reopened: i64,
    pub rating: Option<i64>,
    pub rating_comment: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
