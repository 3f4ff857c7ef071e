//! `POST /api/v1/support/tickets/{id}/messages`

use axum::extract::State;
use banyan_http::{Check, Created, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::Uuid;
use serde::Deserialize;
use utoipa::ToSchema;

use super::TicketMessage;
use crate::App;
use crate::api::{LONGEST_TEXT, check_attachments};
use crate::entity::message::Attachment;
use crate::error::SupportError;
use crate::store::messages::{self, Said};
use crate::store::tickets;

/// What a person adds.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"text": "Alamat surel saya yang baru ada di profil."}))]
pub(crate) struct NewTicketMessage {
    #[schema(min_length = 1, max_length = 20_000)]
    text: String,
    #[serde(default)]
    #[schema(max_items = 5)]
    attachments: Vec<Attachment>,
}

impl Validate for NewTicketMessage {
    fn validate(&self, check: &mut Check) {
        check.text("text", &self.text).not_blank().length(1, LONGEST_TEXT).any();
        check_attachments(check, &self.attachments);
    }
}

/// Writes in a ticket of one's own. One that was answered or solved is open again; a closed one is opened by itself: 409.
#[utoipa::path(
    post,
    path = "/api/v1/support/tickets/{id}/messages",
    operation_id = "writeInTicket",
    tag = "support",
    params(("id" = Uuid, Path, description = "The ticket.")),
    request_body = NewTicketMessage,
    responses(
        (status = 201, description = "The message.", body = TicketMessage),
        (status = 409, description = "The ticket is closed.")
    )
)]
pub(crate) async fn write_in_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewTicketMessage>,
) -> Result<Created<TicketMessage>, Problem> {
    let user = caller.require_user()?;
    let (rows, body) = (app.store.bind(&caller), &body);
    let written = rows.write_once(key.as_ref(), move |tx| async move {
        let ticket = tickets::person_wrote(&tx, tickets::own_locked(&tx, id).await?).await?;
        let said = Said { text: &body.text, attachments: &body.attachments, answer: None };
        let message = messages::add(&tx, &ticket, user, said, tx.now()).await?;
        Ok::<_, SupportError>(TicketMessage::from(message))
    });
    Ok(Created::at(format!("/api/v1/support/tickets/{id}/messages"), written.await?))
}
