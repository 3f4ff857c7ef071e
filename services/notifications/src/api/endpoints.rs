//! `/api/v1/notifications/endpoints`: browsers and devices that take pushes.

use axum::extract::State;
use banyan_http::{Check, Created, FieldError, Json, NoContent, Once, Path, Problem, SignedIn, Validate};
use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::inbox::owner;
use crate::App;
use crate::entity::endpoint::{Column, Entity, Model};
use crate::error::NotificationsError;
use crate::store::execute;
use crate::topic::Way;

/// How many one person may have; the oldest goes when another one comes.
const MOST: usize = 20;

/// A browser or a device that takes pushes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushEndpoint {
    id: Uuid,
    #[schema(inline)]
    way: Way,
    label: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_success_at: Option<Timestamp>,
    /// Since when it takes nothing any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    gone_at: Option<Timestamp>,
    reason: Option<String>,
}

impl From<Model> for PushEndpoint {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            way: row.way,
            label: row.label,
            created_at: Timestamp::from_micros(row.created_at),
            last_success_at: row.last_success_at.map(Timestamp::from_micros),
            gone_at: row.gone_at.map(Timestamp::from_micros),
            reason: row.reason,
        }
    }
}

/// All of one's own.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PushEndpoints {
    /// What a browser subscribes with, its `applicationServerKey` (RFC 8292, base64url); none where pushes to browsers are not set up.
    web_push_key: Option<String>,
    data: Vec<PushEndpoint>,
}

/// A browser's subscription as `PushSubscription.toJSON()` gives it, or a device's token.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"way": "fcm", "token": "a-registration-token", "label": "My phone"}))]
pub(crate) struct NewPushEndpoint {
    #[schema(inline)]
    way: PushWay,
    /// Of a browser: the address of its push service.
    #[schema(max_length = 2000)]
    endpoint: Option<String>,
    /// Of a browser.
    keys: Option<PushKeys>,
    /// Of a device.
    #[schema(min_length = 8, max_length = 4096)]
    token: Option<String>,
    /// How its owner calls it.
    #[schema(min_length = 1, max_length = 100)]
    label: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PushWay {
    WebPush,
    Fcm,
    Apns,
}

/// The keys of a browser's subscription (RFC 8291), base64url.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushKeys {
    #[schema(min_length = 40, max_length = 200)]
    p256dh: String,
    #[schema(min_length = 16, max_length = 60)]
    auth: String,
}

impl Validate for NewPushEndpoint {
    fn validate(&self, check: &mut Check) {
        check.line("label", &self.label).not_blank().length(1, 100).any();
        let is_browser = self.way == PushWay::WebPush;
        let needed = |check: &mut Check, field: &str, given: bool, wanted: bool| {
            if wanted {
                check.that(given, field, FieldError::required());
            } else {
                check.that(!given, field, FieldError::unknown());
            }
        };
        needed(check, "endpoint", self.endpoint.is_some(), is_browser);
        needed(check, "keys", self.keys.is_some(), is_browser);
        needed(check, "token", self.token.is_some(), !is_browser);
        check.line("endpoint", &self.endpoint).length(1, 2_000).url().any();
        check.line("token", &self.token).length(8, 4_096).holds(is_plain, FieldError::pattern()).any();
        if let Some(keys) = &self.keys {
            check.line("keys.p256dh", &keys.p256dh).length(40, 200).holds(is_plain, FieldError::pattern()).any();
            check.line("keys.auth", &keys.auth).length(16, 60).holds(is_plain, FieldError::pattern()).any();
        }
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

impl NewPushEndpoint {
    fn way(&self) -> Way {
        match self.way {
            PushWay::WebPush => Way::WebPush,
            PushWay::Fcm => Way::Fcm,
            PushWay::Apns => Way::Apns,
        }
    }

    /// What senders are given.
    fn target(&self) -> Value {
        match (&self.endpoint, &self.keys, &self.token) {
            (Some(endpoint), Some(keys), _) => {
                json!({ "endpoint": endpoint, "keys": { "p256dh": keys.p256dh, "auth": keys.auth } })
            }
            (_, _, token) => json!({ "token": token }),
        }
    }

    /// By which the same one is known again.
    fn fingerprint(&self) -> Vec<u8> {
        let address = self.endpoint.as_deref().or(self.token.as_deref()).unwrap_or_default();
        Sha256::digest(format!("{}:{address}", self.way().word())).to_vec()
    }
}

/// Lists one's own browsers and devices, the latest first.
#[utoipa::path(
    get,
    path = "/api/v1/notifications/endpoints",
    operation_id = "listPushEndpoints",
    tag = "notifications",
    responses((status = 200, description = "All of them.", body = PushEndpoints))
)]
pub(crate) async fn list_endpoints(State(app): State<App>, SignedIn(caller): SignedIn) -> Result<Json<PushEndpoints>, Problem> {
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    let found = rows.read(move |tx| async move { own(&tx, user).await }).await?;
    let web_push_key = app.senders.web_push_key();
    Ok(Json(PushEndpoints { web_push_key, data: found.into_iter().map(PushEndpoint::from).collect() }))
}

