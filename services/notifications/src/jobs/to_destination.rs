//! Tells a destination of the tenant of a notification: a chat room, or a program by a signed webhook.

use banyan_contracts::identity::PersonSheet;
use banyan_events::jobs::{JobContext, JobError};
use banyan_kernel::Timestamp;
use serde_json::json;

use super::record::{ended, record, skip};
use super::send::{Known, absolute};
use crate::App;
use crate::entity::{destination, notification};
use crate::people::person;
use crate::senders::{Message, Short};
use crate::store::destinations;
use crate::template;
use crate::topic::{DeliveryState, Topic, Way};

pub(super) async fn send(app: App, known: Known, context: JobContext) -> Result<(), JobError> {
    let row = &known.delivery;
    let Some(destination) = &known.destination else { return skip(&context, row, "the destination is gone").await };
    if destination.disabled_at.is_some() {
        return skip(&context, row, "the destination is disabled").await;
    }
    let Some(notification) = known.notifications.first() else { return skip(&context, row, "the notification is gone").await };
    let person = person(&app.mesh, context.tenant(), context.id(), notification.user_id).await?;
    let Some(person) = person else { return skip(&context, row, "the account is gone").await };
    let made = message(&app, &known, destination, notification, &person);
    let message = match made {
        Ok(message) => message,
        Err(reason) => return ended(&context, row, DeliveryState::Failed, &reason).await,
    };
    let outcome = app.senders.send(&message).await;
    record(&context, row, &message, outcome).await
}

/// The message, or why there is none.
fn message(
    app: &App,
    known: &Known,
    destination: &destination::Model,
    notification: &notification::Model,
    person: &PersonSheet,
) -> Result<Message, String> {
    let messages = app.messages(&person.application, notification.tenant_id, Some(&destination.locale));
    let words =
        template::words(messages, &notification.template, &notification.arguments).map_err(|missing| missing.to_string())?;
    let link = notification.link.as_deref().map(|link| absolute(&person.base_url, link));
    let unreadable = || "the address cannot be opened: write it anew".to_owned();
    let target = destinations::target(&app.store, destination).ok_or_else(unreadable)?;
    let id = known.delivery.id;
    if destination.way == Way::Webhook {
        let keys = destinations::keys(&app.store, destination, app.store.environment().clock.now());
        let at = Timestamp::from_micros(notification.created_at);
        let data = json!({
            "id": notification.id, "userId": is_about_a_person(notification).then_some(notification.user_id), "topic": notification.topic, "template": notification.template,
            "title": words.title, "body": words.body, "link": link, "arguments": notification.arguments, "urgent": notification.urgent,
        });
        let body = json!({ "type": "notification.created", "timestamp": at, "data": data }).to_string();
        return Ok(Message::Hook { id, url: target, keys, body });
    }
    // In a room of many it must be said of whom it is.
    let is_named = is_about_a_person(notification) && !person.user.name.is_empty();
    let title = if !is_named { words.title } else { format!("{}: {}", person.user.name, words.title) };
    let tag = notification.id.to_string();
    let words = Short { title, body: words.body, link, urgent: notification.urgent, tag };
    Ok(Message::Room { id, way: destination.way, target, words })
}

/// What is told to many goes to a destination once, and is about none of them.
fn is_about_a_person(notification: &notification::Model) -> bool {
    matches!(notification.topic, Topic::Security | Topic::Account | Topic::Goals)
}
