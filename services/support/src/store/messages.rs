//! What was said in tickets.

use banyan_http::{Paged, Paging};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::Tx;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::entity::message::{Attachment, Attachments, Column, Entity, Model};
use crate::entity::ticket;
use crate::error::SupportError;

const ORDERS: &[(&str, Column)] = &[("createdAt", Column::CreatedAt)];

/// What somebody says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'s> {
    pub(crate) text: &'s str,
    pub(crate) attachments: &'s [Attachment],
    /// The answer that was used.
    pub(crate) answer: Option<&'s str>,
}

pub(crate) async fn add(
    tx: &Tx,
    ticket: &ticket::Model,
    author: Uuid,
    said: Said<'_>,
    at: Timestamp,
) -> Result<Model, SupportError> {
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        ticket_id: ticket.id,
        user_id: ticket.user_id,
        author_id: author,
        text: said.text.to_owned(),
        attachments: Attachments(said.attachments.to_vec()),
        answer: said.answer.map(str::to_owned),
        created_at: at.micros(),
    };
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

pub(crate) async fn page(tx: &Tx, ticket: Uuid, paging: &Paging) -> Result<Paged<Model>, SupportError> {
    Ok(paging.fetch(tx, Entity::find().filter(Column::TicketId.eq(ticket)), ORDERS).await?)
}
