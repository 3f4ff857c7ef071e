//! A version of a legal text.

use banyan_kernel::Uuid;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: Kind,
    pub number: i64,
    pub state: State,
    pub effective_at: Option<i64>,
    pub published_at: Option<i64>,
    pub published_by: Option<Uuid>,
    pub author_id: Option<Uuid>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a legal text is. Stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = LegalKind)]
pub enum Kind {
    /// What is done with personal data.
    #[sea_orm(string_value = "privacy")]
    Privacy,
    /// The terms of use.
    #[sea_orm(string_value = "terms")]
    Terms,
    /// To which purposes a person agrees, each for itself.
    #[sea_orm(string_value = "consent")]
    Consent,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Privacy, Self::Terms, Self::Consent];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Privacy => "privacy",
            Self::Terms => "terms",
            Self::Consent => "consent",
        }
    }
}

/// Where a version stands. Stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
#[schema(as = LegalState)]
pub enum State {
    #[sea_orm(string_value = "draft")]
    Draft,
    #[sea_orm(string_value = "published")]
    Published,
}
