//! Sends the code by which a person shows that a telephone is theirs.

use std::time::Duration;

use banyan_events::jobs::{Job, JobContext, JobError, Priority, Retries, enqueue};
use banyan_kernel::Uuid;
use banyan_locale::{Args, Locale};
use banyan_store::{StoreError, Tx};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::OTHERS;
use super::record::{ended, record, skip};
use crate::App;
use crate::entity::{delivery, phone};
use crate::senders::Message;
use crate::store::{deliveries, phones, suppressions};
use crate::topic::{Channel, DeliveryState, Topic, Way};

/// Send this code to this telephone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendCode {
    delivery: Uuid,
    phone: Uuid,
    /// Sealed: whoever reads the list of jobs cannot confirm a number.
    code: String,
    locale: String,
    application: String,
}

impl Job for SendCode {
    const KIND: &'static str = "notifications.send-code";
    const QUEUE: &'static str = OTHERS;
    const TIMEOUT: Duration = Duration::from_secs(60);
    // Within the ten minutes that a code counts.
    const RETRIES: Retries = Retries { attempts: 8, first: Duration::from_secs(3), longest: Duration::from_secs(120) };
}

impl SendCode {
    /// Writes the delivery, and asks for it to be made.
    pub(crate) async fn enqueue(
        tx: &Tx,
        phone: &phone::Model,
        code: &str,
        locale: Locale,
        application: &str,
    ) -> Result<(), StoreError> {
        let mut row = deliveries::new(tx, Some(phone.user_id), Topic::Security, Way::Sms);
        row.address_hint = Some(phone.hint.clone());
        let delivery = row.id;
        deliveries::add(tx, row).await?;
        let sealed = tx.store().environment().cipher.seal(code.as_bytes(), delivery.as_bytes());
        let (locale, application) = (locale.tag().to_owned(), application.to_owned());
        let job = Self { delivery, phone: phone.id, code: BASE64.encode(sealed), locale, application };
        enqueue(tx, &job).priority(Priority::Urgent).await.map(drop)
    }

    fn open(&self, app: &App) -> Option<String> {
        let sealed = BASE64.decode(&self.code).ok()?;
        let plain = app.store.environment().cipher.open(&sealed, self.delivery.as_bytes()).ok()?;
        String::from_utf8(plain).ok()
    }
}

struct Found {
    delivery: delivery::Model,
    phone: Option<phone::Model>,
    is_suppressed: bool,
}

async fn read(tx: &Tx, job: &SendCode) -> Result<Option<Found>, StoreError> {
    let delivery = deliveries::find(tx, job.delivery).await?.filter(|row| row.state == DeliveryState::Waiting);
    let Some(delivery) = delivery else { return Ok(None) };
    let phone = phones::find(tx, job.phone).await?;
    let is_suppressed = match phone.as_ref().and_then(|phone| phones::number(tx.store(), phone)) {
        Some(number) => suppressions::find(tx, Channel::Sms, &number).await?.is_some(),
        None => false,
    };
    Ok(Some(Found { delivery, phone, is_suppressed }))
}

pub(crate) async fn send(app: App, job: SendCode, context: JobContext) -> Result<(), JobError> {
    let asked = &job;
    let Some(found) = context.rows().read(move |tx| async move { read(&tx, asked).await }).await? else { return Ok(()) };
    let row = &found.delivery;
    let Some(phone) = found.phone else { return skip(&context, row, "the number was removed").await };
    let (Some(code), Some(to)) = (job.open(&app), phones::number(&app.store, &phone)) else {
        return ended(&context, row, DeliveryState::Failed, "the number cannot be opened").await;
    };
    if found.is_suppressed {
        return ended(&context, row, DeliveryState::Failed, "suppressed").await;
    }
    let oldest = app.store.environment().clock.now().plus_seconds(-phones::CODE_SECONDS).micros();
    let counts = phone.code_sent_at.is_some_and(|at| at > oldest)
        && phone.code_hash.as_deref().is_some_and(|hash| phones::is_same(&app.store, phone.id, &code, hash));
    if !counts {
        return skip(&context, row, "the code does not count any more").await;
    }
    let messages = app.messages(&job.application, context.tenant(), Some(&job.locale));
    let text = match messages.whole("notification-phone-code-text", &Args::new().text("code", &code)) {
        Ok(text) => text,
        Err(missing) => return ended(&context, row, DeliveryState::Failed, &missing.to_string()).await,
    };
    let message = Message::Sms { id: row.id, to, text };
    let outcome = app.senders.send(&message).await;
    record(&context, row, &message, outcome).await
}
