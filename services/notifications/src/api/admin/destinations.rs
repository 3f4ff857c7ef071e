//! `/api/v1/admin/notifications/destinations`: where a tenant hears of itself.

use axum::extract::State;
use banyan_channels::webhook::SigningKey;
use banyan_http::{Allowed, Body, Check, Created, FieldError, Json, NoContent, Once, Path, Problem, Validate, permit, present};
use banyan_kernel::{Secret, Timestamp, Uuid};
use banyan_store::Tx;
use banyan_store::audit::Record;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::entity::destination::Model;
use crate::error::NotificationsError;
use crate::store::destinations;
use crate::topic::{Topic, Way};

const LONGEST_ADDRESS: usize = 2_000;

/// Where a tenant hears of itself. Its address and its secret are never told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationDestination)]
pub(crate) struct Destination {
    id: Uuid,
    #[schema(inline)]
    kind: Way,
    name: String,
    /// The host of its address.
    host: String,
    /// Of which topics it hears.
    #[schema(inline)]
    topics: Vec<Topic>,
    /// The language of the words, BCP 47.
    locale: String,
    /// Since when nothing goes there any more: it said that it is gone, failed for days, or was switched off.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_success_at: Option<Timestamp>,
    /// Until when the secret before signs as well.
    #[schema(value_type = Option<String>, format = DateTime)]
    previous_secret_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Model> for Destination {
    fn from(row: Model) -> Self {
        let time = |at: Option<i64>| at.map(Timestamp::from_micros);
        Self {
            id: row.id,
            kind: row.way,
            name: row.name,
            host: row.hint,
            topics: serde_json::from_value(row.topics).unwrap_or_default(),
            locale: row.locale,
            disabled_at: time(row.disabled_at),
            reason: row.reason,
            last_success_at: time(row.last_success_at),
            previous_secret_until: time(row.previous_until),
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        }
    }
}

/// All of the tenant, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NotificationDestinations)]
pub(crate) struct Destinations {
    data: Vec<Destination>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = NotificationDestinationKind)]
pub(crate) enum Kind {
    Slack,
    Discord,
    Webhook,
}

impl Kind {
    const fn way(self) -> Way {
        match self {
            Self::Slack => Way::Slack,
            Self::Discord => Way::Discord,
            Self::Webhook => Way::Webhook,
        }
    }
}

/// Where the tenant is to hear of itself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"kind": "webhook", "name": "Our CRM", "address": "https://crm.example.org/hooks/banyan", "topics": ["goals"]}))]
#[schema(as = NewNotificationDestination)]
pub(crate) struct NewDestination {
    #[schema(inline)]
    kind: Kind,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Of an incoming webhook at Slack or Discord, or of one's own program; by https.
    #[schema(min_length = 10, max_length = 2000)]
    address: String,
    #[schema(inline, min_items = 1, max_items = 10)]
    topics: Vec<Topic>,
    /// The language of the words, BCP 47; `en-US`, if it is left out.
    #[schema(min_length = 2, max_length = 35)]
    locale: Option<String>,
}

impl Validate for NewDestination {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        check.line("address", &self.address).length(10, LONGEST_ADDRESS).url().any();
        check.line("locale", &self.locale).length(2, 35).any();
        check.count("topics", &self.topics, 1, 10);
    }
}

/// What is to be different. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NotificationDestinationChanges)]
pub(crate) struct Changes {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 10, max_length = 2000)]
    address: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(inline, min_items = 1, max_items = 10)]
    topics: Option<Vec<Topic>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 2, max_length = 35)]
    locale: Option<String>,
    /// `true` also for one that was disabled because it was gone.
    #[serde(default, deserialize_with = "present")]
    enabled: Option<bool>,
}

impl Validate for Changes {
    fn validate(&self, check: &mut Check) {
        check.line("name", &self.name).not_blank().length(1, 100).any();
        check.line("address", &self.address).length(10, LONGEST_ADDRESS).url().any();
        check.line("locale", &self.locale).length(2, 35).any();
        if let Some(topics) = &self.topics {
            check.count("topics", topics, 1, 10);
        }
    }
}