async fn own(tx: &Tx, user: Uuid) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::UserId.eq(user)).order_by_desc(Column::Id).all(tx).await?)
}

/// From here on pushes go to this browser or device. The same one again is taken as a fresh one.
#[utoipa::path(
    post,
    path = "/api/v1/notifications/endpoints",
    operation_id = "registerPushEndpoint",
    tag = "notifications",
    request_body = NewPushEndpoint,
    responses((status = 201, description = "It is registered.", body = PushEndpoint))
)]
pub(crate) async fn register_endpoint(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Once { key, body }: Once<NewPushEndpoint>,
) -> Result<Created<PushEndpoint>, Problem> {
    let (user, body) = (owner(&caller)?, &body);
    let rows = app.store.bind(&caller);
    let made = rows.write_once(key.as_ref(), move |tx| async move {
        let before = own(&tx, user).await?;
        let fingerprint = body.fingerprint();
        let beyond = before.iter().skip(MOST - 1);
        for old in before.iter().filter(|old| old.fingerprint == fingerprint).chain(beyond) {
            execute(&tx, "DELETE FROM endpoints WHERE id = $1 AND user_id = $2", [old.id.into(), user.into()]).await?;
        }
        let id = tx.new_id();
        let target = app_seal(&tx, id, &body.target());
        let row = Model {
            tenant_id: tx.caller().tenant,
            id,
            user_id: user,
            way: body.way(),
            fingerprint,
            target,
            label: body.label.clone(),
            created_at: tx.now().micros(),
            last_success_at: None,
            gone_at: None,
            reason: None,
        };
        tx.insert(sea_orm::IntoActiveModel::into_active_model(row.clone())).await?;
        Ok::<_, NotificationsError>(PushEndpoint::from(row))
    });
    let made = made.await?;
    Ok(Created::at(format!("/api/v1/notifications/endpoints/{}", made.id), made))
}

fn app_seal(tx: &Tx, id: Uuid, target: &Value) -> Vec<u8> {
    tx.store().environment().cipher.seal(target.to_string().as_bytes(), id.as_bytes())
}

/// From here on no pushes go to this browser or device.
#[utoipa::path(
    delete,
    path = "/api/v1/notifications/endpoints/{id}",
    operation_id = "deletePushEndpoint",
    tag = "notifications",
    params(("id" = Uuid, Path, description = "The endpoint.")),
    responses((status = 204, description = "It is forgotten."))
)]
pub(crate) async fn delete_endpoint(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<NoContent, Problem> {
    const SQL: &str = "DELETE FROM endpoints WHERE id = $1 AND user_id = $2";
    let user = owner(&caller)?;
    let rows = app.store.bind(&caller);
    let deleted = rows.write(move |tx| async move { execute(&tx, SQL, [id.into(), user.into()]).await }).await?;
    if deleted == 0 { Err(Problem::hidden()) } else { Ok(NoContent) }
}
