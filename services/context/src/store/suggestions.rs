//! What the engine proposes, and what people answered.

use banyan_contracts::context::{SuggestionAnswered, SuggestionGenerated};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::steps::{self, Step};
use super::{execute, tastes};
use crate::engine::{ModelInfo, Proposal};
use crate::entity::suggestion::{Column, Entity, Model};
use crate::error::ContextError;
use crate::model::{SuggestionState, Told};

/// Open ones of a session; the least good expire.
pub(crate) const MOST_OPEN: usize = 50;
/// Those of a list, the latest.
const MOST_LISTED: u64 = 200;
/// Without an answer.
const OPEN_SECONDS: i64 = 14 * 86_400;

/// Those of a session in one state, the latest 200.
pub(crate) async fn list(tx: &Tx, session: Uuid, state: SuggestionState) -> Result<Vec<Model>, ContextError> {
    let mut select = Entity::find().filter(Column::SessionId.eq(session)).filter(Column::State.eq(state));
    if state == SuggestionState::Open {
        select = select.filter(Column::ExpiresAt.gt(tx.now().micros()));
    }
    Ok(select.order_by_desc(Column::UpdatedAt).order_by_desc(Column::Id).limit(MOST_LISTED).all(tx).await?)
}

pub(crate) async fn visible(tx: &Tx, session: Uuid, id: Uuid) -> Result<Model, ContextError> {
    let select = Entity::find().filter(Column::Id.eq(id)).filter(Column::SessionId.eq(session));
    select.one(tx).await?.ok_or(ContextError::Hidden)
}

/// Writes what the engine proposes for items of a held session. What was proposed before is not proposed again: an open one is brought up
/// to date, an answered one stays answered.
pub(crate) async fn propose(
    tx: &Tx,
    session: Uuid,
    touched: &[Uuid],
    proposals: &[Proposal],
    model: &ModelInfo,
) -> Result<usize, ContextError> {
    let mut new = 0;
    for proposal in proposals {
        let select = Entity::find().filter(Column::SessionId.eq(session)).filter(Column::Fingerprint.eq(&proposal.fingerprint));
        match select.one(tx).await? {
            Some(known) if matches!(known.state, SuggestionState::Open | SuggestionState::Expired) => {
                new += usize::from(known.state == SuggestionState::Expired);
                renew(tx, &known, proposal, model).await?;
            }
            Some(_) => {}
            None => {
                insert(tx, session, proposal, model).await?;
                new += 1;
            }
        }
    }
    expire(tx, session, touched, proposals).await?;
    Ok(new)
}

async fn insert(tx: &Tx, session: Uuid, proposal: &Proposal, model: &ModelInfo) -> Result<(), ContextError> {
    let now = tx.now();
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        session_id: session,
        kind: proposal.kind,
        state: SuggestionState::Open,
        score: proposal.score,
        fingerprint: proposal.fingerprint.clone(),
        arguments: proposal.arguments.clone(),
        reasons: proposal.reasons.clone(),
        model: model.model.clone(),
        model_version: model.version.clone(),
        source: model.source.clone(),
        answered_by: None,
        answered_at: None,
        answer_reason: None,
        expires_at: now.plus_seconds(OPEN_SECONDS).micros(),
        created_at: now.micros(),
        updated_at: now.micros(),
    };
    tx.insert(row.clone().into_active_model()).await?;
    generated(tx, &row).await
}

async fn renew(tx: &Tx, known: &Model, proposal: &Proposal, model: &ModelInfo) -> Result<(), ContextError> {
    let now = tx.now();
    let after = Model {
        kind: proposal.kind,
        state: SuggestionState::Open,
        score: proposal.score,
        arguments: proposal.arguments.clone(),
        reasons: proposal.reasons.clone(),
        model: model.model.clone(),
        model_version: model.version.clone(),
        source: model.source.clone(),
        expires_at: now.plus_seconds(OPEN_SECONDS).micros(),
        updated_at: now.micros(),
        ..known.clone()
    };
    write(tx, known, &after).await?;
    if known.state == SuggestionState::Expired { generated(tx, &after).await } else { Ok(()) }
}