/// A new one, with what is shown once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationDestinationMade)]
pub(crate) struct Made {
    destination: Destination,
    /// Of a webhook: `whsec_…`, by which it verifies what comes (Standard Webhooks). It is not shown again.
    secret: Option<String>,
}

/// Whether the address may be used, and its host.
fn host_of(app: &App, way: Way, address: &str) -> Result<String, Problem> {
    let error = |reason: String| FieldError::new("address-refused", "notifications-field-address").with("reason", reason);
    app.senders.may_send_to(way, address).map_err(|reason| Problem::invalid("address", error(reason)))?;
    let url: http::Uri = address.parse().map_err(|_| Problem::invalid("address", FieldError::invalid()))?;
    Ok(url.host().unwrap_or_default().chars().take(255).collect())
}

/// The language as it is stored.
fn language(app: &App, given: Option<&str>) -> Result<String, Problem> {
    let found = app.catalogues.locales(None).lookup(given.unwrap_or("en-US"));
    found.map(|locale| locale.tag().to_owned()).ok_or_else(|| Problem::invalid("locale", FieldError::locale()))
}

/// Lists where the tenant hears of itself.
#[utoipa::path(
    get,
    path = "/api/v1/admin/notifications/destinations",
    operation_id = "listNotificationDestinations",
    tag = "administration",
    responses((status = 200, description = "All of them.", body = Destinations))
)]
pub(crate) async fn list_destinations(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
) -> Result<Json<Destinations>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(|tx: Tx| async move { destinations::list(&tx).await }).await?;
    Ok(Json(Destinations { data: found.into_iter().map(Destination::from).collect() }))
}

/// From here on notifications of these topics are told there, too: those of a person once each, those to many once in all.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/destinations",
    operation_id = "addNotificationDestination",
    tag = "administration",
    request_body = NewDestination,
    responses((status = 201, description = "The destination, and the secret of a webhook.", body = Made))
)]
pub(crate) async fn add_destination(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Once { key, body }: Once<NewDestination>,
) -> Result<Created<Made>, Problem> {
    let way = body.kind.way();
    let (host, locale) = (&host_of(&app, way, &body.address)?, &language(&app, body.locale.as_deref())?);
    let secret = (way == Way::Webhook).then(|| SigningKey::shared(&*app.random).reveal());
    let (rows, body, secret) = (app.store.bind(&caller), &body, &secret);
    let made = rows.write_once(key.as_ref(), move |tx: Tx| async move {
        let before = destinations::list(&tx).await?;
        if before.len() >= destinations::MOST {
            return Err(NotificationsError::Conflict("notifications-destinations-full"));
        }
        if before.iter().any(|row| row.name == body.name.trim()) {
            return Err(NotificationsError::Conflict("notifications-destination-name"));
        }
        let (id, now) = (tx.new_id(), tx.now().micros());
        let seal = |text: &str| destinations::seal(tx.store(), id, text);
        let row = Model {
            tenant_id: tx.caller().tenant,
            id,
            way,
            name: body.name.trim().to_owned(),
            target: seal(&body.address),
            hint: host.clone(),
            secret: secret.as_ref().map(|secret| seal(secret.expose())),
            previous_secret: None,
            previous_until: None,
            topics: json!(body.topics),
            locale: locale.clone(),
            disabled_at: None,
            reason: None,
            last_success_at: None,
            created_at: now,
            updated_at: now,
        };
        destinations::add(&tx, row.clone()).await?;
        tx.audit(Record::new("destination.added").object("destination", id).detail(json!({ "kind": way, "host": host })));
        Ok(Made { destination: row.into(), secret: secret.as_ref().map(|secret| secret.expose().clone()) })
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/admin/notifications/destinations/{}", made.destination.id), made))
}

/// Reads one.
#[utoipa::path(
    get,
    path = "/api/v1/admin/notifications/destinations/{id}",
    operation_id = "getNotificationDestination",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The destination.")),
    responses((status = 200, description = "The destination.", body = Destination))
)]
pub(crate) async fn get_destination(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
) -> Result<Json<Destination>, Problem> {
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx: Tx| async move { destinations::find(&tx, id).await }).await?;
    Ok(Json(found.ok_or_else(Problem::hidden)?.into()))
}

