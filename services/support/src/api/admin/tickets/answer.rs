//! `POST /api/v1/admin/support/tickets/{id}/messages`

use axum::extract::State;
use banyan_http::{Allowed, Check, Created, FieldError, Once, Path, Problem, Tenant, Validate, permit};
use banyan_kernel::{Caller, Uuid};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{AgentMessage, record};
use crate::App;
use crate::answers::{self, Facts};
use crate::api::admin::answers::{checked_key, refusal};
use crate::api::{LONGEST_TEXT, check_attachments};
use crate::entity::message::Attachment;
use crate::entity::ticket;
use crate::model::{self, Outcome};
use crate::people;
use crate::store::messages::Said;
use crate::store::tickets::{Answered, Decision};
use crate::store::{answers as stored, messages, tickets};

/// What the person is told: in words of one's own, or by an answer that is kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"answer": "need-details", "details": "Sejak kapan hal ini terjadi?", "state": "waiting"}))]
pub(crate) struct NewAnswer {
    #[schema(min_length = 1, max_length = 20_000)]
    text: Option<String>,
    /// The key of an answer, in the language of the ticket.
    #[schema(min_length = 1, max_length = 60)]
    answer: Option<String>,
    /// What the answer says besides, where it has a place for it.
    #[schema(min_length = 1, max_length = 5_000)]
    details: Option<String>,
    /// `answered` if it is left out; `waiting` where the person is asked for something; `solved` where this is the end.
    #[schema(inline)]
    state: Option<model::State>,
    /// What came of a data request, with `solved`.
    #[schema(inline)]
    outcome: Option<Outcome>,
    #[serde(default)]
    #[schema(max_items = 5)]
    attachments: Vec<Attachment>,
}

impl Validate for NewAnswer {
    fn validate(&self, check: &mut Check) {
        check.text("text", &self.text).not_blank().length(1, LONGEST_TEXT).any();
        checked_key(check, "answer", self.answer.as_deref());
        check.text("details", &self.details).not_blank().length(1, 5_000).any();
        check_attachments(check, &self.attachments);
        let one = self.text.is_some() != self.answer.is_some();
        check.that(one, "text", FieldError::new("text-or-answer", "support-field-text-or-answer"));
        let may = self.state.is_none_or(|state| !matches!(state, model::State::Open | model::State::Closed));
        check.that(may, "state", FieldError::new("state-unfit", "support-field-answer-state"));
    }
}

/// Answers a person, who hears of it. Whoever answers first looks after the ticket from then on.
#[utoipa::path(
    post,
    path = "/api/v1/admin/support/tickets/{id}/messages",
    operation_id = "answerTicket",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The ticket.")),
    request_body = NewAnswer,
    responses(
        (status = 201, description = "The answer as it was sent.", body = AgentMessage),
        (status = 409, description = "The ticket is closed.")
    )
)]
pub(crate) async fn answer_ticket(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::SupportHandle>,
    tenant: Tenant,
    Path(id): Path<Uuid>,
    Once { key, body }: Once<NewAnswer>,
) -> Result<Created<AgentMessage>, Problem> {
    let agent = caller.require_user()?;
    let rows = app.store.bind(&caller);
    let text = match (&body.answer, &body.text) {
        (Some(answer), _) => words(&app, &caller, &tenant, id, answer, body.details.as_deref()).await?,
        (None, text) => text.clone().unwrap_or_default(),
    };
    let state = Some(body.state.unwrap_or(model::State::Answered));
    let decision = Decision { state, outcome: body.outcome, ..Decision::default() };
    let (body, text, decision) = (&body, &text, &decision);
    let answered = rows.write_once(key.as_ref(), move |tx| async move {
        let before = tickets::any_locked(&tx, id).await?;
        let ticket = tickets::decide(&tx, before, decision, Answered::Yes).await?;
        let said = Said { text, attachments: &body.attachments, answer: body.answer.as_deref() };
        let message = messages::add(&tx, &ticket, agent, said, tx.now()).await?;
        let detail = json!({ "state": ticket.state, "outcome": ticket.outcome, "answer": body.answer });
        record(&tx, "ticket.answered", &ticket, detail);
        Ok::<_, crate::SupportError>(AgentMessage::from(message))
    });
    Ok(Created::at(format!("/api/v1/admin/support/tickets/{id}/messages"), answered.await?))
}

/// The words of a kept answer, in the language of the ticket.
async fn words(
    app: &App,
    caller: &Caller,
    tenant: &Tenant,
    id: Uuid,
    key: &str,
    details: Option<&str>,
) -> Result<String, Problem> {
    let rows = app.store.bind(caller);
    let read = rows.read(move |tx| async move {
        let ticket = tickets::any(&tx, id).await?;
        Ok::<_, crate::SupportError>((ticket, stored::of_key(&tx, key).await?))
    });
    let (ticket, own) = read.await?;
    let messages =
        app.catalogues.messages(Some(tenant.application.name()), app.locale(tenant, &ticket.locale)).of_tenant(tenant.id);
    let facts = facts(app, caller, tenant, &ticket, details).await?;
    Ok(answers::write(&own, messages, key, &facts).map_err(|error| refusal("answer", &error))?.body)
}

async fn facts(
    app: &App,
    caller: &Caller,
    tenant: &Tenant,
    ticket: &ticket::Model,
    details: Option<&str>,
) -> Result<Facts, Problem> {
    let sheet = |user: Uuid| people::person(&app.mesh, caller.tenant, caller.request, user);
    // An answer that greets nobody does not leave.
    let person = sheet(ticket.user_id).await?;
    let agent = sheet(caller.require_user()?).await?;
    let manifest = tenant.application.manifest();
    let zone = person.as_ref().and_then(|person| person.user.time_zone.clone()).unwrap_or_else(|| manifest.time_zone.clone());
    Ok(Facts {
        brand: person.as_ref().map_or_else(|| manifest.brand.name.clone(), |person| person.brand.clone()),
        name: person.map(|person| person.user.name).unwrap_or_default(),
        agent: agent.map(|agent| agent.user.name).unwrap_or_default(),
        reference: ticket.reference.clone(),
        subject: ticket.subject.clone(),
        deadline: answers::deadline(ticket, &zone),
        details: details.map(str::to_owned),
    })
}
