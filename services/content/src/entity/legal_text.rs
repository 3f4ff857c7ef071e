//! A version of a legal text in one language.

use banyan_kernel::Uuid;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_texts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version_id: Uuid,
    pub locale: String,
    pub title: String,
    pub text: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub purposes: Purposes,
    pub version: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// For what personal data is used, to which a person agrees or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LegalPurpose, example = json!({"id": "reminders", "title": "Pengingat", "text": "Kami mengirim pengingat ke surel Anda.", "required": false}))]
pub struct Purpose {
    /// The same in all languages: lower-case words joined by hyphens.
    #[schema(min_length = 1, max_length = 40)]
    pub id: String,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[schema(min_length = 1, max_length = 2_000)]
    pub text: String,
    /// Whether the place cannot be used without.
    #[serde(default)]
    pub required: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Purposes(pub Vec<Purpose>);
