//! `POST /api/v1/events/webhooks`

use axum::extract::State;
use banyan_channels::webhook::SigningKey;
use banyan_http::{Allowed, Check, Created, Once, Problem, Validate, permit};
use banyan_store::audit::Record;
use sea_orm::{ConnectionTrait, IntoActiveModel};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Webhook, WithSecret, check_types, check_url, types_text};
use crate::App;
use crate::accept::statement;
use crate::error::DoorError;
use crate::webhooks::{MOST_WEBHOOKS, exit, webhook};

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewEventWebhook)]
#[schema(example = json!({"url": "https://hooks.example.org/banyan", "types": ["goals.*", "identity.user.registered"]}))]
pub(crate) struct NewWebhook {
    /// `https`, on the open internet, unless the installation's settings of channels allow more.
    #[schema(min_length = 1, max_length = 2000)]
    url: String,
    /// Names of types; `goals.*` stands for all that begin so. Left out or empty: all.
    #[serde(default)]
    #[schema(max_items = 50)]
    types: Vec<String>,
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    description: Option<String>,
    /// Whether it is told of events from now on; `true` if left out.
    #[schema(default = true)]
    enabled: Option<bool>,
}

impl Validate for NewWebhook {
    fn validate(&self, check: &mut Check) {
        check.line("url", &self.url).length(1, 2_000).any();
        check.line("description", &self.description).not_blank().length(1, 200).any();
        check_types(check, &self.types);
    }
}

/// Subscribes an address to the tenant's events, from now on. Each is sent as a CloudEvent in structured mode, signed as Standard Webhooks says,
/// and is tried again for three days. The answer shows the secret, once.
#[utoipa::path(
    post,
    path = "/api/v1/events/webhooks",
    operation_id = "createEventWebhook",
    tag = "events",
    request_body = NewWebhook,
    responses((status = 201, description = "The subscription with its secret.", body = WithSecret))
)]
pub(crate) async fn create_webhook(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Once { key, body }: Once<NewWebhook>,
) -> Result<Created<WithSecret>, Problem> {
    let owner_id = caller.require_user()?;
    check_url(&app, &body.url)?;
    let secret = SigningKey::shared(&*app.random);
    let (body, secret) = (&body, &secret);
    let rows = app.store.bind(&caller);
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        const COUNT: &str = "SELECT COUNT(*) AS count FROM webhooks WHERE tenant = $1";
        let tenant = tx.caller().tenant;
        let counted = tx.query_one_raw(statement(&tx, COUNT, vec![tenant.into()])).await?;
        let count: i64 = counted.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
        if usize::try_from(count).unwrap_or(usize::MAX) >= MOST_WEBHOOKS {
            return Err(DoorError::TooManyWebhooks);
        }
        let (id, now) = (tx.new_id(), tx.now().micros());
        let enabled = body.enabled.unwrap_or(true);
        let row = webhook::Model {
            id,
            tenant,
            owner_id,
            url: body.url.clone(),
            types: types_text(&body.types),
            description: body.description.clone(),
            enabled,
            secret: exit::seal(secret, id, &tx.store().environment().cipher),
            former_secret: None,
            former_until: None,
            failures: 0,
            failing_since: None,
            disabled_reason: (!enabled).then(|| "asked".to_owned()),
            disabled_at: (!enabled).then_some(now),
            created_at: now,
            updated_at: now,
        };
        tx.insert(row.clone().into_active_model()).await?;
        let detail = json!({ "url": row.url, "types": row.types });
        tx.audit(Record::new("events.webhook.created").object("webhook", id).detail(detail));
        Ok::<_, DoorError>(WithSecret { webhook: Webhook::from(row), secret: secret.reveal().expose().clone() })
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/events/webhooks/{}", made.webhook.id), made))
}
