//! What was published of an application's texts in one locale.

use banyan_kernel::Uuid;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "publications")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub application: String,
    pub locale: String,
    /// From 1.
    pub number: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub texts: Texts,
    /// How many texts differ from the publication before.
    pub changed: i64,
    /// The publication that a roll-back brought again; 0 is what the files say.
    pub restored_from: Option<i64>,
    pub published_by: Option<Uuid>,
    pub why: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Texts by the name of their message.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, sea_orm::FromJsonQueryResult)]
pub struct Texts(pub std::collections::BTreeMap<String, String>);
