//! Decides by which ways a notification leaves the house: by what its owner wants, and has.

use std::time::Duration;

use banyan_contracts::identity::PersonSheet;
use banyan_events::jobs::{Job, JobContext, JobError, Priority, Retries, enqueue};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

use super::gather::Gather;
use super::send::{SendMail, SendOther};
use crate::App;
use crate::entity::{delivery, endpoint, notification, phone, profile};
use crate::hours::{next_mail, zone};
use crate::people::person;
use crate::store::wishes::{self, Wishes};
use crate::store::{deliveries, execute, inbox, phones};
use crate::topic::{Channel, DeliveryState, Mode, Topic, Way};

/// Plan the deliveries of this notification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) notification: Uuid,
}

impl Job for Plan {
    const KIND: &'static str = "notifications.plan";
    const RETRIES: Retries = Retries::OVER_DAYS;
}

pub(crate) async fn plan(app: App, job: Plan, context: JobContext) -> Result<(), JobError> {
    let id = job.notification;
    let found = context.rows().read(move |tx| async move { inbox::find(&tx, id).await }).await?;
    // Its owner was erased.
    let Some(notification) = found else { return Ok(()) };
    let person = person(&app.mesh, context.tenant(), context.id(), notification.user_id).await?;
    let Some(person) = person.filter(|person| may_hear(person, notification.topic)) else { return Ok(()) };
    let (app, notification, person) = (&app, &notification, &person);
    let write = move |tx: Tx| async move {
        let planned = Planning::read(&tx, app, notification, person).await?.all(&tx);
        for delivery in planned {
            add(&tx, notification, person, delivery).await?;
        }
        Ok(())
    };
    context.finish(write).await
}

/// Who cannot use the account any more hears of nothing but the account.
pub(crate) fn may_hear(person: &PersonSheet, topic: Topic) -> bool {
    person.active || matches!(topic, Topic::Security | Topic::Account)
}

/// A mail to an address that nobody has confirmed may reach a stranger: nothing but what concerns the account.
pub(crate) fn may_mail(person: &PersonSheet, topic: Topic) -> bool {
    person.email_verified || matches!(topic, Topic::Security | Topic::Account)
}

/// The zone that the person chose here, or at identity.
pub(crate) fn zone_of(profile: Option<&profile::Model>, person: &PersonSheet) -> jiff::tz::TimeZone {
    let own = profile.and_then(|profile| profile.time_zone.as_deref());
    zone(own.or(person.user.time_zone.as_deref()))
}

/// What is known when deliveries are planned.
struct Planning<'a> {
    app: &'a App,
    notification: &'a notification::Model,
    person: &'a PersonSheet,
    wishes: Wishes,
    profile: Option<profile::Model>,
    phone: Option<phone::Model>,
    endpoints: Vec<endpoint::Model>,
}

impl<'a> Planning<'a> {
    async fn read(
        tx: &Tx,
        app: &'a App,
        notification: &'a notification::Model,
        person: &'a PersonSheet,
    ) -> Result<Self, StoreError> {
        let user = notification.user_id;
        let (wishes, profile) = (Wishes::of(tx, user).await?, wishes::profile(tx, user).await?);
        let (phone, endpoints) = (phones::confirmed(tx, user).await?, wishes::endpoints(tx, user).await?);
        Ok(Self { app, notification, person, wishes, profile, phone, endpoints })
    }

    fn all(&self, tx: &Tx) -> Vec<delivery::Model> {
        let pushes = self.pushes(tx);
        let mail = self.mail(tx, !pushes.is_empty());
        pushes.into_iter().chain(self.sms(tx)).chain(mail).collect()
    }

    fn mode(&self, channel: Channel) -> Mode {
        self.wishes.mode(self.notification.topic, channel)
    }

    fn by(&self, tx: &Tx, way: Way) -> delivery::Model {
        let row = deliveries::new(tx, Some(self.notification.user_id), self.notification.topic, way);
        let heeds_quiet_hours = !self.notification.urgent && !self.notification.topic.is_mandatory();
        delivery::Model { notification_id: Some(self.notification.id), heeds_quiet_hours, ..row }
    }

    fn pushes(&self, tx: &Tx) -> Vec<delivery::Model> {
        if self.mode(Channel::Push) == Mode::Off {
            return Vec::new();
        }
        let reachable = self.endpoints.iter().filter(|endpoint| self.app.senders.has(endpoint.way));
        reachable.map(|endpoint| delivery::Model { endpoint_id: Some(endpoint.id), ..self.by(tx, endpoint.way) }).collect()
    }

    fn sms(&self, tx: &Tx) -> Option<delivery::Model> {
        let wanted = self.phone.is_some() && self.app.senders.has(Way::Sms) && self.mode(Channel::Sms) != Mode::Off;
        wanted.then(|| self.by(tx, Way::Sms))
    }

    /// Where it escalates, the mail waits for whether the push was enough.
    fn mail(&self, tx: &Tx, has_pushes: bool) -> Option<delivery::Model> {
        let mode = self.mode(Channel::Email);
        if mode == Mode::Off || !self.app.senders.has(Way::Email) || !may_mail(self.person, self.notification.topic) {
            return None;
        }
        let row = self.by(tx, Way::Email);
        let now = tx.now();
        Some(match self.notification.escalate_after.filter(|_| has_pushes) {
            Some(seconds) => delivery::Model { only_if_unread: true, due_at: now.plus_seconds(seconds).micros(), ..row },
            None if mode.gathers() && self.notification.escalate_after.is_none() && !self.notification.urgent => {
                let due_at = next_mail(mode, now, &zone_of(self.profile.as_ref(), self.person)).micros();
                delivery::Model { state: DeliveryState::Gathering, rhythm: Some(mode), due_at, ..row }
            }
            None => row,
        })
    }
}

async fn add(tx: &Tx, of: &notification::Model, person: &PersonSheet, row: delivery::Model) -> Result<(), StoreError> {
    let due = Timestamp::from_micros(row.due_at);
    let (id, way, rhythm) = (row.id, row.way, row.rhythm);
    if let Some(rhythm) = rhythm {
        // One who gathers at this moment waits for this transaction, or this one for it: so either it finds this row, or its job has
        // ended and this one makes the next.
        const LOCK: &str = "UPDATE inboxes SET last_seq = last_seq WHERE user_id = $1";
        execute(tx, LOCK, [person.user.id.into()]).await?;
        deliveries::add(tx, row).await?;
        return Gather::enqueue(tx, person.user.id, rhythm, due).await;
    }
    deliveries::add(tx, row).await?;
    let priority = if of.urgent || of.topic.is_mandatory() { Priority::Urgent } else { Priority::Normal };
    send_at(tx, id, way, due, priority).await
}

/// Asks for the delivery to be made at a time.
pub(crate) async fn send_at(tx: &Tx, delivery: Uuid, way: Way, due: Timestamp, priority: Priority) -> Result<(), StoreError> {
    let delay = until(tx.now(), due);
    if way == Way::Email {
        enqueue(tx, &SendMail { delivery }).delay(delay).priority(priority).await?;
    } else {
        enqueue(tx, &SendOther { delivery }).delay(delay).priority(priority).await?;
    }
    Ok(())
}

pub(crate) fn until(now: Timestamp, due: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(due.micros().saturating_sub(now.micros())).unwrap_or(0))
}
