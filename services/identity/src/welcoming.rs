//! Newcomers find something of their own in each service, where their application has it: a first goal, a first entry of the journal.
//!
//! The application says it by messages, so that it comes in the person's language: `welcome-goal` and `welcome-journal`, each with `.text`. When
//! the address is shown to be the person's, a saga hands these to the services; the sign-up itself waits for nothing of it. Where a service
//! refuses, what others were given is taken back, if the person has not made it their own.

use std::time::Duration;

use axum::body::Body;
use banyan_contracts::Event as _;
use banyan_contracts::identity::{FirstThing, UserVerified};
use banyan_events::jobs::{JobError, Retries};
use banyan_events::log::Start;
use banyan_events::sagas::{Saga, StepContext, start};
use banyan_events::{Consumer, ConsumerError, Delivery};
use banyan_http::Peer;
use banyan_http::people::PEOPLE;
use banyan_kernel::{Caller, RequestId, Uuid};
use banyan_locale::Args;
use banyan_mesh::Mesh;
use banyan_store::Tx;
use banyan_store::audit::Record;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::Identity;
use crate::schema::SERVICE;
use crate::store::accounts;

/// The saga's name, as it is stored.
const WELCOME: &str = "welcome-newcomer";
/// Who gets a first thing, and the message that says what.
const FIRST_THINGS: [(&str, &str); 2] = [("content", "welcome-journal"), ("goals", "welcome-goal")];
/// How long a service may take to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Whom to welcome, with the ids of what each service will have.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Welcome {
    user: Uuid,
    things: [Uuid; FIRST_THINGS.len()],
}

/// Starts the saga, once for a person, in tenants whose application has something to give. Those who were there before this was are not newcomers.
pub(crate) fn consumer(identity: Identity) -> Consumer {
    let welcome = move |delivery: Delivery| {
        let identity = identity.clone();
        async move { identity.begin_welcome(&delivery).await }
    };
    Consumer::new("newcomers", &[UserVerified::TYPE], welcome).start(Start::Now)
}

pub(crate) fn saga(identity: &Identity, mesh: &Mesh) -> Saga {
    let mut saga = Saga::new::<Welcome>(WELCOME);
    for (place, (service, message)) in FIRST_THINGS.into_iter().enumerate() {
        let (giving, taking, identity) = (mesh.clone(), mesh.clone(), identity.clone());
        let give = move |context: StepContext<Welcome>| {
            let (mesh, identity) = (giving.clone(), identity.clone());
            async move { give(&identity, &mesh, service, message, place, &context).await }
        };
        let take = move |context: StepContext<Welcome>| {
            let mesh = taking.clone();
            async move { take(&mesh, service, place, &context).await }
        };
        saga = saga.step(service, give, take).retries(Retries::OVER_DAYS);
    }
    saga.step_without_undo(SERVICE, |context| async move { done(&context).await }).build()
}

impl Identity {
    async fn begin_welcome(&self, delivery: &Delivery) -> Result<(), ConsumerError> {
        let event: UserVerified = delivery.event.decode()?;
        let gives = |message: &str| self.first_thing(delivery.event.tenant, None, message, Uuid::nil()).is_some();
        if !FIRST_THINGS.iter().any(|(_, message)| gives(message)) {
            return Ok(());
        }
        let tx = &delivery.tx;
        let welcome = Welcome { user: event.user_id, things: std::array::from_fn(|_| tx.new_id()) };
        start(tx, WELCOME, &welcome).unique(event.user_id.to_string()).await?;
        Ok(())
    }

    /// What an application gives, in a language that it has.
    fn first_thing(&self, tenant: Uuid, locale: Option<&str>, message: &str, id: Uuid) -> Option<FirstThing> {
        let tenant = self.tenant(tenant)?;
        let application = self.0.applications.get(&tenant.application)?;
        let tag = locale.unwrap_or(&application.manifest().default_locale);
        let locale = self.0.catalogues.locales_of(Some(application.name()), Some(tenant.id)).lookup(tag).unwrap_or_default();
        let messages = self.0.catalogues.messages(Some(application.name()), locale).of_tenant(tenant.id);
        let title = messages.find(message, &Args::new())?.into_owned();
        let text = messages.find(&format!("{message}.text"), &Args::new()).unwrap_or_default().into_owned();
        Some(FirstThing { id, title, text })
    }
}

async fn give(
    identity: &Identity,
    mesh: &Mesh,
    service: &str,
    message: &str,
    place: usize,
    context: &StepContext<Welcome>,
) -> Result<(), JobError> {
    let welcome = context.input();
    let user = welcome.user;
    let read = move |tx: Tx| async move { accounts::find(&tx, user).await };
    // Gone meanwhile: there is nobody to welcome.
    let Some(found) = identity.own(context.tenant()).read(read).await? else { return Ok(()) };
    let thing = identity.first_thing(context.tenant(), found.locale.as_deref(), message, welcome.things[place]);
    let Some(thing) = thing else { return Ok(()) };
    let body = serde_json::to_vec(&thing).map_err(|error| JobError::Fatal(error.to_string()))?;
    ask(mesh, service, Method::POST, format!("{PEOPLE}/{user}/first-things"), Body::from(body), context).await
}

async fn take(mesh: &Mesh, service: &str, place: usize, context: &StepContext<Welcome>) -> Result<(), JobError> {
    let welcome = context.input();
    let path = format!("{PEOPLE}/{}/first-things/{}", welcome.user, welcome.things[place]);
    ask(mesh, service, Method::DELETE, path, Body::empty(), context).await
}

/// A service that refuses will not think otherwise; one that does not answer may.
async fn ask(
    mesh: &Mesh,
    service: &str,
    method: Method,
    path: String,
    body: Body,
    context: &StepContext<Welcome>,
) -> Result<(), JobError> {
    let caller = Caller::system(context.tenant(), SERVICE, RequestId(context.saga()));
    let told = Peer { mesh, service, within: ANSWER }.tell(caller, method, &path, body).await;
    told.map_err(|error| if error.is_refusal() { JobError::Fatal(error.to_string()) } else { JobError::Retry(error.to_string()) })
}

async fn done(context: &StepContext<Welcome>) -> Result<(), JobError> {
    let user = context.input().user;
    let write = move |tx: Tx| async move {
        tx.audit(Record::new("user.welcomed").subject(user).object("user", user));
        Ok(())
    };
    context.write(write).await
}
