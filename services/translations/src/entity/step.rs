//! One step of a translation: who, what, when, why.

use banyan_kernel::Uuid;
use sea_orm::entity::prelude::*;

use super::translation::State;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "translation_steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub translation_id: Uuid,
    pub act: Act,
    /// After it.
    pub state: State,
    /// Where the step wrote one.
    pub text: Option<String>,
    pub note: Option<String>,
    /// None: the command line.
    pub taken_by: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was done.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "kebab-case")]
#[schema(as = TranslationAct)]
pub enum Act {
    #[sea_orm(string_value = "proposed")]
    Proposed,
    #[sea_orm(string_value = "imported")]
    Imported,
    #[sea_orm(string_value = "commented")]
    Commented,
    #[sea_orm(string_value = "review-requested")]
    ReviewRequested,
    #[sea_orm(string_value = "approved")]
    Approved,
    #[sea_orm(string_value = "rejected")]
    Rejected,
    #[sea_orm(string_value = "published")]
    Published,
    /// A roll-back took it away.
    #[sea_orm(string_value = "withdrawn")]
    Withdrawn,
}

impl Act {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Imported => "imported",
            Self::Commented => "commented",
            Self::ReviewRequested => "review-requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}
