//! Tickets of an application's demo people: `demo/support.toml`.

use std::collections::BTreeMap;

use banyan_kernel::Uuid;
use banyan_kernel::application::{ApplicationError, Document, parse_toml};
use banyan_store::{Store, StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;

use crate::entity::ticket;
use crate::error::SupportError;
use crate::model::{Category, Outcome, State};
use crate::store::messages::{self, Said};
use crate::store::tickets::{self, Answered, Decision, New};

const SECONDS_PER_HOUR: i64 = 3_600;

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Document(#[from] ApplicationError),
    #[error(transparent)]
    Support(#[from] SupportError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    tickets: Vec<DemoTicket>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoTicket {
    /// Once a tenant.
    reference: String,
    person: String,
    hours_ago: i64,
    locale: String,
    category: Category,
    subject: String,
    text: String,
    answer: Option<DemoAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoAnswer {
    agent: String,
    text: String,
    state: State,
    outcome: Option<Outcome>,
}

/// Writes the demo data of `document` for the people whose ids are given by e-mail address. It may run at each start.
///
/// # Errors
/// A document that cannot be read or names somebody else; what the store answers.
pub async fn seed_demo(
    store: &Store,
    tenant: Uuid,
    people: &BTreeMap<String, Uuid>,
    document: &Document,
) -> Result<(), DemoError> {
    let demo: Demo = parse_toml(&document.path, &document.text)?;
    let mut all = Vec::new();
    for one in demo.tickets {
        let agent = one.answer.as_ref().map(|answer| document.person(people, &answer.agent)).transpose()?;
        all.push((document.person(people, &one.person)?, agent, one));
    }
    let (rows, all) = (store.system(tenant), &all);
    let write = move |tx: Tx| async move {
        for (person, agent, one) in all {
            seed(&tx, *person, *agent, one).await?;
        }
        Ok::<_, SupportError>(())
    };
    Ok(rows.write(write).await?)
}

async fn seed(tx: &Tx, person: Uuid, agent: Option<Uuid>, demo: &DemoTicket) -> Result<(), SupportError> {
    let known = ticket::Entity::find().filter(ticket::Column::Reference.eq(demo.reference.as_str()));
    if known.one(tx).await.map_err(StoreError::from)?.is_some() {
        return Ok(());
    }
    let asked_at = tx.now().plus_seconds(-demo.hours_ago * SECONDS_PER_HOUR);
    let new = New {
        user: person,
        category: demo.category,
        subject: &demo.subject,
        locale: &demo.locale,
        reference: demo.reference.clone(),
    };
    let ticket = tickets::open(tx, new, asked_at).await?;
    let said = |text| Said { text, attachments: &[], answer: None };
    messages::add(tx, &ticket, person, said(&demo.text), asked_at).await?;
    if let (Some(answer), Some(agent)) = (&demo.answer, agent) {
        let decision =
            Decision { state: Some(answer.state), outcome: answer.outcome, assignee: Some(Some(agent)), ..Decision::default() };
        let ticket = tickets::decide(tx, ticket, &decision, Answered::Yes).await?;
        messages::add(tx, &ticket, agent, said(&answer.text), asked_at.plus_seconds(SECONDS_PER_HOUR)).await?;
    }
    Ok(())
}
