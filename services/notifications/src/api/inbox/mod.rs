//! One's own inbox.

pub(super) mod list;
pub(super) mod one;
pub(super) mod read_all;
pub(super) mod unread;

use banyan_http::{Problem, Tenant};
use banyan_kernel::{Timestamp, Uuid};
use banyan_locale::Locale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::entity::notification::Model;
use crate::template;
use crate::topic::Topic;

/// Something that a person was told, in the language of the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "01941f29-7c00-7000-8000-000000000001", "topic": "goals", "template": "goal-completed", "title": "You reached a goal",
    "body": "Well done.", "action": "Look at the goal", "link": null, "data": {"goalId": "01941f29-7c00-7000-8000-0000000000aa"},
    "urgent": false, "seq": 7, "createdAt": "2025-01-01T08:00:00Z", "readAt": null, "archivedAt": null
}))]
pub(crate) struct Notification {
    id: Uuid,
    #[schema(inline)]
    topic: Topic,
    /// What kind it is, for programs.
    template: String,
    title: String,
    body: String,
    /// What the link is called, where it has a name.
    action: Option<String>,
    /// A path of the tenant's own, or an address.
    link: Option<String>,
    /// What it is about, by the template.
    #[schema(value_type = Object)]
    data: serde_json::Value,
    urgent: bool,
    /// The place of its latest change in the inbox.
    seq: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    read_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
}

/// In which words rows are shown.
pub(super) struct Shown<'a> {
    app: &'a App,
    tenant: &'a Tenant,
    locale: Locale,
}

impl<'a> Shown<'a> {
    pub(super) fn of(app: &'a App, tenant: &'a Tenant, locale: Locale) -> Self {
        Self { app, tenant, locale }
    }

    /// What a template of an older program lacks is shown by its name: the row is still there to be read and put away.
    pub(super) fn notification(&self, row: Model) -> Notification {
        let messages = self.app.catalogues.messages(Some(self.tenant.application.name()), self.locale).of_tenant(self.tenant.id);
        let words = template::words(messages, &row.template, &row.arguments).unwrap_or_else(|missing| {
            tracing::warn!(template = row.template, %missing, "a notification cannot be shown as it should be");
            template::Words { title: row.template.clone(), body: String::new(), action: None }
        });
        Notification {
            id: row.id,
            topic: row.topic,
            template: row.template,
            title: words.title,
            body: words.body,
            action: words.action,
            link: row.link,
            data: row.arguments,
            urgent: row.urgent,
            seq: row.seq,
            created_at: Timestamp::from_micros(row.created_at),
            read_at: row.read_at.map(Timestamp::from_micros),
            archived_at: row.archived_at.map(Timestamp::from_micros),
        }
    }
}

/// A person's own id: programs by key have inboxes too.
pub(super) fn owner(caller: &banyan_kernel::Caller) -> Result<Uuid, Problem> {
    Ok(caller.require_user()?)
}
