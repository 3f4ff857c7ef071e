//! Makes one delivery: one attempt, whose outcome is written down. What may arrive later is tried again for about three days.

use banyan_contracts::identity::PersonSheet;
use banyan_events::jobs::{Job, JobContext, JobError, Retries};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

use super::gather::members;
use super::plan::{may_hear, may_mail, zone_of};
use super::record::{ended, put_off, record, skip};
use super::{MAILS, OTHERS, to_destination};
use crate::App;
use crate::entity::{delivery, destination, endpoint, notification, phone, profile};
use crate::people::person;
use crate::senders::{Hope, Mail, Message, NotSent, Short};
use crate::store::wishes::{self, Wishes};
use crate::store::{deliveries, destinations, inbox, phones, suppressions};
use crate::template::{self, Letter, Line};
use crate::topic::{Channel, DeliveryState, Mode, Way};
use crate::unsubscribe::Wish;

/// Send this mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendMail {
    pub(crate) delivery: Uuid,
}

/// Make this delivery, which is no mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SendOther {
    pub(crate) delivery: Uuid,
}

impl Job for SendMail {
    const KIND: &'static str = "notifications.send-mail";
    const QUEUE: &'static str = MAILS;
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(90);
    const RETRIES: Retries = Retries::OVER_DAYS;
}

impl Job for SendOther {
    const KIND: &'static str = "notifications.send";
    const QUEUE: &'static str = OTHERS;
    const RETRIES: Retries = Retries::OVER_DAYS;
}

/// What there is to know of a delivery before it is made.
pub(super) struct Known {
    pub(super) delivery: delivery::Model,
    /// One, or those that a mail gathers.
    pub(super) notifications: Vec<notification::Model>,
    wishes: Wishes,
    profile: Option<profile::Model>,
    phone: Option<phone::Model>,
    endpoint: Option<endpoint::Model>,
    pub(super) destination: Option<destination::Model>,
}

impl Known {
    async fn read(tx: &Tx, id: Uuid) -> Result<Option<Self>, StoreError> {
        let Some(delivery) = deliveries::find(tx, id).await? else { return Ok(None) };
        let notifications = match delivery.notification_id {
            Some(id) => inbox::find(tx, id).await?.into_iter().collect(),
            None => members(tx, delivery.id).await?,
        };
        let (mut wishes, mut profile, mut phone) = (Wishes::default(), None, None);
        if let Some(user) = delivery.user_id {
            (wishes, profile) = (Wishes::of(tx, user).await?, wishes::profile(tx, user).await?);
            phone = phones::confirmed(tx, user).await?;
        }
        let (mut endpoint, mut destination) = (None, None);
        match (delivery.user_id, delivery.endpoint_id) {
            (Some(_), Some(id)) => endpoint = wishes::endpoint(tx, id).await?,
            (None, Some(id)) => destination = destinations::find(tx, id).await?,
            (_, None) => {}
        }
        Ok(Some(Self { delivery, notifications, wishes, profile, phone, endpoint, destination }))
    }

    const fn channel(&self) -> Channel {
        match self.delivery.way {
            Way::Sms => Channel::Sms,
            Way::WebPush | Way::Fcm | Way::Apns => Channel::Push,
            Way::Email | Way::Slack | Way::Discord | Way::PagerDuty | Way::Webhook => Channel::Email,
        }
    }

    /// Why it is not needed or not wanted any more.
    fn needless(&self, person: &PersonSheet) -> Option<&'static str> {
        let topic = self.delivery.topic;
        let all_read = || self.notifications.iter().all(|one| one.read_at.is_some() || one.archived_at.is_some());
        let is_single = self.delivery.notification_id.is_some();
        match () {
            () if self.notifications.is_empty() => Some("the notification is gone"),
            () if !may_hear(person, topic) => Some("the account is closed"),
            () if self.delivery.only_if_unread && all_read() => Some("read"),
            () if is_single && self.wishes.mode(topic, self.channel()) == Mode::Off => Some("not wanted any more"),
            () if is_single && self.delivery.way == Way::Email && !may_mail(person, topic) => Some("the address is not verified"),
            () => None,
        }
    }

    fn quiet_until(&self, person: &PersonSheet, now: Timestamp) -> Option<Timestamp> {
        let profile = self.profile.as_ref().filter(|_| self.delivery.heeds_quiet_hours)?;
        profile.quiet_hours()?.end(now, &zone_of(Some(profile), person))
    }
}

pub(crate) async fn send(app: App, delivery: Uuid, context: JobContext) -> Result<(), JobError> {
    let known = context.rows().read(move |tx| async move { Known::read(&tx, delivery).await }).await?;
    // Erased, or ended by an attempt whose end was not heard of.
    let Some(known) = known.filter(|known| known.delivery.state == DeliveryState::Waiting) else { return Ok(()) };
    let row = &known.delivery;
    let Some(user) = row.user_id else { return to_destination::send(app, known, context).await };
    let person = person(&app.mesh, context.tenant(), context.id(), user).await?;
    let Some(person) = person else { return skip(&context, row, "the account is gone").await };
    if let Some(reason) = known.needless(&person) {
        return skip(&context, row, reason).await;
    }
    if let Some(end) = known.quiet_until(&person, app.store.environment().clock.now()) {
        return put_off(&context, row, end).await;
    }
    let address = match address(&app, &known, &person, &context).await? {
        Ok(address) => address,
        Err(reason) => return ended(&context, row, DeliveryState::Failed, reason).await,
    };
    let message = match message(&app, &known, &person, address, context.tenant()) {
        Ok(message) => message,
        Err(missing) => return ended(&context, row, DeliveryState::Failed, &missing.to_string()).await,
    };
    let outcome = app.senders.send(&message).await;
    record(&context, row, &message, outcome).await
}

