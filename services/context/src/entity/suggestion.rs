//! What the engine proposes.

use sea_orm::entity::prelude::*;

use crate::engine::{Arguments, Reasons};
use crate::model::{SuggestionKind, SuggestionState};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suggestions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub session_id: Uuid,
    pub kind: SuggestionKind,
    pub state: SuggestionState,
    pub score: f64,
    pub fingerprint: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub arguments: Arguments,
    #[sea_orm(column_type = "JsonBinary")]
    pub reasons: Reasons,
    pub model: String,
    pub model_version: String,
    pub source: String,
    pub answered_by: Option<Uuid>,
    pub answered_at: Option<i64>,
    pub answer_reason: Option<String>,
    pub expires_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
