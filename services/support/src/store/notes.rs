//! What those who answer tell one another, and the steps of tickets.

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use crate::entity::note::{Column, Entity, Model};
use crate::error::SupportError;
use crate::model::NoteKind;

const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt)];

/// A step of the ticket, by whoever acts.
pub(crate) async fn step(tx: &Tx, ticket: Uuid, kind: NoteKind, detail: Value) -> Result<(), SupportError> {
    let row = row(tx, ticket, kind, None, detail);
    Ok(tx.insert(row.into_active_model()).await?)
}

pub(crate) async fn write(tx: &Tx, ticket: Uuid, text: &str) -> Result<Model, SupportError> {
    let row = row(tx, ticket, NoteKind::Note, Some(text.to_owned()), json!({}));
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

fn row(tx: &Tx, ticket: Uuid, kind: NoteKind, text: Option<String>, detail: Value) -> Model {
    Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        ticket_id: ticket,
        author_id: tx.caller().user_id(),
        kind,
        text,
        detail,
        created_at: tx.now().micros(),
    }
}

pub(crate) async fn page(tx: &Tx, ticket: Uuid, paging: &Paging) -> Result<Paged<Model>, SupportError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::TicketId.eq(ticket)), ORDERS).await?)
}
