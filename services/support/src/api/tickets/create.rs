//! `POST /api/v1/support/tickets`

use axum::extract::State;
use banyan_http::{Check, Created, Language, Once, Problem, SignedIn, Validate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Ticket;
use crate::App;
use crate::api::{LONGEST_TEXT, check_attachments, reference};
use crate::entity::message::Attachment;
use crate::error::SupportError;
use crate::model::Category;
use crate::store::messages::{self, Said};
use crate::store::tickets::{self, New};

/// What a person asks.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"category": "data-copy", "subject": "Salinan data saya", "text": "Mohon kirimkan salinan data pribadi saya."}))]
pub(crate) struct NewTicket {
    #[schema(inline)]
    category: Category,
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
    #[schema(min_length = 1, max_length = 20_000)]
    text: String,
    #[serde(default)]
    #[schema(max_items = 5)]
    attachments: Vec<Attachment>,
}

impl Validate for NewTicket {
    fn validate(&self, check: &mut Check) {
        check.line("subject", &self.subject).not_blank().length(1, 200).any();
        check.text("text", &self.text).not_blank().length(1, LONGEST_TEXT).any();
        check_attachments(check, &self.attachments);
    }
}

/// Asks something of those who run the place. They are called, and the answer comes in the language of this request. A request about one's
/// personal data is dealt with within 3 × 24 hours (UU No. 27 Tahun 2022).
#[utoipa::path(
    post,
    path = "/api/v1/support/tickets",
    operation_id = "openTicket",
    tag = "support",
    request_body = NewTicket,
    responses(
        (status = 201, description = "The new ticket.", body = Ticket),
        (status = 409, description = "Fifty tickets of the caller are not over.")
    )
)]
pub(crate) async fn open_ticket(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Language(locale): Language,
    Once { key, body }: Once<NewTicket>,
) -> Result<Created<Ticket>, Problem> {
    let user = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let (body, random) = (&body, &*app.random);
    let opened = rows.write_once(key.as_ref(), move |tx| async move {
        tickets::require_room(&tx, user).await?;
        let reference = reference(random);
        let new = New { user, category: body.category, subject: &body.subject, locale: locale.tag(), reference };
        let ticket = tickets::open(&tx, new, tx.now()).await?;
        let said = Said { text: &body.text, attachments: &body.attachments, answer: None };
        messages::add(&tx, &ticket, user, said, tx.now()).await?;
        Ok::<_, SupportError>(Ticket::from(ticket))
    });
    let ticket = opened.await?;
    Ok(Created::at(format!("/api/v1/support/tickets/{}", ticket.id), ticket))
}
