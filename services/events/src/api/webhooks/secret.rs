//! `POST /api/v1/events/webhooks/{id}/secret`

use axum::Json;
use axum::extract::State;
use banyan_channels::webhook::SigningKey;
use banyan_http::{Allowed, Path, Problem, permit};
use banyan_kernel::Uuid;
use banyan_store::Tx;
use banyan_store::audit::Record;

use super::{WithSecret, find};
use crate::App;
use crate::error::DoorError;
use crate::webhooks::{exit, rows};

/// How long the secret before the last one is signed with, too, in seconds: a day.
const OVERLAP_SECONDS: i64 = 86_400;

/// Gives a subscription a new secret. For 24 hours what is sent is signed with the one before it, too; the one before that no longer counts.
#[utoipa::path(
    post,
    path = "/api/v1/events/webhooks/{id}/secret",
    operation_id = "rotateEventWebhookSecret",
    tag = "events",
    params(("id" = Uuid, Path, description = "The subscription.")),
    responses((status = 200, description = "The subscription with its new secret.", body = WithSecret))
)]
pub(crate) async fn rotate_webhook_secret(
    State(app): State<App>,
    Allowed { caller, .. }: Allowed<permit::EventsSubscribe>,
    Path(id): Path<Uuid>,
) -> Result<Json<WithSecret>, Problem> {
    let secret = &SigningKey::shared(&*app.random);
    let rows = app.store.bind(&caller);
    let rotate = move |tx: Tx| async move {
        const SQL: &str = "UPDATE webhooks SET secret = $1, former_secret = $2, former_until = $3, updated_at = $4 WHERE id = $5";
        let mut row = find(&tx, id).await?;
        let now = tx.now();
        let sealed = exit::seal(secret, id, &tx.store().environment().cipher);
        row.former_secret = Some(std::mem::replace(&mut row.secret, sealed));
        row.former_until = Some(now.plus_seconds(OVERLAP_SECONDS).micros());
        row.updated_at = now.micros();
        let values = vec![
            row.secret.clone().into(),
            row.former_secret.clone().into(),
            row.former_until.into(),
            row.updated_at.into(),
            id.into(),
        ];
        if rows::execute(&tx, SQL, values).await? == 0 {
            return Err(DoorError::Hidden);
        }
        tx.audit(Record::new("events.webhook.secret-rotated").object("webhook", id));
        Ok(row)
    };
    let row = rows.write(rotate).await?;
    Ok(Json(WithSecret { webhook: row.into(), secret: secret.reveal().expose().clone() }))
}
