//! How a person has answered suggestions, by kind.

use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::execute;
use crate::engine::mean_of;
use crate::entity::taste::{Column, Entity, Model};
use crate::error::ContextError;
use crate::model::{SuggestionKind, SuggestionState};

/// How much a person likes each kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tastes(Vec<Model>);

impl Tastes {
    /// 0 to 1; 0.5 for a kind that was never answered.
    pub(crate) fn mean(&self, kind: SuggestionKind) -> f64 {
        self.0.iter().find(|row| row.kind == kind).map_or(0.5, |row| mean_of(row.accepted, row.dismissed))
    }
}

pub(crate) async fn of_person(tx: &Tx, user: Uuid) -> Result<Tastes, ContextError> {
    Ok(Tastes(Entity::find().filter(Column::UserId.eq(user)).all(tx).await?))
}

/// Remembers an answer.
pub(crate) async fn learn(tx: &Tx, user: Uuid, kind: SuggestionKind, answer: SuggestionState) -> Result<(), ContextError> {
    const CHANGE: &str = "UPDATE tastes SET accepted = accepted + $1, dismissed = dismissed + $2, updated_at = $3 \
        WHERE user_id = $4 AND kind = $5";
    let accepted = i64::from(answer == SuggestionState::Accepted);
    let (dismissed, now) = (1 - accepted, tx.now().micros());
    let values = [accepted.into(), dismissed.into(), now.into(), user.into(), kind.word().into()];
    if execute(tx, CHANGE, values).await? > 0 {
        return Ok(());
    }
    let (tenant_id, id) = (tx.caller().tenant, tx.new_id());
    let row = Model { tenant_id, id, user_id: user, kind, accepted, dismissed, updated_at: now };
    Ok(tx.insert(row.into_active_model()).await?)
}