/// Changes a destination; one that was disabled is enabled again with `"enabled": true`.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/notifications/destinations/{id}",
    operation_id = "changeNotificationDestination",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The destination.")),
    request_body = Changes,
    responses((status = 200, description = "The destination from now on.", body = Destination))
)]
pub(crate) async fn change_destination(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
    Body(changes): Body<Changes>,
) -> Result<Json<Destination>, Problem> {
    let locale = &changes.locale.as_deref().map(|locale| language(&app, Some(locale))).transpose()?;
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx: Tx| async move { destinations::find(&tx, id).await }).await?;
    let way = found.ok_or_else(Problem::hidden)?.way;
    let host = &changes.address.as_deref().map(|address| host_of(&app, way, address)).transpose()?;
    let changes = &changes;
    let changed = rows.write(move |tx: Tx| async move {
        let mut row = destinations::find(&tx, id).await?.ok_or(NotificationsError::Hidden)?;
        if let Some(name) = changes.name.as_deref().map(str::trim) {
            if destinations::list(&tx).await?.iter().any(|other| other.id != id && other.name == name) {
                return Err(NotificationsError::Conflict("notifications-destination-name"));
            }
            row.name = name.to_owned();
        }
        if let (Some(address), Some(host)) = (&changes.address, host) {
            row.target = destinations::seal(tx.store(), id, address);
            row.hint.clone_from(host);
        }
        if let Some(topics) = &changes.topics {
            row.topics = json!(topics);
        }
        if let Some(locale) = locale {
            row.locale.clone_from(locale);
        }
        match changes.enabled {
            Some(true) => (row.disabled_at, row.reason) = (None, None),
            Some(false) if row.disabled_at.is_none() => {
                (row.disabled_at, row.reason) = (Some(tx.now().micros()), Some("switched off".to_owned()));
            }
            Some(false) | None => {}
        }
        tx.audit(Record::new("destination.changed").object("destination", id).detail(json!({ "host": row.hint })));
        Ok(destinations::save(&tx, row).await?)
    });
    Ok(Json(changed.await?.into()))
}

/// Removes a destination. What waited for it is not told any more.
#[utoipa::path(
    delete,
    path = "/api/v1/admin/notifications/destinations/{id}",
    operation_id = "removeNotificationDestination",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The destination.")),
    responses((status = 204, description = "It is gone."))
)]
pub(crate) async fn remove_destination(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    let rows = app.store.bind(&caller);
    let removed = rows.write(move |tx: Tx| async move {
        if destinations::remove(&tx, id).await? == 0 {
            return Err(NotificationsError::Hidden);
        }
        tx.audit(Record::new("destination.removed").object("destination", id));
        Ok(())
    });
    removed.await?;
    Ok(NoContent)
}

/// Gives a webhook another secret, which is shown once. For a day the one before signs as well, so that the receiver may be changed meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/admin/notifications/destinations/{id}/secret",
    operation_id = "rotateNotificationDestinationSecret",
    tag = "administration",
    params(("id" = Uuid, Path, description = "The destination.")),
    responses((status = 200, description = "The new secret.", body = Made))
)]
pub(crate) async fn rotate_secret(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::NotificationsManage>,
    Path(id): Path<Uuid>,
) -> Result<Json<Made>, Problem> {
    let secret: &Secret<String> = &SigningKey::shared(&*app.random).reveal();
    let rows = app.store.bind(&caller);
    let rotated = rows.write(move |tx: Tx| async move {
        let mut row = destinations::find(&tx, id).await?.ok_or(NotificationsError::Hidden)?;
        if row.way != Way::Webhook {
            return Err(NotificationsError::Conflict("notifications-destination-without-secret"));
        }
        row.previous_secret = row.secret.take();
        row.previous_until = Some(tx.now().plus_seconds(destinations::OVERLAP_SECONDS).micros());
        row.secret = Some(destinations::seal(tx.store(), id, secret.expose()));
        tx.audit(Record::new("destination.secret-rotated").object("destination", id));
        Ok(destinations::save(&tx, row).await?)
    });
    Ok(Json(Made { destination: rotated.await?.into(), secret: Some(secret.expose().clone()) }))
}
