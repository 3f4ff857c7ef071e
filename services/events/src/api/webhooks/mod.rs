//! `/api/v1/events/webhooks`

pub(super) mod change;
pub(super) mod create;
pub(super) mod deliveries;
pub(super) mod list;
pub(super) mod one;
pub(super) mod replay;
pub(super) mod secret;
pub(super) mod test;

use banyan_channels::AddressError;
use banyan_http::{Check, FieldError, Problem};
use banyan_kernel::{Caller, Timestamp, Uuid};
use banyan_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::error::DoorError;
use crate::follow::Wanted;
use crate::webhooks::{rows, webhook};

/// A subscription: an address that is told of the tenant's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventWebhook)]
pub(crate) struct Webhook {
    pub(super) id: Uuid,
    /// Who made it.
    owner_id: Uuid,
    url: String,
    /// `goals.*` stands for all that begin so. None: all.
    types: Vec<String>,
    description: Option<String>,
    enabled: bool,
    /// Why it is not enabled: `asked`, `gone` (the receiver answered 410), `failing` (nothing arrived for five days) or `backlog` (too much
    /// waits).
    disabled_reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    /// Since when nothing has arrived.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Until when it is signed with the secret before the last one, too.
    #[schema(value_type = Option<String>, format = DateTime)]
    former_secret_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<webhook::Model> for Webhook {
    fn from(row: webhook::Model) -> Self {
        let time = |micros: Option<i64>| micros.map(Timestamp::from_micros);
        Self {
            id: row.id,
            owner_id: row.owner_id,
            url: row.url,
            types: row.types.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
            description: row.description,
            enabled: row.enabled,
            disabled_reason: row.disabled_reason,
            disabled_at: time(row.disabled_at),
            failing_since: time(row.failing_since),
            former_secret_until: time(row.former_until),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        }
    }
}

/// A subscription with its secret, which is not shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EventWebhookWithSecret)]
pub(crate) struct WithSecret {
    #[serde(flatten)]
    pub(super) webhook: Webhook,
    /// `whsec_…`, as libraries for Standard Webhooks take it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub(super) secret: String,
}

/// Types as they are stored.
fn types_text(types: &[String]) -> String {
    types.join(",")
}

fn check_types(check: &mut Check, types: &[String]) {
    check.count("types", types, 0, 50);
    let good = |one: &String| one.len() <= 200 && !one.is_empty() && !one.contains([',', ' ']) && Wanted::parse(one).is_some();
    check.that(types.iter().all(good), "types", FieldError::new("invalid-type", "events-field-types"));
}

/// Whether webhooks may go there at all.
fn check_url(app: &App, url: &str) -> Result<(), Problem> {
    let Err(error) = app.exit.guard.check(url) else { return Ok(()) };
    let (code, message) = match error {
        AddressError::NotAnUrl => ("invalid-url", "events-field-url"),
        AddressError::Scheme => ("not-https", "events-field-url-https"),
        AddressError::Credentials => ("credentials", "events-field-url-credentials"),
        AddressError::Port => ("port", "events-field-url-port"),
        AddressError::InsideName | AddressError::NotPublic => ("not-public", "events-field-url-inside"),
    };
    Err(Problem::invalid("url", FieldError::new(code, message)))
}

/// A subscription in the caller's sight.
async fn find(tx: &Tx, id: Uuid) -> Result<webhook::Model, DoorError> {
    rows::find(tx, id).await?.ok_or(DoorError::Hidden)
}

/// The same, read by itself.
async fn seen(app: &App, caller: &Caller, id: Uuid) -> Result<webhook::Model, Problem> {
    let rows = app.store.bind(caller);
    Ok(rows.read(move |tx| async move { find(&tx, id).await }).await?)
}