/// Where it goes.
enum Address {
    Mail(String),
    Phone(String),
    Endpoint(serde_json::Value),
}

/// The address, or why there is none that can be used.
async fn address(
    app: &App,
    known: &Known,
    person: &PersonSheet,
    context: &JobContext,
) -> Result<Result<Address, &'static str>, JobError> {
    let (channel, address) = match known.delivery.way {
        Way::Email => (Channel::Email, person.user.email.clone()),
        Way::Sms => {
            let number = known.phone.as_ref().and_then(|phone| phones::number(&app.store, phone));
            let Some(number) = number else { return Ok(Err("there is no telephone number any more")) };
            (Channel::Sms, number)
        }
        Way::WebPush | Way::Fcm | Way::Apns => {
            let endpoint = known.endpoint.as_ref().filter(|endpoint| endpoint.gone_at.is_none());
            let target = endpoint.and_then(|endpoint| wishes::target(&app.store, endpoint));
            return Ok(target.map(Address::Endpoint).ok_or("the device does not take pushes any more"));
        }
        Way::Slack | Way::Discord | Way::PagerDuty | Way::Webhook => return Ok(Err("it is no way to a person")),
    };
    let asked = &address;
    let found = context.rows().read(move |tx| async move { suppressions::find(&tx, channel, asked).await }).await?;
    if found.is_some() {
        return Ok(Err("suppressed"));
    }
    Ok(Ok(if channel == Channel::Email { Address::Mail(address) } else { Address::Phone(address) }))
}

fn message(
    app: &App,
    known: &Known,
    person: &PersonSheet,
    address: Address,
    tenant: Uuid,
) -> Result<Message, banyan_locale::Incomplete> {
    let messages = app.messages(&person.application, tenant, person.user.locale.as_deref());
    let mut lines = Vec::new();
    for one in &known.notifications {
        let words = template::words(messages, &one.template, &one.arguments)?;
        lines.push(Line { words, link: one.link.as_deref().map(|link| absolute(&person.base_url, link)) });
    }
    let id = known.delivery.id;
    match address {
        Address::Mail(to) => mail(app, known, person, messages, &lines, to).map(Message::Mail),
        Address::Phone(to) => {
            let text = lines.first().map(|line| format!("{}\n{}", line.words.title, line.words.body)).unwrap_or_default();
            let link = lines.first().and_then(|line| line.link.as_ref()).map(|link| format!("\n{link}")).unwrap_or_default();
            Ok(Message::Sms { id, to, text: text + &link })
        }
        Address::Endpoint(target) => {
            let first = lines.into_iter().next();
            let words = first.map(|line| Short {
                title: line.words.title,
                body: line.words.body,
                link: line.link,
                urgent: known.notifications.iter().any(|one| one.urgent),
                tag: known.delivery.notification_id.unwrap_or(id).to_string(),
            });
            let nothing = || banyan_locale::Incomplete { message: "notification".to_owned(), values: Vec::new() };
            Ok(Message::Push { id, way: known.delivery.way, target, words: words.ok_or_else(nothing)? })
        }
    }
}

fn mail(
    app: &App,
    known: &Known,
    person: &PersonSheet,
    messages: banyan_locale::Messages<'_>,
    lines: &[Line],
    to: String,
) -> Result<Mail, banyan_locale::Incomplete> {
    let mut topics: Vec<_> = known.notifications.iter().map(|one| one.topic).filter(|topic| !topic.is_mandatory()).collect();
    topics.sort_unstable();
    topics.dedup();
    let wish = Wish { tenant: known.delivery.tenant_id, user: person.user.id, topics };
    let unsubscribe = (!wish.topics.is_empty()).then(|| wish.link(&person.base_url, &app.store.environment().cipher));
    let letter =
        Letter { messages, brand: &person.brand, name: &person.user.name, settings: None, unsubscribe: unsubscribe.as_deref() };
    let written = match lines {
        [line] if known.delivery.rhythm.is_none() => template::letter(&letter, line)?,
        lines => template::gathered(&letter, lines)?,
    };
    Ok(Mail {
        id: known.delivery.id,
        to,
        name: person.user.name.clone(),
        subject: written.subject,
        text: written.text,
        html: written.html,
        unsubscribe,
        written_at: known.delivery.created_at,
    })
}

/// A path is one of the tenant's own.
pub(super) fn absolute(base_url: &str, link: &str) -> String {
    if link.starts_with('/') { format!("{base_url}{link}") } else { link.to_owned() }
}

/// Whether the next attempt is none of the job's.
pub(super) fn is_last(context: &JobContext) -> bool {
    context.attempt() >= Retries::OVER_DAYS.attempts
}

/// What the job answers so that it is tried again.
pub(super) fn again(refusal: &NotSent) -> JobError {
    match refusal.hope {
        Hope::Later(Some(pause)) => JobError::RetryAfter { text: refusal.reason.clone(), pause },
        Hope::Later(None) | Hope::Never | Hope::AddressGone => JobError::Retry(refusal.reason.clone()),
    }
}