/// Tells that there is a suggestion. Its text is made for each reader.
async fn generated(tx: &Tx, row: &Model) -> Result<(), ContextError> {
    let detail = json!({
        "kind": row.kind, "score": row.score, "itemIds": row.reasons.items,
        "model": row.model, "version": row.model_version, "source": row.source,
    });
    let told = Some(json!({ "arguments": row.arguments, "reasons": row.reasons.reasons }));
    let step = Step { event: Told::Suggestion, action: "suggestion.generated", object: Some(row.id), detail, told };
    steps::step(tx, row.session_id, step).await?;
    let event = SuggestionGenerated {
        session_id: row.session_id,
        suggestion_id: row.id,
        kind: row.kind.word().to_owned(),
        score: row.score,
        item_ids: row.reasons.items.clone(),
        model: row.model.clone(),
        model_version: row.model_version.clone(),
    };
    tx.publish(&event).await?;
    Ok(())
}

/// Open ones that rest on items that have changed, and were not proposed again, are over; so are the least good beyond the bound.
async fn expire(tx: &Tx, session: Uuid, touched: &[Uuid], proposals: &[Proposal]) -> Result<(), ContextError> {
    let select = Entity::find().filter(Column::SessionId.eq(session)).filter(Column::State.eq(SuggestionState::Open));
    let open = select.order_by_desc(Column::Score).order_by_desc(Column::Id).all(tx).await?;
    let mut kept = 0;
    for row in open {
        let is_proposed = proposals.iter().any(|proposal| proposal.fingerprint == row.fingerprint);
        let is_stale = !is_proposed && row.reasons.items.iter().any(|item| touched.contains(item));
        if !is_stale && kept < MOST_OPEN {
            kept += 1;
            continue;
        }
        let after = Model { state: SuggestionState::Expired, updated_at: tx.now().micros(), ..row.clone() };
        write(tx, &row, &after).await?;
    }
    Ok(())
}

/// Says what a suggestion of a held session was worth. The same answer twice is one.
pub(crate) async fn answer(
    tx: &Tx,
    user: Uuid,
    before: Model,
    answer: SuggestionState,
    reason: Option<&str>,
) -> Result<Model, ContextError> {
    if before.state == answer {
        return Ok(before);
    }
    if before.state != SuggestionState::Open || before.expires_at <= tx.now().micros() {
        return Err(ContextError::Conflict("context-suggestion-closed"));
    }
    let now = tx.now().micros();
    let after = Model {
        state: answer,
        answered_by: Some(user),
        answered_at: Some(now),
        answer_reason: reason.map(str::to_owned),
        updated_at: now,
        ..before.clone()
    };
    write(tx, &before, &after).await?;
    tastes::learn(tx, user, before.kind, answer).await?;
    let action = format!("suggestion.{}", answer.word());
    let detail = json!({ "kind": before.kind });
    steps::step(
        tx,
        before.session_id,
        Step { event: Told::Action, action: &action, object: Some(before.id), detail, told: None },
    )
    .await?;
    let event = SuggestionAnswered {
        session_id: before.session_id,
        suggestion_id: before.id,
        kind: before.kind.word().to_owned(),
        answer: answer.word().to_owned(),
        answered_by: user,
    };
    tx.publish(&event).await?;
    Ok(after)
}

async fn write(tx: &Tx, before: &Model, after: &Model) -> Result<(), ContextError> {
    let mut changes = after.clone().into_active_model().reset_all();
    for column in [Column::TenantId, Column::Id, Column::SessionId, Column::Fingerprint, Column::CreatedAt] {
        changes.not_set(column);
    }
    let update = Entity::update_many().set(changes).filter(Column::Id.eq(before.id));
    if update.exec(tx).await?.rows_affected == 1 { Ok(()) } else { Err(ContextError::Hidden) }
}

/// Removes what nobody answered in time and what was answered long ago: the latest 500 stay.
pub(crate) async fn trim(tx: &Tx, session: Uuid) -> Result<(), ContextError> {
    const SQL: &str = "DELETE FROM suggestions WHERE session_id = $1 AND state <> 'open' AND id NOT IN \
        (SELECT id FROM suggestions WHERE session_id = $2 AND state <> 'open' ORDER BY updated_at DESC, id DESC LIMIT 500)";
    execute(tx, SQL, [session.into(), session.into()]).await?;
    Ok(())
}
