//! `POST /api/v1/notifications/test`: does it reach me?

use axum::extract::State;
use banyan_contracts::identity::PersonSheet;
use banyan_http::{Body, Check, Json, Problem, SignedIn, Validate};
use banyan_kernel::{ErrorCode, Uuid};
use banyan_store::{StoreError, Tx};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::inbox::owner;
use crate::App;
use crate::entity::{delivery, endpoint, phone};
use crate::error::NotificationsError;
use crate::people::person;
use crate::senders::{Mail, Message, Short};
use crate::store::allowances::{self, Allowance};
use crate::store::{deliveries, phones, suppressions, wishes};
use crate::template::{self, Letter, Line, Words};
use crate::topic::{Channel, Topic, Way};
use crate::trial::{Tried, try_now};

/// In an hour.
const TESTS_OF_A_PERSON: i64 = 5;
/// The template that says that it is a test.
pub(super) const TEMPLATE: &str = "test";

/// By which ways.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NotificationTestRequest)]
pub(crate) struct TestRequest {
    /// All, if it is left out.
    #[schema(inline)]
    channel: Option<Channel>,
}

impl Validate for TestRequest {
    fn validate(&self, _: &mut Check) {}
}

/// What came of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationTestResults)]
pub(crate) struct TestResults {
    /// One entry each way that the person has: the address, the confirmed telephone, each browser and device.
    data: Vec<Tried>,
}

/// Sends a test by one's own ways, whatever one's preferences say, and answers what came of each. Five in an hour.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/test",
    operation_id = "testNotifications",
    tag = "notifications",
    request_body = TestRequest,
    responses((status = 200, description = "What came of it by each way.", body = TestResults))
)]
pub(crate) async fn test_notifications(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Body(request): Body<TestRequest>,
) -> Result<Json<TestResults>, Problem> {
    let user = owner(&caller)?;
    let sheet = person(&app.mesh, caller.tenant, caller.request.0, user).await;
    let sheet = sheet.map_err(|error| Problem::new(ErrorCode::ServiceUnavailable).caused_by(&error))?;
    let sheet = &sheet.ok_or_else(Problem::hidden)?;
    let rows = app.store.system(caller.tenant);
    let own = rows.write(move |tx: Tx| async move {
        let allowance = Allowance { kind: "tests-of-person", subject: user.as_bytes().to_vec(), most: TESTS_OF_A_PERSON };
        allowances::take(&tx, &[allowance]).await?;
        Ok::<_, NotificationsError>(Own::read(&tx, sheet).await?)
    });
    let own = own.await?;
    let words = own.words(&app, sheet)?;
    let all = own.messages(&app, sheet, &words, request.channel)?;
    let tried = all.into_iter().map(|(row, message)| try_now(&app, row, message));
    Ok(Json(TestResults { data: try_join_all(tried).await? }))
}

/// What a person has, and a row for each delivery.
struct Own {
    phone: Option<phone::Model>,
    endpoints: Vec<endpoint::Model>,
    mail_suppressed: bool,
    sms_suppressed: bool,
    mail: delivery::Model,
    sms: delivery::Model,
    pushes: Vec<delivery::Model>,
}

type Tests = Vec<(delivery::Model, Result<Message, &'static str>)>;

impl Own {
    async fn read(tx: &Tx, person: &PersonSheet) -> Result<Self, StoreError> {
        let user = person.user.id;
        let (phone, endpoints) = (phones::confirmed(tx, user).await?, wishes::endpoints(tx, user).await?);
        let sms_suppressed = match phone.as_ref().and_then(|phone| phones::number(tx.store(), phone)) {
            Some(number) => suppressions::find(tx, Channel::Sms, &number).await?.is_some(),
            None => false,
        };
        let row = |way| deliveries::new(tx, Some(user), Topic::Account, way);
        let push = |one: &endpoint::Model| delivery::Model {
            endpoint_id: Some(one.id),
            address_hint: one.label.clone(),
            ..row(one.way)
        };
        Ok(Self {
            mail_suppressed: suppressions::find(tx, Channel::Email, &person.user.email).await?.is_some(),
            sms_suppressed,
            mail: row(Way::Email),
            sms: row(Way::Sms),
            pushes: endpoints.iter().map(push).collect(),
            phone,
            endpoints,
        })
    }

    fn words(&self, app: &App, person: &PersonSheet) -> Result<Words, Problem> {
        let messages = app.messages(&person.application, self.mail.tenant_id, person.user.locale.as_deref());
        template::words(messages, TEMPLATE, &json!({})).map_err(|missing| Problem::internal(&missing))
    }

    fn messages(self, app: &App, person: &PersonSheet, words: &Words, only: Option<Channel>) -> Result<Tests, Problem> {
        let wanted = |channel, way| only.is_none_or(|only| only == channel) && app.senders.has(way);
        let mut all: Tests = Vec::new();
        if wanted(Channel::Email, Way::Email) {
            let suppressed = self.mail_suppressed.then_some("suppressed");
            let mail = mail(app, person, words, &self.mail)?;
            let mut row = self.mail;
            row.address_hint = Some(suppressions::hint(&person.user.email));
            all.push((row, suppressed.map_or(Ok(Message::Mail(mail)), Err)));
        }
        if let Some(phone) = self.phone.filter(|_| wanted(Channel::Sms, Way::Sms)) {
            let suppressed = self.sms_suppressed.then_some("suppressed");
            let number = phones::number(&app.store, &phone).ok_or("the number cannot be opened");
            let text = format!("{}\n{}", words.title, words.body);
            let message = number.map(|to| Message::Sms { id: self.sms.id, to, text });
            let row = delivery::Model { address_hint: Some(phone.hint), ..self.sms };
            all.push((row, suppressed.map_or(message, Err)));
        }
        for (row, endpoint) in self.pushes.into_iter().zip(&self.endpoints).filter(|(row, _)| wanted(Channel::Push, row.way)) {
            let target = wishes::target(&app.store, endpoint).ok_or("the registration cannot be opened");
            let words = short(words, row.id);
            let message = target.map(|target| Message::Push { id: row.id, way: row.way, target, words });
            all.push((row, message));
        }
        Ok(all)
    }
}

pub(super) fn short(words: &Words, id: Uuid) -> Short {
    Short { title: words.title.clone(), body: words.body.clone(), link: None, urgent: false, tag: id.to_string() }
}

fn mail(app: &App, person: &PersonSheet, words: &Words, row: &delivery::Model) -> Result<Mail, Problem> {
    let messages = app.messages(&person.application, row.tenant_id, person.user.locale.as_deref());
    let letter = Letter { messages, brand: &person.brand, name: &person.user.name, settings: None, unsubscribe: None };
    let written = template::letter(&letter, &Line { words: words.clone(), link: None });
    let written = written.map_err(|missing| Problem::internal(&missing))?;
    Ok(Mail {
        id: row.id,
        to: person.user.email.clone(),
        name: person.user.name.clone(),
        subject: written.subject,
        text: written.text,
        html: written.html,
        unsubscribe: None,
        written_at: row.created_at,
    })
}
