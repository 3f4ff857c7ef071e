//! A flag's variants, compared by what people did who got them.

use std::collections::BTreeMap;

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flag_experiments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub flag_id: Uuid,
    pub key: String,
    pub environment: String,
    pub name: String,
    /// What people do who are won: `checkout.completed`.
    pub goal: String,
    /// The variant with which the others are compared.
    pub control: String,
    /// About how large a difference of rates is looked for, 0 to 1.
    pub effect: f64,
    #[sea_orm(column_type = "JsonBinary")]
    pub shares: Shares,
    /// Whether people are taken: a word of [`People`].
    pub people: String,
    /// What it has shown, from its end on.
    #[sea_orm(column_type = "JsonBinary")]
    pub results: Results,
    pub created_by: Option<Uuid>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

/// The weights of the variants when the experiment began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Shares(pub BTreeMap<String, i64>);

/// People by variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Results(pub BTreeMap<String, Group>);

/// People who were given one variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub exposed: u64,
    /// Of them, those who reached the goal.
    pub converted: u64,
}

/// What is known of an experiment's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// Whoever comes is taken.
    Open,
    /// There are as many as there may be.
    Full,
    /// It has ended, and their rows are deleted.
    Gone,
}

impl People {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Full => "full",
            Self::Gone => "gone",
        }
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
