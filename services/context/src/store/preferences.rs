//! What a person wants of the engine, everywhere or in one session.

use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, FromJsonQueryResult, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::entity::preference::{Column, Entity, Model};
use crate::error::ContextError;
use crate::model::SuggestionKind;

/// What a person wants to see. What is left out is as usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = ContextPreferences, example = json!({"suggestions": true, "mutedKinds": ["topic"], "leastScore": 0.3, "custom": {"view": "board"}}))]
pub(crate) struct Preferences {
    /// Whether suggestions are listed.
    pub(crate) suggestions: bool,
    /// Kinds that are not listed.
    #[schema(max_items = 5, inline)]
    pub(crate) muted_kinds: Vec<SuggestionKind>,
    /// Suggestions below it are not listed.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) least_score: f64,
    /// Whatever a client keeps for this person, at most 8 KiB of JSON.
    #[schema(value_type = Object)]
    pub(crate) custom: Map<String, Value>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { suggestions: true, muted_kinds: Vec::new(), least_score: 0.0, custom: Map::new() }
    }
}

/// A person has one row everywhere and one a session: the id says which, so that two requests at once cannot make two.
fn id_of(user: Uuid, session: Option<Uuid>) -> Uuid {
    Uuid::from_u128(user.as_u128() ^ session.map_or(0, |session| session.as_u128().rotate_left(64)))
}

pub(crate) async fn find(tx: &Tx, user: Uuid, session: Option<Uuid>) -> Result<Option<Model>, ContextError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).filter(Column::Id.eq(id_of(user, session))).one(tx).await?)
}

/// What counts in a session: what the person said there, else everywhere, else what is usual.
pub(crate) async fn in_session(tx: &Tx, user: Uuid, session: Uuid) -> Result<Preferences, ContextError> {
    if let Some(row) = find(tx, user, Some(session)).await? {
        return Ok(row.value);
    }
    Ok(find(tx, user, None).await?.map(|row| row.value).unwrap_or_default())
}

/// Writes over `known`, which [`find`] gave.
pub(crate) async fn put(
    tx: &Tx,
    user: Uuid,
    session: Option<Uuid>,
    known: Option<&Model>,
    value: &Preferences,
) -> Result<Model, ContextError> {
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: id_of(user, session),
        user_id: user,
        session_id: session,
        value: value.clone(),
        version: known.map_or(1, |row| row.version + 1),
        updated_at: tx.now().micros(),
    };
    let Some(known) = known else {
        tx.insert(row.clone().into_active_model()).await?;
        return Ok(row);
    };
    let mut changes = row.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id, Column::UserId, Column::SessionId] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(row.id)).filter(Column::Version.eq(known.version));
    if update.exec(tx).await?.rows_affected == 1 { Ok(row) } else { Err(ContextError::Stale { present: known.version + 1 }) }
}
