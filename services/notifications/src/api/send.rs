//! `POST /api/v1/notifications`

use axum::extract::State;
use banyan_http::{Allowed, Check, Created, FieldError, Once, Problem, Validate, permit};
use banyan_kernel::Uuid;
use banyan_locale::Locale;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::App;
use crate::error::NotificationsError;
use crate::store::destinations;
use crate::store::make::{Made, New, make};
use crate::template::{self, MESSAGE};
use crate::topic::Topic;

/// How many people one call may tell.
const MOST_PEOPLE: usize = 100;
/// In bytes of JSON.
const LARGEST_ARGUMENTS: usize = 16 * 1024;
/// Ten days.
const LONGEST_ESCALATION: i64 = 14_400;

/// What people are to be told.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "userIds": ["01941f29-7c00-7000-8000-0000000000aa"], "topic": "messages", "template": "message",
    "arguments": {"title": "We meet on Friday", "body": "Ten o'clock, as always.", "texts": {"id": {"title": "Kita bertemu hari Jumat", "body": "Pukul sepuluh, seperti biasa."}}},
    "dedupeKey": "meeting-2025-01-03", "escalateAfterMinutes": 30
}))]
pub(crate) struct NewNotification {
    #[schema(min_items = 1, max_items = 100)]
    user_ids: Vec<Uuid>,
    #[schema(inline)]
    topic: Topic,
    /// A template of the catalogues. `message` takes its words from the arguments: `title`, `body`, `action`, and the same in other languages
    /// under `texts`.
    #[serde(default = "message")]
    #[schema(min_length = 1, max_length = 60)]
    template: String,
    /// What the template needs: texts and whole numbers.
    #[serde(default = "nothing")]
    #[schema(value_type = Object)]
    arguments: Value,
    /// A path of the tenant's own, or an https address.
    #[schema(max_length = 2000)]
    link: Option<String>,
    /// Comes in quiet hours too, and in no mail that gathers several.
    #[serde(default)]
    urgent: bool,
    /// Of those with the same key a person gets one.
    #[schema(min_length = 1, max_length = 200)]
    dedupe_key: Option<String>,
    /// A mail follows the push if it has not been read after so many minutes.
    #[schema(minimum = 1, maximum = 14_400)]
    escalate_after_minutes: Option<i64>,
}

fn message() -> String {
    MESSAGE.to_owned()
}

fn nothing() -> Value {
    json!({})
}

impl Validate for NewNotification {
    fn validate(&self, check: &mut Check) {
        check.count("userIds", &self.user_ids, 1, MOST_PEOPLE);
        let name = FieldError::new("template-name", "notifications-field-template-name");
        check.that(template::is_name(&self.template), "template", name);
        let fits = self.arguments.is_object() && self.arguments.to_string().len() <= LARGEST_ARGUMENTS;
        check.that(fits, "arguments", FieldError::new("arguments", "notifications-field-arguments"));
        check.line("link", &self.link).length(1, 2_000).any();
        let link = FieldError::new("link", "notifications-field-link");
        check.that(self.link.as_deref().is_none_or(is_link), "link", link);
        check.line("dedupeKey", &self.dedupe_key).not_blank().length(1, 200).any();
        check.range("escalateAfterMinutes", self.escalate_after_minutes, 1, LONGEST_ESCALATION);
    }
}

/// A path of one's own host, or an address by TLS: nothing that a program would run.
fn is_link(link: &str) -> bool {
    let is_path = link.starts_with('/') && !link.starts_with("//") && !link.contains('\\');
    is_path || link.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationSent)]
pub(crate) struct Told {
    /// The notifications, in the order of the people; none for those who have one with the same key.
    notifications: Vec<Uuid>,
    /// How many people have one with the same key already.
    duplicates: u64,
}

/// Tells people something, each in the own inbox and by the ways that they want.
#[utoipa::path(
    post,
    path = "/api/v1/notifications",
    operation_id = "sendNotification",
    tag = "notifications",
    request_body = NewNotification,
    responses((status = 201, description = "They are told.", body = Told))
)]
pub(crate) async fn send_notification(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    tenant: banyan_http::Tenant,
    Once { key, body }: Once<NewNotification>,
) -> Result<Created<Told>, Problem> {
    let messages = app.catalogues.messages(Some(tenant.application.name()), Locale::en_us()).of_tenant(tenant.id);
    template::words(messages, &body.template, &body.arguments).map_err(|missing| refusal(&missing))?;
    let body = &body;
    let rows = app.store.bind(&caller);
    let told = rows.write_once(key.as_ref(), move |tx| async move {
        let mut told = Told { notifications: Vec::new(), duplicates: 0 };
        for user in &body.user_ids {
            match make(&tx, body.to(*user)).await? {
                Made::New(id) => {
                    // The tenant's own destinations hear once of what many are told.
                    if told.notifications.is_empty() {
                        destinations::spread(&tx, id, body.topic).await?;
                    }
                    told.notifications.push(id);
                }
                Made::AlreadyThere => told.duplicates += 1,
            }
        }
        let detail = json!({ "topic": body.topic, "template": body.template, "people": body.user_ids.len() });
        tx.audit(Record::new("notification.sent").detail(detail));
        Ok::<_, NotificationsError>(told)
    });
    Ok(Created::at("/api/v1/notifications", told.await?))
}

impl NewNotification {
    fn to(&self, user: Uuid) -> New {
        New {
            user,
            topic: self.topic,
            template: self.template.clone(),
            arguments: self.arguments.clone(),
            link: self.link.clone(),
            urgent: self.urgent,
            dedupe_key: self.dedupe_key.as_ref().map(|key| format!("sent:{key}")),
            escalate_after: self.escalate_after_minutes.map(|minutes| minutes * 60),
        }
    }
}

/// What is missing, by name.
pub(super) fn refusal(missing: &banyan_locale::Incomplete) -> Problem {
    if missing.values.is_empty() {
        return Problem::invalid("template", FieldError::new("template-unknown", "notifications-template-unknown"));
    }
    let error = FieldError::new("values-missing", "notifications-values-missing");
    Problem::invalid("arguments", error.with("values", missing.values.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_home_or_are_encrypted() {
        for good in ["/goals", "/a?b=c#d", "https://example.org/x"] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "//evil.example",
            "javascript:alert(1)",
            "http://example.org",
            "goals",
            "https://",
            "https:///x",
            "/\\evil.example",
            "",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
    }
}
